//! Recordings for tests, made without a server: [`WorldRecorder`] records a world while it runs,
//! and [`ScriptedRecording`] runs a script in a fresh world.

use std::{fs, io::Write};

use parlour_recording::{
    Header, Previous,
    format::{EndReason, FileWriter, TicksBuilder, seal_keyframe},
    replay::{Replay, Window},
};
use parlour_shared::{ids::Tick, limits::TICK_RATE};
use parlour_sim::{Logic, SIMULATION, SimConfig, Simulation};
use parlour_tick::{TickInput, TickOutput};

pub use crate::TemporaryPath;

use crate::Script;

/// 2026-11-21T14:03:00Z: when a [`ScriptedRecording`] starts.
pub const STARTED_MS: u64 = 1_795_269_780_000;

/// A world, and a recording of it in the format of the server's recorder.
pub struct WorldRecorder<W> {
    /// The recorded world.
    pub world: Simulation,
    /// The output of the last tick.
    pub output: TickOutput,
    /// Whether ticks are skipped while the world is quiet.
    pub skips: bool,
    /// The saved worlds with their ticks.
    pub saved: Vec<(u32, Vec<u8>)>,
    header: Header,
    began_ms: u64,
    /// Ticks between two saved worlds.
    keyframes: u32,
    /// Whether to save the world before the next tick or at the end.
    save: bool,
    builder: TicksBuilder,
    writer: FileWriter<W>,
}

/// Returns the window of all ticks of a recording.
///
/// # Panics
/// If the recording has no ticks.
#[must_use]
pub fn whole(replay: &Replay) -> Window {
    Window::new(None, None, &replay.times()).expect("a recording with ticks")
}

/// Returns the window of these ticks.
#[must_use]
pub fn ticks(from: u32, to: u32) -> Window {
    Window {
        from: Tick(from),
        to: Tick(to),
    }
}

/// Returns the header of a recording of this world.
#[must_use]
pub fn header(world: &Simulation, config: &SimConfig, started_ms: u64) -> Header {
    let parts = world.part_names().map(String::from).collect();
    Header::new(config, parts, SIMULATION, started_ms, "parlour-testing")
}

impl<W: Write> WorldRecorder<W> {
    /// Starts a recording, with a saved world every `keyframes` ticks. A world that was loaded is
    /// saved first.
    pub fn new(to: W, header: Header, world: Simulation, keyframes: u32) -> Self {
        Self {
            output: TickOutput::default(),
            skips: false,
            saved: Vec::new(),
            began_ms: header.started_ms,
            keyframes,
            save: world.tick() > Tick(0),
            builder: TicksBuilder::new(world.part_names().count()),
            writer: FileWriter::new(to, &header).unwrap(),
            header,
            world,
        }
    }

    /// Runs and records a tick.
    pub fn step(&mut self, input: &TickInput) {
        self.step_as(input, |hash| hash);
    }

    /// Runs a tick, and records the hash that `recorded` makes of the real one: a test can record a
    /// wrong hash.
    pub fn step_as(&mut self, input: &TickInput, recorded: impl FnOnce(u64) -> u64) {
        self.save_if_due();
        if self.skips && self.world.may_skip(input) {
            self.world.skip(1);
            let (tick, hash) = (self.world.tick(), recorded(self.world.hash()));
            self.builder
                .push_skipped(tick, self.wall_ms(tick), 1, hash)
                .unwrap();
            self.finish_tick(tick);
            return;
        }
        // A tick that panics keeps the input that it borrowed: lend a copy.
        self.world.step(&mut input.clone(), &mut self.output);
        let tick = self.output.tick;
        let result = Some((recorded(self.output.hash), self.output.parts.as_slice()));
        let wall_ms = self.wall_ms(tick);
        self.builder.push(tick, wall_ms, result, input).unwrap();
        self.finish_tick(tick);
    }

    fn finish_tick(&mut self, tick: Tick) {
        self.save = tick.0.is_multiple_of(self.keyframes);
        if self.save || self.builder.is_due() {
            self.seal();
        }
    }

    /// Records a tick that panicked. It must be the last.
    pub fn panicked(&mut self, tick: Tick, input: &TickInput) {
        self.save_if_due();
        let wall_ms = self.wall_ms(tick);
        self.builder.push(tick, wall_ms, None, input).unwrap();
    }

    /// Ends this file, which is called `file`, and continues in a new one that names it as its
    /// predecessor. Returns the ended one.
    pub fn rotate(&mut self, file: &str, to: W) -> W {
        self.seal();
        let chain = self.writer.end(EndReason::Rotated, "").unwrap().chain;
        self.header.started_ms = self.wall_ms(self.world.tick());
        self.header.previous = Some(Previous {
            file: file.to_owned(),
            chain,
        });
        let next = FileWriter::new(to, &self.header).unwrap();
        std::mem::replace(&mut self.writer, next).into_inner()
    }

    /// Ends the recording.
    pub fn end(&mut self, reason: EndReason) {
        self.seal();
        self.save_if_due();
        self.writer.end(reason, "").unwrap();
    }

