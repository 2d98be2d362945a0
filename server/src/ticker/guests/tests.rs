//! Which sessions of a world are held, and which I/O threads see its output.

use parlour_tick::{Lane, OutFrame};

use super::*;

const A: SessionId = SessionId(256);
const B: SessionId = SessionId(512);

/// Guests, and the events of the next tick.
struct Fixture {
    guests: Guests,
    input: TickInput,
}

impl Default for Fixture {
    fn default() -> Self {
        Self {
            guests: Guests::new(IoThreads::default()),
            input: TickInput::default(),
        }
    }
}

impl Fixture {
    fn arrive(&mut self, session: SessionId, io_thread: usize) {
        let player = Arrival::default();
        let Self { guests, input } = self;
        guests.arrive(session, player, io_thread, LinkState::default(), input);
    }

    fn set_held(&mut self, session: SessionId, held: bool) {
        let link = LinkState::default().held(held);
        self.guests.set_link(session, link, &mut self.input);
    }

    fn set_behind(&mut self, behind: bool) {
        self.guests.set_behind(0, behind, &mut self.input);
    }

    fn sent(&mut self) -> Vec<(SessionId, EventKind)> {
        self.input.sort();
        let events = self.input.events.drain(..);
        events.map(|event| (event.session, event.kind)).collect()
    }
}

#[test]
fn a_viewer_is_released_when_neither_it_nor_its_thread_is_behind() {
    let mut world = Fixture::default();
    world.arrive(A, 0);
    world.arrive(B, 0);
    world.sent();
    world.set_held(A, true);
    assert_eq!(world.sent(), [(A, EventKind::Hold)]);
    world.set_behind(true);
    assert_eq!(world.sent(), [(B, EventKind::Hold)]);
    world.set_held(A, false);
    world.set_held(B, true);
    assert_eq!(world.sent(), []);
    world.set_behind(false);
    assert_eq!(world.sent(), [(A, EventKind::Release)]);
    world.set_held(B, false);
    assert_eq!(world.sent(), [(B, EventKind::Release)]);
}

#[test]
fn a_world_on_a_new_tick_thread_holds_those_whose_io_thread_is_behind_there() {
    let mut world = Fixture::default();
    for (session, io_thread) in [(A, 0), (B, 1)] {
        world.arrive(session, io_thread);
    }
    world.set_behind(true);
    world.sent();
    let mut behind = IoThreads::default();
    behind.add(1);
    world.guests.change_thread(behind, &mut world.input);
    assert_eq!(world.sent(), [(A, EventKind::Release), (B, EventKind::Hold)]);
    world.guests.change_thread(behind, &mut world.input);
    assert_eq!(world.sent(), []);
}

#[test]
fn a_session_that_arrives_while_its_thread_is_behind_is_held_and_departs_once() {
    let mut world = Fixture::default();
    world.set_behind(true);
    world.arrive(A, 0);
    world.guests.depart(A, &mut world.input);
    world.guests.depart(A, &mut world.input);
    let kinds: Vec<_> = world.sent().into_iter().map(|(_, kind)| kind).collect();
    let player = Arrival::default();
    assert_eq!(
        kinds,
        [EventKind::Arrive(player), EventKind::Hold, EventKind::Depart]
    );
}

#[test]
fn frames_of_the_tick_of_a_departure_still_reach_the_io_thread() {
    let mut world = Fixture::default();
    world.arrive(A, 0);
    world.arrive(B, 1);
    let output = TickOutput {
        frames: vec![OutFrame {
            session: A,
            lane: Lane::Reliable,
            start: 0,
            end: 0,
        }],
        ..TickOutput::default()
    };
    let concerned = |world: &Fixture| {
        let set = world.guests.concerned(&output);
        (set.contains(0), set.contains(1))
    };
    world.guests.depart(A, &mut world.input);
    assert_eq!(concerned(&world), (true, false));
    world.guests.end_tick();
    assert_eq!(world.guests.sessions.len(), 1);
    world.guests.expect_frames(A, 0);
    assert_eq!(concerned(&world), (true, false));
    world.arrive(A, 0);
    world.guests.end_tick();
    assert_eq!(world.guests.sessions.len(), 2, "it arrived after its reservation");
}

#[test]
fn a_placement_counts_from_its_number_on_also_when_numbers_wrap() {
    let mut world = Fixture::default();
    world.arrive(A, 0);
    assert!(!world.guests.is_placed(A, 0));
    world.guests.place(A, 1);
    for (number, is_placed) in [(1, true), (0, true), (u32::MAX, true), (2, false)] {
        assert_eq!(world.guests.is_placed(A, number), is_placed, "{number}");
    }
    assert!(!world.guests.is_placed(B, 0));
    world.arrive(A, 0);
    assert!(
        !world.guests.is_placed(A, 1),
        "a new arrival needs a new placement"
    );
}
