//! One chunk: its head and its body.

use parlour_shared::text::count;

use super::{Flaw, HEAD_BYTES, KEYFRAME_PIECE, MAX_END, MAX_HEADER, MAX_RAW, bytes::Bytes};

/// Flag: the body is the uncompressed content.
pub(super) const STORED: u8 = 1;
/// Flag: the last piece of a saved world.
pub(super) const LAST: u8 = 2;
/// The default of zstd. Level 1 saves no noticeable time here, and higher levels cost more than
/// they save.
const LEVEL: i32 = 3;
/// Buffers up to this size are kept from one chunk to the next.
const KEPT: usize = 4 * 1024 * 1024;

/// The kind of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ChunkKind {
    /// The options of the world, as JSON.
    Header = 1,
    /// Some ticks.
    Ticks = 2,
    /// A saved world, or a piece of one.
    Keyframe = 3,
    /// Why the recording ends, as JSON.
    End = 4,
    /// The offset of each chunk.
    Index = 5,
}

impl ChunkKind {
    pub(super) fn of(byte: u8) -> Option<Self> {
        [Self::Header, Self::Ticks, Self::Keyframe, Self::End, Self::Index]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }

    /// Returns the maximum bytes of its content.
    fn max_raw(self) -> usize {
        match self {
            Self::Header => MAX_HEADER,
            Self::Ticks | Self::Index => MAX_RAW,
            Self::Keyframe => KEYFRAME_PIECE,
            Self::End => MAX_END,
        }
    }
}

/// A chunk that is not in a file yet: compressed, but not chained. It can be written to several
/// files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedChunk {
    pub(super) head: ChunkHead,
    pub(super) body: Box<[u8]>,
}

impl SealedChunk {
    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> ChunkKind {
        self.head.kind
    }

    /// Returns its first tick, or the tick after which the world was saved.
    #[must_use]
    pub fn first_tick(&self) -> u32 {
        self.head.first_tick
    }

    /// Returns the number of its ticks: 0 unless it is a chunk of ticks.
    #[must_use]
    pub fn ticks(&self) -> u32 {
        self.head.ticks
    }

    /// Returns the time of its first tick, in milliseconds since 1970.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        self.head.wall_ms
    }

    /// Returns whether it completes a saved world.
    #[must_use]
    pub fn is_last_piece(&self) -> bool {
        self.head.is_last()
    }

    /// Returns its bytes in a file.
    #[must_use]
    pub fn bytes(&self) -> usize {
        HEAD_BYTES + self.body.len() + super::CHAIN_BYTES
    }

    /// Returns the bytes of its uncompressed content.
    #[must_use]
    pub fn raw_len(&self) -> usize {
        self.head.raw_len as usize
    }
}

/// The bytes before a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkHead {
    pub(super) kind: ChunkKind,
    pub(super) flags: u8,
    pub(super) first_tick: u32,
    pub(super) ticks: u32,
    pub(super) wall_ms: u64,
    pub(super) raw_len: u32,
    pub(super) body_len: u32,
}

impl ChunkHead {
    pub(super) fn encode(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[0] = self.kind as u8;
        bytes[1] = self.flags;
        bytes[4..8].copy_from_slice(&self.first_tick.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.wall_ms.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.ticks.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.raw_len.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.body_len.to_le_bytes());
        bytes
    }

