//! The file format of recordings: a preamble, then chunks, each with a checksum that covers all
//! before it.
//!
//! Start reading at [`FileWriter`] and [`Recording`]. docs/recording.md has the layout byte by
//! byte. Everything here is plain computation over `Read`, `Write` and `Seek`.

mod bytes;
mod chain;
mod checked_chunk;
mod chunk;
mod ending;
mod error;
mod event;
mod frozen;
mod header;
mod item_reader;
mod open;
mod order;
mod pace;
mod reader;
mod record;
mod table;
mod ticks;
mod times;
mod writer;

pub use chain::{Chain, hex};
pub(crate) use chunk::Sealer;
pub use chunk::{ChunkKind, SealedChunk};
pub use ending::{EndReason, Ending};
pub use error::{OpenError, ReadError};
pub use frozen::{FrozenWorld, FrozenWorldError};
pub(crate) use header::HISTORY;
pub use header::{Header, HeaderError, LAST_WALL_MS, Previous, RecordedMap, VersionError, rfc3339};
pub use item_reader::Items;
pub use reader::{ReadPosition, Recording};
pub use record::{Item, Outcome, TickRecord};
pub use ticks::{KeyframeTooLarge, PushError, TicksBuilder, seal_keyframe};
pub(crate) use ticks::{open_keyframe, open_ticks, seal_keyframe_with};
pub use times::Times;
pub use writer::{Cut, FileWriter, FinishedFile};

use parlour_shared::limits::TICK_RATE;

/// The first bytes of a recording. As in PNG, they are not text, and any conversion of line ends or
/// stop at ^Z breaks them.
pub const MAGIC: [u8; 8] = *b"\x89PLR\r\n\x1a\n";
/// The version of the format, after the magic.
pub const FORMAT: u16 = 1;
/// Bytes of magic, version and six zeros.
pub const PREAMBLE_BYTES: usize = 16;
/// Bytes of a chunk's head.
pub const HEAD_BYTES: usize = 28;
/// Bytes of the checksum after a chunk's body.
pub const CHAIN_BYTES: usize = 32;
/// Bytes of the footer: where the index is, and [`FOOTER_MAGIC`].
pub const FOOTER_BYTES: usize = 16;
/// The last bytes of a recording that has an index.
pub const FOOTER_MAGIC: [u8; 8] = *b"PLRindex";

/// Maximum bytes of a chunk's content. A chunk of ticks is sealed at [`DUE_BYTES`], so only its
/// last tick can make it larger. A tick with this much input (half of one I/O thread's full ring of
/// the longest chats) ends the recording.
pub const MAX_RAW: usize = 64 * 1024 * 1024;
/// Maximum bytes of the header's JSON: 1000 maps of 150 bytes and 1024 skins of 40 are 190 KiB.
pub const MAX_HEADER: usize = 1024 * 1024;
/// Maximum bytes of the end chunk's JSON: escaping makes a text of [`MAX_END_TEXT`] at most six
/// times as long.
pub const MAX_END: usize = 8 * 1024;
/// Maximum bytes of the end chunk's text; the rest is cut off.
pub const MAX_END_TEXT: usize = 1024;
/// Maximum bytes of a saved world in one chunk; the rest is in the following chunks.
pub const KEYFRAME_PIECE: usize = 1024 * 1024;
/// Maximum bytes of a saved world. 10,000 rooms with all of their state (67 KiB) are 660 MiB.
pub const MAX_KEYFRAME: usize = 1024 * 1024 * 1024;
/// Maximum ticks of a chunk: ten seconds.
pub const MAX_CHUNK_TICKS: u32 = 10 * TICK_RATE;
/// Maximum events of a chunk: 64 I/O threads with full rings of 16,384 are a million, and as many
/// sessions can be held at the same time. In memory, 2 Mi events of 112 bytes are 235 MB, plus
/// their texts and writes.
pub const MAX_CHUNK_EVENTS: usize = 2 * 1024 * 1024;
/// Maximum parts of the state with a fingerprint in each tick.
pub const MAX_STATE_PARTS: usize = 256;
/// Maximum chunks of a file: three weeks at one per second. In the index, 2 Mi entries of 26 bytes
/// are 52 MiB.
pub const MAX_CHUNKS: usize = 2 * 1024 * 1024;

/// A chunk is due to be sealed after this many ticks: a crash loses about a second.
pub const DUE_TICKS: u32 = TICK_RATE;
/// A chunk is due to be sealed after this many bytes of content.
pub const DUE_BYTES: usize = 1024 * 1024;

/// What is wrong with some bytes, as a message.
pub(crate) type Flaw = std::borrow::Cow<'static, str>;
