//! Proximity: hysteresis, messages, the time between checks, and the same result with and without a
//! grid.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

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

/// The messages that game logic received, and the results of its queries.
#[derive(Resource, Default)]
struct ProximityLog {
    came: Vec<(Entity, Entity)>,
    went: Vec<(Entity, Entity)>,
    /// The pairs that [`Nearby`] returned in this tick, in both directions.
    pairs: BTreeSet<(Entity, Entity)>,
    /// The players that left their room in this tick before game logic ran. They may have joined
    /// again.
    left: BTreeSet<Entity>,
}

fn record(
    mut log: ResMut<ProximityLog>,
    mut came: MessageReader<CameNear>,
    mut went: MessageReader<WentAway>,
    seats: Query<&Seats>,
    mut left: RemovedComponents<InRoom>,
    nearby: Nearby,
) {
    log.left = left.read().collect();
    log.came.extend(came.read().map(|pair| (pair.one, pair.other)));
    log.went.extend(went.read().map(|pair| (pair.one, pair.other)));
    log.pairs.clear();
    for (_, player) in seats.iter().flat_map(Seats::iter) {
        for other in nearby.of(player) {
            assert!(nearby.are_near(player, other) && nearby.are_near(other, player));
            log.pairs.insert((player, other));
        }
    }
}

