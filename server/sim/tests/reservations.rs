//! Reserved seats: capacity is players plus reserved seats, a ticket takes one, and they expire.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{
    ids::SessionId,
    limits::{MAX_RESERVED_SEATS, RESERVATION_TICKS},
    message::{Join, JoinMode, LeaveReason, Refusal, Refused, Reserved, ServerMessage},
};
use parlour_sim::{RateLimits, Rooms, Seats, SimConfig};
use parlour_testing::{SessionActions as _, TestWorld, plaza};
use parlour_tick::{Report, Reservation};
use proptest::prelude::*;

fn config(capacity: u32) -> SimConfig {
    let mut config = plaza();
    config.rules.capacity = capacity;
    config
}

fn seats(ticket: &str, seats: u8, room: &str) -> Reservation {
    Reservation {
        ticket: ticket.into(),
        seats,
        join: Join::room(3, room),
        spawn: None,
        answer: true,
    }
}

fn with_ticket(ticket: &str) -> Join {
    Join {
        request: 4,
        ticket: Some(ticket.into()),
        ..Join::default()
    }
}

/// Returns the players and the reserved seats of a room.
fn counts(world: &TestWorld, room: &str) -> (u32, u32) {
    let seats = world.sim.world().get::<Seats>(world.room(room).unwrap()).unwrap();
    (seats.len(), seats.reserved())
}

fn refused(session: u64, request: u32) -> Report {
    let session = SessionId(session);
    Report::JoinRefused { session, request }
}

#[test]
fn a_reservation_creates_the_room_and_answers_with_the_ticket() {
    let mut world = TestWorld::new(config(5));
    world.open(1);
    world.reserve(1, seats("ticket", 3, "plaza/x"));
    world.tick();
    let answer = ServerMessage::Reserved(Reserved {
        request: 3,
        room: "plaza/x".into(),
        ticket: "ticket".into(),
        expires_ms: 15_000,
    });
    assert_eq!(world.messages(1), [answer]);
    let report = Report::Reserved {
        session: SessionId(1),
        ticket: "ticket".into(),
        room: "plaza/x".into(),
    };
    assert_eq!(world.output.reports[0], report);
    assert_eq!(counts(&world, "plaza/x"), (0, 3));
}

/// A node asks for a seat before the traveller is in this world.
#[test]
fn a_reservation_for_a_traveller_is_only_reported() {
    let mut world = TestWorld::new(config(5));
    world.reserve(
        9,
        Reservation {
            answer: false,
            ..seats("ticket", 1, "plaza")
        },
    );
    world.tick();
    assert_eq!(world.output.frames, []);
    assert!(matches!(&world.output.reports[0], Report::Reserved { ticket, .. } if ticket == "ticket"));
    world.open(9);
    world.join_as(9, with_ticket("ticket"));
    world.tick();
    assert_eq!(
        (world.client(9).room().request, counts(&world, "plaza")),
        (4, (1, 0))
    );
}

/// The node has limited the join already, and the traveller has left its world for it.
#[test]
fn a_traveller_is_not_limited_but_a_group_is() {
    for (answer, is_limited) in [(false, false), (true, true)] {
        let mut config = config(5);
        config.rules.rates = RateLimits::default();
        let burst = config.rules.rates.join.burst;
        let mut world = TestWorld::new(config);
        world.open(9);
        // Leaves in the lobby: each is refused, and costs a token.
        (0..burst).for_each(|_| world.leave(9));
        let wish = seats("ticket", 1, "plaza");
        world.reserve(9, Reservation { answer, ..wish });
        world.tick();
        world.forget_messages();
        world.join_as(9, with_ticket("ticket"));
        world.tick();
        let refusals = world.refusals(9);
        let limited = matches!(refusals[..], [Refusal::RateLimited { .. }]);
        assert_eq!(limited, is_limited, "{refusals:?}");
        assert_eq!(counts(&world, "plaza"), if is_limited { (0, 1) } else { (1, 0) });
    }
}

