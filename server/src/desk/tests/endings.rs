//! Worlds that panic are rebuilt, and worlds that end send everyone away.

use parlour_shared::{
    close::CloseCode,
    ids::{Epoch, Tick},
    message::{Join, LeaveReason, Refusal},
};
use parlour_tick::{Report, WorldId};

use super::super::{DeskEvent, WorldState};
use super::support::{
    Did, MAIN, OFFICE, TestDesk, departed, entered, lost, refused, reservation, reserved, status,
};
use crate::{bridge::reports::LostKind, node_status::WorldRequestError};

const OWN: WorldId = WorldId(3);

/// Returns a desk with a room of this type in its own world.
fn with_own_room(room: &str) -> TestDesk {
    let mut desk = TestDesk::new();
    let first = desk.open();
    desk.join(first, 1, room);
    desk.created(OWN);
    desk.reports(OWN, vec![entered(first, 1, room), status(room, 1)]);
    desk.take();
    desk
}

#[test]
fn a_panic_costs_the_requests_of_the_tick_and_nobody_leaves() {
    let mut desk = TestDesk::new();
    let (ada, ben) = (desk.open_in(MAIN, "plaza"), desk.open_in(MAIN, "plaza"));
    desk.join(ben, 2, "plaza/b");
    desk.take();
    let requests = vec![lost(ada, 5, LostKind::Other), lost(ben, 2, LostKind::Join)];
    desk.panicked(MAIN, 100, requests);
    assert_eq!(
        desk.take(),
        [
            Did::Rebuild(MAIN),
            Did::Refuse(5, Refusal::WorldRestarted),
            Did::Refuse(2, Refusal::WorldRestarted),
            Did::Place(MAIN, 2)
        ]
    );
    assert_eq!(desk.state(MAIN), Some(WorldState::Rebuilding));
    // Its slot collects what arrives meanwhile.
    let eve = desk.open();
    desk.join(eve, 1, "plaza");
    assert!(matches!(desk.take()[..], [Did::Arrive(MAIN), Did::Join(..)]));
    desk.handle(DeskEvent::Rebuilt {
        world: MAIN,
        ok: true,
    });
    assert_eq!(desk.state(MAIN), Some(WorldState::Running));
    let view = &desk.desk.worlds()[0];
    assert_eq!((view.panics, view.restarts, view.sessions), (1, 1, 3));
}

/// The arrival may be the cause, so it is not tried again.
#[test]
fn an_arrival_in_the_fatal_tick_goes_back_to_the_lobby() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.join(ada, 1, "plaza");
    desk.take();
    let arrival = [lost(ada, 0, LostKind::Arrival), lost(ada, 1, LostKind::Join)];
    desk.panicked(MAIN, 100, arrival.to_vec());
    let refused = Did::Refuse(1, Refusal::WorldRestarted);
    assert_eq!(desk.take(), [Did::Rebuild(MAIN), refused]);
    assert_eq!(desk.desk.worlds()[0].sessions, 0);
    desk.chat(ada, 2);
    assert_eq!(desk.take(), [Did::Refuse(2, Refusal::NotInRoom)]);
    // Its next join is an arrival again.
    desk.join(ada, 3, "plaza");
    assert!(matches!(desk.take()[..], [Did::Arrive(MAIN), Did::Join(..)]));
}

/// Nothing answers a movement command, so its client would not send its heading again.
#[test]
fn a_session_whose_commands_are_lost_is_told_if_the_world_goes_on() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    let elsewhere = desk.open_in(OFFICE, "office");
    let moves = |ids: [_; 2]| ids.map(|id| lost(id, 0, LostKind::Move)).to_vec();
    desk.panicked(MAIN, 100, moves([ada, elsewhere]));
    let refused = Did::Refuse(0, Refusal::WorldRestarted);
    assert_eq!(desk.take(), [Did::Rebuild(MAIN), refused.clone()]);
    // The second panic ends the world, so there is nothing to send again.
    desk.handle(DeskEvent::Rebuilt {
        world: MAIN,
        ok: true,
    });
    desk.take();
    desk.panicked(MAIN, 200, moves([ada, elsewhere]));
    assert!(!desk.take().contains(&refused));
}

