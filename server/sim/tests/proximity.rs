//! Who is near whom: with hysteresis, told once, looked at in time, and the same with and without a
//! grid.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{SessionId, Slot},
    motion::{Direction, Position as Place},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    BRUTE_FORCE_UP_TO, CameNear, CurrentPosition, Grid, InRoom, NearRadius, Nearby, Player, Proximity, Seats,
    SimConfig, SimulationApp, SlotPosition, StepSet, TickSchedule, WentAway,
};
use parlour_testing::{SessionActions as _, TestWorld, plaza, teleport_plugin};
use proptest::prelude::*;

/// What game logic was told, and what it finds when it asks.
#[derive(Resource, Default)]
struct Told {
    came: Vec<(Entity, Entity)>,
    went: Vec<(Entity, Entity)>,
    /// The pairs that [`Nearby`] gave in this tick, in both directions.
    pairs: BTreeSet<(Entity, Entity)>,
    /// Who left its room in this tick, before game logic ran; it may have come back.
    left: BTreeSet<Entity>,
}

fn listen(
    mut told: ResMut<Told>,
    mut came: MessageReader<CameNear>,
    mut went: MessageReader<WentAway>,
    seats: Query<&Seats>,
    mut left: RemovedComponents<InRoom>,
    nearby: Nearby,
) {
    told.left = left.read().collect();
    told.came.extend(came.read().map(|pair| (pair.one, pair.other)));
    told.went.extend(went.read().map(|pair| (pair.one, pair.other)));
    told.pairs.clear();
    for (_, player) in seats.iter().flat_map(Seats::iter) {
        for other in nearby.of(player) {
            assert!(nearby.are_near(player, other) && nearby.are_near(other, player));
            told.pairs.insert((player, other));
        }
    }
}

/// A world in which players can be put anywhere, and a plugin listens.
fn world(config: SimConfig) -> TestWorld {
    TestWorld::with_plugins(config, |app: &mut App| {
        teleport_plugin(app);
        app.init_resource::<Told>().presentation_only::<Told>();
        app.add_systems(TickSchedule, listen.in_set(StepSet::Simulate));
    })
}

fn config(refresh_ticks: u32) -> SimConfig {
    let mut config = plaza();
    config.rules.refresh_ticks = refresh_ticks;
    config
}

fn are_near(world: &TestWorld, one: u64, other: u64) -> bool {
    let room = world.room("plaza").unwrap();
    let proximity = world.sim.world().get::<Proximity>(room).unwrap();
    proximity.are_near(world.client(one).slot(), world.client(other).slot())
}

fn told(world: &TestWorld) -> &Told {
    world.sim.world().resource::<Told>()
}

#[test]
fn near_begins_at_the_radius_and_ends_a_sixth_beyond() {
    let mut world = world(config(1));
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    assert!(are_near(&world, 1, 2), "they appeared at one place");
    world.walk(1, Direction::East);
    world.tick();
    // 2.5 px a tick: 175 px are 70 ticks, 150 px are 60.
    for tick in 1..=80 {
        world.tick();
        assert_eq!(are_near(&world, 1, 2), tick <= 70, "{tick} ticks away");
        assert_eq!(world.sees(2, 1).is_some(), tick <= 70);
        assert_eq!(world.sees(1, 2).is_some(), tick <= 70);
    }
    world.walk(1, Direction::West);
    world.tick();
    for tick in (50..=80).rev() {
        world.tick();
        assert_eq!(
            are_near(&world, 1, 2),
            tick <= 60,
            "{tick} ticks away on the way back"
        );
        assert_eq!(world.sees(2, 1).is_some(), tick <= 60);
    }
    world.tick();
    assert_eq!((told(&world).came.len(), told(&world).went.len()), (2, 1));
}

#[test]
fn in_the_band_between_everything_stays_as_it_was() {
    let mut world = world(config(1));
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    let at = |world: &mut TestWorld, distance: i32| {
        let other = world.position(2);
        world.teleport(1, other.x + distance, other.y);
        world.tick();
        are_near(world, 1, 2)
    };
    let (enter, leave) = (150 * 256, 175 * 256);
    for (distance, near) in [
        (leave, true),
        (enter + 1, true),
        (leave + 1, false),
        (leave, false),
        (enter + 1, false),
        (enter, true),
        (leave, true),
    ] {
        assert_eq!(at(&mut world, distance), near, "{distance} units");
    }
}