/// The seat is gone, but the node has limited the join already.
#[test]
fn a_traveller_is_not_limited_in_the_tick_in_which_its_seat_expires() {
    let mut config = config(5);
    let rates = RateLimits::default();
    config.rules.rates = rates;
    let mut world = TestWorld::new(config);
    world.open(9);
    let wish = seats("ticket", 1, "plaza");
    world.reserve(
        9,
        Reservation {
            answer: false,
            ..wish
        },
    );
    world.tick();
    world.ticks(RESERVATION_TICKS - 1);
    world.forget_messages();
    world.join_as(9, with_ticket("ticket"));
    // Each costs a token. Only these are limited.
    (0..rates.join.burst).for_each(|_| world.leave(9));
    world.tick();
    let refusals = world.refusals(9);
    assert_eq!(refusals[0], Refusal::BadTicket);
    let limited = |refusal: &&Refusal| matches!(refusal, Refusal::RateLimited { .. });
    assert_eq!(refusals.iter().filter(limited).count(), 0, "{refusals:?}");
}

/// A world has 1,024 reservations for groups, and as many for travellers.
#[test]
fn groups_do_not_use_up_the_seats_of_travellers() {
    let mut world = TestWorld::new(config(5000));
    for session in 1..=1025 {
        world.reserve(session, seats(&format!("g{session}"), 1, "plaza"));
    }
    world.tick();
    assert_eq!(counts(&world, "plaza"), (0, 1024));
    for session in 1..=1025 {
        let wish = seats(&format!("t{session}"), 1, "plaza");
        world.reserve(
            session,
            Reservation {
                answer: false,
                ..wish
            },
        );
    }
    world.tick();
    assert_eq!(counts(&world, "plaza"), (0, 2048));
    assert!(world.output.reports.contains(&refused(1025, 3)));
}

#[test]
fn players_and_reserved_seats_never_exceed_the_capacity() {
    let mut world = TestWorld::new(config(4));
    (1..=5).for_each(|session| world.open(session));
    world.join(1, "plaza");
    world.reserve(1, seats("two", 2, "plaza"));
    world.join(2, "plaza");
    world.join(3, "plaza");
    world.reserve(4, seats("one", 1, "plaza"));
    world.tick();
    assert_eq!(counts(&world, "plaza"), (2, 2));
    assert_eq!(world.refusals(3), [Refusal::RoomFull]);
    let refusal = Refused {
        request: 3,
        refusal: Refusal::RoomFull,
    };
    assert_eq!(world.messages(4), [ServerMessage::Refused(refusal)]);
    assert!(world.output.reports.contains(&refused(4, 3)));
    // Each join with the ticket takes one of the two seats.
    for session in [3, 4, 5] {
        world.join_as(session, with_ticket("two"));
    }
    world.tick();
    assert_eq!(counts(&world, "plaza"), (4, 0));
    assert_eq!(world.refusals(5), [Refusal::BadTicket]);
    assert!(world.output.reports.contains(&refused(5, 4)));
}

#[test]
fn a_refused_reservation_leaves_no_room() {
    let mut world = TestWorld::new(config(4));
    world.open(1);
    let existing = Reservation {
        join: Join {
            mode: JoinMode::Existing,
            ..Join::room(3, "plaza")
        },
        ..seats("a", 1, "plaza")
    };
    let cases = [
        (seats("a", 5, "plaza"), Refusal::RoomFull),
        (seats("a", 0, "plaza"), Refusal::RoomFull),
        (seats("a", MAX_RESERVED_SEATS + 1, "plaza"), Refusal::RoomFull),
        (seats("", 1, "plaza"), Refusal::BadTicket),
        (seats(&"x".repeat(33), 1, "plaza"), Refusal::BadTicket),
        (seats("a", 1, "cellar"), Refusal::NoSuchRoom),
        (existing, Refusal::NoSuchRoom),
    ];
    for (reservation, refusal) in cases {
        world.reserve(1, reservation);
        world.tick();
        assert_eq!(world.refusals(1), [refusal]);
        assert_eq!(world.output.reports, [refused(1, 3)]);
        assert_eq!(world.output.counts.refused.iter().count(), 1);
        assert!(world.sim.world().resource::<Rooms>().is_empty());
    }
}

