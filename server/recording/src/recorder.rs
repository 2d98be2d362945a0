//! The threads that record a live world. None of them delays a tick.
//!
//! ```text
//! tick thread         recorder thread            disk thread     DIR/20261121T140300Z-t12345.plr
//!  TickSender --ring-->  encode, compress  --queue--> write, rotate
//!             <--ring--  keep the history  --queue--> shadow thread: run it again, compare
//!                                          --queue--> history thread: write the history out
//! ```
//!
//! Each arrow is bounded. A thread that falls behind loses data, but does not delay the others: the
//! recording ends and a new file starts, the history starts again from empty, and the shadow skips
//! to the next saved world.
//!
//! This module has no sockets and no async runtime. The program that embeds it has a tick thread
//! and calls [`start`].

mod batch;
mod batch_queue;
mod context;
mod directory;
mod disk;
mod end_cause;
mod file_error;
mod file_name;
mod history;
mod history_handle;
mod history_throttle;
mod history_writer;
mod metrics;
mod options;
mod record_ring;
mod resume;
mod shadow;
mod start;
mod thread;

pub use self::metrics::RecorderMetrics;
pub use end_cause::EndCause;
pub use file_name::Reason;
pub use history_handle::{HistoryAnswer, HistoryError, HistoryHandle, SavedHistory};
pub use options::{DEFAULT_DIRECTORY, OptionNames, RecordingOptions};
pub use record_ring::TickSender;
pub use start::{RecorderThreads, RecordingError, start};