#[test]
fn a_room_looks_at_least_every_100_ms() {
    for refresh_ticks in 1..=6 {
        for rooms in 1..=3 {
            let mut world = world(config(refresh_ticks));
            // Other rooms first, so that the epoch, which says when a room's turn is, differs.
            (10..10 + rooms).for_each(|session| world.open_and_join(session, &format!("plaza/{session}")));
            (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
            world.ticks(10);
            for distance in [1000 * 256, 0, 1000 * 256] {
                let place = world.position(2);
                world.teleport(1, place.x + distance, place.y);
                let mut waited = 0;
                while are_near(&world, 1, 2) != (distance == 0) {
                    world.tick();
                    waited += 1;
                    assert!(waited <= refresh_ticks, "{waited} ticks");
                }
            }
        }
    }
}

#[test]
fn who_is_alone_is_near_itself_only() {
    let mut world = world(config(6));
    world.open_and_join(1, "plaza");
    world.ticks(20);
    let room = world.room("plaza").unwrap();
    let proximity = world.sim.world().get::<Proximity>(room).unwrap();
    let slot = world.client(1).slot();
    assert_eq!(
        proximity.near(slot).unwrap().ones().collect::<Vec<_>>(),
        [slot.index()]
    );
    assert!(told(&world).pairs.is_empty() && told(&world).came.is_empty());
    assert_eq!(world.client(1).view.iter().count(), 1);
}

#[test]
fn who_leaves_the_room_goes_away_from_everyone_once() {
    let mut world = world(config(6));
    (1..=4).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(8);
    assert_eq!(told(&world).came.len(), 6);
    let player = |world: &TestWorld, session| world.sim.player(SessionId(session)).unwrap();
    let (gone, closed) = (player(&world, 1), player(&world, 2));
    // One joins elsewhere, one closes, in one tick, and a third takes the chance to leave and come
    // back.
    world.join(1, "plaza/2");
    world.close(2);
    world.leave(3);
    world.join(3, "plaza");
    world.ticks(2);
    let mut went = told(&world).went.clone();
    assert_eq!(went.len(), 6, "every pair had one who left");
    assert_eq!(
        went.iter()
            .filter(|(one, other)| [*one, *other].contains(&gone))
            .count(),
        3
    );
    assert_eq!(
        went.iter()
            .filter(|(one, other)| [*one, *other].contains(&closed))
            .count(),
        3
    );
    went.sort_by_key(|(one, other)| {
        (
            one.to_bits().min(other.to_bits()),
            one.to_bits().max(other.to_bits()),
        )
    });
    went.dedup();
    assert_eq!(went.len(), 6);
    world.ticks(6);
    assert_eq!(told(&world).came.len(), 7, "and the third meets the fourth again");
}

#[test]
fn an_empty_room_that_goes_at_once_still_tells_who_left() {
    let mut config = config(1);
    config.rules.empty_ticks = 0;
    let mut world = world(config);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(2);
    (1..=2).for_each(|session| world.leave(session));
    world.ticks(2);
    assert_eq!((told(&world).came.len(), told(&world).went.len()), (1, 1));
}

/// A player in one of its stays: who leaves and comes back in one tick is near nobody again.
type Stay = (Entity, u8);

/// An own account of who is near whom: pair by pair, at the ticks at which the two are looked at,
/// with hysteresis.
#[derive(Default)]
struct Oracle {
    /// Whether they are near, and the tick of the last look (of the first one since both are there:
    /// the one before).
    pairs: BTreeMap<(Stay, Stay), (bool, u32)>,
    pool: usize,
}

impl Oracle {
    /// Takes a tick's positions in, and compares the room's rows with what they must be.
    fn check(&mut self, world: &TestWorld) {
        let Some(room) = world.room("plaza") else { return };
        let (ecs, now) = (world.sim.world(), world.now().0);
        let (seats, rows) = (
            ecs.get::<Seats>(room).unwrap(),
            ecs.get::<Proximity>(room).unwrap(),
        );
        let rules = ecs.resource::<parlour_sim::Setup>().rules;
        let place = |player| ecs.get::<CurrentPosition>(player).unwrap().0;
        let stay = |player| (player, ecs.get::<Player>(player).unwrap().view);
        let placed: Vec<(Slot, Stay, Place)> = seats
            .iter()
            .map(|(slot, player)| (slot, stay(player), place(player)))
            .collect();
        let turn = (now + ecs.get::<parlour_sim::Room>(room).unwrap().epoch.0) % rules.refresh_ticks;
        // Whoever grows beyond the small rooms is looked at as a whole once more.
        let all = seats.pool() > SMALL && self.pool <= SMALL;
        self.pool = seats.pool();
        let before = std::mem::take(&mut self.pairs);
        let reach = NearRadius::from_px(rules.near_px);
        for (at, &(one, who, here)) in placed.iter().enumerate() {
            for &(other, whom, there) in &placed[at + 1..] {
                let names = (who.min(whom), who.max(whom));
                let (mut near, mut looked) = before.get(&names).copied().unwrap_or((false, now - 1));
                let (enter, leave) = (reach.enter_squared, reach.leave_squared);
                if all || whose_turn(self.pool, rules.refresh_ticks, one, other) == turn {
                    near = here.distance_squared(there) <= if near { leave } else { enter };
                    looked = now;
                }
                assert!(
                    now - looked < rules.refresh_ticks,
                    "not looked at since tick {looked}, at {now}"
                );
                assert_eq!(rows.are_near(one, other), near, "{one:?} and {other:?} at {now}");
                assert_eq!(rows.are_near(other, one), near, "{other:?} and {one:?} at {now}");
                self.pairs.insert(names, (near, looked));
            }
        }
        let near = self.pairs.values().filter(|(near, _)| *near).count();
        let bits = placed
            .iter()
            .map(|(slot, ..)| rows.near(*slot).unwrap().count_ones(..) - 1);
        assert_eq!(
            bits.sum::<usize>(),
            2 * near,
            "nobody is near a slot that nobody sits in"
        );
    }
}

/// Slots of the largest small room.
const SMALL: usize = 2 * BRUTE_FORCE_UP_TO;

/// The turn of a round in which a pair is looked at: that of the one from which the way forwards
/// through the round to the other is shorter, or the first one; in small rooms all have the first
/// turn.
fn whose_turn(pool: usize, round: u32, one: Slot, other: Slot) -> u32 {
    if pool <= SMALL {
        return 0;
    }
    let (one, other) = (i64::from(one.0), i64::from(other.0));
    let forwards = |from: i64, to: i64| (to - from).rem_euclid(round.into());
    let own = |slot: i64| forwards(0, slot);
    let (there, back) = (forwards(one, other), forwards(other, one));
    let turn = match there.cmp(&back) {
        Ordering::Less => own(one),
        Ordering::Greater => own(other),
        Ordering::Equal => own(one).min(own(other)),
    };
    turn as u32
}

/// Many players jump about, leave and return; all that is told adds up, and what is asked is what
/// all pairs say. Now and then they crowd together, so that nearly all are near each other.
fn crowd(players: u64, refresh_ticks: u32, ticks: u32) {
    let mut world = world(config(refresh_ticks));
    let mut chance = Stream::new(3, players, Purpose::Game);
    (0..players).for_each(|session| world.open_and_join(session, "plaza"));
    let mut near: BTreeSet<(Entity, Entity)> = BTreeSet::new();
    let (mut came, mut went) = (0, 0);
    let mut oracle = Oracle::default();
    for tick in 0..ticks {
        let range = if tick % 20 < 10 { 600 } else { 120 };
        for session in 0..players {
            match chance.below(40) {
                0..8 => {
                    let mut px = || (chance.below(range) as i32 + 100) * 256 + chance.below(256) as i32;
                    let (x, y) = (px(), px());
                    world.teleport(session, x, y);
                }
                8 => world.leave(session),
                9..12 => world.join(session, "plaza"),
                _ => {}
            }
        }
        world.tick();
        let told = told(&world);
        // First those who went: in the tick of a look, who left comes before who came.
        let unordered = |(one, other): &(Entity, Entity)| (*one.min(other), *one.max(other));
        for pair in told.went[went..].iter().map(unordered) {
            assert!(near.remove(&pair), "told to have gone without having come");
        }
        for pair in told.came[came..].iter().map(unordered) {
            assert!(near.insert(pair), "told to have come twice");
        }
        (came, went) = (told.came.len(), told.went.len());
        // Game logic hears of a tick's meetings at the next one. Who left since is not there to be
        // asked about; told of all others, it finds exactly those near whom it was told of.
        let expected: BTreeSet<(Entity, Entity)> = near
            .iter()
            .flat_map(|&(one, other)| [(one, other), (other, one)])
            .filter(|(one, other)| !told.left.contains(one) && !told.left.contains(other))
            .collect();
        assert_eq!(told.pairs, expected);
        world.check_views(false);
        oracle.check(&world);
    }
    assert!(came > 100 && went > 100, "{came} came, {went} went");
}

#[test]
fn in_a_small_crowd_all_that_is_told_adds_up() {
    for refresh_ticks in 1..=6 {
        crowd(20, refresh_ticks, 150);
    }
}

#[test]
fn in_a_large_crowd_all_that_is_told_adds_up() {
    for refresh_ticks in 1..=6 {
        crowd(BRUTE_FORCE_UP_TO as u64 + 26, refresh_ticks, 40);
    }
}

#[test]
fn a_room_that_outgrows_the_small_ones_looks_as_often_as_before() {
    let most = BRUTE_FORCE_UP_TO as u64;
    for grown_after in 0..6 {
        let mut world = world(config(6));
        let mut oracle = Oracle::default();
        (0..most).for_each(|session| world.open_and_join(session, "plaza"));
        let mut run = |world: &mut TestWorld, ticks| {
            for _ in 0..ticks {
                let in_room = |session: &u64| world.client(*session).room.is_some();
                for session in (0..most).filter(in_room).collect::<Vec<_>>() {
                    let (step, tick) = (session as i32 + 1, world.now().0 as i32);
                    world.teleport(
                        session,
                        (100 + step * tick * 7 % 400) * 256,
                        (100 + step * 3) * 256,
                    );
                }
                world.tick();
                oracle.check(world);
            }
        };
        run(&mut world, 12 + grown_after);
        world.open_and_join(most, "plaza");
        run(&mut world, 14);
        // Nor does it matter that it becomes smaller again.
        (5..=most).for_each(|session| world.leave(session));
        run(&mut world, 14);
        (5..=most).for_each(|session| world.join(session, "plaza"));
        run(&mut world, 14);
    }
}

#[test]
fn in_a_large_room_it_takes_at_most_100_ms() {
    for refresh_ticks in 1..=6 {
        let mut world = world(config(refresh_ticks));
        let players = BRUTE_FORCE_UP_TO as u64 + 6;
        (0..players).for_each(|session| world.open_and_join(session, "plaza"));
        world.ticks(10);
        for other in (1..players).step_by(11) {
            for distance in [1000 * 256, 0] {
                let place = world.position(other);
                world.teleport(0, place.x + distance, place.y);
                let mut waited = 0;
                while are_near(&world, 0, other) != (distance == 0) {
                    world.tick();
                    waited += 1;
                    assert!(waited <= refresh_ticks, "{waited} ticks");
                }
            }
        }
    }
}

#[test]
fn at_the_far_corner_of_the_largest_map_it_is_the_same() {
    // 3,906 tiles of 1,024 px: 4 million px, which is as far as an i32 of units goes with a margin.
    let mut map = parlour_testing::maps::open_map("plaza", 8, 1);
    map.walls = parlour_shared::motion::WallGrid::new(3906, 1000, 1024);
    let mut config = config(1);
    config.maps = vec![std::sync::Arc::new(map)];
    config.rules.near_px = 100_000;
    let mut world = world(config);
    let players = BRUTE_FORCE_UP_TO as u64 + 10;
    (0..players).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    let edge = (3906 * 1024 - 8) * 256;
    for session in 0..players {
        world.teleport(
            session,
            edge - session as i32 * 256,
            (1_000_000 + session as i32) * 256,
        );
    }
    world.ticks(2);
    assert!((1..players).all(|other| are_near(&world, 0, other)));
    world.teleport(0, 8 * 256, 8 * 256);
    world.ticks(2);
    assert!((1..players).all(|other| !are_near(&world, 0, other)));
    world.check_views(false);
}

fn placed() -> impl Strategy<Value = Vec<SlotPosition>> {
    // Crowded, spread out, all over the largest map, everyone on one spot, and where no map is.
    let range = prop_oneof![
        Just(1),
        Just(60_000),
        Just(500_000),
        Just(1_000_000_000),
        Just(i32::MAX)
    ];
    range.prop_flat_map(|range| {
        let at = (-range..=range, -range..=range);
        prop::collection::vec(at, 0..200).prop_map(|places| {
            let placed = |(slot, (x, y))| SlotPosition {
                slot: Slot(slot),
                position: Place { x, y },
            };
            (0..).zip(places).map(placed).collect()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_grid_finds_what_all_pairs_find(
        worlds in prop::collection::vec((placed(), prop_oneof![1..400_u32, Just(100_000)]), 1..4),
    ) {
        // One grid for all of them: it remembers nothing.
        let mut grid = Grid::default();
        for (placed, px) in worlds {
            let reach = NearRadius::from_px(px);
            grid.fill(&placed, reach);
            let mut everyone: Vec<SlotPosition> = grid.iter().collect();
            everyone.sort_unstable_by_key(|player| player.slot);
            prop_assert_eq!(&everyone, &placed);
            for player in &placed {
                let mut found = Vec::new();
                grid.around(reach, player.position, |slot, distance| found.push((slot, distance)));
                found.sort_unstable();
                let all = placed.iter().map(|other| (other.slot, player.position.distance_squared(other.position)));
                let within: Vec<(Slot, i64)> = all.filter(|(_, distance)| *distance <= reach.leave_squared).collect();
                prop_assert_eq!(found, within);
            }
        }
    }
}
