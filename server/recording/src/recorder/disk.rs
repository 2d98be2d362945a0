//! The disk thread: writes the batches of all worlds in order, to one file after another for each
//! world.
//!
//! A recording that ends because of the disk, or because ticks are missing, starts again in a new
//! file as soon as possible: at a saved world, after a pause ([`super::resume::Resume`]).

use std::{
    collections::BTreeMap,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_tick::WorldId;

use super::{
    OptionNames,
    batch::Batch,
    batch_queue::{BatchReceiver, QueueItem},
    directory::{DeletableFiles, Directory},
    end_cause::EndCause,
    file_error::FileErrorKind,
    log_limit::LogLimit,
    metrics::RecorderMetrics,
    world_recording::{OpenFile, WorldRecording},
};
use crate::format::EndReason;

/// The number of files whose descriptors stay open. Each further file is opened for each chunk,
/// about once a second, so the number of worlds is not bounded by that of descriptors.
const OPEN_FILES: usize = 16;
/// The size from which on a file may be ended early, so that its disk space can be given to others.
const MIN_SHARE: u64 = 64 << 10;

/// The inputs of the disk thread.
pub(super) struct Disk {
    pub(super) batches: BatchReceiver,
    pub(super) directory: Arc<Directory>,
    pub(super) names: &'static OptionNames,
    pub(super) metrics: Arc<RecorderMetrics>,
    /// The size and age after which a recording continues in a new file.
    pub(super) file_bytes: u64,
    pub(super) file_age: Duration,
}

/// The state of the disk thread.
struct DiskThread {
    disk: Disk,
    worlds: BTreeMap<WorldId, WorldRecording>,
    /// The number of worlds with a file.
    recording: usize,
    /// The number of files whose descriptors stay open.
    stay_open: usize,
    /// Limits the lines about ends, and about starts after an end, because a full disk ends the
    /// recordings of all worlds.
    ended: LogLimit,
    resumed: LogLimit,
}

impl Disk {
    /// Writes until the queue ends, and ends all recordings.
    pub(super) fn run(self) {
        let mut thread = DiskThread::new(self);
        thread.write_all();
        thread.finish();
    }
}

impl DiskThread {
    fn new(disk: Disk) -> Self {
        Self {
            disk,
            worlds: BTreeMap::new(),
            recording: 0,
            stay_open: 0,
            ended: LogLimit::default(),
            resumed: LogLimit::default(),
        }
    }

    /// Writes until the queue ends.
    fn write_all(&mut self) {
        while let Some(item) = self.disk.batches.next() {
            match item {
                QueueItem::Batch(batch) => self.batch(&batch),
                QueueItem::WorldEnded(world) => self.end_world(world),
            }
        }
    }

    fn batch(&mut self, batch: &Arc<Batch>) {
        // Taken out, and put back below: the methods change both it and the thread.
        let world = batch.world.id;
        let mut recording = self.worlds.remove(&world).unwrap_or_else(WorldRecording::new);
        self.batch_of(batch, &mut recording);
        self.worlds.insert(world, recording);
        self.show_worlds(self.worlds.len() - self.recording);
    }

    fn batch_of(&mut self, batch: &Batch, recording: &mut WorldRecording) {
        if let Some(file) = recording.open.take_if(|file| !file.continues_with(batch)) {
            self.end_before_gap(file, batch, recording);
        }
        let now = Instant::now();
        if recording.open.is_none() && !recording.resume.may_begin(now) {
            return;
        }
        match self.take_in(batch, recording) {
            Ok(()) => {
                if let Some(file) = &recording.open
                    && recording.resume.begun(now)
                {
                    let (file, since) = (file.name.relative(), file.since);
                    if self.resumed.allows(now) {
                        tracing::info!(file = %file.display(), since, "recording continues in a new file");
                    }
                }
            }
            Err(error) => {
                // The next file does not continue this one.
                recording.previous = None;
                self.end_after_error(&error, recording);
            }
        }
    }

    fn take_in(&mut self, batch: &Batch, recording: &mut WorldRecording) -> io::Result<()> {
        if batch.is_keyframe()
            && let (bytes, age) = (self.share(), self.disk.file_age)
            && let Some(file) = recording.open.take_if(|file| file.is_full(batch, bytes, age))
        {
            recording.previous = Some(self.end_before_next(file, EndReason::Rotated, "")?);
        }
        if recording.open.is_none() && !batch.is_beginning() {
            // Earlier ticks were dropped. Wait for a batch that a file can start with.
            return Ok(());
        }
        let directory = Arc::clone(&self.disk.directory);
        directory.make_room(batch.bytes() as u64, DeletableFiles::Any)?;
        let file = match &mut recording.open {
            Some(file) => file,
            empty => {
                let previous = recording.previous.take();
                let file = OpenFile::create(&directory, &batch.world, batch, previous)?;
                self.disk.metrics.bytes.increment(file.bytes());
                self.recording += 1;
                self.stay_open += 1;
                empty.insert(file)
            }
        };
        let before = file.bytes();
        file.write(batch)?;
        self.disk.metrics.ticks.increment(batch.ticks().into());
        self.disk.metrics.bytes.increment(file.bytes() - before);
        directory.note_size(&file.name, file.bytes());
        self.bound_descriptors(file);
        if batch.panicked
            && let Some(file) = recording.open.take()
        {
            // If the world is recovered, its next file continues this one.
            let (tick, path) = (batch.last_tick(), file.name.relative());
            self.disk.metrics.ended(EndCause::Panicked);
            let text = format!("tick {tick} panicked");
            recording.previous = Some(self.end_before_next(file, EndReason::Panicked, &text)?);
            tracing::info!(file = %path.display(), last_tick = tick, reason = %EndReason::Panicked, "the recording ended");
        }
        Ok(())
    }

    /// Returns the size after which a file is full. The files of all worlds together may take half
    /// of the disk space that is allowed; the other half is for finished files.
    fn share(&self) -> u64 {
        let share = self.disk.directory.max_bytes() / 2 / self.recording.max(1) as u64;
        self.disk.file_bytes.min(share.max(MIN_SHARE))
    }

    /// Closes the descriptor of the file if there are too many, and otherwise keeps it open.
    fn bound_descriptors(&mut self, file: &mut OpenFile) {
        if file.stays_open {
            if self.stay_open <= OPEN_FILES {
                return;
            }
            file.stays_open = false;
            self.stay_open -= 1;
        } else if self.stay_open < OPEN_FILES {
            file.stays_open = true;
            self.stay_open += 1;
            return;
        }
        file.close();
    }

    /// Ends the file as one that a new file continues.
    fn end_before_next(
        &mut self,
        mut file: OpenFile,
        reason: EndReason,
        text: &str,
    ) -> io::Result<crate::Previous> {
        let previous = file.end_before_next(reason, text);
        self.close(file);
        previous
    }

    /// Notes that a file is no longer written.
    fn close(&mut self, file: OpenFile) {
        self.recording -= 1;
        self.stay_open -= usize::from(file.stays_open);
        let name = file.name.clone();
        drop(file);
        self.disk.directory.mark_finished(&name);
    }

    /// Ends the recording of a world that has ended.
    fn end_world(&mut self, world: WorldId) {
        let Some(recording) = self.worlds.remove(&world) else {
            return;
        };
        if let Some(mut file) = recording.open {
            self.disk.metrics.ended(EndCause::Stopped);
            let (path, last_tick) = (file.name.relative(), file.last_tick);
            match file.end(EndReason::Stopped, "the world ended") {
                Ok(()) => {
                    tracing::debug!(file = %path.display(), last_tick, "the recording of a world ended")
                }
                Err(error) => self.not_clean(&error, &file),
            }
            self.close(file);
        }
        self.show_worlds(self.worlds.len() - self.recording);
    }

    /// Ends all recordings when the queue has ended.
    fn finish(&mut self) {
        let (reason, text) = self.disk.batches.ending();
        let worlds = self.worlds.len();
        let open: Vec<OpenFile> = std::mem::take(&mut self.worlds)
            .into_values()
            .filter_map(|recording| recording.open)
            .collect();
        if open.len() > 1 {
            tracing::info!(worlds = open.len(), reason = %reason, "the recordings ended");
        }
        let is_alone = open.len() == 1;
        for mut file in open {
            self.disk.metrics.ended(ending(reason));
            let last_tick = file.last_tick;
            let path = self.disk.directory.path_of(&file.name);
            let path = path.display();
            match (file.end(reason, &text), reason) {
                (Err(error), _) => self.not_clean(&error, &file),
                (Ok(()), EndReason::TooSlow) => tracing::error!(
                    file = %path, last_tick, text,
                    "the recording ended; the server continues. Restart the server to record again"
                ),
                (Ok(()), _) if is_alone => {
                    tracing::info!(file = %path, last_tick, reason = %reason, "the recording ended");
                }
                (Ok(()), _) => {
                    tracing::debug!(file = %path, last_tick, reason = %reason, "a recording ended");
                }
            }
            self.close(file);
        }
        self.show_worlds(if reason == EndReason::Stopped { 0 } else { worlds });
    }

    /// Ends the file because ticks are missing between it and this batch.
    fn end_before_gap(&mut self, mut file: OpenFile, batch: &Batch, recording: &mut WorldRecording) {
        self.disk.metrics.ended(EndCause::TooSlow);
        let now = Instant::now();
        recording.resume.ended(now);
        let (last_tick, next_tick) = (file.last_tick, batch.since() + 1);
        if self.ended.allows(now) {
            tracing::error!(
                file = %file.name.relative().display(),
                last_tick,
                next_tick,
                "the recording ended because ticks are missing: the disk or the recorder did not keep up. The server continues, \
                 and records into a new file soon. Record to a faster disk"
            );
        }
        let text = format!("ticks are missing: the next one is {next_tick}");
        if let Err(error) = file.end(EndReason::TooSlow, &text) {
            self.not_clean(&error, &file);
        }
        self.close(file);
    }

    /// Ends the recording after an error.
    fn end_after_error(&mut self, error: &io::Error, recording: &mut WorldRecording) {
        let kind = FileErrorKind::of(error);
        let now = Instant::now();
        if recording.resume.ended(now) {
            self.disk.metrics.ended(kind.ending());
            if self.ended.allows(now) {
                tracing::error!(
                    %error, directory = %self.disk.directory.path().display(),
                    "the recording ended; the server continues, and records to a new file as soon as it can. {}",
                    kind.advice(self.disk.names)
                );
            }
        }
        if let Some(mut file) = recording.open.take() {
            if !file.is_begun {
                // The file has no ticks to replay.
                let name = file.name.clone();
                self.close(file);
                self.disk.directory.remove(&name);
            } else {
                if let Err(error) = file.end_after_error(error) {
                    tracing::warn!(
                        %error, file = %file.name.relative().display(),
                        "the recording has no end chunk; it can be read up to its last second"
                    );
                }
                self.close(file);
            }
        }
    }

    fn not_clean(&self, error: &io::Error, file: &OpenFile) {
        tracing::error!(
            %error, file = %self.disk.directory.path_of(&file.name).display(),
            "the recording could not be ended cleanly"
        );
    }

    fn show_worlds(&self, missing: usize) {
        self.disk.metrics.active.set(self.recording as f64);
        self.disk.metrics.missing.set(missing as f64);
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

#[cfg(test)]
mod tests;