/// The fallback of `tag` is `plaza`.
#[test]
fn a_traveller_whose_arrival_was_lost_goes_to_a_fallback_only_in_a_different_world() {
    let mut desk = with_own_room("tag/a");
    let ada = desk.open_in(OFFICE, "office");
    desk.join(ada, 2, "tag/a");
    let seat = reservation(&desk.take());
    desk.reports(OWN, vec![reserved(ada, &seat)]);
    desk.recalled(ada);
    desk.reports(OFFICE, vec![departed(ada)]);
    desk.take();
    let arrival = [lost(ada, 0, LostKind::Arrival), lost(ada, 2, LostKind::Join)];
    desk.panicked(OWN, 100, arrival.to_vec());
    let did = desk.take();
    assert_eq!(did[1], Did::Refuse(2, Refusal::WorldRestarted), "{did:?}");
    assert!(matches!(did[2..], [Did::Arrive(MAIN), Did::Join(..)]), "{did:?}");
}

#[test]
fn a_session_that_closed_as_it_arrived_in_the_fatal_tick_is_gone() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.join(ada, 1, "plaza");
    desk.close(ada);
    desk.take();
    let arrival = [lost(ada, 0, LostKind::Arrival), lost(ada, 1, LostKind::Join)];
    desk.panicked(MAIN, 100, arrival.to_vec());
    assert_eq!(desk.take(), [Did::Rebuild(MAIN)]);
    assert_eq!(desk.desk.worlds()[0].sessions, 0);
}

#[test]
fn a_lost_reservation_is_refused_and_the_traveller_stays() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    desk.join(ada, 2, "office");
    desk.chat(ada, 3);
    desk.take();
    desk.panicked(OFFICE, 100, vec![lost(ada, 2, LostKind::Reserve)]);
    assert_eq!(
        desk.take(),
        [
            Did::Rebuild(OFFICE),
            Did::Refuse(2, Refusal::WorldRestarted),
            Did::Forward(MAIN, 3),
            Did::Place(MAIN, 3)
        ]
    );
}

#[test]
fn a_second_panic_within_ten_seconds_sends_everyone_to_the_fallback() {
    let mut desk = with_own_room("tag/a");
    desk.panicked(OWN, 100, vec![]);
    desk.handle(DeskEvent::Rebuilt { world: OWN, ok: true });
    desk.take();
    desk.panicked(OWN, 700, vec![]);
    // Its messages are to reach the fallback, so it is recalled first.
    assert_eq!(desk.take(), [Did::Recall]);
    assert_eq!(desk.state(OWN), Some(WorldState::Ending));
    let first = parlour_shared::ids::SessionId(0);
    desk.recalled(first);
    assert_eq!(
        desk.take(),
        [
            Did::Left(Epoch(7), LeaveReason::Ended),
            Did::Arrive(MAIN),
            Did::Join(MAIN, Join::room(0, "plaza")),
            Did::End(OWN)
        ]
    );
    desk.ended(OWN);
    assert_eq!(desk.state(OWN), None);
    desk.reports(MAIN, vec![entered(first, 0, "plaza")]);
    assert_eq!(desk.take(), [Did::Place(MAIN, 2)]);
}

#[test]
fn a_world_that_runs_is_rebuilt_on_request() {
    let mut desk = TestDesk::new();
    desk.open_in(MAIN, "plaza");
    assert_eq!(desk.restart("mian"), Err(WorldRequestError::NoSuchWorld));
    assert_eq!(desk.restart("main"), Ok(()));
    assert_eq!(desk.take(), [Did::Take(MAIN)]);
    assert!(matches!(desk.restart("main"), Err(WorldRequestError::NotNow(_))));
    desk.handle(DeskEvent::Taken {
        world: MAIN,
        tick: Tick(7),
    });
    assert_eq!(desk.take(), [Did::Rebuild(MAIN)]);
    desk.handle(DeskEvent::Rebuilt {
        world: MAIN,
        ok: true,
    });
    let view = &desk.desk.worlds()[0];
    assert_eq!((view.panics, view.restarts, view.sessions), (0, 1, 1));
    assert_eq!(view.state, WorldState::Running);
}

