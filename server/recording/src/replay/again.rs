//! Recording anew what a recording comes to now: what it is compared with when it does not come to what it did.

use std::{fs::File, path::Path};

use super::{Replay, ReplayError, begin};
use crate::uncounted::uncounted;
use crate::{
    Header,
    format::{
        EndReason, FileWriter, Item, Outcome, PushError, ReadError, Sealed, TicksBuilder, seal_keyframe,
    },
};
use parlour_sim::SIMULATION;
use parlour_tick::{TickInput, TickOutput};

impl Replay {
    /// Runs its inputs through the world as this program has it, and records that into one new file, with a saved world
    /// wherever there is one. Its hashes are not compared. A tick that panics is the last.
    ///
    /// # Errors
    /// [`ReplayError`] if it cannot be read to its end, or the file cannot be written.
    pub fn record_again(&mut self, path: &Path) -> Result<(), ReplayError> {
        let names = self.tape.header().state.clone();
        let mut builder = TicksBuilder::new(names.len());
        let started_ms = self.tape.started_ms();
        let header = Header::new(&self.config, names, SIMULATION, started_ms);
        let file = File::create_new(path).map_err(ReadError::Io)?;
        let mut writer = FileWriter::new(file, &header).map_err(ReadError::Io)?;
        let times = self.tape.times();
        let beginning = self.tape.beginning();
        let mut items = self.tape.read_from(beginning);
        let (mut world, first) = begin::begin(&mut items, &self.config, &self.logic)?;
        let (mut output, mut saved) = (TickOutput::default(), Vec::new());
        let mut last_saved = None;
        let mut write = |chunks: Vec<Sealed>| -> Result<(), ReplayError> {
            Ok(chunks
                .iter()
                .try_for_each(|chunk| writer.chunk(chunk))
                .map_err(ReadError::Io)?)
        };
        let first_item = match first {
            Some(record) => Item::Tick(record),
            // The world that was just loaded stands at the beginning of the new file, too.
            None => Item::Keyframe {
                tick: world.tick(),
                state: Vec::new(),
            },
        };
        for item in std::iter::once(Ok(first_item)).chain(items) {
            match item? {
                // A file may begin with the world that the one before it ends with: once is enough.
                Item::Keyframe { tick, .. } if last_saved == Some(tick) => {}
                Item::Keyframe { tick, .. } => {
                    last_saved = Some(tick);
                    write(builder.seal().into_iter().collect())?;
                    saved.clear();
                    world.save(&mut saved);
                    write(seal_keyframe(tick, times.at(tick), &saved).map_err(too_large)?)?;
                }
                Item::Tick(record) => {
                    begin::check_next(&world, record.tick)?;
                    let mut input: TickInput = record.input;
                    if record.outcome == Outcome::Panicked {
                        break;
                    }
                    uncounted(|| world.step(&mut input, &mut output));
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
