//! Recording a world while it lives, without ever holding up its tick.
//!
//! ```text
//! tick thread        recorder thread            disk thread      DIR/20261121T140300Z-t12345.plr
//!   tap  --ring-->  encode, compress  --queue--> write, rotate
//!        <--ring--  keep the history  --queue--> shadow thread: run it again, compare
//!                                     --queue--> keeper thread: write the history out
//! ```
//!
//! Each arrow is bounded. A thread that is behind loses data and holds up no other: the recording ends and begins again in a
//! new file, the history starts again from nothing, the shadow skips to the next saved world.

mod batch;
mod batch_queue;
mod directory;
mod disk;
mod file_name;
mod history;
mod history_handle;
mod history_writer;
mod options;
mod reason;
mod recorder;
mod resume;
mod shadow;
mod source;
mod start;
mod tap;
mod throttle;
mod trouble;

pub(crate) use history_handle::{HistoryError, HistoryHandle, SavedHistory};
pub use options::{DEFAULT_DIRECTORY, RecordingOptions};
pub(crate) use reason::Reason;
pub use start::RecordingError;
pub(crate) use start::{RecorderThreads, start};
