//! A world moves to a different tick thread, on request or because it makes its thread late.

use std::time::Duration;

use parlour_shared::{close::CloseCode, ids::SessionId, message::Join};
use parlour_tick::WorldId;

use super::super::{DeskConfig, DeskEvent, WorldState};
use super::support::{Did, TestDesk, config, entered, status};
use crate::{
    bridge::route::WorldPlace,
    node_status::{WorldOrder, WorldRequestError},
};

/// The world of the room `tag/a`, on thread 0.
const OWN: WorldId = WorldId(5);
const ON_1: Did = Did::Enter(WorldPlace {
    thread: 1,
    world: OWN,
});

/// Returns a desk with two tick threads, and two players in a room with its own world.
fn with_game() -> (TestDesk, SessionId, SessionId) {
    with_game_beside(0)
}

/// The same, with this number of players in the shared world of its thread.
fn with_game_beside(neighbours: u32) -> (TestDesk, SessionId, SessionId) {
    let mut desk = TestDesk::with(DeskConfig {
        tick_threads: 2,
        ..config()
    });
    desk.take();
    // The shared worlds of both threads.
    (1..=4).for_each(|world| desk.created(WorldId(world)));
    desk.take();
    for _ in 0..neighbours {
        desk.open_in(WorldId(1), "plaza");
    }
    let ada = desk.open();
    desk.join(ada, 1, "tag/a");
    desk.created(OWN);
    desk.reports(OWN, vec![entered(ada, 1, "tag/a"), status("tag/a", 1)]);
    desk.take();
    let ben = desk.open_in(OWN, "tag/a");
    assert_eq!(thread(&desk), 0);
    (desk, ada, ben)
}

fn thread(desk: &TestDesk) -> usize {
    let worlds = desk.desk.worlds();
    worlds.iter().find(|view| view.world == OWN).unwrap().thread
}

fn request(desk: &mut TestDesk, thread: usize) -> Result<(), WorldRequestError> {
    desk.request("tag.a", WorldOrder::Move { thread })
}

/// Moves the world until it is between the threads.
fn between_threads(desk: &mut TestDesk, guests: &[SessionId]) {
    assert_eq!(request(desk, 1), Ok(()));
    guests.iter().for_each(|guest| desk.recalled(*guest));
    assert_eq!(desk.take().last(), Some(&Did::Leave(OWN)));
}

#[test]
fn a_world_leaves_its_thread_when_its_guests_are_recalled_and_they_are_placed_on_the_new_one() {
    let (mut desk, ada, ben) = with_game();
    assert_eq!(request(&mut desk, 1), Ok(()));
    assert_eq!(desk.take(), [Did::Recall, Did::Recall]);
    assert_eq!(desk.state(OWN), Some(WorldState::Moving));
    // It goes on. Nobody is placed there meanwhile.
    desk.chat(ada, 2);
    let eve = desk.open();
    desk.join(eve, 1, "tag/a");
    desk.reports(OWN, vec![entered(eve, 1, "tag/a")]);
    let join = Join::room(1, "tag/a");
    assert_eq!(
        desk.take(),
        [Did::Forward(OWN, 2), Did::Arrive(OWN), Did::Join(OWN, join)]
    );
    desk.recalled(ben);
    assert_eq!(desk.take(), [Did::Leave(OWN)]);
    assert_eq!((desk.state(OWN), thread(&desk)), (Some(WorldState::Moving), 0));

    // What is sent to it now follows it.
    desk.chat(ben, 2);
    desk.hold(ben, true);
    desk.chat(ben, 3);
    let dan = desk.open();
    desk.join(dan, 1, "tag/a");
    desk.recalled(ada);
    assert_eq!(desk.take(), []);
    desk.handle(DeskEvent::Left { world: OWN });
    let join = Join::room(1, "tag/a");
    assert_eq!(
        desk.take(),
        [
            ON_1,
            Did::Hold(OWN),
            Did::Arrive(OWN),
            Did::Join(OWN, join),
            Did::Place(OWN, 3),
            Did::Forward(OWN, 2),
            Did::Forward(OWN, 3),
            Did::Place(OWN, 5),
            Did::Place(OWN, 1),
        ]
    );
    assert_eq!((desk.state(OWN), thread(&desk)), (Some(WorldState::Running), 1));
}

