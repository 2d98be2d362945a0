//! The recording of one world on the disk: the file that is being written, what it continues, and
//! when a recording that ended starts again.

use std::{io, sync::Arc, time::Duration};

use parlour_shared::limits::TICK_RATE;

use super::{
    batch::Batch, context::WorldContext, directory::Directory, file_error::FileErrorKind,
    file_name::FileName, recording_file::RecordingFile, resume::Resume,
};
use crate::{
    Previous,
    format::{EndReason, FileWriter},
};

/// The recording of a world.
pub(super) struct WorldRecording {
    pub(super) open: Option<OpenFile>,
    /// The file that the next one continues.
    pub(super) previous: Option<Previous>,
    pub(super) resume: Resume,
}

/// The file that is being written.
pub(super) struct OpenFile {
    writer: FileWriter<RecordingFile>,
    pub(super) name: FileName,
    /// The tick before the first one in the file.
    pub(super) since: u32,
    /// The last tick in the file, or the tick before the first one if there is none.
    pub(super) last_tick: u32,
    /// Whether the first batch is complete, so that a replay can start in the file.
    pub(super) is_begun: bool,
    /// Whether the descriptor stays open between two batches.
    pub(super) stays_open: bool,
}

impl WorldRecording {
    pub(super) fn new() -> Self {
        Self {
            open: None,
            previous: None,
            resume: Resume::new(),
        }
    }
}

impl OpenFile {
    /// Creates the file of a recording that starts with this batch.
    pub(super) fn create(
        directory: &Directory,
        world: &Arc<WorldContext>,
        batch: &Batch,
        previous: Option<Previous>,
    ) -> io::Result<Self> {
        let (file, name) = directory.create(&world.name, batch.wall_ms(), batch.first_tick(), None)?;
        let mut header = world.header(batch.wall_ms());
        header.previous = previous;
        let file = RecordingFile::new(directory.path_of(&name), file);
        let writer = FileWriter::new(file, &header).inspect_err(|_| directory.remove(&name))?;
        let since = batch.since();
        tracing::debug!(file = %name.relative().display(), since, "recording to a new file");
        Ok(Self {
            writer,
            name,
            since,
            last_tick: since,
            is_begun: false,
            stays_open: true,
        })
    }

    /// Returns whether this batch directly follows the last one in the file.
    pub(super) fn continues_with(&self, batch: &Batch) -> bool {
        !self.is_begun || batch.since() == self.last_tick
    }

    /// Returns whether the recording must continue in a new file at this saved world, because the
    /// file has this size or age.
    pub(super) fn is_full(&self, keyframe: &Batch, bytes: u64, age: Duration) -> bool {
        let ticks = keyframe.first_tick().saturating_sub(self.since);
        ticks > 0 && (self.bytes() >= bytes || Duration::from_secs(1) * ticks / TICK_RATE >= age)
    }

    pub(super) fn write(&mut self, batch: &Batch) -> io::Result<()> {
        for sealed in &batch.chunks {
            self.writer.chunk(sealed)?;
        }
        self.is_begun = true;
        self.last_tick = batch.last_tick();
        Ok(())
    }

    /// Returns the size of the file.
    pub(super) fn bytes(&self) -> u64 {
        self.writer.position()
    }

    /// Closes the descriptor until the next write.
    pub(super) fn close(&mut self) {
        self.writer.get_mut().close();
    }

    /// Ends the file as one that a new file continues. Returns what that file has to name.
    pub(super) fn end_before_next(&mut self, reason: EndReason, text: &str) -> io::Result<Previous> {
        let finished = match self.writer.end(reason, text) {
            Ok(finished) => finished,
            Err(error) => {
                // End the file as one that could not be written further. No file continues it.
                let _ = self.cut(&error);
                return Err(error);
            }
        };
        self.writer.get_mut().sync_all()?;
        Ok(Previous {
            file: self.name.name.clone(),
            chain: finished.chain,
        })
    }

    /// Ends the file. If there is no disk space for the end chunk, removes the last chunks first.
    pub(super) fn end(&mut self, reason: EndReason, text: &str) -> io::Result<()> {
        let ended = self.writer.end(reason, text).map(drop).or_else(|error| {
            tracing::warn!(%error, file = self.name.name, "no disk space for the end of the recording");
            self.cut(&error)
        });
        ended.and_then(|()| self.writer.get_mut().sync_all())
    }

    /// Ends the file after an error: cuts it to its complete chunks and records why it ends.
    pub(super) fn end_after_error(&mut self, error: &io::Error) -> io::Result<()> {
        self.cut(error).and_then(|()| self.writer.get_mut().sync_all())
    }

    fn cut(&mut self, error: &io::Error) -> io::Result<()> {
        let reason = FileErrorKind::of(error).end_reason();
        let text = format!("no more can be written: {error}");
        self.writer.end_after_error(reason, &text).map(drop)
    }
}
