//! The disk thread: writes batches in order, to one file after another.
//!
//! A recording that ends because of the disk, or because ticks are missing, starts again in a new
//! file as soon as possible: at a saved world, after a pause ([`Resume`]).

use std::{
    fs::{self, File},
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_shared::limits::TICK_RATE;

use super::{
    batch::Batch,
    batch_queue::BatchReceiver,
    context::RecorderContext,
    directory::{DeletableFiles, Directory},
    end_cause::EndCause,
    file_error::FileErrorKind,
    metrics::RecorderMetrics,
    resume::Resume,
};
use crate::{
    Previous,
    format::{EndReason, FileWriter},
};

/// The inputs of the disk thread.
pub(super) struct Disk {
    pub(super) batches: BatchReceiver,
    pub(super) directory: Arc<Directory>,
    pub(super) context: Arc<RecorderContext>,
    pub(super) metrics: Arc<RecorderMetrics>,
    /// The size and age after which the recording continues in a new file.
    pub(super) file_bytes: u64,
    pub(super) file_age: Duration,
}

/// The file that is being written.
struct OpenFile {
    writer: FileWriter<File>,
    name: String,
    /// The tick before the first one in the file.
    since: u32,
    /// The last tick in the file, or the tick before the first one if there is none.
    last_tick: u32,
    /// Whether the first batch is complete, so that a replay can start in the file.
    is_begun: bool,
}

impl OpenFile {
    /// Returns whether this batch directly follows the last one in the file.
    fn continues_with(&self, batch: &Batch) -> bool {
        !self.is_begun || batch.since() == self.last_tick
    }
}

impl Disk {
    /// Writes until the queue ends.
    pub(super) fn run(self) {
        let mut open = None;
        let mut previous = None;
        let mut resume = Resume::new();
        while let Some(batch) = self.batches.next() {
            if let Some(file) = open.take_if(|file: &mut OpenFile| !file.continues_with(&batch)) {
                self.end_before_gap(file, &batch, &mut resume);
            }
            let now = Instant::now();
            if open.is_none() && !resume.may_begin(now) {
                continue;
            }
            match self.take_in(&batch, &mut open, &mut previous) {
                Ok(()) => {
                    if let Some(file) = &open {
                        self.metrics.active.set(1.0);
                        if resume.begun(now) {
                            tracing::info!(
                                file = file.name,
                                since = file.since,
                                "recording continues in a new file"
                            );
                        }
                    }
                }
                Err(error) => {
                    // The next file does not continue this one.
                    previous = None;
                    self.end_after_error(open.take(), &error, &mut resume);
                }
            }
        }
        self.finish(open);
    }

    fn take_in(
        &self,
        batch: &Batch,
        open: &mut Option<OpenFile>,
        previous: &mut Option<Previous>,
    ) -> io::Result<()> {
        if batch.is_keyframe() {
            if let Some(file) = open.take_if(|file| self.is_full(file, batch)) {
                *previous = Some(self.rotate(file)?);
            }
            let written = open.as_ref().map_or(0, |file| file.writer.position());
            // The number of bytes by which the current file may still grow.
            let room = self.file_bytes.saturating_sub(written);
            self.directory
                .make_room(room.max(batch.bytes() as u64), DeletableFiles::Any)?;
        }
        let file = match open {
            Some(file) => file,
            // Earlier ticks were dropped. Wait for a batch that a file can start with.
            None if !batch.is_beginning() => return Ok(()),
            None => open.insert(self.open(batch, previous.take())?),
        };
        let before = file.writer.position();
        for sealed in &batch.chunks {
            file.writer.chunk(sealed)?;
        }
        file.is_begun = true;
        file.last_tick = batch.last_tick();
        let metrics = &self.metrics;
        metrics.ticks.increment(batch.ticks().into());
        metrics.bytes.increment(file.writer.position() - before);
        Ok(())
    }

    fn is_full(&self, file: &OpenFile, keyframe: &Batch) -> bool {
        let ticks = keyframe.first_tick().saturating_sub(file.since);
        let age = Duration::from_secs(1) * ticks / TICK_RATE;
        ticks > 0 && (file.writer.position() >= self.file_bytes || age >= self.file_age)
    }

    fn open(&self, batch: &Batch, previous: Option<Previous>) -> io::Result<OpenFile> {
        self.directory.make_room(self.file_bytes, DeletableFiles::Any)?;
        let (file, name) = self.directory.create(batch.wall_ms(), batch.first_tick(), None)?;
        let mut header = self.context.header(batch.wall_ms());
        header.previous = previous;
        let writer = FileWriter::new(file, &header);
        let writer = writer.inspect_err(|_| self.remove(&name))?;
        self.metrics.bytes.increment(writer.position());
        let since = batch.since();
        tracing::debug!(file = name, since, "recording to a new file");
        Ok(OpenFile {
            writer,
            name,
            since,
            last_tick: since,
            is_begun: false,
        })
    }

    fn rotate(&self, mut file: OpenFile) -> io::Result<Previous> {
        let finished = match file.writer.end(EndReason::Rotated, "") {
            Ok(finished) => finished,
            Err(error) => {
                // End the file as one that could not be written further. No file continues it.
                let _ = file
                    .writer
                    .end_after_error(FileErrorKind::of(&error).end_reason(), &ending_text(&error));
                self.directory.mark_finished(&file.name);
                return Err(error);
            }
        };
        file.writer.get_ref().sync_all()?;
        self.directory.mark_finished(&file.name);
        Ok(Previous {
            file: file.name,
            chain: finished.chain,
        })
    }

    /// Ends the recording when the queue has ended, unless it has already ended.
    fn finish(&self, open: Option<OpenFile>) {
        let Some(mut file) = open else {
            return;
        };
        let (reason, text) = self.batches.ending();
        self.ended(ending(reason));
        let last_tick = file.last_tick;
        let path = self.directory.path().join(&file.name);
        let path = path.display();
        match (self.end(&mut file, reason, &text), reason) {
            (Err(error), _) => {
                tracing::error!(%error, file = %path, "the recording could not be ended cleanly")
            }
            (Ok(()), EndReason::TooSlow) => tracing::error!(
                file = %path, last_tick, text,
                "the recording ended; the server continues. Restart the server to record again"
            ),
            (Ok(()), _) => {
                tracing::info!(file = %path, last_tick, reason = %reason, "the recording ended")
            }
        }
    }

    /// Ends the file because ticks are missing between it and this batch.
    fn end_before_gap(&self, mut file: OpenFile, batch: &Batch, resume: &mut Resume) {
        self.ended(EndCause::TooSlow);
        resume.ended(Instant::now());
        let (last_tick, next_tick) = (file.last_tick, batch.since() + 1);
        tracing::error!(
            file = file.name,
            last_tick,
            next_tick,
            "the recording ended because ticks are missing: the disk or the recorder did not keep up. The server continues, \
             and records into a new file soon. Record to a faster disk"
        );
        let text = format!("ticks are missing: the next one is {next_tick}");
        if let Err(error) = self.end(&mut file, EndReason::TooSlow, &text) {
            tracing::warn!(%error, file = file.name, "the recording could not be ended cleanly");
        }
    }

    /// Ends the file after an error: cuts it to its complete chunks and records why it ends.
    fn end_after_error(&self, open: Option<OpenFile>, error: &io::Error, resume: &mut Resume) {
        let kind = FileErrorKind::of(error);
        if resume.ended(Instant::now()) {
            self.ended(kind.ending());
            tracing::error!(
                %error, directory = %self.directory.path().display(),
                "the recording ended; the server continues, and records to a new file as soon as it can. {}",
                kind.advice(self.context.names)
            );
        }
        let Some(mut file) = open else {
            return;
        };
        if !file.is_begun {
            // The file has no ticks to replay.
            return self.remove(&file.name);
        }
        let ended = file
            .writer
            .end_after_error(kind.end_reason(), &ending_text(error))
            .and_then(|_| file.writer.get_ref().sync_all());
        if let Err(error) = ended {
            tracing::warn!(%error, file = file.name, "the recording has no end chunk; it can be read up to its last second");
        }
        self.directory.mark_finished(&file.name);
    }

    /// Writes the end chunk. If there is no disk space for it, removes the last chunks first.
    fn end(&self, file: &mut OpenFile, reason: EndReason, text: &str) -> io::Result<()> {
        let ended = file.writer.end(reason, text).or_else(|error| {
            tracing::warn!(%error, file = file.name, "no disk space for the end of the recording");
            file.writer
                .end_after_error(FileErrorKind::of(&error).end_reason(), &ending_text(&error))
        });
        let synced = ended.and_then(|_| file.writer.get_ref().sync_all());
        self.directory.mark_finished(&file.name);
        synced
    }

    fn ended(&self, reason: EndCause) {
        self.metrics.active.set(0.0);
        self.metrics.ended(reason);
    }

    /// Deletes a file that has no usable content.
    fn remove(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.directory.path().join(name)) {
            tracing::debug!(%error, file = name, "an empty recording could not be deleted");
        }
        self.directory.mark_finished(name);
    }
}

/// Returns the cause for the metric.
fn ending(reason: EndReason) -> EndCause {
    match reason {
        EndReason::Stopped | EndReason::Rotated => EndCause::Stopped,
        EndReason::DiskFull => EndCause::DiskFull,
        EndReason::DiskError => EndCause::DiskError,
        EndReason::TooSlow => EndCause::TooSlow,
        EndReason::Panicked => EndCause::Panicked,
    }
}

fn ending_text(error: &io::Error) -> String {
    format!("no more can be written: {error}")
}

#[cfg(test)]
mod tests;
