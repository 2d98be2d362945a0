//! The disk thread: writes what it is given, as it comes, into one file after the other.

use std::{fs::File, io, sync::Arc, time::Duration};

use parlour_shared::limits::TICK_RATE;

use super::{
    batch::Batch,
    directory::{Directory, Room},
    outlet::Inlet,
    source::Source,
};
use crate::{
    metrics::Metrics,
    recording::{
        Previous,
        format::{EndReason, FileWriter},
    },
};

/// What the thread is made with.
pub(super) struct Disk {
    pub(super) inlet: Inlet,
    pub(super) directory: Arc<Directory>,
    pub(super) source: Arc<Source>,
    pub(super) metrics: Arc<Metrics>,
    /// After so many bytes, or so much time, in a file the next one is begun.
    pub(super) file_bytes: u64,
    pub(super) file_age: Duration,
}

/// The file that is being written.
struct Open {
    writer: FileWriter<File>,
    name: String,
    /// The tick before its first.
    since: u32,
}

impl Disk {
    /// Writes until nothing comes any more, or the disk takes no more.
    pub(super) fn run(self) {
        let mut open = None;
        let mut previous = None;
        while let Some(batch) = self.inlet.next() {
            if let Err(error) = self.take_in(&batch, &mut open, &mut previous) {
                self.give_up(open, &error);
                return;
            }
        }
        self.finish(open);
    }

    fn take_in(
        &self,
        batch: &Batch,
        open: &mut Option<Open>,
        previous: &mut Option<Previous>,
    ) -> io::Result<()> {
        if batch.is_keyframe() {
            if let Some(file) = open.take_if(|file| self.is_full(file, batch)) {
                *previous = Some(self.rotate(file)?);
            }
            let written = open.as_ref().map_or(0, |file| file.writer.position());
            // What the present file may still grow by.
            let room = self.file_bytes.saturating_sub(written);
            self.directory
                .make_room(room.max(batch.bytes() as u64), Room::OfAny)?;
        }
        let file = match open {
            Some(file) => file,
            // Ticks before it were dropped: a file begins where a replay can begin.
            None if !batch.is_beginning() => return Ok(()),
            None => open.insert(self.open(batch, previous.take())?),
        };
        let before = file.writer.position();
        for sealed in &batch.chunks {
            file.writer.chunk(sealed)?;
        }
        let metrics = &self.metrics.recording;
        metrics.ticks.inc_by(batch.ticks().into());
        metrics.bytes.inc_by(file.writer.position() - before);
        Ok(())
    }

    fn is_full(&self, file: &Open, keyframe: &Batch) -> bool {
        let ticks = keyframe.first_tick().saturating_sub(file.since);
        let age = Duration::from_secs(1) * ticks / TICK_RATE;
        ticks > 0 && (file.writer.position() >= self.file_bytes || age >= self.file_age)
    }

    fn open(&self, batch: &Batch, previous: Option<Previous>) -> io::Result<Open> {
        self.directory.make_room(self.file_bytes, Room::OfAny)?;
        let (file, name) = self.directory.create(batch.wall_ms(), batch.first_tick(), None)?;
        let mut header = self.source.header(batch.wall_ms());
        header.previous = previous;
        let writer = FileWriter::new(file, &header);
        let writer = writer.inspect_err(|_| self.directory.written(&name))?;
        self.metrics.recording.bytes.inc_by(writer.position());
        let since = if batch.is_keyframe() {
            batch.first_tick()
        } else {
            batch.first_tick() - 1
        };
        tracing::debug!(file = name, since, "recording into another file");
        Ok(Open { writer, name, since })
    }

    fn rotate(&self, mut file: Open) -> io::Result<Previous> {
        let finished = match file.writer.end(EndReason::Rotated, "") {
            Ok(finished) => finished,
            Err(error) => {
                // It ends as one that the disk takes no more of; there is nothing to go on in.
                let _ = file
                    .writer
                    .end_after_error(disk_reason(&error), &ending_text(&error));
                self.directory.written(&file.name);
                return Err(error);
            }
        };
        file.writer.get_ref().sync_all()?;
        self.directory.written(&file.name);
        Ok(Previous {
            file: file.name,
            chain: finished.chain,
        })
    }

