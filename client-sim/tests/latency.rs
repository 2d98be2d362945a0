//! Each turn that a bot sees is matched with the moment at which the neighbour intended it.

use std::time::{Duration, Instant};

use parlour_client_sim::bots::{Registry, Sighting, Tracker};
use parlour_shared::{
    ids::{PlayerId, Slot},
    motion::{Direction, Heading},
    rng::{Purpose, Stream},
};

const WALKER: PlayerId = PlayerId(11);
const SLOT: Slot = Slot(4);
const STILL: Heading = Heading::walk(Direction::Still);

fn walk(direction: Direction) -> Heading {
    Heading::walk(direction)
}

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

struct Scene {
    registry: Registry,
    tracker: Tracker,
    walker: u32,
    start: Instant,
    /// For each turn that the last sighting overtook, the time since it was intended.
    missed: Vec<Duration>,
}

impl Scene {
    fn new() -> Self {
        let mut registry = Registry::default();
        let walker = registry.add(WALKER);
        let mut tracker = Tracker::default();
        let start = Instant::now();
        tracker.enter(&registry, SLOT, WALKER, STILL, start, |_| {});
        Self {
            registry,
            tracker,
            walker,
            start,
            missed: Vec::new(),
        }
    }

    fn intend(&mut self, at: u64, direction: Direction) {
        self.registry
            .intend(self.walker, walk(direction), self.start + ms(at));
    }

    fn see(&mut self, at: u64, direction: Direction) -> Sighting {
        self.see_heading(at, walk(direction))
    }

    fn see_heading(&mut self, at: u64, heading: Heading) -> Sighting {
        self.missed.clear();
        let (now, missed) = (self.start + ms(at), &mut self.missed);
        self.tracker
            .moved(&self.registry, SLOT, heading, now, |wait| missed.push(wait))
    }

    fn enter(&mut self, at: u64, slot: Slot, player: PlayerId, heading: Heading) -> Sighting {
        self.missed.clear();
        let (now, missed) = (self.start + ms(at), &mut self.missed);
        self.tracker
            .enter(&self.registry, slot, player, heading, now, |wait| {
                missed.push(wait);
            })
    }

    fn pending(&self, at: u64) -> Vec<Duration> {
        let mut waits = Vec::new();
        let now = self.start + ms(at);
        self.tracker.pending(&self.registry, now, |wait| waits.push(wait));
        waits
    }
}

fn age(scene: &Scene, at: u64) -> Option<Duration> {
    let mut random = Stream::new(1, at, Purpose::BotAgeSample);
    scene
        .tracker
        .age(&scene.registry, &mut random, scene.start + ms(at))
}

fn turn(latency: u64, overtaken: u32) -> Sighting {
    Sighting::Turn {
        latency: ms(latency),
        overtaken,
    }
}

#[test]
fn latency_runs_from_intention_to_sighting() {
    let mut scene = Scene::new();
    scene.intend(0, Direction::East);
    assert_eq!(scene.see(20, Direction::East), turn(20, 0));
    scene.intend(500, Direction::North);
    assert_eq!(scene.see(533, Direction::North), turn(33, 0));
}

#[test]
fn a_wall_is_not_a_turn() {
    let mut scene = Scene::new();
    scene.intend(0, Direction::East);
    assert_eq!(scene.see(20, Direction::East), turn(20, 0));
    assert_eq!(scene.see(90, Direction::East), Sighting::Nothing);
}

#[test]
fn overtaken_turns_count_until_the_newer_turn_is_seen() {
    let mut scene = Scene::new();
    scene.intend(0, Direction::East);
    scene.intend(50, Direction::North);
    scene.intend(100, Direction::West);
    assert_eq!(scene.see(130, Direction::West), turn(30, 2));
    assert_eq!(scene.missed, [ms(130), ms(80)]);
    assert_eq!(scene.see(140, Direction::East), Sighting::Unknown);
    assert_eq!(scene.missed, []);
}

/// Returns ten different headings.
fn ten() -> Vec<Heading> {
    let all = Direction::ALL[1..]
        .iter()
        .flat_map(|&direction| [false, true].map(|sprint| Heading::keys(direction, sprint)));
    all.take(10).collect()
}

#[test]
fn all_turns_during_a_standstill_count() {
    let mut scene = Scene::new();
    let headings = ten();
    // Five turns a second for two seconds, while the server stands still. Then it shows the newest.
    for (at, &heading) in (0..).step_by(200).zip(&headings) {
        scene.registry.intend(scene.walker, heading, scene.start + ms(at));
    }
    assert_eq!(scene.see_heading(2010, headings[9]), turn(210, 9));
    let expected: Vec<Duration> = (0..9).map(|nth| ms(2010 - 200 * nth)).collect();
    assert_eq!(scene.missed, expected);
}

