//! Recordings made without a server: a world that is given scripted events, written as a recorder
//! would.

#[path = "../support/recorder.rs"]
mod recorder;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use parlour_recording::{
    format::{EndReason, Recording},
    replay::{Replay, Window},
};
use parlour_server::maps;
use parlour_shared::{ids::Tick, map::Map, message::Scope, motion::Direction};
use parlour_sim::{Logic, SIMULATION, SimConfig, Simulation};
use parlour_testing::{Script, SessionActions as _};

use recorder::Recorder;

/// 2026-11-21T14:03:00Z.
pub(crate) const STARTED_MS: u64 = 1_795_269_780_000;
/// Ticks between saved worlds.
const KEYFRAMES: u32 = 300;

/// A script to record, and the options of the recording.
#[derive(Clone, Default)]
pub(crate) struct Recorded {
    script: Script,
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

impl Recorded {
    /// Chooses the tick of the next events.
    pub(crate) fn at(&mut self, tick: u32) -> &mut Script {
        self.script.at(tick)
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

    /// Runs so many ticks and writes the recording of them into a directory: a new file begins with
    /// the worlds that are saved after these ticks.
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
        let config = config();
        let world = Simulation::with_plugins(config.clone(), self.logic.clone());
        let mut header = recorder::header(&world, &config, self.started_ms.unwrap_or(STARTED_MS));
        header.simulation = self.simulation.unwrap_or(SIMULATION);
        header.history = self.history.map(String::from);
        let keyframes = self.keyframes.unwrap_or(KEYFRAMES);
        let mut recorder = Recorder::new(Vec::new(), header, world, keyframes);
        let (mut files, mut name) = (Vec::new(), "t1.plr".to_owned());
        for tick in 1..=ticks {
            let input = self.script.input(tick);
            if self.panics && tick == ticks {
                recorder.panicked(Tick(tick), &input);
                break;
            }
            recorder.step_as(&input, |hash| hash ^ u64::from(self.wrong_hash == Some(tick)));
            look(&recorder.world);
            if rotate.contains(&tick) {
                let full = recorder.rotate(&name, Vec::new());
                files.push((std::mem::replace(&mut name, format!("t{tick}.plr")), full));
            }
        }
        recorder.end(if self.panics {
            EndReason::Panicked
        } else {
            EndReason::Stopped
        });
        files.push((name, recorder.into_inner()));
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
pub(crate) fn story() -> Recorded {
    let mut script = Recorded::default();
    script.at(10).arrive(1, "Ada", "lobby/3");
    script.at(30).arrive(2, "Bob", "lobby/3");
    script.at(40).arrive(3, "Cleo", "plaza");
    script.at(60).walk(1, Direction::North);
    script.at(80).walk(1, Direction::Still);
    script.at(90).chat(1, Scope::Room, "hello\nall");
    script.at(120).chat(2, Scope::Near, "hi Ada");
    script.at(130).skin(1, 2);
    script.at(140).write(2, "door", 0, Some("open\u{1b}[0m"));
    script.at(150).write(1, "door", 0, Some("shut"));
    script.at(160).walk(2, Direction::Southwest);
    script.at(190).skin(2, 1);
    script.at(200).hold(1);
    script.at(290).release(1);
    for _ in 0..12 {
        script.at(330).chat(2, Scope::Room, "spam");
    }
    script.at(340).chat(1, Scope::Room, "");
    script.at(400).walk(1, Direction::East);
    script.at(460).walk(1, Direction::North);
    script.at(520).join(1, "plaza/3");
    script.at(560).chat(1, Scope::Room, "alone");
    script.at(600).leave(1);
    script.at(620).join(1, "plaza");
    script.at(640).walk(1, Direction::South);
    script.at(800).close(1);
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
