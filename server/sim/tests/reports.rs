//! What a world reports to its node, and that each fact is reported once.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{
    ids::{Epoch, PlayerId, SessionId},
    message::{ClientMessage, Join, JoinMode, LeaveReason, Refusal, ServerMessage},
    motion::Direction,
};
use parlour_sim::{Rate, Simulation};
use parlour_testing::{SessionActions as _, TestWorld, plaza};
use parlour_tick::{Arrival, EventKind, Report, RoomStatus, TickInput, TickOutput};

fn status(room: &str, players: u32) -> Report {
    Report::Room(RoomStatus {
        room: room.into(),
        room_type: "plaza".into(),
        players,
        reserved: 0,
        capacity: 1000,
        locked: false,
        private: false,
        properties: Vec::new(),
    })
}

fn entered(session: u64, request: u32, room: &str, epoch: u32) -> Report {
    Report::Entered {
        session: SessionId(session),
        request,
        room: room.into(),
        epoch: Epoch(epoch),
    }
}

fn refused(session: u64, request: u32) -> Report {
    let session = SessionId(session);
    Report::JoinRefused { session, request }
}

/// Runs a tick and returns its reports.
fn reports(world: &mut TestWorld) -> Vec<Report> {
    world.tick();
    std::mem::take(&mut world.output.reports)
}

#[test]
fn entering_and_leaving_are_reported_with_the_status_of_each_room_once() {
    let mut world = TestWorld::new(plaza());
    (1..=3).for_each(|session| world.open(session));
    assert_eq!(reports(&mut world), []);
    world.join(1, "plaza");
    world.join(2, "plaza/b");
    world.join(3, "plaza");
    assert_eq!(
        reports(&mut world),
        [
            entered(1, 1, "plaza", 1),
            entered(2, 1, "plaza/b", 2),
            entered(3, 1, "plaza", 1),
            status("plaza", 2),
            status("plaza/b", 1),
        ]
    );
    world.walk(1, Direction::East);
    assert_eq!(reports(&mut world), [], "nothing that a node needs to know");
    world.join(1, "plaza/b");
    assert_eq!(
        reports(&mut world),
        [
            entered(1, 1, "plaza/b", 2),
            status("plaza", 1),
            status("plaza/b", 2)
        ]
    );
    world.leave(3);
    let left = Report::LeftRoom {
        session: SessionId(3),
    };
    assert_eq!(reports(&mut world), [left, status("plaza", 0)]);
}

#[test]
fn refused_joins_and_leaves_are_reported_because_the_node_waits_for_them() {
    let mut config = plaza();
    config.rules.capacity = 1;
    config.rules.rates.join = Rate {
        burst: 3,
        every_ticks: 600,
    };
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.leave(2);
    world.join_as(2, Join::room(5, "cellar"));
    world.join_as(2, Join::room(6, "plaza/b"));
    let refusals: Vec<Report> = reports(&mut world)
        .into_iter()
        .filter(|report| matches!(report, Report::JoinRefused { .. }))
        .collect();
    assert_eq!(
        refusals,
        [refused(2, 1), refused(2, 9), refused(2, 5), refused(2, 6)]
    );
    let expected = [Refusal::RoomFull, Refusal::NotInRoom, Refusal::NoSuchRoom];
    let sent = world.refusals(2);
    assert_eq!(sent[..3], expected);
    assert!(matches!(sent[3], Refusal::RateLimited { .. }));
    // The refusal of any other request is not.
    world.skin(1, 99);
    assert_eq!(reports(&mut world), []);
}

#[test]
fn a_room_that_is_removed_is_reported() {
    let mut config = plaza();
    config.rules.empty_ticks = 3;
    let mut world = TestWorld::new(config);
    world.open_and_join(1, "plaza");
    world.tick();
    world.leave(1);
    world.ticks(3);
    let removed = Report::RoomRemoved { room: "plaza".into() };
    assert_eq!(reports(&mut world), [removed]);
    assert_eq!(reports(&mut world), []);
}

/// A traveller is sent this whether or not it arrives somewhere else.
#[test]
fn a_departing_player_is_sent_room_left() {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(1, "plaza");
    world.tick();
    let epoch = world.client(1).room().epoch;
    let mut input = TickInput::default();
    input.event(1, EventKind::Depart);
    let mut output = TickOutput::default();
    world.sim.step(&mut input, &mut output);
    let messages: Vec<ServerMessage> = output
        .frames
        .iter()
        .map(|frame| parlour_shared::codec::decode_server(output.payload(frame)).unwrap())
        .collect();
    let [ServerMessage::RoomLeft(left)] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert_eq!(
        (left.request, left.epoch, left.reason),
        (0, epoch, LeaveReason::Moved)
    );
}

#[test]
fn a_private_room_is_reported_as_private() {
    let mut world = TestWorld::new(plaza());
    world.open(1);
    let join = Join {
        mode: JoinMode::Private,
        ..Join::room(2, "plaza/k3v9")
    };
    world.send(1, ClientMessage::Join(join));
    let reports = reports(&mut world);
    assert!(matches!(&reports[1], Report::Room(status) if status.private));
}

#[test]
fn a_loaded_world_reports_all_its_rooms_once() {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(1, "plaza/b");
    world.open_and_join(2, "plaza");
    world.tick();
    world.leave(2);
    world.tick();
    let bytes = world.saved();
    let mut loaded = Simulation::load(plaza(), (), &bytes).unwrap();
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    loaded.step(&mut input, &mut output);
    assert_eq!(output.reports, [status("plaza/b", 1), status("plaza", 0)]);
    loaded.step(&mut input, &mut output);
    assert_eq!(output.reports, []);
}

/// The counters of a departure are those with which the player arrives.
#[test]
fn a_departure_carries_what_continues() {
    let mut world = TestWorld::new(plaza());
    let mut arrival = Arrival::new(PlayerId(5), "Ada".into());
    arrival.counters.view = 255;
    world.event(1, EventKind::Arrive(arrival.clone()));
    world.join(1, "plaza");
    world.tick();
    assert_eq!(world.client(1).room().view, 0, "modulo 256");
    world.skin(1, 2);
    (0..3).for_each(|_| world.walk(1, Direction::East));
    world.close(1);
    let departed = reports(&mut world).into_iter().find_map(|report| match report {
        Report::Departed { player, .. } => Some(player),
        _ => None,
    });
    let departed = departed.unwrap();
    assert_eq!(
        (departed.player, departed.name.as_str(), departed.skin),
        (PlayerId(5), "Ada", 2)
    );
    assert_eq!((departed.counters.view, departed.counters.last_seq), (0, 3));
}
