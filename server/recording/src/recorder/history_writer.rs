//! The history thread writes histories, so that a slow disk delays only the caller that requested
//! one.

use std::{
    io::{self, Cursor, Write},
    sync::{Arc, mpsc::Receiver},
};

use super::{
    Reason,
    batch::Batch,
    context::RecorderContext,
    directory::{DeletableFiles, Directory},
    file_error::FileErrorKind,
    file_name::stem,
    history_handle::{HistoryAnswer, HistoryError, SavedHistory},
    metrics::RecorderMetrics,
};
use crate::format::{EndReason, FileWriter, HISTORY};

/// A history to write. It is not empty.
pub(super) struct WriteJob {
    /// The reason for writing it to a file, or `None` to write it to memory.
    pub(super) reason: Option<Reason>,
    pub(super) batches: Vec<Arc<Batch>>,
    pub(super) answer: Option<HistoryAnswer>,
}

/// The inputs of the history thread.
pub(super) struct HistoryWriter {
    pub(super) jobs: Receiver<WriteJob>,
    pub(super) directory: Arc<Directory>,
    pub(super) context: Arc<RecorderContext>,
    pub(super) metrics: Arc<RecorderMetrics>,
}

impl HistoryWriter {
    /// Writes until no more jobs can come.
    pub(super) fn run(self) {
        while let Ok(job) = self.jobs.recv() {
            let kept = match job.reason {
                Some(reason) => self.to_file(reason, &job.batches),
                None => self.to_memory(&job.batches),
            };
            let kept = kept.map_err(|error| HistoryError::Failed(error.to_string()));
            if let Some(answer) = job.answer {
                answer(kept);
            }
        }
    }

    fn to_file(&self, reason: Reason, batches: &[Arc<Batch>]) -> io::Result<SavedHistory> {
        let written = self.file(reason, batches);
        let directory = self.directory.path();
        match &written {
            Ok(kept) => {
                self.metrics.history_written(reason);
                let (path, ticks) = (&kept.path, kept.ticks);
                tracing::info!(path, ticks, reason = reason.word(), "wrote the history");
            }
            Err(error) => {
                self.metrics.history_failed.increment(1);
                tracing::error!(
                    %error, directory = %directory.display(), reason = reason.word(),
                    "the history could not be written. {}, or name a different directory with {}",
                    FileErrorKind::of(error).advice(self.context.names), self.context.names.history_directory
                );
            }
        }
        written
    }

    fn file(&self, reason: Reason, batches: &[Arc<Batch>]) -> io::Result<SavedHistory> {
        let directory = &self.directory;
        let bytes: usize = batches.iter().map(|batch| batch.bytes()).sum();
        std::fs::create_dir_all(directory.path())?;
        directory.make_room(bytes as u64, DeletableFiles::HistoriesOf(reason))?;
        let (wall_ms, tick) = (batches[0].wall_ms(), batches[0].first_tick());
        let (file, name) = directory.create(wall_ms, tick, Some(reason))?;
        let path = directory.path().join(&name);
        let written = self.write(file, reason, batches);
        let written = written.and_then(|(file, bytes)| file.sync_all().map(|()| bytes));
        directory.mark_finished(&name);
        match written {
            Ok(bytes) => Ok(kept(path.display().to_string(), batches, bytes)),
            Err(error) => {
                // An incomplete history is useless, and usually the disk is full.
                let _ = std::fs::remove_file(path);
                Err(error)
            }
        }
    }

    fn to_memory(&self, batches: &[Arc<Batch>]) -> io::Result<SavedHistory> {
        let (cursor, bytes) = self.write(Cursor::new(Vec::new()), Reason::Asked, batches)?;
        // The name contains the last tick, because all histories of a server's first minute start
        // with the first tick.
        let last = &batches[batches.len() - 1];
        let name = format!("history-{}.plr", stem(last.wall_ms(), last.last_tick(), None));
        let mut kept = kept(name, batches, bytes);
        kept.body = cursor.into_inner();
        Ok(kept)
    }

    fn write<W: Write>(&self, out: W, reason: Reason, batches: &[Arc<Batch>]) -> io::Result<(W, u64)> {
        let mut header = self.context.header(batches[0].wall_ms());
        header.history = Some(reason.word().to_owned());
        let mut writer = FileWriter::new(out, &header)?;
        for sealed in batches.iter().flat_map(|batch| &batch.chunks) {
            writer.chunk(sealed)?;
        }
        let panicked = reason == Reason::Panic && batches.iter().any(|batch| batch.panicked);
        let reason = if panicked {
            EndReason::Panicked
        } else {
            EndReason::Stopped
        };
        let finished = writer.end(reason, HISTORY)?;
        finished.without_index.map_or(Ok(()), Err)?;
        let bytes = writer.position();
        Ok((writer.into_inner(), bytes))
    }
}

fn kept(path: String, batches: &[Arc<Batch>], bytes: u64) -> SavedHistory {
    let ticks = || batches.iter().filter(|batch| !batch.is_keyframe());
    SavedHistory {
        path,
        first_tick: ticks().next().map_or(0, |batch| batch.first_tick()),
        last_tick: batches.last().map_or(0, |batch| batch.last_tick()),
        ticks: ticks().map(|batch| batch.ticks()).sum(),
        bytes,
        body: Vec::new(),
    }
}