#[test]
fn a_world_without_direct_guests_leaves_at_once() {
    let (mut desk, ada, ben) = with_game();
    desk.close(ada);
    desk.close(ben);
    desk.take();
    assert_eq!(request(&mut desk, 1), Ok(()));
    assert_eq!(desk.take(), [Did::Leave(OWN)]);
    desk.handle(DeskEvent::Left { world: OWN });
    assert_eq!(desk.take(), [ON_1]);
}

#[test]
fn the_last_messages_of_a_session_that_closes_between_the_threads_come_before_its_departure() {
    let (mut desk, ada, ben) = with_game();
    between_threads(&mut desk, &[ada, ben]);
    desk.chat(ada, 2);
    desk.leave(ada, 3);
    desk.close(ada);
    assert_eq!(desk.take(), []);
    desk.handle(DeskEvent::Left { world: OWN });
    let last = [Did::Forward(OWN, 2), Did::Forward(OWN, 3), Did::Depart(OWN)];
    assert_eq!(desk.take(), [&[ON_1][..], &last, &[Did::Place(OWN, 2)]].concat());
}

#[test]
fn a_connection_that_closes_is_not_waited_for() {
    let (mut desk, ada, ben) = with_game();
    assert_eq!(request(&mut desk, 1), Ok(()));
    desk.recalled(ada);
    desk.take();
    desk.close(ben);
    assert_eq!(desk.take(), [Did::Depart(OWN), Did::Leave(OWN)]);
}

#[test]
fn a_world_that_panics_before_it_leaves_is_rebuilt_where_it_is() {
    let (mut desk, ada, ben) = with_game();
    assert_eq!(request(&mut desk, 1), Ok(()));
    desk.recalled(ada);
    desk.take();
    desk.panicked(OWN, 100, vec![]);
    assert_eq!(desk.take(), [Did::Rebuild(OWN), Did::Place(OWN, 2)]);
    assert_eq!(desk.state(OWN), Some(WorldState::Rebuilding));
    desk.recalled(ben);
    assert_eq!(desk.take(), [Did::Place(OWN, 2)]);
    assert_eq!(thread(&desk), 0);
}

#[test]
fn a_world_that_panicked_when_it_is_asked_to_leave_is_sent_what_was_kept() {
    let (mut desk, ada, ben) = with_game();
    between_threads(&mut desk, &[ada, ben]);
    desk.hold(ada, true);
    desk.chat(ada, 2);
    desk.panicked(OWN, 100, vec![]);
    assert_eq!(
        desk.take(),
        [
            Did::Rebuild(OWN),
            Did::Hold(OWN),
            Did::Forward(OWN, 2),
            Did::Place(OWN, 4),
            Did::Place(OWN, 2)
        ]
    );
    assert_eq!(thread(&desk), 0);
}

#[test]
fn a_world_that_ends_between_the_threads_sends_everyone_to_the_fallback() {
    let (mut desk, ada, ben) = with_game();
    between_threads(&mut desk, &[ada, ben]);
    desk.chat(ada, 2);
    let eve = desk.open();
    desk.join(eve, 1, "tag/a");
    desk.ended(OWN);
    let did = desk.take();
    let fallback = |did: &&Did| matches!(did, Did::Join(_, join) if join.room == "plaza");
    assert_eq!(did.iter().filter(fallback).count(), 2, "{did:?}");
    assert_eq!(desk.state(OWN), None);
    assert!(!did.contains(&Did::Close(CloseCode::RoomEnded)), "{did:?}");
}

