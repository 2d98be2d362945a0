//! The history thread writes histories, so that a slow disk delays only the caller that requested
//! one.

use std::{
    io::{self, Cursor, Write},
    sync::{Arc, mpsc::Receiver},
};

use super::{
    OptionNames, Reason,
    batch::Batch,
    directory::{DeletableFiles, Directory},
    file_error::FileErrorKind,
    file_name::stem,
    history_request::{HistoryAnswer, HistoryError, SavedHistory},
    metrics::RecorderMetrics,
};
use crate::format::{EndReason, FileWriter, HISTORY};

/// Histories to write.
pub(super) struct WriteJob {
    /// The reason for writing them to files, or `None` to write them to memory.
    pub(super) reason: Option<Reason>,
    /// One for each world, at least one, none of which is empty.
    pub(super) histories: Vec<Vec<Arc<Batch>>>,
    pub(super) answer: Option<HistoryAnswer>,
}

/// The inputs of the history thread.
pub(super) struct HistoryWriter {
    pub(super) jobs: Receiver<WriteJob>,
    pub(super) directory: Arc<Directory>,
    pub(super) names: &'static OptionNames,
    pub(super) metrics: Arc<RecorderMetrics>,
}

impl HistoryWriter {
    /// Writes until no more jobs can come.
    pub(super) fn run(self) {
        while let Ok(job) = self.jobs.recv() {
            let answer = self.write_all(&job);
            if let Some(answered) = job.answer {
                answered(answer);
            }
        }
    }

    /// Writes the histories one after the other. Fails only if none could be written: the log
    /// contains the others.
    fn write_all(&self, job: &WriteJob) -> Result<Vec<SavedHistory>, HistoryError> {
        let mut written = Vec::new();
        let mut failed = None;
        for batches in &job.histories {
            let kept = match job.reason {
                Some(reason) => self.to_file(reason, batches),
                None => self.to_memory(batches),
            };
            match kept {
                Ok(kept) => written.push(kept),
                Err(error) => failed = Some(HistoryError::Failed(error.to_string())),
            }
        }
        match failed {
            Some(error) if written.is_empty() => Err(error),
            _ => Ok(written),
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
                    FileErrorKind::of(error).advice(self.names), self.names.history_directory
                );
            }
        }
        written
    }

    fn file(&self, reason: Reason, batches: &[Arc<Batch>]) -> io::Result<SavedHistory> {
        let directory = &self.directory;
        let bytes: usize = batches.iter().map(|batch| batch.bytes()).sum();
        // For the list of its files.
        std::fs::create_dir_all(directory.path())?;
        directory.make_room(bytes as u64, DeletableFiles::HistoriesOf(reason))?;
        let (wall_ms, tick) = (batches[0].wall_ms(), batches[0].first_tick());
        let world = &batches[0].world.name;
        let (file, name) = directory.create(world, wall_ms, tick, Some(reason))?;
        let path = directory.path_of(&name);
        let written = self.write(file, reason, batches);
        let written = written.and_then(|(file, bytes)| file.sync_all().map(|()| bytes));
        match written {
            Ok(bytes) => {
                directory.mark_finished(&name);
                Ok(kept(path.display().to_string(), batches, bytes))
            }
            Err(error) => {
                // An incomplete history is useless, and usually the disk is full.
                directory.remove(&name);
                Err(error)
            }
        }
    }

    fn to_memory(&self, batches: &[Arc<Batch>]) -> io::Result<SavedHistory> {
        let (cursor, bytes) = self.write(Cursor::new(Vec::new()), Reason::Asked, batches)?;
        // The name contains the last tick, because all histories of a server's first minute start
        // with the first tick.
        let last = &batches[batches.len() - 1];
        let stem = stem(last.wall_ms(), last.last_tick(), None);
        let name = format!("history-{}-{stem}.plr", last.world.name);
        let mut kept = kept(name, batches, bytes);
        kept.body = cursor.into_inner();
        Ok(kept)
    }

    fn write<W: Write>(&self, out: W, reason: Reason, batches: &[Arc<Batch>]) -> io::Result<(W, u64)> {
        let mut header = batches[0].world.header(batches[0].wall_ms());
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
        world: batches[0].world.name.clone(),
        path,
        first_tick: ticks().next().map_or(0, |batch| batch.first_tick()),
        last_tick: batches.last().map_or(0, |batch| batch.last_tick()),
        ticks: ticks().map(|batch| batch.ticks()).sum(),
        bytes,
        body: Vec::new(),
    }
}
