//! A dropped player stays in its room: others see it there, and it is sent messages but no
//! snapshots. When it resumes, its client is sent everything again.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{SessionId, Tick},
    limits::MAX_NAME_BYTES,
    message::{Move, MoveHeading, Refusal, Scope},
    motion::Direction,
    snapshot::Ack,
};
use parlour_sim::{
    CameNear, Dropped, InRoom, Interest, MaySleep, SavedState, SimulationApp as _, StepSet, TickSchedule,
};
use parlour_testing::{SessionActions as _, TestWorld, plaza, teleport_plugin};
use parlour_tick::{Arrival, EventKind, Lane, Report, player_id};
use serde::{Deserialize, Serialize};

/// A world with some players in the plaza, near each other.
fn world_of(players: u64) -> TestWorld {
    let mut world = TestWorld::new(plaza());
    (1..=players).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(10);
    world.forget_messages();
    world
}

fn is_dropped(world: &TestWorld, session: u64) -> bool {
    world.get::<Dropped>(session).is_some()
}

/// Returns whether the client of a viewer shows a player as dropped.
fn looks_dropped(world: &TestWorld, viewer: u64, other: u64) -> bool {
    world.sees(viewer, other).unwrap().player().unwrap().dropped
}

/// Returns the lanes of the frames to a session in the last tick.
fn lanes(world: &TestWorld, session: u64) -> Vec<Lane> {
    let frames = world.output.frames.iter();
    let own = frames.filter(|frame| frame.session == SessionId(session));
    own.map(|frame| frame.lane).collect()
}

#[test]
fn a_dropped_player_keeps_its_seat_and_others_see_that_it_is_dropped() {
    let mut world = world_of(2);
    let (slot, size) = (world.client(1).slot(), world.snapshot_size(2));
    assert_eq!(size, None, "nothing changes");
    world.drop_link(1);
    world.tick();
    assert!(looks_dropped(&world, 2, 1) && !looks_dropped(&world, 2, 2));
    assert_eq!(world.get::<Dropped>(1).unwrap().since(), world.now());
    let head = 9 + 2;
    assert_eq!(
        world.snapshot_size(2),
        Some(head + 2 + 1 + 1),
        "slot, mask and flag"
    );
    world.ticks(300);
    world.check_views(false);
    let (seen, _, _) = world.client(2).view.find_player(world.client(1).player).unwrap();
    assert_eq!(seen, slot, "the same slot");
    assert_eq!(world.output.counts.players, 2);

    world.open_and_join(3, "plaza");
    world.ticks(10);
    assert!(looks_dropped(&world, 3, 1), "also to those who come later");

    world.resume(1);
    world.tick();
    assert!(!is_dropped(&world, 1));
    assert!((1..=3).all(|viewer| !looks_dropped(&world, viewer, 1)));
    assert_eq!(world.client(1).slot(), slot);
    world.check_views(false);
}

#[test]
fn a_dropped_player_counts_towards_the_capacity() {
    let mut config = plaza();
    config.rules.capacity = 2;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.tick();
    world.drop_link(1);
    world.open_and_join(3, "plaza");
    world.tick();
    assert_eq!(world.refusals(3), [Refusal::RoomFull]);
}

#[test]
fn a_room_with_only_dropped_players_is_not_empty() {
    let mut config = plaza();
    config.rules.empty_ticks = 5;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.tick();
    world.drop_link(1);
    world.ticks(100);
    assert!(world.room("plaza").is_some());
    world.close(1);
    world.ticks(10);
    assert!(world.room("plaza").is_none());
}

#[test]
fn a_dropped_player_is_sent_messages_but_no_snapshots() {
    let mut world = world_of(2);
    world.drop_link(1);
    world.tick();
    assert_eq!(lanes(&world, 1), [], "not even in its last tick");
    world.chat(2, Scope::Near, "psst");
    world.chat(2, Scope::Room, "hello");
    world.write(2, "door", 0, Some("open"));
    world.walk(2, Direction::East);
    world.tick();
    assert_eq!(lanes(&world, 1), [Lane::Reliable; 3]);
    // Longer than until the next heartbeat.
    for _ in 0..100 {
        world.tick();
        assert_eq!(lanes(&world, 1), []);
    }
    assert_eq!(world.chats(1).len(), 2, "also the near one");
}

