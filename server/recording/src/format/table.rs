//! The table of chunks: read from the index at the end of a file, or found by scanning the heads.

use std::io::{self, Read, Seek, SeekFrom};

use super::{
    CHAIN_BYTES, FOOTER_BYTES, FOOTER_MAGIC, Flaw, HEAD_BYTES, MAX_CHUNKS, PREAMBLE_BYTES,
    bytes::Bytes,
    chain::Chain,
    chunk::{ChunkHead, ChunkKind, LAST, SealedChunk, Sealer, unpack},
    order::Order,
};

/// Bytes of a chunk in the index.
const ENTRY_BYTES: usize = 26;

/// One chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkEntry {
    pub(super) kind: ChunkKind,
    pub(super) flags: u8,
    pub(super) first_tick: u32,
    pub(super) ticks: u32,
    pub(super) wall_ms: u64,
    pub(super) offset: u64,
}

/// All whole chunks of a file except the index.
pub(super) struct ChunkTable {
    pub(super) entries: Vec<ChunkEntry>,
    /// Where the last chunk ends.
    pub(super) end: u64,
    pub(super) stop: TableEnd,
}

/// Why there are no further chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TableEnd {
    /// The last one is the end chunk.
    Ended,
    Cut(String),
    Damaged(String),
}

impl ChunkEntry {
    pub(super) fn of(head: &ChunkHead, offset: u64) -> Self {
        Self {
            kind: head.kind,
            flags: head.flags,
            first_tick: head.first_tick,
            ticks: head.ticks,
            wall_ms: head.wall_ms,
            offset,
        }
    }

    pub(super) fn is_last(&self) -> bool {
        self.flags & LAST != 0
    }

    fn head(&self) -> ChunkHead {
        ChunkHead {
            kind: self.kind,
            flags: self.flags,
            first_tick: self.first_tick,
            ticks: self.ticks,
            wall_ms: self.wall_ms,
            raw_len: 0,
            body_len: 0,
        }
    }
}

/// Makes the index chunk.
pub(super) fn seal(entries: &[ChunkEntry]) -> SealedChunk {
    let mut raw = Vec::with_capacity(entries.len() * ENTRY_BYTES);
    for entry in entries {
        raw.push(entry.kind as u8);
        raw.push(entry.flags);
        raw.extend_from_slice(&entry.first_tick.to_le_bytes());
        raw.extend_from_slice(&entry.ticks.to_le_bytes());
        raw.extend_from_slice(&entry.wall_ms.to_le_bytes());
        raw.extend_from_slice(&entry.offset.to_le_bytes());
    }
    let head = ChunkHead {
        kind: ChunkKind::Index,
        flags: 0,
        first_tick: 0,
        ticks: 0,
        wall_ms: 0,
        raw_len: 0,
        body_len: 0,
    };
    Sealer::new().seal(head, &raw)
}

/// Returns the last bytes of a file with an index.
pub(super) fn footer(index: u64) -> [u8; FOOTER_BYTES] {
    let mut bytes = [0; FOOTER_BYTES];
    bytes[..8].copy_from_slice(&index.to_le_bytes());
    bytes[8..].copy_from_slice(&FOOTER_MAGIC);
    bytes
}

/// Reads the table of a file of `length` bytes: from its index if that is valid, else by scanning.
pub(super) fn read<R: Read + Seek>(file: &mut R, length: u64) -> io::Result<ChunkTable> {
    match from_index(file, length)? {
        Some(table) => Ok(table),
        None => scan(file, length),
    }
}

fn from_index<R: Read + Seek>(file: &mut R, length: u64) -> io::Result<Option<ChunkTable>> {
    let shortest = (PREAMBLE_BYTES + 3 * (HEAD_BYTES + CHAIN_BYTES) + FOOTER_BYTES) as u64;
    if length < shortest {
        return Ok(None);
    }
    let footer: [u8; FOOTER_BYTES] = read_at(file, length - FOOTER_BYTES as u64)?;
    let mut rest = Bytes(&footer);
    let (Ok(offset), true) = (rest.u64(), footer[8..] == FOOTER_MAGIC) else {
        return Ok(None);
    };
    if !(PREAMBLE_BYTES as u64 + CHAIN_BYTES as u64..length - (HEAD_BYTES + CHAIN_BYTES) as u64)
        .contains(&offset)
    {
        return Ok(None);
    }
    let chain = Chain(read_at(file, offset - CHAIN_BYTES as u64)?);
    let head: [u8; HEAD_BYTES] = read_at(file, offset)?;
    let Ok(decoded) = ChunkHead::decode(head) else {
        return Ok(None);
    };
    if decoded.kind != ChunkKind::Index || offset + decoded.chunk_bytes() + FOOTER_BYTES as u64 != length {
        return Ok(None);
    }
    // The file really has as many bytes as the head says, so allocating them is safe.
    let mut body = vec![0; decoded.body_len as usize];
    file.read_exact(&mut body)?;
    let mut stored = [0; CHAIN_BYTES];
    file.read_exact(&mut stored)?;
    let mut raw = Vec::new();
    if chain.after(&head, &body).0 != stored || unpack(&decoded, &body, &mut raw).is_err() {
        return Ok(None);
    }
    Ok(entries(&raw, offset).ok())
}

