//! Records a world while it runs, in the format of the server's recorder.
#![allow(
    dead_code,
    reason = "a module of several tests, which use different parts of it"
)]

use std::io::Write;

use parlour_recording::{
    Header, Previous,
    format::{EndReason, FileWriter, TicksBuilder, seal_keyframe},
};
use parlour_shared::{ids::Tick, limits::TICK_RATE};
use parlour_sim::{SIMULATION, SimConfig, Simulation};
use parlour_tick::{TickInput, TickOutput};

/// A world and the recording of it.
pub(crate) struct Recorder<W> {
    pub(crate) world: Simulation,
    /// The output of the last tick.
    pub(crate) output: TickOutput,
    /// The saved worlds with their ticks.
    pub(crate) saved: Vec<(u32, Vec<u8>)>,
    header: Header,
    began_ms: u64,
    /// Ticks between two saved worlds.
    keyframes: u32,
    /// Whether to save the world before the next tick or at the end.
    save: bool,
    builder: TicksBuilder,
    writer: FileWriter<W>,
}

/// Returns the header of a world's recording.
pub(crate) fn header(world: &Simulation, config: &SimConfig, started_ms: u64) -> Header {
    let parts = world.part_names().map(String::from).collect();
    Header::new(config, parts, SIMULATION, started_ms, parlour_server::BUILD)
}

impl<W: Write> Recorder<W> {
    /// Starts a recording. A world that was loaded is saved first.
    pub(crate) fn new(to: W, header: Header, world: Simulation, keyframes: u32) -> Self {
        Self {
            output: TickOutput::default(),
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
    pub(crate) fn step(&mut self, input: &TickInput) {
        self.step_as(input, |hash| hash);
    }

    /// Runs a tick, and records the hash that `recorded` makes of the real one.
    pub(crate) fn step_as(&mut self, input: &TickInput, recorded: impl FnOnce(u64) -> u64) {
        self.save_if_due();
        // A tick that panics keeps the input that it borrowed: lend a copy.
        self.world.step(&mut input.clone(), &mut self.output);
        let tick = self.output.tick;
        let result = Some((recorded(self.output.hash), self.output.parts.as_slice()));
        let wall_ms = self.wall_ms(tick);
        self.builder.push(tick, wall_ms, result, input).unwrap();
        self.save = tick.0.is_multiple_of(self.keyframes);
        if self.save || self.builder.is_due() {
            self.seal();
        }
    }

    /// Records a tick that panicked.
    pub(crate) fn panicked(&mut self, tick: Tick, input: &TickInput) {
        self.save_if_due();
        let wall_ms = self.wall_ms(tick);
        self.builder.push(tick, wall_ms, None, input).unwrap();
    }

    /// Ends this file and continues in another, which names this one as its predecessor.
    pub(crate) fn rotate(&mut self, file: &str, to: W) -> W {
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
    pub(crate) fn end(&mut self, reason: EndReason) {
        self.seal();
        self.save_if_due();
        self.writer.end(reason, "").unwrap();
    }

    /// Returns the written bytes.
    pub(crate) fn into_inner(self) -> W {
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
