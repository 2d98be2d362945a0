//! Saved worlds: any bytes are refused, or load as a world that can run. The target corrects the
//! hash in the bytes, as an attacker would.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use parlour_shared::{
    ids::SessionId,
    map::MapObject,
    message::{Chat, ClientMessage, Join, Move, MoveHeading},
    motion::Direction,
};
use parlour_sim::{LoadError, Logic, ObjectKind, SavedState, SimConfig, Simulation, SimulationApp as _};
use parlour_tick::{Arrival, Event, EventKind, TickInput, TickOutput, player_id};

#[path = "../mutate.rs"]
mod mutate;

/// A saved world: two players walk among objects, and one has just left.
static GOOD: LazyLock<(SimConfig, Vec<u8>)> = LazyLock::new(|| {
    let mut maps = parlour::maps::load(None).expect("the bundled maps");
    for map in &mut maps {
        let map = Arc::make_mut(map);
        let position = map.spawns[0].position;
        map.objects = ["chair", "ball", "chair"]
            .map(|class| MapObject { class: class.into(), position, ..MapObject::default() })
            .to_vec();
    }
    let config = SimConfig::new(maps);
    let mut simulation = Simulation::with_plugins(config.clone(), logic());
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    let mut send = |session, kind| input.events.push(Event { session: SessionId(session), kind });
    for session in 1..=3 {
        send(session, arrive(session));
        let messages = [
            ClientMessage::Join(Join::room(1, "lobby")),
            ClientMessage::Move(Move { heading: MoveHeading::walk(Direction::East), ..Move::default() }),
        ];
        for message in messages {
            send(session, EventKind::Message { early: 0, message });
        }
    }
    simulation.step(&mut input, &mut output);
    input.events.clear();
    for _ in 0..20 {
        simulation.step(&mut input, &mut output);
    }
    input.events.push(Event { session: SessionId(3), kind: EventKind::Depart });
    simulation.step(&mut input, &mut output);
    let mut saved = Vec::new();
    simulation.save(&mut saved);
    (config, saved)
});

/// Two kinds of objects, one of which is solid.
fn logic() -> Logic {
    Logic::new(|app| {
        app.object_kind(ObjectKind::new("chair").near_px(600));
        app.object_kind(ObjectKind::new("ball").size_px(6, 6).stopped_by(&[0]));
    })
}

fn arrive(session: u64) -> EventKind {
    EventKind::Arrive(Arrival::new(player_id(0, session as u32), format!("p{session}")))
}

fuzz_target!(|input: &[u8]| {
    let (config, good) = &*GOOD;
    let mut bytes = mutate::mutate(good, input);
    let mut loaded = Simulation::load(config.clone(), logic(), &bytes);
    if let Err(LoadError::Hash { got, .. }) = loaded {
        bytes[4..12].copy_from_slice(&got.to_le_bytes());
        loaded = Simulation::load(config.clone(), logic(), &bytes);
        assert!(loaded.is_ok(), "with the right hash: {loaded:?}");
    }
    if let Ok(mut simulation) = loaded {
        let mut again = Vec::new();
        simulation.save(&mut again);
        assert!(SavedState::parse(&again).is_ok());
        let mut input = TickInput::default();
        let mut output = TickOutput::default();
        // A forged world may be nonsense, but must not panic. Each session changes rooms and chats;
        // one closes.
        let mut send = |session, kind| input.events.push(Event { session: SessionId(session), kind });
        send(9, arrive(9));
        for session in [1, 2, 3, 9] {
            for room in ["lobby", "garden", "lobby"] {
                let message = ClientMessage::Join(Join::room(1, room));
                send(session, EventKind::Message { early: 0, message });
            }
            let message = ClientMessage::Chat(Chat { text: "hello".into(), ..Chat::default() });
            send(session, EventKind::Message { early: 0, message });
        }
        send(1, EventKind::Depart);
        input.sort();
        // Empty rooms of the saved world may close meanwhile: players enter before and after that.
        let (mut events, mut none) = (input, TickInput::default());
        for tick in 0..70 {
            simulation.step(if tick % 3 == 0 { &mut events } else { &mut none }, &mut output);
        }
    }
});