#[test]
fn the_first_snapshot_after_a_resume_is_full() {
    let mut world = world_of(3);
    world.drop_link(1);
    world.walk(2, Direction::South);
    world.ticks(50);
    world.skin(3, 2);
    world.close(2);
    world.tick();
    world.resume(1);
    world.tick();
    let snapshot = world.snapshot(1).unwrap();
    assert_eq!((snapshot.base, snapshot.enters.len()), (None, 2));
    world.check_views(false);
    world.walk(3, Direction::South);
    world.tick();
    assert!(world.snapshot(1).unwrap().base.is_some(), "then deltas again");
    world.check_views(false);
}

#[test]
fn a_second_drop_does_nothing() {
    let mut world = world_of(2);
    world.drop_link(1);
    world.tick();
    let since = world.now();
    let before = world.saved();
    world.ticks(3);
    world.drop_link(1);
    world.tick();
    assert_eq!(world.get::<Dropped>(1).unwrap().since(), since);
    assert_eq!(world.snapshot(2), None, "others are sent nothing");
    assert_eq!(before.len(), world.saved().len());
}

/// A new link can come before the loss of the old one is noticed.
#[test]
fn a_resume_without_a_drop_also_sends_everything() {
    let mut world = world_of(2);
    world.hold(1);
    world.tick();
    world.resume(1);
    world.tick();
    let snapshot = world.snapshot(1).unwrap();
    assert_eq!((snapshot.base, snapshot.enters.len()), (None, 2));
    assert_eq!(world.snapshot(2), None, "nothing changes for others");
}

#[test]
fn a_drop_and_a_resume_in_one_tick_are_a_resume() {
    let mut world = world_of(2);
    world.drop_link(1);
    world.resume(1);
    world.tick();
    assert!(!is_dropped(&world, 1));
    assert_eq!(world.snapshot(1).unwrap().base, None);
    world.resume(1);
    world.drop_link(1);
    world.tick();
    assert!(is_dropped(&world, 1));
    assert_eq!(lanes(&world, 1), []);
}

/// The connection of the new link is slow from the start.
#[test]
fn a_hold_after_a_resume_holds_the_new_link() {
    let mut world = world_of(2);
    world.drop_link(1);
    world.tick();
    world.resume(1);
    world.hold(1);
    world.ticks(5);
    assert_eq!(world.snapshot(1), None);
    world.release(1);
    world.tick();
    assert_eq!(world.snapshot(1).unwrap().base, None);
    world.check_views(false);
}

#[test]
fn a_new_link_is_not_held_by_a_hold_of_the_old_one() {
    let mut world = world_of(2);
    world.hold(1);
    world.tick();
    world.drop_link(1);
    world.tick();
    assert_eq!(world.output.counts.held, 0);
    world.resume(1);
    world.tick();
    assert!(world.snapshot(1).is_some());
}

/// Returns a command that turns at a tick.
fn turn(seq: u32, tick: Tick, direction: Direction) -> Move {
    let heading = MoveHeading::walk(direction);
    Move { seq, tick, heading }
}

#[test]
fn waiting_commands_are_dropped_and_the_client_learns_which_are_settled() {
    let mut world = world_of(1);
    let here = world.position(1);
    for (seq, ahead) in [(1, 3), (2, 5), (3, 7)] {
        world.command(1, turn(seq, world.now().after(ahead), Direction::East));
    }
    world.drop_link(1);
    world.ticks(20);
    assert_eq!(world.output.counts.moves, 0);
    world.resume(1);
    world.tick();
    assert_eq!(world.position(1), here, "none took effect");
    assert_eq!(world.snapshot(1).unwrap().ack, Some(Ack { seq: 3, early: 0 }));
    world.command(1, turn(3, Tick(0), Direction::East));
    world.tick();
    assert_eq!(world.output.counts.moves_dropped, 1, "the number is used up");
    world.command(1, turn(4, Tick(0), Direction::East));
    world.tick();
    assert_eq!(world.snapshot(1).unwrap().ack.map(|ack| ack.seq), Some(4));
}

