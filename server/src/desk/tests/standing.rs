//! A tick thread that stands still gets no new worlds and rooms, as long as others tick.

use parlour_shared::message::{Join, JoinMode};
use parlour_tick::WorldId;

use super::super::{DeskConfig, DeskEvent};
use super::support::{Did, TestDesk, config, entered, status};

/// The main worlds of both threads.
const MAINS: [WorldId; 2] = [WorldId(1), WorldId(2)];
/// The first own world.
const OWN: WorldId = WorldId(5);

/// Returns a desk with two tick threads and their shared worlds.
fn two_threads() -> TestDesk {
    let mut desk = TestDesk::with(DeskConfig {
        tick_threads: 2,
        ..config()
    });
    (1..=4).for_each(|world| desk.created(WorldId(world)));
    desk.take();
    desk
}

fn stand(desk: &mut TestDesk, thread: usize, stands: bool) {
    desk.handle(DeskEvent::Standing { thread, stands });
}

fn thread_of(desk: &TestDesk, world: WorldId) -> usize {
    let worlds = desk.desk.worlds();
    worlds.iter().find(|view| view.world == world).unwrap().thread
}

/// A new session joins. Returns the world that it is sent to, and the room.
fn join(desk: &mut TestDesk, room: &str, mode: JoinMode) -> (WorldId, String) {
    let session = desk.open();
    desk.join_mode(session, 1, room, mode);
    let did = desk.take();
    let joins = did.iter().find_map(|did| match did {
        Did::Join(world, Join { room, .. }) => Some((*world, room.clone())),
        _ => None,
    });
    joins.unwrap_or_else(|| panic!("{did:?}"))
}

#[test]
fn a_new_room_is_created_in_the_shared_world_of_a_thread_that_ticks() {
    let mut desk = two_threads();
    stand(&mut desk, 0, true);
    // Although the other thread has more and more sessions.
    for room in ["plaza/a", "plaza/b", "plaza/c"] {
        assert_eq!(join(&mut desk, room, JoinMode::Enter).0, MAINS[1]);
    }
    stand(&mut desk, 0, false);
    assert_eq!(join(&mut desk, "plaza/d", JoinMode::Enter).0, MAINS[0]);
}

#[test]
fn an_own_world_is_made_on_a_thread_that_ticks_whatever_the_last_loads_were() {
    let mut desk = two_threads();
    desk.handle(DeskEvent::Load { thread: 1, load: 0.9 });
    stand(&mut desk, 0, true);
    let ada = desk.open();
    desk.join(ada, 1, "tag/a");
    assert_eq!(thread_of(&desk, OWN), 1);
    // If no thread ticks, none is better than the others.
    stand(&mut desk, 1, true);
    let ben = desk.open();
    desk.join(ben, 1, "tag/b");
    assert_eq!(thread_of(&desk, WorldId(OWN.0 + 1)), 0);
}

#[test]
fn any_means_no_room_of_a_thread_that_stands_still() {
    let mut desk = two_threads();
    desk.reports(MAINS[0], vec![status("plaza/hung", 2)]);
    desk.reports(MAINS[1], vec![status("plaza/calm", 1)]);
    assert_eq!(join(&mut desk, "plaza", JoinMode::Any).1, "plaza/hung");
    stand(&mut desk, 0, true);
    for _ in 0..2 {
        assert_eq!(join(&mut desk, "plaza", JoinMode::Any).1, "plaza/calm");
    }
    // It is full now, so a new one is created.
    let (world, new) = join(&mut desk, "plaza", JoinMode::Any);
    assert_eq!((world, new.len()), (MAINS[1], "plaza/".len() + 15));
}

#[test]
fn a_room_is_still_entered_by_its_name() {
    let mut desk = two_threads();
    desk.reports(MAINS[0], vec![status("plaza/hung", 1)]);
    stand(&mut desk, 0, true);
    assert_eq!(join(&mut desk, "plaza/hung", JoinMode::Enter).0, MAINS[0]);
}

#[test]
fn a_late_world_is_not_moved_to_a_thread_that_stands_still() {
    let mut desk = two_threads();
    desk.open_in(MAINS[0], "plaza");
    let ada = desk.open();
    desk.handle(DeskEvent::Load {
        thread: 1,
        load: 0.01,
    });
    desk.join(ada, 1, "tag/a");
    desk.created(OWN);
    desk.reports(OWN, vec![entered(ada, 1, "tag/a"), status("tag/a", 1)]);
    assert_eq!(thread_of(&desk, OWN), 0);
    desk.take();
    stand(&mut desk, 1, true);
    desk.handle(DeskEvent::Overran {
        world: OWN,
        share: 0.3,
    });
    assert_eq!(
        desk.take(),
        [Did::Warn("it stays, because no tick thread is free")]
    );
    stand(&mut desk, 1, false);
    desk.handle(DeskEvent::Overran {
        world: OWN,
        share: 0.3,
    });
    assert_eq!(desk.take()[0], Did::Warn("it is moved to a free tick thread"));
}
