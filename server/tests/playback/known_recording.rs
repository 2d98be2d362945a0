//! A scripted recording, with the players of every room at every tick.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use parlour_recording::format::EndReason;
use parlour_shared::{
    ids::{PlayerId, Tick},
    map::Map,
    message::Scope,
    motion::{Direction, Position, WallGrid},
};
use parlour_sim::{Room, Rooms, SimConfig, Simulation};
use parlour_testing::{
    Script, SessionActions as _, TemporaryPath,
    maps::{self, door},
    players_in,
    recording::{WorldRecorder, header},
};

/// The last tick.
pub(crate) const LAST: u32 = 1500;
/// The start: 2026-01-31T12:00:00Z.
const STARTED_MS: u64 = 1_769_860_800_000;

/// The players of a room, with names and positions.
pub(crate) type Players = BTreeMap<PlayerId, (String, Position)>;

/// A recording, and the state of its world at every tick.
pub(crate) struct KnownRecording {
    pub(crate) maps: Vec<Arc<Map>>,
    pub(crate) bytes: Vec<u8>,
    /// The rooms after each tick. Index 0 is before the first tick.
    rooms: Vec<BTreeMap<String, Players>>,
}

/// The recording of most tests: ann and bob are in the plaza. Ann walks through the door to the
/// garden and closes her session at tick 900. Two players named eve and EVE join at tick 1000.
pub(crate) static RECORDING: LazyLock<KnownRecording> =
    LazyLock::new(|| KnownRecording::record(LAST, EndReason::Stopped, |_, hash| hash));

fn maps() -> Vec<Arc<Map>> {
    let map = |name, doors| {
        let place = Position::from_px(100, 500);
        Arc::new(maps::map(name, WallGrid::new(32, 32, 32), place, doors))
    };
    let door = door([500, 300, 100, 500], "garden");
    vec![map("plaza", vec![door]), map("garden", Vec::new())]
}

fn script() -> Script {
    // The first session of a server has the number 256.
    let (ann, bob, eve, other_eve) = (256, 512, 768, 1024);
    let mut script = Script::default();
    script.at(1).open_as_and_join(ann, "ann", "plaza");
    script.at(1).open_as_and_join(bob, "bob b", "plaza");
    script.at(30).walk(ann, Direction::East);
    script.at(30).walk(bob, Direction::South);
    script.at(100).hold(bob);
    script.at(100).walk(bob, Direction::Still);
    script.at(200).chat(bob, Scope::Room, "good morning");
    script.at(250).release(bob);
    script.at(700).chat(bob, Scope::Room, "good day");
    script.at(700).walk(bob, Direction::North);
    script.at(800).walk(bob, Direction::East);
    script.at(900).close(ann);
    script.at(1000).open_as_and_join(eve, "eve", "plaza/late");
    script.at(1000).open_as_and_join(other_eve, "EVE", "plaza/late");
    script
}

impl KnownRecording {
    /// Records the script. `change` receives each tick with its hash, and returns the hash to
    /// record.
    pub(crate) fn record(last: u32, reason: EndReason, change: impl Fn(u32, u64) -> u64) -> Self {
        Self::write(last, reason, change, None)
    }

    /// Records the script up to a tick that panicked, which has an input but no hash.
    pub(crate) fn with_panic(last: u32) -> Self {
        Self::write(last, EndReason::Panicked, |_, hash| hash, Some(last))
    }

    fn write(last: u32, reason: EndReason, change: impl Fn(u32, u64) -> u64, panics: Option<u32>) -> Self {
        let maps = maps();
        let config = SimConfig::new(maps.clone());
        let world = Simulation::new(config.clone());
        let header = header(&world, &config, STARTED_MS);
        let mut recorder = WorldRecorder::new(Vec::new(), header, world, 400);
        let (script, mut rooms) = (script(), vec![BTreeMap::new()]);
        for tick in 1..=last {
            let input = script.input(tick);
            if panics == Some(tick) {
                recorder.panicked(Tick(tick), &input);
                break;
            }
            recorder.step_as(&input, |hash| change(tick, hash));
            rooms.push(players_by_room(&recorder.world));
        }
        recorder.end(reason);
        Self {
            maps,
            bytes: recorder.into_inner(),
            rooms,
        }
    }

    /// Returns the players of a room after a tick.
    pub(crate) fn players(&self, room: &str, tick: Tick) -> Option<&Players> {
        self.rooms[tick.0 as usize].get(room)
    }

    /// Returns the first tick after which a condition holds.
    fn first(&self, is: impl Fn(&BTreeMap<String, Players>) -> bool) -> u32 {
        self.rooms.iter().position(is).unwrap() as u32
    }

    /// Returns the tick in which ann walks through the door.
    pub(crate) fn door_tick(&self) -> u32 {
        self.first(|rooms| rooms.contains_key("garden"))
    }

    /// Returns the id of a player.
    pub(crate) fn id(&self, name: &str) -> PlayerId {
        let rooms = self.rooms.iter().flat_map(BTreeMap::values);
        let mut players = rooms.flat_map(BTreeMap::iter);
        *players.find(|(_, (called, _))| called == name).unwrap().0
    }

    pub(crate) fn file(&self) -> TemporaryPath {
        TemporaryPath::file(&self.bytes)
    }
}

fn players_by_room(sim: &Simulation) -> BTreeMap<String, Players> {
    let world = sim.world();
    let players = |room| {
        let players = players_in(sim, room).into_iter();
        let players = players.map(|seen| (seen.player, (seen.name, seen.place)));
        let name = world.get::<Room>(room).unwrap().name.clone();
        (name, players.collect())
    };
    world.resource::<Rooms>().iter().map(players).collect()
}
