//! Starts and stops the threads of the recorder.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use thiserror::Error;

use super::{
    OptionNames, RecorderHandle, RecordingOptions,
    batch_queue::{BatchSender, batch_queue},
    directory::Directory,
    disk::Disk,
    end_cause::EndCause,
    history_handle::HistoryHandle,
    history_writer::{HistoryWriter, WriteJob},
    memory::HistoryMemory,
    metrics::RecorderMetrics,
    open_worlds::OpenWorlds,
    outlets::Outlets,
    shadow::{REACH, Shadow},
    thread::Recorder,
    tick_rings::rings,
    tick_sender::TickSender,
};
use crate::replay::world::without_metrics;

/// The maximum number of waiting requests. Those for histories are refused beyond it, all others
/// wait.
const MAX_REQUESTS: usize = 64;
/// The maximum number of histories waiting to be written.
const MAX_JOBS: usize = 2;

/// The maximum time that a stop waits for all threads together.
const STOP: Duration = Duration::from_secs(10);
/// The interval at which a stop checks the threads.
const LOOK: Duration = Duration::from_millis(5);

/// The reason why recording cannot start.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// No file can be created in the directory.
    #[error(
        "cannot write the {what} to {}: {source}; name a writable directory with {option}, or turn it \
         off with {off}",
        directory.display()
    )]
    Directory {
        /// What was to be written.
        what: &'static str,
        /// The option that sets the directory, from [`OptionNames`].
        option: &'static str,
        /// The option that turns it off, from [`OptionNames`].
        off: &'static str,
        /// The directory.
        directory: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A thread could not be started.
    #[error("cannot start a thread: {0}; is a limit of processes or memory too low?")]
    Thread(#[from] io::Error),
}

/// The running threads of a recorder.
#[derive(Debug)]
pub struct RecorderThreads {
    handle: RecorderHandle,
    history: HistoryHandle,
    threads: Vec<JoinHandle<()>>,
}

/// Starts the threads that record the worlds of a node with so many tick threads, for a program
/// with the version `build` and option names `names`. Returns one [`TickSender`] for each tick
/// thread. Worlds are opened with [`RecorderThreads::handle`].
///
/// # Errors
/// [`RecordingError`].
pub fn start(
    options: &RecordingOptions,
    names: &'static OptionNames,
    tick_threads: usize,
    metrics: &RecorderMetrics,
    build: &'static str,
) -> Result<(RecorderThreads, Vec<TickSender>), RecordingError> {
    let (sender, requests) = sync_channel(MAX_REQUESTS);
    let worlds = Arc::<OpenWorlds>::default();
    let history = match options.keeps_history() {
        true => HistoryHandle::new(sender.clone(), Arc::clone(&worlds)),
        false => HistoryHandle::closed(),
    };
    let handle = RecorderHandle {
        requests: sender.clone(),
        worlds,
        build,
        keyframe_ticks: options.keyframe_ticks,
    };
    let mut start = Startup {
        options,
        names,
        metrics: Arc::new(metrics.clone()),
        threads: RecorderThreads {
            handle,
            history,
            threads: Vec::new(),
        },
    };
    let (senders, rings) = rings(tick_threads, &metrics.dropped);
    let (disk, directory) = start.disk()?.unzip();
    let writer = start.history(directory)?;
    let shadow = start.shadow()?;
    let outlets = Outlets::new(disk, shadow, writer, Arc::clone(&start.metrics));
    let memory = HistoryMemory::new(options.history_bytes, options.recovery_bytes);
    let length = match options.keeps_history() && options.shadow {
        true => options.history.max(REACH),
        false => options.history,
    };
    let recorder = Recorder::new(
        rings,
        requests,
        outlets,
        memory,
        length,
        Arc::clone(&start.metrics),
    );
    start.threads.spawn("recorder", &start.metrics, move || {
        // Kept until the tick threads have ended, whatever happens to the handles.
        let _sender = sender;
        recorder.run();
    })?;
    if let Some(directory) = &options.directory {
        tracing::info!(directory = %directory.display(), "recording");
    }
    Ok((start.threads, senders))
}

/// The threads started so far, and the inputs of the next ones.
struct Startup<'a> {
    options: &'a RecordingOptions,
    names: &'static OptionNames,
    metrics: Arc<RecorderMetrics>,
    threads: RecorderThreads,
}

