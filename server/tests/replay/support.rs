//! Recordings made without a server: a world that is given scripted events, written as a recorder would.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use parlour_recording::{
    Header, Previous,
    format::{EndReason, FileWriter, Recording, TicksBuilder, seal_keyframe},
    replay::{Replay, Window},
};
use parlour_server::maps;
use parlour_shared::{
    ids::{SessionId, Tick},
    limits::TICK_RATE,
    map::Map,
    message::{Chat, ClientMessage, Join, Move, Scope, SetSkin, SetState, StateWrite},
    motion::Direction,
};
use parlour_sim::{Logic, SIMULATION, SimConfig, Simulation};
use parlour_tick::{Event, EventKind, TickInput, TickOutput};

/// 2026-11-21T14:03:00Z.
pub(crate) const STARTED_MS: u64 = 1_795_269_780_000;
/// Ticks between saved worlds.
const KEYFRAMES: u32 = 300;

/// What happens, by tick.
#[derive(Clone, Default)]
pub(crate) struct Script {
    events: BTreeMap<u32, Vec<Event>>,
    /// A tick whose recorded hash is a wrong one.
    pub(crate) wrong_hash: Option<u32>,
    pub(crate) logic: Logic,
    /// What the header says instead of the truth.
    pub(crate) simulation: Option<u32>,
    pub(crate) started_ms: Option<u64>,
    /// Ticks between saved worlds, if not as usual.
    pub(crate) keyframes: Option<u32>,
    /// Whether the last tick panics.
    pub(crate) panics: bool,
    /// Why it was written, if it is a history.
    pub(crate) history: Option<&'static str>,
}

impl Script {
    pub(crate) fn event(&mut self, tick: u32, session: u64, kind: EventKind) {
        let session = SessionId(session);
        self.events.entry(tick).or_default().push(Event { session, kind });
    }

    pub(crate) fn say(&mut self, tick: u32, session: u64, message: ClientMessage) {
        self.event(tick, session, EventKind::Message { early: 25, message });
    }

    pub(crate) fn open(&mut self, tick: u32, session: u64, name: &str, room: &str) {
        self.event(tick, session, EventKind::Open { name: name.into() });
        self.join(tick, session, room);
    }

    pub(crate) fn join(&mut self, tick: u32, session: u64, room: &str) {
        let room = room.into();
        self.say(tick, session, ClientMessage::Join(Join { request: 1, room }));
    }

    pub(crate) fn walk(&mut self, tick: u32, session: u64, direction: Direction) {
        let command = Move {
            direction,
            ..Move::default()
        };
        self.say(tick, session, ClientMessage::Move(command));
    }

    pub(crate) fn chat(&mut self, tick: u32, session: u64, scope: Scope, text: &str) {
        let text = text.into();
        self.say(
            tick,
            session,
            ClientMessage::Chat(Chat {
                request: 0,
                scope,
                text,
            }),
        );
    }

    pub(crate) fn write(&mut self, tick: u32, session: u64, key: &str, value: &str) {
        let write = StateWrite {
            key: key.into(),
            version: 0,
            value: Some(value.into()),
        };
        let batch = SetState {
            request: 4,
            writes: vec![write],
        };
        self.say(tick, session, ClientMessage::SetState(batch));
    }

    pub(crate) fn skin(&mut self, tick: u32, session: u64, skin: u16) {
        self.say(
            tick,
            session,
            ClientMessage::SetSkin(SetSkin { request: 5, skin }),
        );
    }

    /// Runs so many ticks and gives the recording of them.
    pub(crate) fn record(&self, ticks: u32) -> Vec<u8> {
        self.record_with(ticks, |_| {})
    }

    /// The same; the world is shown after each tick.
    pub(crate) fn record_with(&self, ticks: u32, look: impl FnMut(&Simulation)) -> Vec<u8> {
        let mut files = self.record_files(ticks, &[], look);
        files.remove(0).1
    }

    /// Runs so many ticks and writes the recording of them into a directory: a new file begins with the worlds that are
    /// saved after these ticks.
    pub(crate) fn record_rotated(&self, ticks: u32, rotate: &[u32]) -> Temporary {
        let directory = Temporary::directory();
        for (name, bytes) in self.record_files(ticks, rotate, |_| {}) {
            fs::write(directory.0.join(name), bytes).unwrap();
        }
        directory
    }

