//! Worlds of an earlier process: joins find their rooms before the worlds run, and the desk knows
//! which worlds are to be saved.

use std::time::Instant;

use parlour_shared::message::{Join, JoinMode, Refusal};
use parlour_tick::{Report, WorldId, WorldKind};

use super::super::{Desk, DeskEvent, ThawedWorld, ThawedWorlds, WorldState};
use super::support::{Did, TestDesk, config, entered, room_status, status};

fn own(room: &str) -> ThawedWorld {
    ThawedWorld {
        name: room.replace('/', "."),
        kind: WorldKind::Own {
            room_type: "tag".to_owned(),
            room: Some(room.to_owned()),
        },
        rooms: vec![room_status(room, 0)],
    }
}

fn main(name: &str, rooms: &[&str]) -> ThawedWorld {
    ThawedWorld {
        name: name.to_owned(),
        kind: WorldKind::Main,
        rooms: rooms.iter().map(|room| room_status(room, 0)).collect(),
    }
}

/// Returns a desk with these worlds, whose first id is 40.
fn thawed(threads: usize, worlds: Vec<ThawedWorld>) -> TestDesk {
    let mut config = config();
    config.tick_threads = threads;
    let thawed = ThawedWorlds { worlds, first_id: 40 };
    TestDesk::of(|now: Instant, actions| Desk::new(config, thawed, now, actions))
}

#[test]
fn thawed_shared_worlds_are_in_place_of_new_ones() {
    let worlds = vec![own("tag/a"), main("main-2", &["plaza"])];
    let mut desk = thawed(2, worlds);
    let made: Vec<_> = ["main-2", "main", "office", "office-2", "tag.a"]
        .into_iter()
        .zip(40..)
        .map(|(name, id)| Did::Create(WorldId(id), name.to_owned()))
        .collect();
    assert_eq!(desk.take(), made);
    let threads: Vec<_> = desk.desk.worlds().iter().map(|world| world.thread).collect();
    assert_eq!(threads[..4], [0, 1, 0, 1]);
}

#[test]
fn more_thawed_worlds_than_threads_are_spread_evenly() {
    let worlds = ["main", "main-2", "main-3"].map(|name| main(name, &[]));
    let desk = thawed(2, worlds.into());
    let worlds = desk.desk.worlds();
    let of_main = worlds.iter().filter(|world| world.kind == WorldKind::Main);
    let threads: Vec<_> = of_main.map(|world| world.thread).collect();
    assert_eq!(threads, [0, 1, 0]);
}

#[test]
fn a_join_of_a_thawed_room_waits_until_its_world_runs() {
    for mode in [JoinMode::Enter, JoinMode::Existing, JoinMode::Any] {
        let mut desk = thawed(1, vec![own("tag/a")]);
        desk.take();
        let world = WorldId(42);
        assert_eq!(desk.desk.worlds()[2].name, "tag.a");
        let ada = desk.open();
        let room = if mode == JoinMode::Any { "tag" } else { "tag/a" };
        desk.join_mode(ada, 1, room, mode);
        assert_eq!(desk.take(), []);
        desk.created(world);
        let mode = if mode == JoinMode::Any {
            JoinMode::Enter
        } else {
            mode
        };
        let join = Join {
            mode,
            ..Join::room(1, "tag/a")
        };
        assert_eq!(desk.take(), [Did::Arrive(world), Did::Join(world, join)]);
        desk.reports(world, vec![entered(ada, 1, "tag/a"), status("tag/a", 1)]);
        assert_eq!(desk.take(), [Did::Place(world, 1)]);
    }
}

#[test]
fn a_thawed_own_world_ends_only_when_its_room_is_removed() {
    let mut desk = thawed(1, vec![own("tag/a")]);
    desk.take();
    let world = WorldId(42);
    desk.created(world);
    assert_eq!(desk.take(), []);
    desk.reports(
        world,
        vec![Report::RoomRemoved {
            room: "tag/a".to_owned(),
        }],
    );
    assert_eq!(desk.take(), [Did::End(world)]);
    let ada = desk.open();
    desk.join_mode(ada, 1, "tag/a", JoinMode::Existing);
    assert_eq!(desk.take(), [Did::Refuse(1, Refusal::NoSuchRoom)]);
}

#[test]
fn worlds_with_a_room_of_a_durable_type_are_saved() {
    // In these tests, the types with their own worlds are durable.
    let mut desk = thawed(1, vec![own("tag/a"), main("main", &["plaza"])]);
    let (tag, next) = (WorldId(42), WorldId(43));
    desk.created(tag);
    desk.take();
    let ada = desk.open();
    desk.join(ada, 1, "duel/b");
    assert_eq!(desk.take(), [Did::Create(next, "duel.b".to_owned())]);
    let durable = desk.desk.durable_worlds();
    let known: Vec<_> = durable
        .iter()
        .map(|(world, state)| (world.world, world.name.as_str(), *state, world.rooms))
        .collect();
    assert_eq!(
        known,
        [
            (tag, "tag.a", WorldState::Running, 1),
            (next, "duel.b", WorldState::Creating, 1)
        ]
    );
}

#[test]
fn a_server_that_stops_makes_no_rooms() {
    let mut desk = thawed(1, vec![own("tag/a"), own("tag/b")]);
    let (built, unbuilt) = (WorldId(42), WorldId(43));
    desk.created(built);
    let waits = desk.open();
    desk.join(waits, 1, "tag/b");
    desk.take();
    desk.handle(DeskEvent::Stopping);
    assert_eq!(desk.take(), [Did::Refuse(1, Refusal::TooManyRooms)]);
    let ada = desk.open();
    for room in ["tag/b", "tag/c", "plaza/d"] {
        desk.join(ada, 2, room);
        assert_eq!(desk.take(), [Did::Refuse(2, Refusal::TooManyRooms)], "{room}");
    }
    desk.join(ada, 3, "tag/a");
    let join = Join::room(3, "tag/a");
    assert_eq!(desk.take(), [Did::Arrive(built), Did::Join(built, join)]);
    let known = desk.desk.durable_worlds();
    let states: Vec<_> = known.iter().map(|(world, state)| (world.world, *state)).collect();
    assert_eq!(
        states,
        [(built, WorldState::Running), (unbuilt, WorldState::Creating)]
    );
}

#[test]
fn a_new_type_does_not_get_the_name_of_a_saved_world() {
    // A room of a type with own worlds was saved when there was no type "office".
    let mut saved = own("tag/a");
    saved.name = "office".to_owned();
    let desk = thawed(1, vec![saved]);
    let names: Vec<_> = desk.desk.worlds().into_iter().map(|world| world.name).collect();
    assert_eq!(names, ["main", "office-2", "office"]);
}