impl Startup<'_> {
    /// Starts the thread that writes recordings, if the options request them.
    fn disk(&mut self) -> Result<Option<(BatchSender, Arc<Directory>)>, RecordingError> {
        let Some(path) = &self.options.directory else {
            return Ok(None);
        };
        let directory = Arc::new(Directory::new(path.clone(), self.options.total_bytes));
        directory.prepare().map_err(|source| RecordingError::Directory {
            what: "recording",
            option: self.names.directory,
            off: self.names.no_directory,
            directory: path.clone(),
            source,
        })?;
        let (sender, batches) = batch_queue();
        let disk = Disk {
            batches,
            directory: Arc::clone(&directory),
            names: self.names,
            metrics: Arc::clone(&self.metrics),
            file_bytes: self.options.file_bytes,
            file_age: self.options.file_age,
        };
        self.threads.spawn("disk", &self.metrics, move || disk.run())?;
        Ok(Some((sender, directory)))
    }

    /// Starts the thread that writes histories. It also runs if none are kept, because after a
    /// panic, what a recovery needs is written. `recordings` is the directory of the recordings.
    fn history(
        &mut self,
        recordings: Option<Arc<Directory>>,
    ) -> Result<SyncSender<WriteJob>, RecordingError> {
        let options = self.options;
        let path = options.history_path();
        let directory = match recordings.filter(|directory| directory.is(&path)) {
            Some(directory) => directory,
            None => Arc::new(history_directory(path, options, self.names)?),
        };
        let (sender, jobs) = sync_channel(MAX_JOBS);
        let writer = HistoryWriter {
            jobs,
            directory,
            names: self.names,
            metrics: Arc::clone(&self.metrics),
        };
        self.threads
            .spawn("history", &self.metrics, move || writer.run())?;
        Ok(sender)
    }

    /// Starts the thread that runs the worlds a second time, if the options request it.
    fn shadow(&mut self) -> Result<Option<BatchSender>, RecordingError> {
        if !self.options.shadow {
            return Ok(None);
        }
        if !self.options.keeps_history() && self.options.directory.is_none() {
            let OptionNames {
                history, directory, ..
            } = self.names;
            tracing::warn!(
                "the shadow logs when it reaches a different state, but keeps no files: keep them with \
                 {history} or {directory}"
            );
        }
        let (sender, batches) = batch_queue();
        let shadow = Shadow::new(batches, Arc::clone(&self.metrics), self.threads.history());
        self.threads
            .spawn("shadow", &self.metrics, move || without_metrics(|| shadow.run()))?;
        Ok(Some(sender))
    }
}

/// Returns the directory of histories. It is checked now, because the first write may happen
/// hours later, after a panic. If a directory that the user named cannot be used, that is an error.
/// For the default directory a warning is enough: a server in a read-only directory can still serve
/// its history as a download.
fn history_directory(
    path: PathBuf,
    options: &RecordingOptions,
    names: &OptionNames,
) -> Result<Directory, RecordingError> {
    let directory = Directory::new(path, options.total_bytes);
    if !options.keeps_history() {
        // Only a panic writes there. If it cannot, the log says so.
        return Ok(directory);
    }
    let is_named = options.history_directory.is_some();
    let tried = if is_named {
        directory.prepare()
    } else {
        directory.probe()
    };
    if let Err(source) = tried {
        let error = RecordingError::Directory {
            what: "history",
            option: names.history_directory,
            off: names.no_history,
            directory: directory.path().to_owned(),
            source,
        };
        if is_named {
            return Err(error);
        }
        tracing::warn!("{error}");
    }
    Ok(directory)
}

impl RecorderThreads {
    /// Returns a handle that opens, closes and recovers worlds.
    #[must_use]
    pub fn handle(&self) -> RecorderHandle {
        self.handle.clone()
    }

    /// Returns a handle for requests for the history.
    #[must_use]
    pub fn history(&self) -> HistoryHandle {
        self.history.clone()
    }

    /// Waits until everything recorded is written. The tick threads must have ended.
    ///
    /// Waits for an unresponsive disk for at most ten seconds. Data that is not written by then is
    /// lost.
    pub fn stop(self) {
        let until = Instant::now() + STOP;
        for thread in self.threads {
            while !thread.is_finished() && Instant::now() < until {
                thread::park_timeout(LOOK);
            }
            if thread.is_finished() {
                // The thread has already logged the panic.
                let _ = thread.join();
                continue;
            }
            tracing::error!(
                thread = thread.thread().name().unwrap_or_default(),
                "a thread of the recorder did not end in {} s, and is abandoned: the disk does not respond, or is far too \
                 slow; the recording has no end chunk, and can be read up to what was written",
                STOP.as_secs()
            );
        }
    }

    /// Starts a thread whose panic ends the recording, but not the server.
    fn spawn(
        &mut self,
        name: &'static str,
        metrics: &Arc<RecorderMetrics>,
        run: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let metrics = Arc::clone(metrics);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            // The queues of the thread are closed now, which ends the threads that read them.
            if catch_unwind(AssertUnwindSafe(run)).is_err() {
                metrics.ended(EndCause::Failed);
                if name == "disk" {
                    metrics.active.set(0.0);
                }
                tracing::error!(
                    thread = name,
                    "a thread of the recorder panicked; the server continues without it"
                );
            }
        })?;
        self.threads.push(thread);
        Ok(())
    }
}