#[test]
fn a_world_that_panics_before_it_is_taken_is_rebuilt_once() {
    let mut desk = TestDesk::new();
    assert_eq!(desk.restart("main"), Ok(()));
    desk.panicked(MAIN, 100, vec![]);
    assert_eq!(desk.take(), [Did::Take(MAIN), Did::Rebuild(MAIN)]);
    assert_eq!(desk.state(MAIN), Some(WorldState::Rebuilding));
}

#[test]
fn a_traveller_that_arrives_in_the_tick_that_ends_a_world_goes_to_the_fallback() {
    let mut desk = with_own_room("tag/a");
    let ada = desk.open_in(OFFICE, "office");
    desk.panicked(OWN, 100, vec![]);
    desk.handle(DeskEvent::Rebuilt { world: OWN, ok: true });
    desk.join(ada, 2, "tag/a");
    let seat = reservation(&desk.take());
    desk.reports(OWN, vec![reserved(ada, &seat)]);
    desk.reports(OFFICE, vec![departed(ada)]);
    let did = desk.take();
    assert!(
        matches!(
            did[..],
            [Did::Depart(OFFICE), Did::Arrive(OWN), Did::Join(OWN, _)]
        ),
        "{did:?}"
    );
    desk.panicked(OWN, 700, vec![lost(ada, 2, LostKind::Join)]);
    let did = desk.take();
    assert!(did.contains(&Did::Refuse(2, Refusal::WorldRestarted)), "{did:?}");
    let to_fallback = [Did::Arrive(MAIN), Did::Join(MAIN, Join::room(0, "plaza"))];
    assert!(did.windows(2).any(|pair| pair == to_fallback), "{did:?}");
}

#[test]
fn a_second_panic_after_ten_seconds_is_a_first_one() {
    let mut desk = with_own_room("tag/a");
    desk.panicked(OWN, 100, vec![]);
    desk.handle(DeskEvent::Rebuilt { world: OWN, ok: true });
    desk.panicked(OWN, 701, vec![]);
    assert_eq!(desk.take(), [Did::Rebuild(OWN), Did::Rebuild(OWN)]);
}

#[test]
fn without_a_fallback_or_a_seat_in_it_everyone_is_closed() {
    let mut desk = with_own_room("duel/a");
    let first = parlour_shared::ids::SessionId(0);
    desk.panicked(OWN, 100, vec![]);
    desk.handle(DeskEvent::Rebuilt {
        world: OWN,
        ok: false,
    });
    desk.recalled(first);
    assert_eq!(
        desk.take(),
        [
            Did::Rebuild(OWN),
            Did::Recall,
            Did::Left(Epoch(7), LeaveReason::Ended),
            Did::Close(CloseCode::RoomEnded),
            Did::End(OWN)
        ]
    );

    let mut desk = with_own_room("tag/a");
    desk.ended(OWN);
    desk.recalled(first);
    desk.take();
    desk.reports(MAIN, vec![refused(first, 0)]);
    assert_eq!(desk.take(), [Did::Depart(MAIN)]);
    desk.reports(MAIN, vec![departed(first)]);
    assert_eq!(desk.take(), [Did::Close(CloseCode::RoomEnded)]);
}

#[test]
fn a_join_that_ends_its_world_is_refused_and_the_session_is_in_the_lobby() {
    let mut desk = with_own_room("duel/a");
    let ada = desk.open();
    desk.join(ada, 1, "duel/a");
    desk.take();
    desk.ended(OWN);
    let did = desk.take();
    assert_eq!(did, [Did::Refuse(1, Refusal::NoSuchRoom), Did::Recall]);
    desk.chat(ada, 2);
    assert_eq!(desk.take(), [Did::Refuse(2, Refusal::NotInRoom)]);
}

