//! The room types of the measured server.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread::park_timeout,
    time::{Duration, Instant},
};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour::RoomType;
use parlour_shared::{
    map::{Door, Map, Spawn},
    motion::{Position, WallGrid},
};
use parlour_sim::{Clock, FromPlayer, Player, SimulationApp, StepSet, TickSchedule};
use serde::{Deserialize, Serialize};

/// How long a tick of `hang` takes.
pub(crate) const HANG: Duration = Duration::from_secs(2);
/// The ticks from a message to the timer that fails.
const FUSE_TICKS: u32 = 30;
/// The room to which the players of a world go that fails again.
pub(crate) const SHELTER: &str = "walk/shelter";

/// The ticks in which a player was in its world since it asked to count them. It then changes in
/// each tick, so each tick is worth a snapshot.
#[derive(Component, Default, Serialize, Deserialize)]
pub(crate) struct Pulse(pub(crate) u32);

/// The message of a player that asks to count its ticks.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Count;

/// When a world fails.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Fuse {
    tick: Option<u32>,
    /// Whether it fails only once, as with a fault outside of the saved state.
    once: bool,
}

/// How a player makes its world fail: the messages of the type `fragile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// The tick that handles the message panics.
    Message,
    /// A later tick panics, but not again in the rebuilt world.
    TimerOnce,
    /// A later tick panics, and panics again in the rebuilt world.
    Timer,
    /// The tick that handles the message takes two seconds.
    Hang,
}

/// Whether a timer that fails once has failed.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Returns the room types: worlds of their own.
pub(crate) fn room_types() -> Vec<RoomType> {
    let own = |name: &str| {
        RoomType::new(name).map("plaza").own_world().rules(|rules| {
            rules.empty_ticks = 30;
            rules.capacity = 2000;
        })
    };
    let connected = |name: &str| {
        // The rooms stay, so that a door leads into a world that exists.
        RoomType::new(name)
            .map(name)
            .own_world()
            .plugins(pulses)
            .rules(|rules| rules.empty_ticks = 3600)
    };
    vec![
        own("walk"),
        own("fragile").plugins(fragile),
        own("sheltered").plugins(fragile).fallback(SHELTER),
        connected("east"),
        connected("west"),
    ]
}

/// Returns the maps with a door: a player that walks east from the spawn point of `east`, or west
/// from that of `west`, is soon in the other one.
pub(crate) fn connected_maps() -> [Map; 2] {
    [("east", "west", 152), ("west", "east", 88)].map(|(name, to, x)| Map {
        name: name.into(),
        walls: WallGrid::new(16, 16, 16),
        spawns: vec![Spawn {
            name: "default".into(),
            position: Position::from_px(128, 128),
        }],
        doors: vec![Door {
            x,
            y: 0,
            w: 16,
            h: 256,
            to_map: to.into(),
            to_spawn: "default".into(),
        }],
        objects: Vec::new(),
    })
}

fn pulses(app: &mut App) {
    app.replicate::<Pulse>("pulse").travels::<Pulse>("pulse");
    app.player_message::<Count>("count");
    app.register_required_components::<Player, Pulse>();
    app.add_systems(TickSchedule, count.in_set(StepSet::Simulate));
}

fn count(mut requests: MessageReader<FromPlayer<Count>>, mut pulses: Query<&mut Pulse>) {
    for mut pulse in &mut pulses {
        if pulse.0 > 0 {
            pulse.0 += 1;
        }
    }
    for request in requests.read() {
        if let Ok(mut pulse) = pulses.get_mut(request.player) {
            pulse.0 = 1;
        }
    }
}

fn fragile(app: &mut App) {
    pulses(app);
    app.init_resource::<Fuse>().state_resource::<Fuse>("fuse");
    app.player_message::<Fault>("fail");
    app.add_systems(TickSchedule, (fail, burn).chain().in_set(StepSet::Simulate));
}

fn fail(mut faults: MessageReader<FromPlayer<Fault>>, mut fuse: ResMut<Fuse>, clock: Res<Clock>) {
    for fault in faults.read() {
        match fault.message {
            Fault::Message => panic!("game logic that fails by a message"),
            Fault::Hang => hang(),
            Fault::Timer | Fault::TimerOnce => {
                fuse.tick = Some(clock.tick.0 + FUSE_TICKS);
                fuse.once = fault.message == Fault::TimerOnce;
            }
        }
    }
}

fn burn(fuse: Res<Fuse>, clock: Res<Clock>) {
    if fuse.tick == Some(clock.tick.0) {
        let fails = !fuse.once || !FAILED.swap(true, Ordering::Relaxed);
        assert!(!fails, "game logic that fails by a timer");
    }
}

fn hang() {
    let begin = Instant::now();
    while begin.elapsed() < HANG {
        park_timeout(HANG.saturating_sub(begin.elapsed()));
    }
}
