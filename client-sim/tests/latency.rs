//! A neighbour's turn is matched with the moment at which it was intended, and with no other.

use std::time::{Duration, Instant};

use parlour_client_sim::bots::{Registry, Sighting, Tracker};
use parlour_shared::{
    ids::{PlayerId, Slot},
    motion::{Direction, Heading},
    rng::{Purpose, Stream},
};

const WALKER: PlayerId = PlayerId(11);
const SLOT: Slot = Slot(4);
const STILL: Heading = Heading {
    direction: Direction::Still,
    sprint: false,
};

fn walk(direction: Direction) -> Heading {
    Heading {
        direction,
        sprint: false,
    }
}

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

struct Scene {
    registry: Registry,
    tracker: Tracker,
    walker: u32,
    start: Instant,
}

impl Scene {
    fn new() -> Self {
        let mut registry = Registry::default();
        let walker = registry.add(WALKER);
        let mut tracker = Tracker::default();
        tracker.enter(&registry, SLOT, WALKER, STILL);
        Self {
            registry,
            tracker,
            walker,
            start: Instant::now(),
        }
    }

    fn intend(&mut self, at: u64, direction: Direction) {
        self.registry
            .intend(self.walker, walk(direction), self.start + ms(at));
    }

    fn see(&mut self, at: u64, direction: Direction) -> Sighting {
        self.tracker
            .moved(&self.registry, SLOT, walk(direction), self.start + ms(at))
    }
}

fn age(scene: &Scene, at: u64) -> Option<Duration> {
    let mut chance = Stream::new(1, at, Purpose::BotGlance);
    scene
        .tracker
        .age(&scene.registry, &mut chance, scene.start + ms(at))
}

fn turn(latency: u64, overtaken: u32) -> Sighting {
    Sighting::Turn {
        latency: ms(latency),
        overtaken,
    }
}

#[test]
fn from_intention_to_sight() {
    let mut scene = Scene::new();
    scene.intend(0, Direction::East);
    assert_eq!(scene.see(20, Direction::East), turn(20, 0));
    scene.intend(500, Direction::North);
    assert_eq!(scene.see(533, Direction::North), turn(33, 0));
}

#[test]
fn a_wall_is_no_turn() {
    let mut scene = Scene::new();
    scene.intend(0, Direction::East);
    assert_eq!(scene.see(20, Direction::East), turn(20, 0));
    assert_eq!(scene.see(90, Direction::East), Sighting::Nothing);
}

#[test]
fn turns_that_were_overtaken_are_counted_and_no_samples() {
    let mut scene = Scene::new();
    scene.intend(0, Direction::East);
    scene.intend(50, Direction::North);
    scene.intend(100, Direction::West);
    assert_eq!(scene.see(130, Direction::West), turn(30, 2));
    assert_eq!(scene.see(140, Direction::East), Sighting::Unknown);
}

#[test]
fn each_neighbour_is_one_sample() {
    let mut scene = Scene::new();
    let mut second = Tracker::default();
    second.enter(&scene.registry, SLOT, WALKER, STILL);
    scene.intend(0, Direction::East);
    assert_eq!(scene.see(20, Direction::East), turn(20, 0));
    let later = second.moved(&scene.registry, SLOT, walk(Direction::East), scene.start + ms(45));
    assert_eq!(later, turn(45, 0));
}

#[test]
fn whoever_comes_in_sight_walking_is_no_news() {
    let mut scene = Scene::new();
    scene.intend(0, Direction::East);
    scene.intend(500, Direction::South);
    scene.tracker.leave(SLOT);
    assert_eq!(scene.see(510, Direction::South), Sighting::Nothing);
    // It comes back in sight still walking east: the turn to the south is yet to be seen.
    scene
        .tracker
        .enter(&scene.registry, SLOT, WALKER, walk(Direction::East));
    assert_eq!(scene.see(540, Direction::South), turn(40, 0));
}

#[test]
fn other_players_are_not_measured() {
    let mut scene = Scene::new();
    scene.tracker.enter(&scene.registry, Slot(9), PlayerId(99), STILL);
    let sighting = scene
        .tracker
        .moved(&scene.registry, Slot(9), walk(Direction::East), scene.start);
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
    // More than are remembered pass unseen; the newest is still found.
    for round in 0..201 {
        scene.intend(60_000 + round, Direction::ALL[1 + round as usize % 8]);
    }
    assert!(matches!(
        scene.see(60_300, Direction::ALL[1]),
        Sighting::Turn { .. }
    ));
}

#[test]
fn whoever_stands_at_a_spawn_point_after_a_door_is_not_taken_for_long_ago() {
    let mut scene = Scene::new();
    // It stood still long ago, then walked, and went through a door, which makes it stand again.
    scene.intend(0, Direction::Still);
    for (round, number) in (1..=6).zip(1_usize..) {
        scene.intend(round * 500, Direction::ALL[number]);
    }
    scene.tracker.enter(&scene.registry, SLOT, WALKER, STILL);
    scene.intend(3500, Direction::North);
    assert_eq!(scene.see(3520, Direction::North), turn(20, 4));
}

#[test]
fn a_picture_is_as_old_as_the_oldest_turn_that_is_missing_in_it() {
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
    // A turn that never comes makes it older and older, until a newer one comes.
    scene.intend(6000, Direction::West);
    scene.intend(9000, Direction::South);
    assert_eq!(age(&scene, 9000), Some(ms(3000)));
    assert_eq!(scene.see(9010, Direction::South), turn(10, 1));
    assert_eq!(age(&scene, 9020), Some(ms(0)));
}

#[test]
fn only_neighbours_have_an_age() {
    let mut scene = Scene::new();
    scene.tracker.enter(&scene.registry, Slot(9), PlayerId(99), STILL);
    assert_eq!(age(&scene, 5), Some(ms(0)), "a stranger is not looked at");
    scene.intend(10, Direction::East);
    scene.registry.remove(WALKER);
    assert_eq!(age(&scene, 50), None, "it has left, and nobody will see its turn");
    assert_eq!(scene.see(55, Direction::East), Sighting::Nothing);
    scene.intend(60, Direction::West);
    assert_eq!(scene.see(70, Direction::West), Sighting::Nothing);
    scene.tracker.clear();
    assert_eq!(age(&scene, 80), None);
}

#[test]
fn whose_last_turn_is_uncertain_has_no_age_until_the_next() {
    let mut scene = Scene::new();
    for number in 1..=6 {
        scene.intend(number as u64 * 500, Direction::ALL[number]);
    }
    // It went through a door and stands: what it did elsewhere will never be seen.
    scene.tracker.enter(&scene.registry, SLOT, WALKER, STILL);
    assert_eq!(age(&scene, 9000), None);
    scene.intend(9010, Direction::North);
    assert_eq!(scene.see(9030, Direction::North), turn(20, 4));
    assert_eq!(age(&scene, 9040), Some(ms(0)));
}

#[test]
fn every_neighbour_is_looked_at() {
    let mut scene = Scene::new();
    let late = scene.registry.add(PlayerId(12));
    scene
        .tracker
        .enter(&scene.registry, Slot(700), PlayerId(12), STILL);
    scene.registry.intend(late, walk(Direction::East), scene.start);
    let ages = (100..200).filter_map(|at| age(&scene, at));
    let behind = ages.filter(|age| !age.is_zero()).count();
    assert!((30..70).contains(&behind), "{behind} of 100");
}
