//! Records the same inputs again, to compare the result with a recording whose replay differs.

use std::{fs::File, path::Path};

use parlour_shared::ids::Tick;
use parlour_sim::SIMULATION;
use parlour_tick::TickOutput;

use super::{
    Replay, ReplayError,
    world::{self, without_metrics},
};
use crate::{
    Header,
    format::{
        EndReason, FileWriter, Item, Outcome, PushError, ReadError, SealedChunk, TicksBuilder, seal_keyframe,
    },
};

impl Replay {
    /// Runs the inputs through this program's world and records that into one new file, with saved
    /// worlds at the same ticks. `build` is the name and version of this program. Hashes are not
    /// compared. A tick that panics is the last.
    ///
    /// # Errors
    /// [`ReplayError`] if the recording cannot be read to its end, or the file cannot be written.
    pub fn record_again(&mut self, path: &Path, build: &str) -> Result<(), ReplayError> {
        let names = self.files.header().state.clone();
        let mut builder = TicksBuilder::new(names.len());
        let started_ms = self.files.started_ms();
        let mut header = Header::new(&self.config, names, SIMULATION, started_ms, build);
        header.world.clone_from(&self.files.header().world);
        let file = File::create_new(path).map_err(ReadError::Io)?;
        let mut writer = FileWriter::new(file, &header).map_err(ReadError::Io)?;
        let times = self.files.times();
        let beginning = self.files.beginning();
        let mut items = self.files.read_from(beginning);
        let mut now = world::begin(&mut items, &self.config, &self.logic)?;
        let (mut output, mut saved) = (TickOutput::default(), Vec::new());
        let mut write = |chunks: Vec<SealedChunk>| -> Result<(), ReplayError> {
            let written = chunks.iter().try_for_each(|chunk| writer.chunk(chunk));
            Ok(written.map_err(ReadError::Io)?)
        };
        // The world that was just loaded also starts the new file.
        let mut due = Some(now.tick()).filter(|tick| *tick > Tick(0));
        let mut last_saved = None;
        loop {
            // A file may start with the world with which the previous file ends. It is saved only
            // once.
            if let Some(tick) = due.take().filter(|tick| last_saved != Some(*tick)) {
                last_saved = Some(tick);
                write(builder.seal().into_iter().collect())?;
                saved.clear();
                now.save(&mut saved);
                write(seal_keyframe(tick, times.at(tick), &saved).map_err(too_large)?)?;
            }
            let record = match items.next().transpose()? {
                None => break,
                Some(Item::Keyframe { tick, .. }) => {
                    due = Some(tick);
                    continue;
                }
                Some(Item::Tick(record)) if record.outcome == Outcome::Panicked => break,
                Some(Item::Tick(record)) => record,
            };
            world::check_next(&now, record.tick)?;
            if matches!(record.outcome, Outcome::Skipped { .. }) {
                now.skip(1);
                if builder.push_skipped(record.tick, times.at(record.tick), 1, now.hash())
                    == Err(PushError::Full)
                {
                    write(builder.seal().into_iter().collect())?;
                    builder
                        .push_skipped(record.tick, times.at(record.tick), 1, now.hash())
                        .map_err(too_large)?;
                }
                continue;
            }
            let mut input = record.input;
            without_metrics(|| now.step(&mut input, &mut output));
            let result = Some((output.hash, output.parts.as_slice()));
            let wall_ms = times.at(record.tick);
            if builder.push(record.tick, wall_ms, result, &input) == Err(PushError::Full) {
                write(builder.seal().into_iter().collect())?;
                builder
                    .push(record.tick, wall_ms, result, &input)
                    .map_err(too_large)?;
            }
            if builder.is_due() {
                write(builder.seal().into_iter().collect())?;
            }
        }
        write(builder.seal().into_iter().collect())?;
        writer
            .end(EndReason::Stopped, "recorded again")
            .map_err(ReadError::Io)?;
        Ok(())
    }
}

fn too_large(error: impl std::error::Error) -> ReadError {
    ReadError::Io(std::io::Error::other(error.to_string()))
}
