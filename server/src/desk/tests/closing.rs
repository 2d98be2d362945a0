//! A session may close at any moment, and leaves nothing behind.

use parlour_shared::{close::CloseCode, ids::SessionId};
use parlour_tick::{Report, WorldId};

use super::super::DeskEvent;
use super::support::{
    Did, MAIN, OFFICE, TestDesk, departed, entered, refused, reservation, reserved, status,
};

/// What has happened before the session closes.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Stage {
    Lobby,
    JoinSent,
    EnteredRoom,
    SeatAsked,
    SeatReserved,
    Departed,
}

/// Takes a session up to a stage of its journey from the plaza into the office.
fn journey(desk: &mut TestDesk, last: Stage) -> SessionId {
    let ada = desk.open();
    if last >= Stage::JoinSent {
        desk.join(ada, 1, "plaza");
    }
    if last >= Stage::EnteredRoom {
        desk.reports(MAIN, vec![entered(ada, 1, "plaza"), status("plaza", 1)]);
        desk.take();
    }
    if last >= Stage::SeatAsked {
        desk.join(ada, 2, "office");
    }
    if last >= Stage::SeatReserved {
        let seat = reservation(&desk.take());
        desk.reports(OFFICE, vec![reserved(ada, &seat), status("office", 0)]);
    }
    if last >= Stage::Departed {
        desk.reports(MAIN, vec![departed(ada)]);
    }
    desk.take();
    ada
}

#[test]
fn it_departs_from_the_world_in_which_it_is() {
    for (stage, departs) in [
        (Stage::Lobby, vec![]),
        (Stage::JoinSent, vec![Did::Depart(MAIN)]),
        (Stage::EnteredRoom, vec![Did::Depart(MAIN)]),
        (Stage::SeatAsked, vec![Did::Depart(MAIN)]),
        // The departure has already been sent.
        (Stage::SeatReserved, vec![]),
        (Stage::Departed, vec![Did::Depart(OFFICE)]),
    ] {
        let mut desk = TestDesk::new();
        let ada = journey(&mut desk, stage);
        desk.close(ada);
        assert_eq!(desk.take(), departs, "{stage:?}");
        // Nothing that arrives later concerns it.
        desk.reports(MAIN, vec![entered(ada, 1, "plaza"), departed(ada)]);
        desk.reports(OFFICE, vec![refused(ada, 2), departed(ada)]);
        desk.recalled(ada);
        desk.chat(ada, 9);
        assert_eq!(desk.take(), [], "{stage:?}");
        let left: usize = desk.desk.worlds().iter().map(|world| world.sessions).sum();
        assert_eq!(left, 0, "{stage:?}");
    }
}

#[test]
fn a_room_stays_expected_until_its_world_has_answered_a_closed_session() {
    let mut desk = TestDesk::new();
    let (ada, ben) = (desk.open(), desk.open());
    desk.join(ada, 1, "tag/a");
    let own = WorldId(3);
    desk.created(own);
    desk.close(ada);
    desk.take();
    // The world is about to create the room for the closed session.
    desk.join(ben, 1, "tag/a");
    assert!(matches!(desk.take()[..], [Did::Arrive(world), Did::Join(..)] if world == own));
}

#[test]
fn a_world_for_which_nobody_waits_ends_as_soon_as_it_is_built() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.join(ada, 1, "tag/a");
    desk.take();
    desk.close(ada);
    assert_eq!(desk.take(), []);
    desk.created(WorldId(3));
    assert_eq!(desk.take(), [Did::End(WorldId(3))]);
}

#[test]
fn a_session_that_its_world_closed_departs() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    desk.handle(DeskEvent::World {
        world: MAIN,
        reports: vec![],
        closes: vec![(ada, CloseCode::RateLimited)],
    });
    assert_eq!(desk.take(), [Did::Depart(MAIN)]);
    desk.close(ada);
    assert_eq!(desk.take(), []);
}

#[test]
fn leaving_a_room_leads_to_the_lobby() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    desk.leave(ada, 2);
    assert_eq!(desk.take(), [Did::Forward(MAIN, 2), Did::Place(MAIN, 2)]);
    desk.reports(MAIN, vec![Report::LeftRoom { session: ada }]);
    assert_eq!(desk.take(), [Did::Recall]);
    desk.recalled(ada);
    assert_eq!(desk.take(), [Did::Depart(MAIN)]);
    desk.leave(ada, 3);
    desk.reports(MAIN, vec![departed(ada)]);
    let refusal = parlour_shared::message::Refusal::NotInRoom;
    assert_eq!(desk.take(), [Did::Refuse(3, refusal)]);
}

#[test]
fn holds_follow_the_session() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.hold(ada, true);
    desk.hold(ada, false);
    assert_eq!(desk.take(), []);
    desk.join(ada, 1, "plaza");
    desk.take();
    desk.hold(ada, true);
    assert_eq!(desk.take(), [Did::Hold(MAIN)]);
    desk.reports(MAIN, vec![entered(ada, 1, "plaza")]);
    assert_eq!(desk.take(), [Did::Place(MAIN, 4)]);
    desk.hold(ada, false);
    assert_eq!(desk.take(), [Did::Release(MAIN), Did::Place(MAIN, 5)]);
}

#[test]
fn a_refused_leave_is_not_taken_for_a_refused_join() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    // A client need not number its requests.
    desk.leave(ada, 0);
    desk.leave(ada, 0);
    desk.join(ada, 0, "plaza/b");
    desk.take();
    let left = Report::LeftRoom { session: ada };
    desk.reports(MAIN, vec![left, refused(ada, 0)]);
    assert_eq!(desk.take(), [], "the join is not answered yet");
    desk.reports(MAIN, vec![entered(ada, 0, "plaza/b")]);
    assert_eq!(desk.take(), [Did::Place(MAIN, 4)]);
}