#[test]
fn seats_that_nobody_takes_are_free_again_after_15_seconds() {
    let mut world = TestWorld::new(config(2));
    (1..=3).for_each(|session| world.open(session));
    world.reserve(1, seats("ticket", 2, "plaza"));
    world.tick();
    world.ticks(RESERVATION_TICKS - 2);
    world.join_as(1, with_ticket("ticket"));
    world.join(2, "plaza");
    world.tick();
    assert_eq!(world.client(1).room().room, "plaza");
    assert_eq!(world.refusals(2), [Refusal::RoomFull]);
    world.join_as(2, with_ticket("ticket"));
    world.join(3, "plaza");
    world.tick();
    assert_eq!(world.refusals(2), [Refusal::BadTicket]);
    assert_eq!(world.client(3).room().room, "plaza");
    assert_eq!(counts(&world, "plaza"), (2, 0));
}

/// Without this, a room that lives shorter than a reservation would be gone when the group comes.
#[test]
fn a_room_with_reserved_seats_is_not_removed() {
    let mut config = config(2);
    config.rules.empty_ticks = 5;
    let mut world = TestWorld::new(config);
    world.open(1);
    world.reserve(1, seats("ticket", 1, "plaza"));
    world.ticks(RESERVATION_TICKS);
    assert!(world.room("plaza").is_some());
    world.tick();
    assert!(world.room("plaza").is_none());
    let removed = Report::RoomRemoved { room: "plaza".into() };
    assert!(world.output.reports.contains(&removed));
    assert!(
        !world
            .output
            .reports
            .iter()
            .any(|report| matches!(report, Report::Room(_))),
        "a room that is gone has no status"
    );
}

#[test]
fn a_new_reservation_of_a_session_replaces_its_earlier_one() {
    let mut world = TestWorld::new(config(4));
    world.open(1);
    world.reserve(1, seats("first", 2, "plaza"));
    world.reserve(1, seats("second", 2, "plaza"));
    world.tick();
    assert_eq!(counts(&world, "plaza"), (0, 2));
    world.forget_messages();
    // One that was refused replaces nothing. One for a traveller is a different kind.
    world.reserve(1, seats("third", 3, "plaza"));
    world.reserve(
        1,
        Reservation {
            answer: false,
            ..seats("traveller", 1, "plaza")
        },
    );
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::RoomFull]);
    assert_eq!(counts(&world, "plaza"), (0, 3));
    world.join_as(1, with_ticket("second"));
    world.tick();
    assert_eq!(world.client(1).room().room, "plaza");
}

/// A traveller with the ticket of its group keeps the seat while it changes worlds.
#[test]
fn a_reservation_can_take_its_seats_from_another_one() {
    let mut world = TestWorld::new(config(3));
    let transfer = |ticket: &str, from: &str| Reservation {
        join: Join {
            request: 3,
            ..with_ticket(from)
        },
        answer: false,
        ..seats(ticket, 1, "plaza")
    };
    world.open(1);
    world.reserve(1, seats("group", 2, "plaza"));
    world.reserve(2, transfer("a", "group"));
    world.reserve(3, transfer("b", "group"));
    world.reserve(4, transfer("c", "group"));
    world.tick();
    assert_eq!(counts(&world, "plaza"), (0, 2));
    assert_eq!(
        world
            .output
            .reports
            .iter()
            .filter(|report| **report == refused(4, 3))
            .count(),
        1
    );
    for (session, ticket) in [(2, "a"), (3, "b")] {
        world.open(session);
        world.join_as(session, with_ticket(ticket));
    }
    world.join_as(1, with_ticket("group"));
    world.tick();
    assert_eq!(counts(&world, "plaza"), (2, 0));
    assert!(world.refusals(1).contains(&Refusal::BadTicket));
}

