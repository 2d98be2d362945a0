//! From one world into another: reserve, depart, arrive. The session is always in one place.

use parlour_shared::{
    close::CloseCode,
    ids::Epoch,
    message::{Chat, ClientMessage, Join, JoinMode, LeaveReason, Move, Refusal, SetSkin},
};
use parlour_tick::Report;

use super::super::sessions::MAX_QUEUE;
use super::support::{
    Did, MAIN, OFFICE, TestDesk, departed, entered, refused, reservation, reserved, room_status, status,
};

#[test]
fn it_departs_after_the_seat_is_reserved_and_arrives_after_it_has_departed() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    desk.join(ada, 2, "office");
    let did = desk.take();
    let seat = reservation(&did);
    assert_eq!(did.len(), 1);
    assert_eq!((seat.seats, seat.answer, seat.ticket.len()), (1, false, 22));
    assert_eq!(seat.join, Join::room(2, "office"));
    desk.chat(ada, 3);
    assert_eq!(desk.take(), []);
    desk.reports(OFFICE, vec![reserved(ada, &seat), status("office", 0)]);
    assert_eq!(desk.take(), [Did::Depart(MAIN)]);
    desk.hold(ada, true);
    assert_eq!(desk.take(), []);
    desk.reports(MAIN, vec![departed(ada), status("plaza", 0)]);
    let join = Join {
        ticket: Some(seat.ticket.clone()),
        ..Join::room(2, "office")
    };
    assert_eq!(desk.take(), [Did::Arrive(OFFICE), Did::Join(OFFICE, join)]);
    desk.reports(OFFICE, vec![entered(ada, 2, "office")]);
    assert_eq!(desk.take(), [Did::Forward(OFFICE, 3), Did::Place(OFFICE, 4)]);
}

#[test]
fn a_refused_seat_leaves_the_session_where_it_is() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    desk.join(ada, 2, "office");
    desk.chat(ada, 3);
    desk.take();
    desk.reports(OFFICE, vec![refused(ada, 2)]);
    assert_eq!(desk.take(), [Did::Forward(MAIN, 3), Did::Place(MAIN, 3)]);
}

#[test]
fn a_door_recalls_the_session_before_it_departs() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    let door = Report::Door {
        session: ada,
        room: "office".to_owned(),
        spawn: "north".to_owned(),
    };
    desk.reports(MAIN, vec![door]);
    let did = desk.take();
    let seat = reservation(&did);
    assert!(matches!(&did[0], Did::Reserve(OFFICE, seat) if seat.spawn.as_deref() == Some("north")));
    assert_eq!((&did[1], seat.join.request), (&Did::Recall, 0));
    desk.reports(OFFICE, vec![reserved(ada, &seat), status("office", 0)]);
    assert_eq!(
        desk.take(),
        [],
        "messages may still be on their way to the old world"
    );
    desk.recalled(ada);
    assert_eq!(desk.take(), [Did::Depart(MAIN)]);
    desk.reports(MAIN, vec![departed(ada)]);
    assert!(matches!(desk.take()[..], [Did::Arrive(OFFICE), Did::Join(..)]));
}

#[test]
fn any_event_of_the_session_shows_that_it_is_recalled_and_the_answer_is_still_counted() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    desk.reports(MAIN, vec![Report::LeftRoom { session: ada }]);
    assert_eq!(desk.take(), [Did::Recall]);
    desk.join(ada, 2, "plaza");
    assert_eq!(desk.take(), [Did::Depart(MAIN)]);
    desk.reports(MAIN, vec![departed(ada)]);
    assert!(matches!(desk.take()[..], [Did::Arrive(MAIN), Did::Join(..)]));
    desk.reports(MAIN, vec![entered(ada, 2, "plaza")]);
    // This permission is too old, because the answer to the recall is on its way.
    assert_eq!(desk.take(), [Did::Place(MAIN, 2)]);
    desk.recalled(ada);
    assert_eq!(desk.take(), [Did::Place(MAIN, 3)]);
}

#[test]
fn a_door_out_of_a_private_room_leads_to_a_private_room() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza/x");
    let private = parlour_tick::RoomStatus {
        private: true,
        ..room_status("plaza/x", 1)
    };
    let door = Report::Door {
        session: ada,
        room: "office/x".to_owned(),
        spawn: String::new(),
    };
    desk.reports(MAIN, vec![Report::Room(private), door]);
    let seat = reservation(&desk.take());
    assert_eq!(
        (seat.join.mode, &*seat.join.room),
        (JoinMode::Private, "office/x")
    );
    // Others do not find it, also before its world reports it.
    let ben = desk.open();
    desk.join_mode(ben, 1, "office", JoinMode::Any);
    assert!(matches!(&desk.take()[1], Did::Join(_, join) if join.room != "office/x"));
}