#[test]
fn commands_before_the_drop_in_its_tick_are_dropped_and_those_after_the_resume_count() {
    let mut world = world_of(1);
    let here = world.position(1);
    world.walk(1, Direction::East);
    world.drop_link(1);
    world.tick();
    world.resume(1);
    world.walk(1, Direction::South);
    world.ticks(2);
    let there = world.position(1);
    assert_eq!((there.x, there.y), (here.x, here.y + 640));
}

#[test]
fn a_player_in_no_room_can_drop_and_resume() {
    let mut world = TestWorld::new(plaza());
    world.open(1);
    world.drop_link(1);
    world.tick();
    assert!(is_dropped(&world, 1));
    world.resume(1);
    world.join(1, "plaza");
    world.tick();
    assert!(!is_dropped(&world, 1));
    world.check_views(false);
    world.drop_link(9);
    world.resume(9);
    world.tick();
}

/// How often two players came near each other.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Met(u32);

fn count_encounters(app: &mut App) {
    teleport_plugin(app);
    app.init_resource::<Met>().state_resource::<Met>("met");
    app.add_systems(TickSchedule, count.in_set(StepSet::Simulate).in_set(MaySleep));
}

fn count(mut came: MessageReader<CameNear>, mut met: ResMut<Met>) {
    met.0 += came.read().count() as u32;
}

#[test]
fn dropped_players_come_near_others_like_all_players() {
    let mut world = TestWorld::with_plugins(plaza(), count_encounters);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.tick();
    world.teleport(1, 900 * 256, 900 * 256);
    world.ticks(15);
    let before = world.sim.world().resource::<Met>().0;
    world.drop_link(1);
    world.teleport(2, 910 * 256, 900 * 256);
    world.ticks(15);
    assert_eq!(world.sim.world().resource::<Met>().0, before + 1);
    assert!(world.sees(2, 1).is_some());
}

#[test]
fn a_player_that_leaves_is_reported_as_dropped_and_arrives_so() {
    let mut world = world_of(1);
    world.drop_link(1);
    world.close(1);
    world.tick();
    let [Report::Departed { player, .. }, ..] = &world.output.reports[..] else {
        panic!("{:?}", world.output.reports)
    };
    let player = player.clone();
    assert!(player.dropped);
    let mut next = TestWorld::new(plaza());
    next.event(7, EventKind::Arrive(player));
    next.join(7, "plaza");
    next.ticks(10);
    assert!(is_dropped(&next, 7) && next.get::<InRoom>(7).is_some());
    assert_eq!(next.get::<Dropped>(7).unwrap().since(), Tick(1));
    next.open_and_join(2, "plaza");
    next.ticks(10);
    assert!(looks_dropped(&next, 2, 7));
    next.resume(7);
    next.tick();
    assert_eq!(next.snapshot(7).unwrap().base, None);
    next.check_views(false);
}

#[test]
fn a_census_says_who_is_dropped() {
    let mut world = world_of(2);
    world.drop_link(2);
    world.tick();
    let saved = world.saved();
    let census = world.sim.census(&SavedState::parse(&saved).unwrap());
    let dropped = census.players.values().filter(|player| player.dropped);
    assert_eq!(dropped.map(|player| player.session.0).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_world_with_only_dropped_players_is_quiet_without_end() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.tick();
    world.drop_link(1);
    world.drop_link(2);
    world.ticks(20);
    assert_eq!(world.sim.quiet_until(), Some(Tick(u32::MAX)), "no heartbeats");
    world.resume(2);
    world.ticks(20);
    assert!(world.sim.quiet_until().is_some_and(|next| next < Tick(100)));
}

#[test]
fn a_name_of_the_maximum_length_is_read_of_a_dropped_player() {
    let mut world = TestWorld::new(plaza());
    let name = "x".repeat(MAX_NAME_BYTES);
    let arrival = Arrival::new(player_id(0, 1), name.clone());
    world.event(1, EventKind::Arrive(arrival));
    world.join(1, "plaza");
    world.drop_link(1);
    world.open_and_join(2, "plaza");
    world.ticks(10);
    assert_eq!(world.sees(2, 1).unwrap().player().unwrap().name, name);
    assert!(looks_dropped(&world, 2, 1));
}