    /// Nothing comes any more.
    fn finish(&self, open: Option<Open>) {
        let (reason, text) = self.inlet.ending();
        self.metrics.recording.ended(word(reason));
        let Some(mut file) = open else {
            return;
        };
        let ended = file.writer.end(reason, &text).or_else(|error| {
            tracing::warn!(%error, file = file.name, "no room for the end of the recording");
            file.writer
                .end_after_error(disk_reason(&error), &ending_text(&error))
        });
        let synced = ended.and_then(|_| file.writer.get_ref().sync_all());
        self.directory.written(&file.name);
        let last_tick = file.writer.last_tick();
        let path = self.directory.path().join(&file.name);
        let file = path.display();
        match (synced, reason) {
            (Err(error), _) => {
                tracing::error!(%error, %file, "the recording could not be ended in good order")
            }
            (Ok(()), EndReason::TooSlow) => tracing::error!(
                %file, last_tick, text,
                "the recording ended, for the disk or the recorder did not keep up; the server goes on. \
                 Record to a faster disk, and start the server again to record"
            ),
            (Ok(()), _) => tracing::info!(%file, last_tick, reason = %reason, "the recording ended"),
        }
    }

    /// The disk takes no more: what is there is cut to what is whole, and says why it ends.
    fn give_up(&self, open: Option<Open>, error: &io::Error) {
        let reason = disk_reason(error);
        self.metrics.recording.ended(word(reason));
        let directory = self.directory.path().display();
        tracing::error!(
            %error, %directory,
            "the recording ended, for the disk takes no more; the server goes on. Make room or lower \
             --record-total-mib, and start the server again to record"
        );
        let Some(mut file) = open else {
            return;
        };
        let ended = file
            .writer
            .end_after_error(reason, &ending_text(error))
            .and_then(|_| file.writer.get_ref().sync_all());
        if let Err(error) = ended {
            tracing::warn!(%error, file = file.name, "the recording has no end marker; it can be read up to its last second");
        }
        self.directory.written(&file.name);
    }
}

/// In the label of the metric.
fn word(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Stopped | EndReason::Rotated => "stopped",
        EndReason::DiskFull => "disk_full",
        EndReason::DiskError => "disk_error",
        EndReason::TooSlow => "too_slow",
        EndReason::Panicked => "panicked",
    }
}

fn disk_reason(error: &io::Error) -> EndReason {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            EndReason::DiskFull
        }
        _ => EndReason::DiskError,
    }
}

fn ending_text(error: &io::Error) -> String {
    format!("the disk takes no more: {error}")
}

#[cfg(test)]
mod tests {
    use parlour_shared::ids::Tick;
    use parlour_sim::{Logic, SimConfig, TickInput};

    use super::*;
    use crate::recording::{
        format::{TicksBuilder, seal_keyframe},
        live::outlet::outlet,
    };

    fn second(first: u32) -> Arc<Batch> {
        let mut builder = TicksBuilder::new(0);
        for tick in first..first + 60 {
            builder
                .push(Tick(tick), 0, Some((7, &[])), &TickInput::default())
                .unwrap();
        }
        Arc::new(Batch::new(builder.seal().into_iter().collect(), false).unwrap())
    }

    #[test]
    fn without_the_first_tick_a_file_begins_with_a_saved_world() {
        let path = std::env::temp_dir().join(format!("parlour-disk-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let (outlet, inlet) = outlet();
        let saved = Batch::new(seal_keyframe(Tick(180), 0, b"a world").unwrap(), false).unwrap();
        for batch in [second(61), second(121), Arc::new(saved), second(181)] {
            outlet.send(&batch).unwrap();
        }
        drop(outlet);
        let disk = Disk {
            inlet,
            directory: Arc::new(Directory::new(path.clone(), u64::MAX)),
            source: Arc::new(Source::new(SimConfig::new(Vec::new()), Logic::default())),
            metrics: Arc::new(Metrics::new()),
            file_bytes: u64::MAX,
            file_age: Duration::MAX,
        };
        disk.directory.prepare().unwrap();
        let metrics = Arc::clone(&disk.metrics);
        disk.run();
        let files: Vec<_> = std::fs::read_dir(&path).unwrap().collect();
        assert_eq!(files.len(), 1, "{files:?}");
        assert!(path.join("19700101T000000Z-t180.plr").exists(), "{files:?}");
        assert_eq!(metrics.recording.ticks.get(), 60);
        std::fs::remove_dir_all(path).unwrap();
    }
}