#[test]
fn a_shared_world_that_ended_is_made_again_for_the_next_join() {
    let mut desk = TestDesk::new();
    desk.ended(MAIN);
    assert_eq!(desk.take(), []);
    let ada = desk.open();
    desk.join(ada, 1, "plaza");
    assert_eq!(desk.take(), [Did::Create(WorldId(3), "main".to_owned())]);
}

#[test]
fn an_own_world_ends_when_its_room_is_removed_and_nobody_is_in_it() {
    let mut desk = with_own_room("tag/a");
    let first = parlour_shared::ids::SessionId(0);
    desk.close(first);
    desk.take();
    let removed = || Report::RoomRemoved {
        room: "tag/a".to_owned(),
    };
    desk.reports(OWN, vec![removed()]);
    assert_eq!(desk.take(), [], "the departure is on its way");
    desk.reports(OWN, vec![departed(first)]);
    assert_eq!(desk.take(), [Did::End(OWN)]);
    // The name is free at once, for a new world.
    let ada = desk.open();
    desk.join(ada, 1, "tag/a");
    assert_eq!(desk.take(), [Did::Create(WorldId(4), "tag.a-2".to_owned())]);
}

#[test]
fn an_own_world_is_kept_for_a_join_that_is_on_its_way() {
    let mut desk = with_own_room("tag/a");
    let first = parlour_shared::ids::SessionId(0);
    desk.close(first);
    let ada = desk.open();
    desk.join(ada, 1, "tag/a");
    desk.take();
    let removed = Report::RoomRemoved {
        room: "tag/a".to_owned(),
    };
    desk.reports(OWN, vec![departed(first), removed]);
    assert_eq!(desk.take(), []);
    desk.reports(OWN, vec![entered(ada, 1, "tag/a"), status("tag/a", 1)]);
    assert_eq!(desk.take(), [Did::Place(OWN, 1)]);
}

#[test]
fn a_world_that_refuses_its_first_join_ends() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.join(ada, 1, "tag/a");
    desk.created(OWN);
    desk.take();
    desk.reports(OWN, vec![refused(ada, 1)]);
    desk.reports(OWN, vec![departed(ada)]);
    assert_eq!(desk.take(), [Did::Depart(OWN), Did::End(OWN)]);
}

#[test]
fn a_session_that_leaves_an_ended_world_by_its_own_wish_is_not_closed() {
    let mut desk = with_own_room("duel/a");
    let first = parlour_shared::ids::SessionId(0);
    desk.leave(first, 2);
    desk.reports(OWN, vec![Report::LeftRoom { session: first }]);
    desk.take();
    desk.ended(OWN);
    desk.recalled(first);
    desk.chat(first, 3);
    assert_eq!(desk.take(), [Did::Refuse(3, Refusal::NotInRoom)]);
}

#[test]
fn a_traveller_whose_old_world_ends_arrives_as_it_was() {
    let mut desk = with_own_room("duel/a");
    let first = parlour_shared::ids::SessionId(0);
    desk.join(first, 2, "plaza");
    let seat = reservation(&desk.take());
    desk.reports(MAIN, vec![reserved(first, &seat), status("plaza", 0)]);
    assert_eq!(desk.take(), [Did::Depart(OWN)]);
    desk.ended(OWN);
    let did = desk.take();
    assert_eq!(did[0], Did::Left(Epoch(7), LeaveReason::Ended));
    assert!(matches!(did[1..], [Did::Arrive(MAIN), Did::Join(..)]), "{did:?}");
}

#[test]
fn the_answer_to_a_leave_that_was_lost_is_not_awaited() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    desk.leave(ada, 0);
    desk.panicked(MAIN, 100, vec![lost(ada, 0, LostKind::Other)]);
    desk.join(ada, 0, "plaza/b");
    desk.take();
    desk.reports(MAIN, vec![refused(ada, 0)]);
    assert_eq!(desk.take(), [Did::Place(MAIN, 3)]);
}