    /// Decodes a head and checks its lengths.
    pub(super) fn decode(bytes: [u8; HEAD_BYTES]) -> Result<Self, Flaw> {
        let mut rest = Bytes(&bytes);
        let kind = rest.u8()?;
        let kind = ChunkKind::of(kind).ok_or_else(|| format!("a chunk of the unknown kind {kind}"))?;
        let flags = rest.u8()?;
        let known = if kind == ChunkKind::Keyframe {
            STORED | LAST
        } else {
            STORED
        };
        if flags & !known != 0 || rest.u16()? != 0 {
            return Err("a chunk with unknown flags".into());
        }
        let head = Self {
            kind,
            flags,
            first_tick: rest.u32()?,
            wall_ms: rest.u64()?,
            ticks: rest.u32()?,
            raw_len: rest.u32()?,
            body_len: rest.u32()?,
        };
        let (raw, body) = (head.raw_len as usize, head.body_len as usize);
        if raw > kind.max_raw() {
            return Err(format!(
                "a chunk with {raw} bytes of content, more than {}",
                kind.max_raw()
            )
            .into());
        }
        let fits = if head.is_stored() {
            body == raw
        } else {
            body <= longest_body(raw)
        };
        if !fits {
            return Err(format!(
                "a chunk with a body of {} for {} of content",
                count(body, "byte"),
                count(raw, "byte")
            )
            .into());
        }
        Ok(head)
    }

    pub(super) fn is_stored(&self) -> bool {
        self.flags & STORED != 0
    }

    pub(super) fn is_last(&self) -> bool {
        self.flags & LAST != 0
    }

    /// Returns the bytes of the whole chunk.
    pub(super) fn chunk_bytes(&self) -> u64 {
        (HEAD_BYTES + super::CHAIN_BYTES) as u64 + u64::from(self.body_len)
    }
}

/// Returns the maximum bytes of a body. zstd expands n incompressible bytes to at most n + n/256 +
/// 64.
fn longest_body(raw: usize) -> usize {
    raw + raw / 128 + 128
}

/// Unpacks the content of a chunk from its body. Overwrites `into`.
pub(super) fn unpack(head: &ChunkHead, body: &[u8], into: &mut Vec<u8>) -> Result<(), Flaw> {
    into.clear();
    if head.is_stored() {
        into.extend_from_slice(body);
        return Ok(());
    }
    let raw = head.raw_len as usize;
    into.reserve_exact(raw);
    let mut target = std::io::Cursor::new(&mut *into);
    let written = zstd::bulk::Decompressor::new()
        .and_then(|mut decompressor| decompressor.decompress_to_buffer(body, &mut target))
        .map_err(|error| format!("a body that zstd cannot read: {error}"))?;
    if written != raw {
        return Err("a body with a different length than its head says".into());
    }
    Ok(())
}

/// Makes chunks, and keeps its buffers from one to the next.
pub(crate) struct Sealer {
    compressor: zstd::bulk::Compressor<'static>,
    buffer: Vec<u8>,
}

impl Default for Sealer {
    fn default() -> Self {
        Self::new()
    }
}

impl Sealer {
    pub(crate) fn new() -> Self {
        Self {
            compressor: zstd::bulk::Compressor::new(LEVEL).expect("zstd knows its level 3"),
            buffer: Vec::new(),
        }
    }

    /// Fills in the lengths in the head. The content must be within the bound of its kind.
    pub(super) fn seal(&mut self, mut head: ChunkHead, raw: &[u8]) -> SealedChunk {
        assert!(
            raw.len() <= head.kind.max_raw(),
            "the content of a chunk must be within its bound"
        );
        head.raw_len = raw.len() as u32;
        self.buffer.clear();
        self.buffer.reserve(zstd::zstd_safe::compress_bound(raw.len()));
        let body: Box<[u8]> = match self.compressor.compress_to_buffer(raw, &mut self.buffer) {
            Ok(_) => Box::from(self.buffer.as_slice()),
            // zstd can only lack memory. The uncompressed bytes need none.
            Err(_) => {
                head.flags |= STORED;
                Box::from(raw)
            }
        };
        if self.buffer.capacity() > KEPT {
            self.buffer = Vec::new();
        }
        head.body_len = body.len() as u32;
        SealedChunk { head, body }
    }
}

/// Makes an uncompressed chunk, so that its JSON can be read in any file viewer.
pub(super) fn store(mut head: ChunkHead, raw: &[u8]) -> SealedChunk {
    head.flags |= STORED;
    head.raw_len = raw.len() as u32;
    head.body_len = raw.len() as u32;
    SealedChunk {
        head,
        body: Box::from(raw),
    }
}
