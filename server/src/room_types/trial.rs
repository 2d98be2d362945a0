//! Tries the game logic of room types before a server starts: a world is built for each logic, and
//! runs its first ticks with a player in a room. What would stop the world later, such as systems
//! without an order or a component that is not declared, is found here.

use std::sync::Arc;

use metrics::{NoopRecorder, with_local_recorder};
use parlour_shared::{
    ids::{PlayerId, SessionId},
    limits::MAX_ROOM_OBJECTS,
    message::{ClientMessage, Join},
};
use parlour_sim::{Declaration, EntityKinds, HiddenState, Logic, SimConfig, Simulation};
use parlour_tick::{Arrival, Event, EventKind, TickInput, TickOutput};

use crate::ticker::panic_hook;

/// The maximum number of types of a world whose rooms are tried. A room costs little, but a node
/// may have 256 types.
const MOST_ROOMS: usize = 16;
/// The ticks that run: one without players, that of the joins, and one with players in rooms.
const TICKS: u32 = 3;

/// What was learnt of the game logic of a world.
#[derive(Clone, Debug, Default)]
pub(super) struct Trial {
    /// The names of its kinds of objects. `None`: the world could not be built.
    pub(super) kinds: Option<Vec<String>>,
    /// The systems whose parameters know something that is not part of the state.
    pub(super) hidden: Vec<HiddenState>,
    /// What it declares for clients.
    pub(super) declarations: Arc<[Declaration]>,
    /// What the world panicked with.
    pub(super) fault: Option<String>,
}

/// Builds a world, and runs its first ticks. The world is dropped, because its game logic was
/// called in ticks that did not happen. What it counts with the crate `metrics` is also dropped.
pub(super) fn run(mut config: SimConfig, logic: Logic, types: &[&str]) -> Trial {
    if config.skins.is_empty() {
        // Skins are checked elsewhere, and may be unknown.
        config.skins = SimConfig::new(Vec::new()).skins;
    }
    // Placed objects are checked elsewhere, with the line of the configuration file.
    config.rules.max_objects = MAX_ROOM_OBJECTS;
    for one in &mut config.room_types {
        one.rules.max_objects = MAX_ROOM_OBJECTS;
    }
    panic_hook::install();
    with_local_recorder(&NoopRecorder, || {
        let build = || Simulation::with_plugins(config, logic);
        let mut world = match panic_hook::step_caught(build) {
            Ok(world) => world,
            Err(why) => {
                return Trial {
                    fault: Some(format!("cannot be built: {why}")),
                    ..Trial::default()
                };
            }
        };
        let kinds = world.world().resource::<EntityKinds>().iter();
        Trial {
            // The first one is that of players.
            kinds: Some(kinds.skip(1).map(|(_, kind)| kind.name().to_owned()).collect()),
            hidden: world.hidden_state(),
            declarations: world.declarations().into(),
            fault: run_ticks(&mut world, types).err(),
        }
    })
}

fn run_ticks(world: &mut Simulation, types: &[&str]) -> Result<(), String> {
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    for tick in 1..=TICKS {
        input.events = if tick == 2 { joins(types) } else { Vec::new() };
        let stepped = panic_hook::step_caught(|| world.step(&mut input, &mut output));
        stepped.map_err(|why| match world.failed_system() {
            Some(system) if !why.contains(system) => {
                format!("panics in tick {tick}, in the system {system}: {why}")
            }
            _ => format!("panics in tick {tick}: {why}"),
        })?;
    }
    Ok(())
}

/// Returns the events of one player for each type, who joins a room of it.
fn joins(types: &[&str]) -> Vec<Event> {
    let mut events = Vec::new();
    for (number, room) in (1..).zip(types.iter().take(MOST_ROOMS)) {
        let session = SessionId(number);
        let arrival = Arrival::new(PlayerId(number as u32), format!("Player {number}"));
        let message = ClientMessage::Join(Join::room(1, *room));
        events.push(Event {
            session,
            kind: EventKind::Arrive(arrival),
        });
        events.push(Event {
            session,
            kind: EventKind::Message { early: 0, message },
        });
    }
    events
}