#[test]
fn a_full_snapshot_overtakes_turns_like_any_other() {
    let mut scene = Scene::new();
    scene.intend(0, Direction::East);
    scene.intend(100, Direction::North);
    scene.tracker.begin_full();
    assert_eq!(
        scene.enter(500, SLOT, WALKER, walk(Direction::North)),
        turn(400, 1)
    );
    assert_eq!(scene.missed, [ms(500)]);
    // A neighbour that is missing from the next full snapshot is out of sight, and so are its
    // turns.
    scene.tracker.end_enters();
    scene.intend(600, Direction::West);
    scene.tracker.begin_full();
    scene.tracker.end_enters();
    assert_eq!(scene.see(700, Direction::West), Sighting::Nothing);
    assert_eq!(
        scene.enter(800, SLOT, WALKER, walk(Direction::West)),
        Sighting::Nothing
    );
    // A different player in the same slot is not the same neighbour.
    scene.intend(900, Direction::South);
    scene.tracker.begin_full();
    let other = scene.enter(950, SLOT, PlayerId(99), walk(Direction::South));
    assert_eq!((other, scene.missed.len()), (Sighting::Nothing, 0));
}

#[test]
fn unseen_turns_are_pending() {
    let mut scene = Scene::new();
    assert_eq!(scene.pending(10), []);
    scene.intend(0, Direction::East);
    scene.intend(500, Direction::North);
    assert_eq!(scene.pending(2000), [ms(2000), ms(1500)]);
    assert_eq!(scene.see(2100, Direction::North), turn(1600, 1));
    assert_eq!(scene.pending(2200), []);
    scene.intend(2300, Direction::West);
    scene.registry.remove(WALKER);
    assert_eq!(scene.pending(4000), [], "it has left");
}

#[test]
fn forgotten_turns_count_with_the_age_of_the_oldest_remembered_one() {
    let mut scene = Scene::new();
    // Of 100 turns the last 64 are remembered: from number 37 on, which was at 3600 ms.
    for number in 1..100 {
        scene.intend((number - 1) * 100, Direction::ALL[1 + number as usize % 7]);
    }
    scene.intend(9900, Direction::ALL[8]);
    assert_eq!(scene.see(10_000, Direction::ALL[8]), turn(100, 99));
    assert_eq!(scene.missed.len(), 99);
    assert_eq!((scene.missed[0], scene.missed[35]), (ms(6400), ms(6400)));
    assert_eq!((scene.missed[36], scene.missed[37]), (ms(6400), ms(6300)));
}

#[test]
fn each_bot_that_sees_a_turn_adds_a_sample() {
    let mut scene = Scene::new();
    let mut second = Tracker::default();
    second.enter(&scene.registry, SLOT, WALKER, STILL, scene.start, |_| {});
    scene.intend(0, Direction::East);
    assert_eq!(scene.see(20, Direction::East), turn(20, 0));
    let now = scene.start + ms(45);
    let later = second.moved(&scene.registry, SLOT, walk(Direction::East), now, |_| {});
    assert_eq!(later, turn(45, 0));
}

#[test]
fn entering_while_walking_is_not_a_turn() {
    let mut scene = Scene::new();
    scene.intend(0, Direction::East);
    scene.intend(500, Direction::South);
    scene.tracker.leave(SLOT);
    assert_eq!(scene.see(510, Direction::South), Sighting::Nothing);
    // It is in sight again and still walks east, so the turn to the south is unseen.
    scene.enter(0, SLOT, WALKER, walk(Direction::East));
    assert_eq!(scene.see(540, Direction::South), turn(40, 0));
}

#[test]
fn other_players_are_not_measured() {
    let mut scene = Scene::new();
    scene.enter(0, Slot(9), PlayerId(99), STILL);
    let sighting = scene.tracker.moved(
        &scene.registry,
        Slot(9),
        walk(Direction::East),
        scene.start,
        |_| {},
    );
    assert_eq!(sighting, Sighting::Nothing);
}

#[test]
fn many_turns_wrap_around() {
    let mut scene = Scene::new();
    for round in 0..1000 {
        let direction = Direction::ALL[1 + round as usize % 8];
        scene.intend(round * 50, direction);
        assert_eq!(scene.see(round * 50 + 12, direction), turn(12, 0), "turn {round}");
    }
    // More turns than are remembered pass unseen; the newest is still found.
    for round in 0..201 {
        scene.intend(60_000 + round, Direction::ALL[1 + round as usize % 8]);
    }
    assert!(matches!(
        scene.see(60_300, Direction::ALL[1]),
        Sighting::Turn { .. }
    ));
}