fn entries(raw: &[u8], index: u64) -> Result<ChunkTable, Flaw> {
    let (chunks, []) = raw.as_chunks::<ENTRY_BYTES>() else {
        return Err("an index with a partial entry".into());
    };
    if chunks.len() > MAX_CHUNKS {
        return Err(format!("more than {MAX_CHUNKS} chunks").into());
    }
    let mut order = Order::default();
    let mut entries: Vec<ChunkEntry> = Vec::with_capacity(chunks.len());
    let mut from = PREAMBLE_BYTES as u64;
    for chunk in chunks {
        let mut rest = Bytes(chunk);
        let entry = ChunkEntry {
            kind: ChunkKind::of(rest.u8()?).ok_or("an unknown kind")?,
            flags: rest.u8()?,
            first_tick: rest.u32()?,
            ticks: rest.u32()?,
            wall_ms: rest.u64()?,
            offset: rest.u64()?,
        };
        order.admit(&entry.head())?;
        let first = entries.is_empty();
        if entry.offset < from || entry.offset >= index || (first && entry.offset != from) {
            return Err("an offset outside of the chunks".into());
        }
        from = entry.offset + (HEAD_BYTES + CHAIN_BYTES) as u64;
        entries.push(entry);
    }
    if from > index || entries.last().is_none_or(|last| last.kind != ChunkKind::End) {
        return Err("an index without the end chunk".into());
    }
    Ok(ChunkTable {
        entries,
        end: index,
        stop: TableEnd::Ended,
    })
}

/// Scans the heads and skips the bodies. A file without an index was cut, or is still being
/// written.
fn scan<R: Read + Seek>(file: &mut R, length: u64) -> io::Result<ChunkTable> {
    let mut order = Order::default();
    let mut entries: Vec<ChunkEntry> = Vec::new();
    let mut offset = PREAMBLE_BYTES as u64;
    let stop = loop {
        if entries.last().is_some_and(|last| last.kind == ChunkKind::End) {
            break TableEnd::Ended;
        }
        if offset >= length {
            break TableEnd::Cut("the file ends without an end chunk".into());
        }
        if length - offset < HEAD_BYTES as u64 {
            break TableEnd::Cut("the file ends inside the head of a chunk".into());
        }
        let head = match ChunkHead::decode(read_at(file, offset)?) {
            Ok(head) => head,
            Err(flaw) => break TableEnd::Damaged(flaw.into_owned()),
        };
        if entries.len() == MAX_CHUNKS {
            break TableEnd::Damaged(format!("more than {MAX_CHUNKS} chunks"));
        }
        if let Err(flaw) = order.admit(&head) {
            break TableEnd::Damaged(flaw.into_owned());
        }
        if head.chunk_bytes() > length - offset {
            break TableEnd::Cut("the file ends inside a chunk".into());
        }
        entries.push(ChunkEntry::of(&head, offset));
        offset += head.chunk_bytes();
    };
    Ok(ChunkTable {
        entries,
        end: offset,
        stop,
    })
}

pub(super) fn read_at<const N: usize, R: Read + Seek>(file: &mut R, offset: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_of_too_many_chunks_is_refused_before_it_is_decoded() {
        let why = |chunks: usize| {
            let raw = vec![0; chunks * ENTRY_BYTES];
            entries(&raw, u64::MAX).err().unwrap_or_default()
        };
        assert_eq!(why(MAX_CHUNKS), "an unknown kind");
        assert_eq!(why(MAX_CHUNKS + 1), format!("more than {MAX_CHUNKS} chunks"));
    }
}