#[test]
fn a_ticket_of_the_own_room_is_not_used_up() {
    let mut world = TestWorld::new(config(3));
    world.open_and_join(1, "plaza");
    world.reserve(1, seats("ticket", 1, "plaza"));
    world.join_as(1, with_ticket("ticket"));
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::AlreadyThere]);
    assert_eq!(counts(&world, "plaza"), (1, 1));
}

#[test]
fn a_ticket_leads_out_of_a_different_room() {
    let mut world = TestWorld::new(config(3));
    world.open_and_join(1, "plaza/a");
    world.reserve(1, seats("ticket", 1, "plaza/b"));
    world.tick();
    world.forget_messages();
    world.join_as(1, with_ticket("ticket"));
    world.tick();
    let left = |message: &ServerMessage| match message {
        ServerMessage::RoomLeft(left) => Some(left.reason),
        _ => None,
    };
    let messages = world.messages(1);
    assert_eq!(messages.iter().find_map(left), Some(LeaveReason::Moved));
    assert_eq!(world.client(1).room().room, "plaza/b");
    assert_eq!(
        (counts(&world, "plaza/a"), counts(&world, "plaza/b")),
        ((0, 0), (1, 0))
    );
}

#[derive(Clone, Debug)]
enum Act {
    Join(u64, u8),
    Leave(u64),
    Close(u64),
    Reserve(u64, u8, u8),
    Ticket(u64, usize),
    Wait(u32),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..12_u64, 0..2_u8).prop_map(|(session, room)| Act::Join(session, room)),
        2 => (0..12_u64).prop_map(Act::Leave),
        1 => (0..12_u64).prop_map(Act::Close),
        3 => (0..12_u64, 1..4_u8, 0..2_u8).prop_map(|(session, seats, room)| Act::Reserve(session, seats, room)),
        3 => (0..12_u64, 0..8_usize).prop_map(|(session, back)| Act::Ticket(session, back)),
        1 => prop_oneof![1..4_u32, 880..910_u32].prop_map(Act::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever is asked, rooms are never more than full, and the loaded world agrees.
    #[test]
    fn capacity_holds_whatever_is_asked(acts in prop::collection::vec(act(), 1..60), capacity in 1..6_u32) {
        let mut config = config(capacity);
        config.rules.empty_ticks = 3;
        let mut world = TestWorld::new(config.clone());
        let name = |room: u8| format!("plaza/{room}");
        (0..12).for_each(|session| world.open(session));
        for (at, act) in acts.iter().enumerate() {
            match *act {
                Act::Join(session, room) => world.join(session, &name(room)),
                Act::Leave(session) => world.leave(session),
                Act::Close(session) => {
                    world.close(session);
                    world.tick();
                    world.open(session);
                }
                Act::Reserve(session, number, room) => {
                    world.reserve(session, seats(&format!("ticket {at}"), number, &name(room)));
                }
                Act::Ticket(session, back) => {
                    world.join_as(session, with_ticket(&format!("ticket {}", at.saturating_sub(back))));
                }
                Act::Wait(ticks) => world.ticks(ticks),
            }
            if at % 2 == 0 {
                world.tick();
            }
            for room in [name(0), name(1)] {
                if world.room(&room).is_some() {
                    let (players, reserved) = counts(&world, &room);
                    prop_assert!(players + reserved <= capacity, "{players} and {reserved} of {capacity}");
                }
            }
        }
        world.tick();
        let bytes = world.saved();
        let mut loaded = TestWorld::new(config.clone());
        loaded.sim = parlour_sim::Simulation::load(config, (), &bytes).unwrap();
        prop_assert_eq!(loaded.saved(), bytes);
        for room in [name(0), name(1)] {
            if world.room(&room).is_some() {
                prop_assert_eq!(counts(&loaded, &room), counts(&world, &room));
            }
        }
        world.ticks(RESERVATION_TICKS + 5);
        for room in [name(0), name(1)] {
            let reserved = world.room(&room).map(|_| counts(&world, &room).1);
            prop_assert!(reserved.is_none_or(|reserved| reserved == 0), "seats that never expire");
        }
    }
}
