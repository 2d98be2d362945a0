//! Saved worlds: whatever the bytes are, they are refused or are a world. The hash that stands in
//! them is made right, as whoever forges one would.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use parlour_shared::{
    ids::SessionId,
    message::{Chat, ClientMessage, Join, Move},
    motion::Direction,
};
use parlour_sim::{LoadError, SavedState, SimConfig, Simulation};
use parlour_tick::{Event, EventKind, TickInput, TickOutput};

#[path = "../bend.rs"]
mod bend;

/// Two players who walk, and one who has just gone.
static GOOD: LazyLock<(SimConfig, Vec<u8>)> = LazyLock::new(|| {
    let config = SimConfig::new(parlour_server::maps::load(None).expect("the bundled maps"));
    let mut simulation = Simulation::new(config.clone());
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    let mut say = |session, kind| input.events.push(Event { session: SessionId(session), kind });
    for session in 1..=3 {
        say(session, EventKind::Open { name: format!("p{session}") });
        let messages = [
            ClientMessage::Join(Join { request: 1, room: "lobby".into() }),
            ClientMessage::Move(Move { direction: Direction::East, ..Move::default() }),
        ];
        for message in messages {
            say(session, EventKind::Message { early: 0, message });
        }
    }
    simulation.step(&mut input, &mut output);
    input.events.clear();
    for _ in 0..20 {
        simulation.step(&mut input, &mut output);
    }
    input.events.push(Event { session: SessionId(3), kind: EventKind::Close });
    simulation.step(&mut input, &mut output);
    let mut saved = Vec::new();
    simulation.save(&mut saved);
    (config, saved)
});

fuzz_target!(|input: &[u8]| {
    let (config, good) = &*GOOD;
    let mut bytes = bend::bend(good, input);
    let mut loaded = Simulation::load(config.clone(), (), &bytes);
    if let Err(LoadError::Hash { got, .. }) = loaded {
        bytes[4..12].copy_from_slice(&got.to_le_bytes());
        loaded = Simulation::load(config.clone(), (), &bytes);
        assert!(loaded.is_ok(), "with the right hash: {loaded:?}");
    }
    if let Ok(mut simulation) = loaded {
        let mut again = Vec::new();
        simulation.save(&mut again);
        assert!(SavedState::parse(&again).is_ok());
        let mut input = TickInput::default();
        let mut output = TickOutput::default();
        // What a forged world does may be nonsense, but not harm. Everyone goes to another room,
        // says something, and leaves.
        let mut say = |session, kind| input.events.push(Event { session: SessionId(session), kind });
        say(9, EventKind::Open { name: "new".into() });
        for session in [1, 2, 3, 9] {
            for room in ["lobby", "garden", "lobby"] {
                let message = ClientMessage::Join(Join { request: 1, room: room.into() });
                say(session, EventKind::Message { early: 0, message });
            }
            let message = ClientMessage::Chat(Chat { text: "hello".into(), ..Chat::default() });
            say(session, EventKind::Message { early: 0, message });
        }
        say(1, EventKind::Close);
        input.sort();
        // The rooms of the state may be gone by now: players enter both before and after that.
        let (mut events, mut none) = (input, TickInput::default());
        for tick in 0..70 {
            simulation.step(if tick % 3 == 0 { &mut events } else { &mut none }, &mut output);
        }
    }
});