#[test]
fn a_door_to_nowhere_is_refused_with_request_0() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    let door = Report::Door {
        session: ada,
        room: "nowhere".to_owned(),
        spawn: String::new(),
    };
    desk.reports(MAIN, vec![door]);
    assert_eq!(desk.take(), [Did::Refuse(0, Refusal::NoSuchRoom)]);
}

#[test]
fn a_target_that_ends_before_the_arrival_is_answered_and_the_fallback_entered() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza/a");
    desk.join(ada, 2, "office");
    let seat = reservation(&desk.take());
    desk.reports(OFFICE, vec![reserved(ada, &seat)]);
    assert_eq!(desk.take(), [Did::Depart(MAIN)]);
    desk.ended(OFFICE);
    assert_eq!(desk.take(), []);
    desk.reports(MAIN, vec![departed(ada)]);
    assert_eq!(
        desk.take(),
        [
            Did::Refuse(2, Refusal::NoSuchRoom),
            Did::Arrive(MAIN),
            Did::Join(MAIN, Join::room(0, "plaza"))
        ]
    );
    desk.reports(MAIN, vec![entered(ada, 0, "plaza")]);
    assert_eq!(desk.take(), [Did::Place(MAIN, 2)]);
}

#[test]
fn a_target_that_ends_before_the_departure_leaves_the_session_where_it_is() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    let door = Report::Door {
        session: ada,
        room: "office".to_owned(),
        spawn: String::new(),
    };
    desk.reports(MAIN, vec![door]);
    let seat = reservation(&desk.take());
    desk.reports(OFFICE, vec![reserved(ada, &seat)]);
    desk.ended(OFFICE);
    desk.recalled(ada);
    assert_eq!(
        desk.take(),
        [Did::Refuse(0, Refusal::NoSuchRoom), Did::Place(MAIN, 2)]
    );
}

#[test]
fn a_session_whose_world_ends_while_it_waits_for_a_seat_goes_there() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(OFFICE, "office");
    desk.join(ada, 2, "plaza");
    let seat = reservation(&desk.take());
    desk.ended(OFFICE);
    assert_eq!(desk.take(), [Did::Left(Epoch(7), LeaveReason::Ended)]);
    desk.reports(MAIN, vec![reserved(ada, &seat), status("plaza", 0)]);
    let join = Join {
        ticket: Some(seat.ticket),
        ..Join::room(2, "plaza")
    };
    assert_eq!(desk.take(), [Did::Arrive(MAIN), Did::Join(MAIN, join)]);
    desk.reports(MAIN, vec![entered(ada, 2, "plaza")]);
    assert_eq!(desk.take(), [Did::Place(MAIN, 2)]);
}

#[test]
fn the_lobby_accepts_skins_and_refuses_what_needs_a_room() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.message(ada, ClientMessage::Move(Move::default()));
    desk.message(ada, ClientMessage::Chat(Chat::default()));
    desk.chat(ada, 4);
    desk.leave(ada, 5);
    let in_room = |request| Did::Refuse(request, Refusal::NotInRoom);
    assert_eq!(
        desk.take(),
        [Did::Refuse(0, Refusal::BadText), in_room(4), in_room(5)]
    );
    let skin = |request, skin| ClientMessage::SetSkin(SetSkin { request, skin });
    desk.message(ada, skin(1, 3));
    desk.message(ada, skin(2, 4));
    assert_eq!(
        desk.take(),
        [Did::Accept(1), Did::Refuse(2, Refusal::UnknownSkin)]
    );
    let mut limited = 0;
    for _ in 0..200 {
        desk.chat(ada, 6);
        limited += u32::from(desk.take().contains(&Did::Close(CloseCode::RateLimited)));
    }
    assert_eq!(limited, 1, "a flood of requests closes the session");
}

#[test]
fn a_full_queue_refuses_requests_and_drops_moves() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.join(ada, 1, "tag/a");
    desk.take();
    for _ in 0..=MAX_QUEUE {
        desk.message(ada, ClientMessage::Move(Move::default()));
    }
    assert_eq!((desk.take(), desk.desk.dropped()), (vec![], 1));
    desk.chat(ada, 2);
    assert_eq!(
        desk.take(),
        [Did::Refuse(2, Refusal::RateLimited { retry_after_ms: 1000 })]
    );
}

#[test]
fn doors_count_as_joins_towards_the_limit() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    let door = || Report::Door {
        session: ada,
        room: "nowhere".to_owned(),
        spawn: String::new(),
    };
    // The join was the first of five.
    for _ in 0..4 {
        desk.reports(MAIN, vec![door()]);
    }
    desk.take();
    desk.reports(MAIN, vec![door()]);
    let refusal = Refusal::RateLimited { retry_after_ms: 1000 };
    assert_eq!(desk.take(), [Did::Refuse(0, refusal)]);
}