#[test]
fn a_request_that_cannot_be_obeyed_is_refused() {
    let (mut desk, ..) = with_game();
    let order = WorldOrder::Move { thread: 1 };
    assert_eq!(desk.request("tug.a", order), Err(WorldRequestError::NoSuchWorld));
    assert_eq!(desk.request("main", order), Err(WorldRequestError::Shared));
    assert_eq!(
        request(&mut desk, 2),
        Err(WorldRequestError::NoSuchThread { threads: 2 })
    );
    let here = request(&mut desk, 0).unwrap_err();
    assert_eq!(here.to_string(), "the world is on this tick thread already");
    assert_eq!(request(&mut desk, 1), Ok(()));
    for again in [request(&mut desk, 1), desk.restart("tag.a")] {
        let why = again.unwrap_err().to_string();
        assert_eq!(why, "the world is being moved to a different tick thread");
    }
}

/// Reports that the world makes its thread late, with this share of a second.
fn overrun(desk: &mut TestDesk, share: f32) {
    desk.handle(DeskEvent::Overran { world: OWN, share });
}

#[test]
fn a_world_that_makes_others_late_moves_to_a_free_thread_but_not_again_at_once() {
    let (mut desk, ada, ben) = with_game_beside(1);
    overrun(&mut desk, 1.2);
    let moved = Did::Warn("it is moved to a free tick thread");
    assert_eq!(desk.take(), [moved.clone(), Did::Recall, Did::Recall]);
    desk.recalled(ada);
    desk.recalled(ben);
    desk.handle(DeskEvent::Left { world: OWN });
    assert_eq!(thread(&desk), 1);
    desk.take();
    // There are others now, and room on the first thread, but the world has just moved.
    for (world, room) in [(1, "plaza"), (1, "plaza"), (2, "plaza/b")] {
        desk.open_in(WorldId(world), room);
    }
    desk.pass(Duration::from_secs(9));
    overrun(&mut desk, 0.3);
    assert_eq!(desk.take(), []);
    desk.pass(Duration::from_secs(1));
    overrun(&mut desk, 0.3);
    assert_eq!(desk.take()[0], moved);
}

/// The load of a thread is reported once per second. Until then, it does not show a world that has
/// just moved there.
#[test]
fn two_worlds_do_not_move_to_the_same_thread_within_a_second() {
    let mut desk = TestDesk::with(DeskConfig {
        tick_threads: 3,
        ..config()
    });
    (1..=6).for_each(|world| desk.created(WorldId(world)));
    desk.open_in(WorldId(1), "plaza");
    desk.take();
    let mut players = Vec::new();
    let (first, second) = (WorldId(7), WorldId(8));
    for (world, room) in [(first, "tag/a"), (second, "tag/b")] {
        // Both on thread 0.
        desk.handle(DeskEvent::Load { thread: 0, load: 0.0 });
        for thread in 1..3 {
            desk.handle(DeskEvent::Load { thread, load: 0.1 });
        }
        let player = desk.open();
        desk.join(player, 1, room);
        desk.created(world);
        desk.reports(world, vec![entered(player, 1, room), status(room, 1)]);
        players.push(player);
    }
    desk.handle(DeskEvent::Load { thread: 1, load: 0.1 });
    desk.handle(DeskEvent::Load { thread: 2, load: 0.2 });
    let place = |desk: &TestDesk, world| {
        let views = desk.desk.worlds();
        views.iter().find(|view| view.world == world).unwrap().thread
    };
    assert_eq!((place(&desk, first), place(&desk, second)), (0, 0));
    for (world, player, to) in [(first, players[0], 1), (second, players[1], 2)] {
        desk.handle(DeskEvent::Overran { world, share: 0.25 });
        desk.recalled(player);
        desk.handle(DeskEvent::Left { world });
        assert_eq!(place(&desk, world), to);
    }
}