    fn record_files(
        &self,
        ticks: u32,
        rotate: &[u32],
        mut look: impl FnMut(&Simulation),
    ) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut name = "t1.plr".to_owned();
        let config = config();
        let mut world = Simulation::with_plugins(config.clone(), self.logic.clone());
        let names: Vec<String> = world.part_names().map(String::from).collect();
        let started = self.started_ms.unwrap_or(STARTED_MS);
        let mut header = Header::new(&config, names.clone(), SIMULATION, started);
        header.simulation = self.simulation.unwrap_or(SIMULATION);
        header.history = self.history.map(String::from);
        let mut writer = FileWriter::new(Vec::new(), &header).unwrap();
        let mut builder = TicksBuilder::new(names.len());
        let mut output = TickOutput::default();
        for tick in 1..=ticks {
            let events = self.events.get(&tick).cloned().unwrap_or_default();
            let mut input = TickInput {
                events,
                ..TickInput::default()
            };
            input.sort();
            let wall_ms = started + u64::from(tick - 1) * 1000 / u64::from(TICK_RATE);
            if self.panics && tick == ticks {
                builder.push(Tick(tick), wall_ms, None, &input).unwrap();
                break;
            }
            world.step(&mut input, &mut output);
            look(&world);
            let wrong = u64::from(self.wrong_hash == Some(tick));
            let result = Some((output.hash ^ wrong, output.parts.as_slice()));
            builder.push(Tick(tick), wall_ms, result, &input).unwrap();
            let keyframe = tick.is_multiple_of(self.keyframes.unwrap_or(KEYFRAMES));
            if keyframe || builder.is_due() {
                writer.chunk(&builder.seal().unwrap()).unwrap();
            }
            if rotate.contains(&tick) {
                let chain = writer.end(EndReason::Rotated, "").unwrap().chain;
                header.started_ms = wall_ms;
                header.previous = Some(Previous {
                    file: name.clone(),
                    chain,
                });
                let next = FileWriter::new(Vec::new(), &header).unwrap();
                let full = std::mem::replace(&mut writer, next);
                files.push((
                    std::mem::replace(&mut name, format!("t{tick}.plr")),
                    full.into_inner(),
                ));
            }
            if keyframe {
                let mut saved = Vec::new();
                world.save(&mut saved);
                for chunk in seal_keyframe(Tick(tick), wall_ms, &saved).unwrap() {
                    writer.chunk(&chunk).unwrap();
                }
            }
        }
        if let Some(rest) = builder.seal() {
            writer.chunk(&rest).unwrap();
        }
        let reason = if self.panics {
            EndReason::Panicked
        } else {
            EndReason::Stopped
        };
        writer.end(reason, "").unwrap();
        files.push((name, writer.into_inner()));
        files
    }
}

pub(crate) fn bundled() -> Vec<Arc<Map>> {
    maps::load(None).unwrap()
}

pub(crate) fn config() -> SimConfig {
    let mut config = SimConfig::new(bundled());
    // Ada appears near the garden's gate, Bob not far from her.
    config.seed = 244;
    config.rules.near_px = 250;
    config.skins = vec!["red".into(), "blue".into(), "green".into()];
    config
}

/// Ada and Bob meet in a lobby, near a door: each kind of thing happens in 900 ticks.
pub(crate) fn story() -> Script {
    let mut script = Script::default();
    script.open(10, 1, "Ada", "lobby/3");
    script.open(30, 2, "Bob", "lobby/3");
    script.open(40, 3, "Cleo", "plaza");
    script.walk(60, 1, Direction::North);
    script.walk(80, 1, Direction::Still);
    script.chat(90, 1, Scope::Room, "hello\nall");
    script.chat(120, 2, Scope::Near, "hi Ada");
    script.skin(130, 1, 2);
    script.write(140, 2, "door", "open\u{1b}[0m");
    script.write(150, 1, "door", "shut");
    script.walk(160, 2, Direction::Southwest);
    script.skin(190, 2, 1);
    script.event(200, 1, EventKind::Hold);
    script.event(290, 1, EventKind::Release);
    for _ in 0..12 {
        script.chat(330, 2, Scope::Room, "spam");
    }
    script.chat(340, 1, Scope::Room, "");
    script.walk(400, 1, Direction::East);
    script.walk(460, 1, Direction::North);
    script.join(520, 1, "plaza/3");
    script.chat(560, 1, Scope::Room, "alone");
    script.say(600, 1, ClientMessage::Leave { request: 3 });
    script.join(620, 1, "plaza");
    script.walk(640, 1, Direction::South);
    script.event(800, 1, EventKind::Close);
    script
}

/// A file that is gone when the test is; or a directory.
pub(crate) struct Temporary(pub(crate) PathBuf);

impl Temporary {
    pub(crate) fn file(bytes: &[u8]) -> Self {
        let path = fresh("plr");
        fs::write(&path, bytes).unwrap();
        Self(path)
    }

    pub(crate) fn directory() -> Self {
        let path = fresh("d");
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn fresh(extension: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("replay-{}-{next}.{extension}", std::process::id());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A replay of a file.
pub(crate) fn replay(file: &Temporary) -> Replay {
    Replay::open(&file.0, &bundled(), Logic::default()).unwrap()
}

/// All of it.
pub(crate) fn whole(replay: &Replay) -> Window {
    Window::new(None, None, &replay.times()).unwrap()
}

/// Ticks from one to another.
pub(crate) fn ticks(from: u32, to: u32) -> Window {
    Window {
        from: Tick(from),
        to: Tick(to),
    }
}

/// `parlour replay` with these words: exit code, standard output, standard error.
pub(crate) fn parlour(words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
    command.env_clear().arg("replay").args(words).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Where each chunk of a recording ends, its header's first.
pub(crate) fn recording(bytes: &[u8]) -> Recording<std::io::Cursor<Vec<u8>>> {
    Recording::new(std::io::Cursor::new(bytes.to_vec())).unwrap()
}
