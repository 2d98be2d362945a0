//! The threads that record the live worlds of a node. None of them delays a tick.
//!
//! ```text
//! tick threads        recorder thread            disk thread     DIR/main/20261121T140300Z-t5.plr
//!  TickSender --ring-->  encode, compress  --queue--> write, rotate
//!             <--ring--  keep histories    --queue--> shadow thread: run again, compare
//!                                          --queue--> history thread: write histories out
//! other threads
//!  RecorderHandle: open and close a world, recover one that panicked
//!  HistoryHandle: write or download the history of a world
//! ```
//!
//! There is one of each thread for all worlds, and one ring for each tick thread. Each arrow is
//! bounded. A thread that falls behind loses data, but does not delay the others: the recording of
//! a world ends and a new file starts, its history starts again from empty, and the shadow skips to
//! the next saved world.
//!
//! A tick thread does not step a quiet world. It sends the skipped ticks of such a world as one
//! record ([`TickSender::send_skipped`]), before the world runs again, is saved or ends.
//!
//! This module has no sockets and no async runtime. The program that embeds it has tick threads and
//! calls [`start`]. A tick thread owns a [`TickSender`]; a world that runs on it owns a
//! [`WorldTicks`], which goes with the world if that moves to a different tick thread.

mod batch;
mod batch_queue;
mod context;
mod directory;
mod directory_index;
mod disk;
mod end_cause;
mod file_error;
mod file_name;
mod first_tick;
mod handle;
mod history;
mod history_handle;
mod history_request;
mod history_throttle;
mod history_writer;
mod live_batch;
mod log_limit;
mod memory;
mod metrics;
mod open_worlds;
mod options;
mod outlets;
mod recording_file;
mod recovery;
mod request;
mod resume;
mod shadow;
mod start;
mod thread;
mod tick_rings;
mod tick_sender;
mod world_info;
mod world_recording;
mod world_state;

pub use self::metrics::RecorderMetrics;
pub use end_cause::EndCause;
pub use file_name::Reason;
pub use first_tick::FirstTick;
pub use handle::RecorderHandle;
pub use history_handle::HistoryHandle;
pub use history_request::{HistoryAnswer, HistoryError, SavedHistory};
pub use options::{DEFAULT_DIRECTORY, OptionNames, RecordingOptions};
pub use recovery::{RecoverError, RecoveredWorld};
pub use start::{RecorderThreads, RecordingError, start};
pub use tick_sender::{TickSender, WorldTicks};
pub use world_info::{MAX_WORLD_NAME_BYTES, OpenWorldError, WorldInfo, is_world_name};