#[test]
fn a_late_world_stays_if_it_is_alone_or_shared_or_no_thread_is_free_which_is_said_once() {
    let (mut desk, ..) = with_game();
    overrun(&mut desk, 1.2);
    let stays = |why: &'static str| [Did::Warn(why)];
    assert_eq!(
        desk.take(),
        stays("it stays, because no other world of its tick thread has players")
    );
    overrun(&mut desk, 1.2);
    assert_eq!(desk.take(), []);

    let (mut desk, ..) = with_game_beside(1);
    desk.handle(DeskEvent::Load { thread: 1, load: 0.5 });
    overrun(&mut desk, 1.2);
    assert_eq!(desk.take(), stays("it stays, because no tick thread is free"));

    let main = WorldId(1);
    desk.handle(DeskEvent::Overran {
        world: main,
        share: 1.2,
    });
    assert_eq!(desk.take(), stays("it stays, because rooms share it"));
    assert_eq!(desk.state(OWN), Some(WorldState::Running));
}

/// A shared world on thread 0 makes it late. Its other worlds have these numbers of guests.
fn with_late_main(guests: [usize; 2]) -> (TestDesk, [Vec<SessionId>; 2]) {
    let mut desk = TestDesk::with(DeskConfig {
        tick_threads: 2,
        ..config()
    });
    (1..=4).for_each(|world| desk.created(WorldId(world)));
    desk.open_in(WorldId(1), "plaza");
    desk.take();
    let mut players = [Vec::new(), Vec::new()];
    for (nth, room) in ["tag/a", "tag/b"].into_iter().enumerate() {
        // So that the new world is made on thread 0.
        desk.handle(DeskEvent::Load { thread: 0, load: 0.0 });
        desk.handle(DeskEvent::Load { thread: 1, load: 0.2 });
        let world = WorldId(OWN.0 + nth as u32);
        for guest in 0..guests[nth] {
            let player = desk.open();
            desk.join(player, 1, room);
            if guest == 0 {
                desk.created(world);
            }
            desk.reports(
                world,
                vec![entered(player, 1, room), status(room, guest as u32 + 1)],
            );
            players[nth].push(player);
        }
    }
    desk.handle(DeskEvent::Load { thread: 0, load: 1.0 });
    desk.take();
    (desk, players)
}

fn main_overran(desk: &mut TestDesk) -> Vec<Did> {
    desk.handle(DeskEvent::Overran {
        world: WorldId(1),
        share: 0.8,
    });
    desk.take()
}

#[test]
fn own_worlds_move_away_from_a_shared_world_that_makes_them_late_one_at_a_time() {
    let (mut desk, [first, second]) = with_late_main([1, 2]);
    let stays = Did::Warn("it stays, because rooms share it");
    assert_eq!(main_overran(&mut desk), [stays, Did::Recall, Did::Recall]);
    // The world with the most guests moves. Until it has left, no other one does.
    let larger = WorldId(OWN.0 + 1);
    assert_eq!(desk.state(larger), Some(WorldState::Moving));
    assert_eq!(main_overran(&mut desk), []);
    second.iter().for_each(|guest| desk.recalled(*guest));
    desk.handle(DeskEvent::Left { world: larger });
    let entered = Did::Enter(WorldPlace {
        thread: 1,
        world: larger,
    });
    assert!(desk.take().contains(&entered));
    // The thread is still late.
    assert_eq!(main_overran(&mut desk), [Did::Recall]);
    desk.recalled(first[0]);
    desk.handle(DeskEvent::Left { world: OWN });
    assert!(desk.take().contains(&ON_1));
    // Nobody is left to move, and those that moved stay on their new thread.
    assert_eq!(main_overran(&mut desk), []);
    for world in [OWN, larger] {
        desk.handle(DeskEvent::Overran { world, share: 0.5 });
    }
    assert_eq!(desk.take(), []);
}

#[test]
fn own_worlds_stay_beside_a_late_shared_world_if_no_thread_has_room() {
    let (mut desk, _) = with_late_main([1, 1]);
    desk.open_in(WorldId(2), "plaza/b");
    desk.handle(DeskEvent::Load {
        thread: 1,
        load: 0.45,
    });
    let stays = Did::Warn("it stays, because rooms share it");
    assert_eq!(main_overran(&mut desk), [stays]);
    assert_eq!(desk.state(OWN), Some(WorldState::Running));
    desk.handle(DeskEvent::Load { thread: 1, load: 0.3 });
    assert_eq!(main_overran(&mut desk), [Did::Recall]);
}
