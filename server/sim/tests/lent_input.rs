//! A step borrows its input and returns it unchanged, because a recording keeps it after the step.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_ecs::schedule::IntoScheduleConfigs as _;
use parlour_shared::{
    ids::Tick,
    message::{
        Body, Chat, ClientMessage, Custom, Hello, Join, Move, MoveHeading, Scope, SetSkin, SetState,
        StateWrite,
    },
    motion::Direction,
};
use parlour_sim::{Clock, Simulation, StepSet, TickSchedule};
use parlour_testing::{SessionActions as _, plaza};
use parlour_tick::{EventKind, TickInput, TickOutput};

fn every_kind_of_message() -> Vec<ClientMessage> {
    let write = StateWrite {
        key: "lamp".into(),
        version: 0,
        value: Some("on".into()),
    };
    vec![
        ClientMessage::Hello(Hello {
            name: "again".into(),
            ..Hello::default()
        }),
        ClientMessage::Join(Join::room(1, "plaza")),
        ClientMessage::Join(Join::room(1, "no such room")),
        ClientMessage::Chat(Chat {
            request: 2,
            scope: Scope::Room,
            text: "to all".into(),
        }),
        ClientMessage::Chat(Chat {
            request: 2,
            scope: Scope::Near,
            text: "to some".into(),
        }),
        ClientMessage::Chat(Chat {
            request: 2,
            scope: Scope::Near,
            text: "\u{7}".into(),
        }),
        ClientMessage::Move(Move {
            seq: 3,
            tick: Tick(0),
            heading: MoveHeading::sprint(Direction::North),
        }),
        ClientMessage::SetSkin(SetSkin { request: 4, skin: 1 }),
        ClientMessage::SetState(SetState {
            request: 5,
            writes: vec![write.clone()],
        }),
        ClientMessage::SetState(SetState {
            request: 5,
            writes: vec![write],
        }),
        ClientMessage::Custom(Custom {
            request: 6,
            name: "unknown".into(),
            body: Body::Bytes(vec![1, 2, 3]),
        }),
        ClientMessage::Ping { nonce: 7 },
        ClientMessage::Leave { request: 8 },
        ClientMessage::Bye,
    ]
}

#[test]
fn a_step_returns_its_input_unchanged() {
    let mut sim = Simulation::new(plaza());
    let mut output = TickOutput::default();
    let mut input = TickInput::default();
    for session in [1, 2] {
        input.open_as(session, "  not a name");
        input.hold(session);
        for message in every_kind_of_message() {
            input.event(session, EventKind::Message { early: -5, message });
        }
        input.release(session);
        input.close(session);
        // The session is already closed.
        input.chat(session, Scope::Room, "hello?");
    }
    let before = input.clone();
    sim.step(&mut input, &mut output);
    assert_eq!(input, before);
    assert!(!output.frames.is_empty());
}

#[test]
fn a_step_keeps_nothing_of_its_input_and_clears_the_output() {
    let mut sim = Simulation::new(plaza());
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    input.open_as(1, "Ada");
    // The refusal of a chat outside of a room.
    input.chat(1, Scope::Room, "hello?");
    sim.step(&mut input, &mut output);
    assert_eq!(output.frames.len(), 1);
    // A new input and output: the world keeps nothing of the first ones.
    let (mut other_input, mut other_output) = (TickInput::default(), TickOutput::default());
    sim.step(&mut other_input, &mut other_output);
    assert_eq!(other_input, TickInput::default());
    assert!(other_output.frames.is_empty() && other_output.bytes.is_empty());
    assert_eq!((other_output.tick, other_output.hash), (sim.tick(), sim.hash()));
    // The first pair again: the step clears the old contents of the output.
    input.events.clear();
    sim.step(&mut input, &mut output);
    assert!(output.frames.is_empty() && output.bytes.is_empty());
}

#[test]
fn the_input_of_a_step_that_panicked_can_be_reclaimed() {
    let fail = |app: &mut bevy_app::App| {
        let fail =
            |clock: bevy_ecs::prelude::Res<Clock>| assert!(clock.tick != Tick(2), "game logic that fails");
        app.add_systems(TickSchedule, fail.in_set(StepSet::Simulate));
    };
    let mut sim = Simulation::with_plugins(plaza(), fail);
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    sim.step(&mut input, &mut output);
    assert!(!sim.reclaim_input(&mut input), "nothing was kept");
    input.open_as(1, "ann");
    let original = input.clone();
    let step = std::panic::AssertUnwindSafe(|| sim.step(&mut input, &mut output));
    assert!(std::panic::catch_unwind(step).is_err());
    assert!(input.events.is_empty(), "the input is still in the world");
    assert!(sim.reclaim_input(&mut input));
    assert_eq!(input, original);
    assert!(!sim.reclaim_input(&mut input), "only once");
    assert_eq!(input, original);
}
