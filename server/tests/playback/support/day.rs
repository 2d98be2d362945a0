//! A scripted recording: who was where at every tick is known.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use parlour_recording::{
    Header,
    format::{EndReason, FileWriter, TicksBuilder, seal_keyframe},
};
use parlour_shared::{
    ids::{PlayerId, SessionId, Tick},
    map::{Door, Map, Spawn},
    message::{Chat, ClientMessage, Join, Move, Scope},
    motion::{Direction, Position, WallGrid},
};
use parlour_sim::{Motion, Player, Room, Rooms, SIMULATION, Seats, SimConfig, Simulation};
use parlour_tick::{Event, EventKind, TickInput, TickOutput};

/// The last tick.
pub(crate) const LAST: u32 = 1500;
/// When it began: 2026-01-31T12:00:00Z.
const STARTED_MS: u64 = 1_769_860_800_000;

/// Who was in a room, and where.
pub(crate) type Scene = BTreeMap<PlayerId, (String, Position)>;

/// The recording as bytes, and what its world was.
pub(crate) struct Day {
    pub(crate) maps: Vec<Arc<Map>>,
    pub(crate) bytes: Vec<u8>,
    /// The rooms after each tick; index 0 is before the first.
    scenes: Vec<BTreeMap<String, Scene>>,
}

/// The day that most tests watch: two in the plaza, one of whom walks through the door to the garden.
pub(crate) static DAY: LazyLock<Day> = LazyLock::new(|| Day::record(LAST, EndReason::Stopped, |_| {}));

fn map(name: &str, doors: Vec<Door>) -> Arc<Map> {
    let spawn = Spawn {
        name: "default".into(),
        position: Position::from_px(100, 500),
    };
    Arc::new(Map {
        name: name.into(),
        walls: WallGrid::new(32, 32, 32),
        spawns: vec![spawn],
        doors,
    })
}

fn script(tick: u32) -> Vec<(u64, EventKind)> {
    let say = |message| EventKind::Message { early: 0, message };
    let open = |name: &str| EventKind::Open { name: name.into() };
    let join = |room: &str| {
        let room = room.into();
        say(ClientMessage::Join(Join { request: 1, room }))
    };
    let walk = |direction| {
        say(ClientMessage::Move(Move {
            direction,
            ..Move::default()
        }))
    };
    let chat = |text: &str| {
        let (scope, text) = (Scope::Room, text.into());
        say(ClientMessage::Chat(Chat {
            request: 0,
            scope,
            text,
        }))
    };
    match tick {
        // The numbers of the first session that a server gives, too.
        1 => vec![
            (256, open("ann")),
            (256, join("plaza")),
            (512, open("bob b")),
            (512, join("plaza")),
        ],
        30 => vec![(256, walk(Direction::East)), (512, walk(Direction::South))],
        100 => vec![(512, EventKind::Hold), (512, walk(Direction::Still))],
        200 => vec![(512, chat("good morning"))],
        250 => vec![(512, EventKind::Release)],
        700 => vec![(512, chat("good day")), (512, walk(Direction::North))],
        800 => vec![(512, walk(Direction::East))],
        900 => vec![(256, EventKind::Close)],
        1000 => vec![
            (768, open("eve")),
            (768, join("plaza/late")),
            (1024, open("EVE")),
            (1024, join("plaza/late")),
        ],
        _ => Vec::new(),
    }
}

impl Day {
    /// `spoil` may change the hash that is recorded of a tick.
    pub(crate) fn record(last: u32, reason: EndReason, spoil: impl Fn(&mut (u32, u64))) -> Self {
        Self::write(last, reason, spoil, None)
    }

    /// The last tick panics: what it was given is recorded, and no hash.
    pub(crate) fn panicked(last: u32) -> Self {
        Self::write(last, EndReason::Panicked, |_| {}, Some(last))
    }

    fn write(last: u32, reason: EndReason, spoil: impl Fn(&mut (u32, u64)), panics: Option<u32>) -> Self {
        let door = Door {
            x: 500,
            y: 300,
            w: 100,
            h: 500,
            to_map: "garden".into(),
            to_spawn: "default".into(),
        };
        let maps = vec![map("plaza", vec![door]), map("garden", Vec::new())];
        let config = SimConfig::new(maps.clone());
        let mut sim = Simulation::new(config.clone());
        let parts: Vec<String> = sim.part_names().map(String::from).collect();
        let mut builder = TicksBuilder::new(parts.len());
        let header = Header::new(&config, parts, SIMULATION, STARTED_MS);
        let mut file = FileWriter::new(Vec::new(), &header).unwrap();
        let mut scenes = vec![BTreeMap::new()];
        let (mut output, mut saved) = (TickOutput::default(), Vec::new());
        for number in 1..=last {
            let wall_ms = STARTED_MS + u64::from(number) * 1000 / 60;
            let event = |(session, kind)| Event {
                session: SessionId(session),
                kind,
            };
            let mut input = TickInput {
                events: script(number).into_iter().map(event).collect(),
                ..TickInput::default()
            };
            sim.step(&mut input, &mut output);
            scenes.push(rooms(&sim));
            let mut told = (number, output.hash);
            spoil(&mut told);
            let result = (panics != Some(number)).then_some((told.1, &output.parts[..]));
            builder.push(Tick(number), wall_ms, result, &input).unwrap();
            if builder.is_due() || number == last || number % 400 == 0 {
                file.chunk(&builder.seal().unwrap()).unwrap();
            }
            if number % 400 == 0 {
                saved.clear();
                sim.save(&mut saved);
                for piece in seal_keyframe(Tick(number), wall_ms, &saved).unwrap() {
                    file.chunk(&piece).unwrap();
                }
            }
        }
        file.end(reason, "").unwrap();
        Self {
            maps,
            bytes: file.into_inner(),
            scenes,
        }
    }

    /// A room after a tick.
    pub(crate) fn scene(&self, room: &str, tick: Tick) -> Option<&Scene> {
        self.scenes[tick.0 as usize].get(room)
    }

    /// The first tick for which something holds.
    pub(crate) fn first(&self, is: impl Fn(&BTreeMap<String, Scene>) -> bool) -> u32 {
        self.scenes.iter().position(is).unwrap() as u32
    }

    /// The tick in which ann goes through the door.
    pub(crate) fn door(&self) -> u32 {
        self.first(|rooms| rooms.contains_key("garden"))
    }

    /// Whose id that is.
    pub(crate) fn id(&self, name: &str) -> PlayerId {
        let scenes = self.scenes.iter().flat_map(BTreeMap::values);
        let mut players = scenes.flat_map(BTreeMap::iter);
        *players.find(|(_, (called, _))| called == name).unwrap().0
    }

    pub(crate) fn file(&self) -> Temporary {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("past-{}-{number}.plr", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, &self.bytes).unwrap();
        File::open(&path).unwrap();
        Temporary(path)
    }
}

fn rooms(sim: &Simulation) -> BTreeMap<String, Scene> {
    let world = sim.world();
    let seen = |room| {
        let seats = world.get::<Seats>(room).unwrap().iter();
        let scene = seats.map(|(_, entity)| {
            let player = world.get::<Player>(entity).unwrap();
            let place = world.get::<Motion>(entity).unwrap().segment().at(sim.tick());
            (player.id, (player.name.clone(), place))
        });
        let name = world.get::<Room>(room).unwrap().name.clone();
        (name, scene.collect())
    };
    world.resource::<Rooms>().iter().map(seen).collect()
}

/// A file that is gone when the test is.
pub(crate) struct Temporary(pub(crate) PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
