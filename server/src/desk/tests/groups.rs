//! Seats for a group: the ticket leads its members into the same room.

use std::time::Duration;

use parlour_shared::message::{ClientMessage, Join, JoinMode, Refusal, Reserve};
use parlour_tick::WorldId;

use super::super::tickets::TICKET_LIFE;
use super::support::{Did, MAIN, OFFICE, TestDesk, refused, reservation, reserved, status};

fn reserve(request: u32, seats: u8, room: &str) -> ClientMessage {
    ClientMessage::Reserve(Reserve {
        request,
        seats,
        room: room.to_owned(),
        ..Reserve::default()
    })
}

fn with_ticket(ticket: &str) -> ClientMessage {
    ClientMessage::Join(Join {
        ticket: Some(ticket.to_owned()),
        ..Join::room(5, "plaza")
    })
}

#[test]
fn a_ticket_leads_to_the_room_of_its_seats() {
    let mut desk = TestDesk::new();
    let (ada, ben) = (desk.open(), desk.open_in(MAIN, "plaza"));
    desk.message(ada, reserve(1, 2, "office/x"));
    let group = reservation(&desk.take());
    assert_eq!(
        (group.seats, group.answer, group.join.mode),
        (2, true, JoinMode::Enter)
    );
    desk.reports(OFFICE, vec![reserved(ada, &group), status("office/x", 0)]);

    // From the lobby, the world checks the ticket on arrival.
    desk.message(ada, with_ticket(&group.ticket));
    let join = Join {
        ticket: Some(group.ticket.clone()),
        ..Join::room(5, "office/x")
    };
    assert_eq!(
        desk.take(),
        [Did::Arrive(OFFICE), Did::Join(OFFICE, join.clone())]
    );

    // From a room, a seat is taken from those of the ticket first.
    desk.message(ben, with_ticket(&group.ticket));
    let own = reservation(&desk.take());
    assert_eq!((own.join, own.seats, own.answer), (join, 1, false));
    assert_ne!(own.ticket, group.ticket);
}

#[test]
fn other_messages_do_not_wait_for_the_seats_but_the_next_join_does() {
    let mut desk = TestDesk::new();
    let ada = desk.open_in(MAIN, "plaza");
    desk.message(ada, reserve(2, 2, "tag"));
    assert_eq!(
        desk.take(),
        [Did::Create(WorldId(3), "tag".to_owned()), Did::Place(MAIN, 2)]
    );
    desk.chat(ada, 3);
    assert_eq!(desk.take(), [Did::Forward(MAIN, 3), Did::Place(MAIN, 3)]);
    desk.join(ada, 4, "plaza/b");
    desk.chat(ada, 5);
    assert_eq!(desk.take(), []);
    desk.created(WorldId(3));
    let group = reservation(&desk.take());
    desk.reports(WorldId(3), vec![reserved(ada, &group), status("tag", 0)]);
    assert_eq!(desk.take(), [Did::Join(MAIN, Join::room(4, "plaza/b"))]);
}

#[test]
fn unknown_and_old_tickets_are_refused() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.message(ada, with_ticket("abc"));
    assert_eq!(desk.take(), [Did::Refuse(5, Refusal::BadTicket)]);

    desk.message(ada, reserve(1, 2, "office/x"));
    let group = reservation(&desk.take());
    desk.reports(OFFICE, vec![reserved(ada, &group), status("office/x", 0)]);
    desk.pass(TICKET_LIFE);
    desk.message(ada, with_ticket(&group.ticket));
    assert_eq!(desk.take(), [Did::Refuse(5, Refusal::BadTicket)]);
}

#[test]
fn the_ticket_of_a_world_that_ended_is_refused() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    desk.message(ada, reserve(1, 2, "office/x"));
    let group = reservation(&desk.take());
    desk.reports(OFFICE, vec![reserved(ada, &group), status("office/x", 0)]);
    desk.ended(OFFICE);
    desk.message(ada, with_ticket(&group.ticket));
    assert_eq!(desk.take(), [Did::Refuse(5, Refusal::BadTicket)]);
}

#[test]
fn a_group_fits_into_a_room_with_enough_seats() {
    let mut desk = TestDesk::new();
    desk.reports(MAIN, vec![status("plaza/a", 2), status("plaza/b", 1)]);
    let ada = desk.open();
    let any = |request, seats| {
        ClientMessage::Reserve(Reserve {
            request,
            seats,
            room: "plaza".to_owned(),
            mode: JoinMode::Any,
            options: Vec::new(),
        })
    };
    desk.message(ada, any(1, 2));
    let group = reservation(&desk.take());
    assert_eq!(group.join.room, "plaza/b");
    desk.reports(MAIN, vec![refused(ada, 1)]);
    desk.message(ada, any(2, 1));
    assert_eq!(reservation(&desk.take()).join.room, "plaza/a");
}

#[test]
fn the_number_of_seats_is_limited() {
    let mut desk = TestDesk::new();
    let ada = desk.open();
    for seats in [0, 33] {
        desk.pass(Duration::from_secs(1));
        desk.message(ada, reserve(1, seats, "plaza"));
        assert_eq!(desk.take(), [Did::Refuse(1, Refusal::BadOptions)]);
    }
}