    /// Returns the written bytes.
    pub fn into_inner(self) -> W {
        self.writer.into_inner()
    }

    /// The first tick runs at the start of the recording.
    fn wall_ms(&self, tick: Tick) -> u64 {
        self.began_ms + u64::from(tick.0 - 1) * 1000 / u64::from(TICK_RATE)
    }

    fn seal(&mut self) {
        if let Some(sealed) = self.builder.seal() {
            self.writer.chunk(&sealed).unwrap();
        }
    }

    fn save_if_due(&mut self) {
        if !std::mem::take(&mut self.save) {
            return;
        }
        let (tick, mut state) = (self.world.tick(), Vec::new());
        self.world.save(&mut state);
        for sealed in seal_keyframe(tick, self.wall_ms(tick), &state).unwrap() {
            self.writer.chunk(&sealed).unwrap();
        }
        self.saved.push((tick.0, state));
    }
}

/// A script to record, and the options of the recording.
#[derive(Clone)]
pub struct ScriptedRecording {
    /// The events of the recording.
    pub script: Script,
    /// The options of the world.
    pub config: SimConfig,
    /// The game logic of the world.
    pub logic: Logic,
    /// A tick that is recorded with a wrong hash.
    pub wrong_hash: Option<u32>,
    /// The version of the simulation in the header, if it is not the real one.
    pub simulation: Option<u32>,
    /// When the recording starts, in milliseconds since 1970.
    pub started_ms: u64,
    /// Ticks between saved worlds.
    pub keyframes: u32,
    /// Whether the last tick is recorded as one that panicked.
    pub panics: bool,
    /// The reason in the header, if the recording is a history.
    pub history: Option<&'static str>,
    /// Whether ticks are skipped while the world is quiet.
    pub skips: bool,
}

impl ScriptedRecording {
    /// A recording without events that starts at [`STARTED_MS`] and saves the world every 300
    /// ticks.
    #[must_use]
    pub fn new(config: SimConfig) -> Self {
        Self {
            script: Script::default(),
            config,
            logic: Logic::default(),
            wrong_hash: None,
            simulation: None,
            started_ms: STARTED_MS,
            keyframes: 300,
            panics: false,
            history: None,
            skips: false,
        }
    }

    /// Chooses the tick of the events that follow.
    pub fn at(&mut self, tick: u32) -> &mut Script {
        self.script.at(tick)
    }

    /// Runs `ticks` ticks and returns the recording of them.
    #[must_use]
    pub fn record(&self, ticks: u32) -> Vec<u8> {
        self.record_with(ticks, |_| {})
    }

    /// Like [`Self::record`]; also calls `look` with the world after each tick.
    pub fn record_with(&self, ticks: u32, look: impl FnMut(&Simulation)) -> Vec<u8> {
        let mut files = self.record_files(ticks, &[], look);
        files.remove(0).1
    }

    /// Runs `ticks` ticks and writes the recording of them into a directory. After each tick of
    /// `rotate`, which must be a multiple of [`Self::keyframes`], a new file starts. The files are
    /// called `t1.plr`, then `t` and the last tick of the file before.
    #[must_use]
    pub fn record_rotated(&self, ticks: u32, rotate: &[u32]) -> TemporaryPath {
        let directory = TemporaryPath::directory();
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
        let world = Simulation::with_plugins(self.config.clone(), self.logic.clone());
        let mut header = header(&world, &self.config, self.started_ms);
        header.simulation = self.simulation.unwrap_or(SIMULATION);
        header.history = self.history.map(String::from);
        let mut recorder = WorldRecorder::new(Vec::new(), header, world, self.keyframes);
        recorder.skips = self.skips;
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

/// Returns a recording that starts with a world saved at tick 10 in a chunk that says tick
/// `chunk_tick`, and contains the tick after `chunk_tick`, if there is one.
#[must_use]
pub fn misdated(config: &SimConfig, chunk_tick: u32) -> Vec<u8> {
    let mut world = Simulation::new(config.clone());
    let names: Vec<String> = world.part_names().map(String::from).collect();
    let header = Header::new(config, names.clone(), SIMULATION, STARTED_MS, "test");
    let mut output = TickOutput::default();
    for _ in 0..10 {
        world.step(&mut TickInput::default(), &mut output);
    }
    let mut saved = Vec::new();
    world.save(&mut saved);
    let mut writer = FileWriter::new(Vec::new(), &header).unwrap();
    for piece in seal_keyframe(Tick(chunk_tick), STARTED_MS, &saved).unwrap() {
        writer.chunk(&piece).unwrap();
    }
    if let Some(next) = chunk_tick.checked_add(1) {
        let input = TickInput::default();
        world.step(&mut input.clone(), &mut output);
        let mut builder = TicksBuilder::new(names.len());
        let result = Some((output.hash, &output.parts[..]));
        builder.push(Tick(next), STARTED_MS, result, &input).unwrap();
        writer.chunk(&builder.seal().unwrap()).unwrap();
    }
    writer.end(EndReason::Stopped, "").unwrap();
    writer.into_inner()
}