#[test]
fn standing_at_a_spawn_point_is_not_matched_with_an_old_stop() {
    let mut scene = Scene::new();
    // The bot stood still long ago, walked, went through a door, and stands still again.
    scene.intend(0, Direction::Still);
    for (round, number) in (1..=6).zip(1_usize..) {
        scene.intend(round * 500, Direction::ALL[number]);
    }
    scene.enter(0, SLOT, WALKER, STILL);
    scene.intend(3500, Direction::North);
    // Its turns in the other room were not overtaken.
    assert_eq!(scene.see(3520, Direction::North), turn(20, 0));
    assert_eq!(scene.missed, []);
}

#[test]
fn the_age_of_a_picture_is_that_of_the_oldest_unseen_turn() {
    let mut scene = Scene::new();
    assert_eq!(age(&scene, 5), Some(ms(0)));
    scene.intend(10, Direction::East);
    assert_eq!(age(&scene, 22), Some(ms(12)));
    scene.intend(30, Direction::North);
    assert_eq!(age(&scene, 40), Some(ms(30)));
    assert_eq!(scene.see(41, Direction::East), turn(31, 0));
    assert_eq!(age(&scene, 45), Some(ms(15)));
    assert_eq!(scene.see(46, Direction::North), turn(16, 0));
    assert_eq!(age(&scene, 5000), Some(ms(0)));
    // The picture ages until the missing turn or a newer one arrives.
    scene.intend(6000, Direction::West);
    scene.intend(9000, Direction::South);
    assert_eq!(age(&scene, 9000), Some(ms(3000)));
    assert_eq!(scene.see(9010, Direction::South), turn(10, 1));
    assert_eq!(age(&scene, 9020), Some(ms(0)));
}

#[test]
fn only_neighbours_have_an_age() {
    let mut scene = Scene::new();
    scene.enter(0, Slot(9), PlayerId(99), STILL);
    assert_eq!(age(&scene, 5), Some(ms(0)), "strangers do not count");
    scene.intend(10, Direction::East);
    scene.registry.remove(WALKER);
    assert_eq!(
        age(&scene, 50),
        None,
        "it has left, and no neighbour will see its turn"
    );
    assert_eq!(scene.see(55, Direction::East), Sighting::Nothing);
    scene.intend(60, Direction::West);
    assert_eq!(scene.see(70, Direction::West), Sighting::Nothing);
    scene.tracker.clear();
    assert_eq!(age(&scene, 80), None);
}

#[test]
fn an_uncertain_last_turn_has_no_age_until_the_next_one() {
    let mut scene = Scene::new();
    for number in 1..=6 {
        scene.intend(number as u64 * 500, Direction::ALL[number]);
    }
    // It went through a door and stands still. Its turns in the other room will never be seen.
    scene.enter(0, SLOT, WALKER, STILL);
    assert_eq!(age(&scene, 9000), None);
    scene.intend(9010, Direction::North);
    assert_eq!(scene.see(9030, Direction::North), turn(20, 0));
    assert_eq!(age(&scene, 9040), Some(ms(0)));
}

#[test]
fn every_neighbour_is_sampled() {
    let mut scene = Scene::new();
    let late = scene.registry.add(PlayerId(12));
    scene.enter(0, Slot(700), PlayerId(12), STILL);
    scene.registry.intend(late, walk(Direction::East), scene.start);
    let ages = (100..200).filter_map(|at| age(&scene, at));
    let behind = ages.filter(|age| !age.is_zero()).count();
    assert!((30..70).contains(&behind), "{behind} of 100");
}

#[test]
fn turns_before_a_door_are_not_measured() {
    let mut scene = Scene::new();
    scene.intend(0, Direction::East);
    assert_eq!(scene.see(20, Direction::East), turn(20, 0));
    // One turn before the door is lost, the other takes effect in the next room.
    scene.intend(100, Direction::North);
    scene.intend(120, Direction::West);
    scene.registry.change_room(scene.walker);
    assert_eq!(scene.pending(5000), []);
    assert_eq!(age(&scene, 5000), Some(Duration::ZERO));
    assert_eq!(scene.see(300, Direction::West), Sighting::Nothing);
    // Turns after the door are measured as usual.
    scene.intend(400, Direction::South);
    assert_eq!(scene.see(430, Direction::South), turn(30, 0));
    assert!(scene.missed.is_empty());
}
