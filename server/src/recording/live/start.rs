//! The threads of the recorder, from start to stop.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, atomic::AtomicU32, mpsc::sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parlour_sim::{Logic, SimConfig};
use thiserror::Error;

use super::{
    RecordingOptions,
    batch_queue::batch_queue,
    directory::Directory,
    disk::Disk,
    history::History,
    history_handle::HistoryHandle,
    history_writer::HistoryWriter,
    recorder::Recorder,
    shadow::{REACH, Shadow},
    source::Source,
    tap::{Tap, rings},
};
use crate::{
    metrics::{Ending, Metrics},
    replay::uncounted::uncounted,
    tick_loop::MakeStage,
};

/// Questions for the history that may wait.
const MAX_ASKS: usize = 16;
/// Histories that may wait to be written.
const MAX_JOBS: usize = 2;

/// How long a stop waits for all threads together.
const STOP: Duration = Duration::from_secs(10);
/// How often it looks for them.
const LOOK: Duration = Duration::from_millis(5);

/// Why nothing can be recorded.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// No file can be made in the directory.
    #[error(
        "cannot write the {what} to {}: {source}; name a directory that can be written to with {flag} DIR, or turn it \
         off with {without}",
        directory.display()
    )]
    Directory {
        /// What was to be written there.
        what: &'static str,
        /// The flag that names the directory.
        flag: &'static str,
        /// The flag that does without it.
        without: &'static str,
        /// Which.
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
pub(crate) struct RecorderThreads {
    history: HistoryHandle,
    threads: Vec<JoinHandle<()>>,
}

/// Starts recording the world that the stage will be, when the tick thread makes it.
///
/// # Errors
/// [`RecordingError`] says what is in the way.
pub(crate) fn start(
    options: &RecordingOptions,
    config: SimConfig,
    logic: Logic,
    metrics: &Arc<Metrics>,
) -> Result<(RecorderThreads, MakeStage), RecordingError> {
    let source = Arc::new(Source::new(config, logic));
    let (end, tapping) = rings(metrics.recording.dropped.clone());
    let (asks, asked) = sync_channel(MAX_ASKS);
    let recorded = Arc::new(AtomicU32::new(0));
    let mut recorder = Recorder {
        tapping,
        asks: asked,
        source: Arc::clone(&source),
        metrics: Arc::clone(metrics),
        history: None,
        disk: None,
        shadow: None,
        keeper: None,
        recorded: Arc::clone(&recorded),
    };
    let history = HistoryHandle(options.keeps_history().then(|| asks.clone()));
    let mut live = RecorderThreads {
        history: history.clone(),
        threads: Vec::new(),
    };
    let mut directory = None;
    if let Some(path) = &options.directory {
        let made = Arc::new(Directory::new(path.clone(), options.total_bytes));
        made.prepare().map_err(|source| RecordingError::Directory {
            what: "recording",
            flag: "--record",
            without: "--record off",
            directory: path.clone(),
            source,
        })?;
        let (sender, batches) = batch_queue();
        recorder.disk = Some(sender);
        let disk = Disk {
            batches,
            directory: Arc::clone(&made),
            source: Arc::clone(&source),
            metrics: Arc::clone(metrics),
            file_bytes: options.file_bytes,
            file_age: options.file_age,
        };
        directory = Some(made);
        live.spawn("disk", metrics, move || disk.run())?;
    }
    if options.keeps_history() {
        let path = options.history_path();
        let directory = match directory.filter(|directory| directory.is(&path)) {
            Some(directory) => directory,
            None => Arc::new(for_history(path, options)?),
        };
        let (jobs, keeper) = sync_channel(MAX_JOBS);
        let least = if options.shadow { REACH } else { Duration::ZERO };
        recorder.history = Some(History::new(options.history.max(least), options.history_bytes));
        recorder.keeper = Some(jobs);
        let keeper = HistoryWriter {
            jobs: keeper,
            directory,
            source: Arc::clone(&source),
            metrics: Arc::clone(metrics),
        };
        live.spawn("keeper", metrics, move || keeper.run())?;
    }
    if options.shadow {
        if !options.keeps_history() && options.directory.is_none() {
            tracing::warn!(
                "the shadow says when it comes to another world, and keeps no files of it: keep them with --history 60s \
                 or --record DIR"
            );
        }
        let (sender, batches) = batch_queue();
        recorder.shadow = Some(sender);
        let shadow = Shadow {
            batches,
            source: Arc::clone(&source),
            metrics: Arc::clone(metrics),
            history,
            recorded,
        };
        live.spawn("shadow", metrics, move || uncounted(|| shadow.run()))?;
    }
    live.spawn("recorder", metrics, move || {
        // Held until the tick thread has ended: where no history is kept nobody else holds one.
        let _asks = asks;
        recorder.run();
    })?;
    if let Some(directory) = &options.directory {
        tracing::info!(directory = %directory.display(), "recording");
    }
    let keyframe_ticks = options.keyframe_ticks;
    let make: MakeStage = Box::new(move || Box::new(Tap::new(&source, end, keyframe_ticks)));
    Ok((live, make))
}

/// The directory of the history. It is tried now, because the first write may come hours later, after a panic. A directory
/// that the user named must work. The default one only causes a warning: a server in a read-only place has a history, too.
fn for_history(path: PathBuf, options: &RecordingOptions) -> Result<Directory, RecordingError> {
    let directory = Directory::new(path, options.total_bytes);
    let is_named = options.history_directory.is_some();
    let tried = if is_named {
        directory.prepare()
    } else {
        directory.probe()
    };
    if let Err(source) = tried {
        let error = RecordingError::Directory {
            what: "history",
            flag: "--history-dir",
            without: "--history 0s",
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
    /// Where others ask for the history.
    pub(crate) fn history(&self) -> HistoryHandle {
        self.history.clone()
    }

    /// Waits until all that was recorded is written. The tick thread must have ended.
    ///
    /// A disk that does not answer is not waited for longer than ten seconds: what is not written by then is lost.
    pub(crate) fn stop(self) {
        let until = Instant::now() + STOP;
        for thread in self.threads {
            while !thread.is_finished() && Instant::now() < until {
                thread::park_timeout(LOOK);
            }
            if thread.is_finished() {
                // A panic was told by the thread itself.
                let _ = thread.join();
                continue;
            }
            tracing::error!(
                thread = thread.thread().name().unwrap_or_default(),
                "a thread of the recorder did not end in {} s, and is left: the disk does not answer, or is far too \
                 slow; the recording has no end marker, and can be read up to what was written",
                STOP.as_secs()
            );
        }
    }

    /// Starts a thread whose panic ends the recording, not the server.
    fn spawn(
        &mut self,
        name: &'static str,
        metrics: &Arc<Metrics>,
        run: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let metrics = Arc::clone(metrics);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            // What it had is gone; the others notice that nothing comes, or that nobody takes.
            if catch_unwind(AssertUnwindSafe(run)).is_err() {
                metrics.recording.ended.add(Ending::Failed, 1);
                if name == "disk" {
                    metrics.recording.active.set(0.0);
                }
                tracing::error!(
                    thread = name,
                    "a thread of the recorder panicked; the server goes on without it"
                );
            }
        })?;
        self.threads.push(thread);
        Ok(())
    }
}