/// A world with teleports, and a plugin that fills the [`ProximityLog`].
fn world(config: SimConfig) -> TestWorld {
    TestWorld::with_plugins(config, |app: &mut App| {
        teleport_plugin(app);
        app.init_resource::<ProximityLog>()
            .presentation_only::<ProximityLog>();
        app.add_systems(TickSchedule, record.in_set(StepSet::Simulate));
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

fn log(world: &TestWorld) -> &ProximityLog {
    world.sim.world().resource::<ProximityLog>()
}

#[test]
fn near_begins_at_the_radius_and_ends_a_sixth_beyond() {
    let mut world = world(config(1));
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    assert!(are_near(&world, 1, 2), "they appeared at the same position");
    world.walk(1, Direction::East);
    world.tick();
    // At 2.5 px per tick, 175 px are 70 ticks, and 150 px are 60 ticks.
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
    assert_eq!((log(&world).came.len(), log(&world).went.len()), (2, 1));
}

#[test]
fn between_the_two_radii_nearness_does_not_change() {
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
fn a_small_room_is_checked_at_least_every_100_ms() {
    for refresh_ticks in 1..=6 {
        for rooms in 1..=3 {
            let mut world = world(config(refresh_ticks));
            // Create other rooms first, to test different epochs: the epoch decides the tick of the
            // check.
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
fn a_player_alone_is_near_only_itself() {
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
    assert!(log(&world).pairs.is_empty() && log(&world).came.is_empty());
    assert_eq!(world.client(1).view.iter().count(), 1);
}

#[test]
fn a_player_that_leaves_the_room_goes_away_from_each_player_once() {
    let mut world = world(config(6));
    (1..=4).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(8);
    assert_eq!(log(&world).came.len(), 6);
    let player = |world: &TestWorld, session| world.sim.player(SessionId(session)).unwrap();
    let (gone, closed) = (player(&world, 1), player(&world, 2));
    // In the same tick, one player joins a different room, one closes, and one leaves and joins
    // again.
    world.join(1, "plaza/2");
    world.close(2);
    world.leave(3);
    world.join(3, "plaza");
    world.ticks(2);
    let mut went = log(&world).went.clone();
    assert_eq!(went.len(), 6, "one player of every pair left");
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
    assert_eq!(
        log(&world).came.len(),
        7,
        "the third and the fourth come near again"
    );
}

#[test]
fn a_room_that_is_removed_immediately_still_reports_departures() {
    let mut config = config(1);
    config.rules.empty_ticks = 0;
    let mut world = world(config);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(2);
    (1..=2).for_each(|session| world.leave(session));
    world.ticks(2);
    assert_eq!((log(&world).came.len(), log(&world).went.len()), (1, 1));
}

/// A player and its view. A player that leaves and joins again in one tick has a new view, and is
/// near nobody.
type Stay = (Entity, u8);

/// A second, simple implementation of nearness: pair by pair, in the ticks in which a pair is
/// checked, with hysteresis.
#[derive(Default)]
struct Oracle {
    /// For each pair: whether it is near, and the tick of its last check. For a new pair, this is
    /// the previous tick.
    pairs: BTreeMap<(Stay, Stay), (bool, u32)>,
    pool: usize,
}

impl Oracle {
    /// Checks the pairs of this tick, and compares the rows of the room with the result.
    fn check(&mut self, world: &TestWorld) {
        let Some(room) = world.room("plaza") else { return };
        let (ecs, now) = (world.sim.world(), world.now().0);
        let (seats, rows) = (
            ecs.get::<Seats>(room).unwrap(),
            ecs.get::<Proximity>(room).unwrap(),
        );
        let present = ecs.get::<parlour_sim::Room>(room).unwrap();
        let rules = present.rules();
        let place = |player| ecs.get::<CurrentPosition>(player).unwrap().0;
        let stay = |player| (player, ecs.get::<Player>(player).unwrap().view);
        let players: Vec<(Slot, Stay, Place)> = seats
            .iter()
            .map(|(slot, player)| (slot, stay(player), place(player)))
            .collect();
        let tick_of_round = (now + present.epoch.0) % rules.refresh_ticks;
        // When a room stops being small, all its pairs are checked once.
        let all = seats.slot_count() > SMALL && self.pool <= SMALL;
        self.pool = seats.slot_count();
        let before = std::mem::take(&mut self.pairs);
        let radius = NearRadius::from_px(rules.near_px);
        for (at, &(one, stay, here)) in players.iter().enumerate() {
            for &(other, other_stay, there) in &players[at + 1..] {
                let pair = (stay.min(other_stay), stay.max(other_stay));
                let (mut near, mut checked) = before.get(&pair).copied().unwrap_or((false, now - 1));
                let (enter, leave) = (radius.enter_squared, radius.leave_squared);
                if all || check_tick(self.pool, rules.refresh_ticks, one, other) == tick_of_round {
                    near = here.distance_squared(there) <= if near { leave } else { enter };
                    checked = now;
                }
                assert!(
                    now - checked < rules.refresh_ticks,
                    "last checked in tick {checked}, now {now}"
                );
                assert_eq!(rows.are_near(one, other), near, "{one:?} and {other:?} at {now}");
                assert_eq!(rows.are_near(other, one), near, "{other:?} and {one:?} at {now}");
                self.pairs.insert(pair, (near, checked));
            }
        }
        let near = self.pairs.values().filter(|(near, _)| *near).count();
        let bits = players
            .iter()
            .map(|(slot, ..)| rows.near(*slot).unwrap().count_ones(..) - 1);
        assert_eq!(bits.sum::<usize>(), 2 * near, "no player is near an empty slot");
    }
}

/// Slots of the largest small room.
const SMALL: usize = 2 * BRUTE_FORCE_UP_TO;

/// Returns the tick of a round in which a pair is checked. In small rooms, this is the first tick.
/// In large rooms, each slot has a tick of the round. The pair is checked in the tick of the slot
/// from which the way forwards through the round to the other slot is shorter, or in the earlier of
/// the two ticks if both ways are equal.
fn check_tick(pool: usize, round: u32, one: Slot, other: Slot) -> u32 {
    if pool <= SMALL {
        return 0;
    }
    let (one, other) = (i64::from(one.0), i64::from(other.0));
    let forwards = |from: i64, to: i64| (to - from).rem_euclid(round.into());
    let own = |slot: i64| forwards(0, slot);
    let (there, back) = (forwards(one, other), forwards(other, one));
    let tick = match there.cmp(&back) {
        Ordering::Less => own(one),
        Ordering::Greater => own(other),
        Ordering::Equal => own(one).min(own(other)),
    };
    tick as u32
}

/// Many players teleport, leave and join again. The messages must add up to the pairs that are
/// near, and queries must return the same pairs. Every 10 ticks, the players gather in a small
/// area, where nearly all are near each other, or spread out again. With a larger `calm`, fewer of
/// them move.
fn crowd(players: u64, refresh_ticks: u32, ticks: u32, calm: u32) {
    let mut world = world(config(refresh_ticks));
    let mut random = Stream::new(3, players, Purpose::Game);
    (0..players).for_each(|session| world.open_and_join(session, "plaza"));
    let mut near: BTreeSet<(Entity, Entity)> = BTreeSet::new();
    let (mut came, mut went) = (0, 0);
    let mut oracle = Oracle::default();
    for tick in 0..ticks {
        let range = if tick % 20 < 10 { 600 } else { 120 };
        for session in 0..players {
            match random.below(40 * calm) {
                0..8 => {
                    let mut px = || (random.below(range) as i32 + 100) * 256 + random.below(256) as i32;
                    let (x, y) = (px(), px());
                    world.teleport(session, x, y);
                }
                8 => world.leave(session),
                9..12 => world.join(session, "plaza"),
                _ => {}
            }
        }
        world.tick();
        let log = log(&world);
        // `WentAway` first: a check reports departures before new pairs.
        let unordered = |(one, other): &(Entity, Entity)| (*one.min(other), *one.max(other));
        for pair in log.went[went..].iter().map(unordered) {
            assert!(near.remove(&pair), "went away without having come near");
        }
        for pair in log.came[came..].iter().map(unordered) {
            assert!(near.insert(pair), "came near twice");
        }
        (came, went) = (log.came.len(), log.went.len());
        // Game logic receives the messages of a tick in the next one. `Nearby` returns exactly the
        // pairs from the messages, except those with a player that has left since.
        let expected: BTreeSet<(Entity, Entity)> = near
            .iter()
            .flat_map(|&(one, other)| [(one, other), (other, one)])
            .filter(|(one, other)| !log.left.contains(one) && !log.left.contains(other))
            .collect();
        assert_eq!(log.pairs, expected);
        world.check_views(false);
        oracle.check(&world);
    }
    assert!(came > 100 && went > 100, "{came} came, {went} went");
}

#[test]
fn the_messages_of_a_small_room_match_its_rows() {
    for refresh_ticks in 1..=6 {
        crowd(20, refresh_ticks, 150, 1);
    }
}

#[test]
fn the_messages_of_a_large_room_match_its_rows() {
    for refresh_ticks in 1..=6 {
        crowd(BRUTE_FORCE_UP_TO as u64 + 26, refresh_ticks, 40, 1);
    }
}

#[test]
fn the_messages_of_a_large_room_match_its_rows_if_most_players_rest() {
    for refresh_ticks in [1, 2, 5, 6] {
        crowd(BRUTE_FORCE_UP_TO as u64 + 26, refresh_ticks, 40, 10);
    }
}

#[test]
fn a_room_that_stops_being_small_is_checked_as_often_as_before() {
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
        // The same must hold after the room becomes smaller and larger again.
        (5..=most).for_each(|session| world.leave(session));
        run(&mut world, 14);
        (5..=most).for_each(|session| world.join(session, "plaza"));
        run(&mut world, 14);
    }
}

#[test]
fn a_large_room_is_checked_at_least_every_100_ms() {
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
fn proximity_works_at_the_far_corner_of_the_largest_map() {
    // 3,906 tiles of 1,024 px are 4 million px: the range of an i32 in units, minus a margin.
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

fn players() -> impl Strategy<Value = Vec<SlotPosition>> {
    // All in one place, crowded, spread out, all over the largest map, and beyond any map.
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
            let player = |(slot, (x, y))| SlotPosition {
                slot: Slot(slot),
                position: Place { x, y },
            };
            (0..).zip(places).map(player).collect()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_grid_finds_the_same_players_as_brute_force(
        worlds in prop::collection::vec((players(), prop_oneof![1..400_u32, Just(100_000)]), 1..4),
    ) {
        // One grid for all worlds: `fill` must clear it.
        let mut grid = Grid::default();
        for (players, px) in worlds {
            let radius = NearRadius::from_px(px);
            grid.fill(&players, radius);
            let mut everyone: Vec<SlotPosition> = grid.iter().collect();
            everyone.sort_unstable_by_key(|player| player.slot);
            prop_assert_eq!(&everyone, &players);
            for player in &players {
                let mut found = Vec::new();
                grid.around(radius, player.position, |slot, distance| found.push((slot, distance)));
                found.sort_unstable();
                let all = players.iter().map(|other| (other.slot, player.position.distance_squared(other.position)));
                let within: Vec<(Slot, i64)> = all.filter(|(_, distance)| *distance <= radius.leave_squared).collect();
                prop_assert_eq!(found, within);
            }
        }
    }
}
