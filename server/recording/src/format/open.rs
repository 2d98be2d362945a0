//! Opening a recording: its first bytes, its header, its end chunk.

use std::io::{self, Read, Seek, SeekFrom};

use super::{
    CHAIN_BYTES, Ending, FORMAT, HEAD_BYTES, MAGIC, MAX_STATE_PARTS, OpenError, PREAMBLE_BYTES, ReadError,
    chain::{Chain, preamble},
    checked_chunk::read_chunk,
    chunk::{ChunkHead, ChunkKind, unpack},
    ending,
    header::Header,
    table::{ChunkTable, TableEnd, read_at},
};

pub(super) fn check_preamble<R: Read + Seek>(file: &mut R, length: u64) -> Result<(), OpenError> {
    let expected = preamble();
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(PREAMBLE_BYTES as u64).read_to_end(&mut bytes)?;
    if bytes == expected {
        return Ok(());
    }
    if length < PREAMBLE_BYTES as u64 {
        return Err(if expected.starts_with(&bytes) {
            OpenError::NoHeader
        } else {
            OpenError::NotARecording
        });
    }
    if bytes[..8] != MAGIC {
        return Err(OpenError::NotARecording);
    }
    match u16::from_le_bytes([bytes[8], bytes[9]]) {
        FORMAT => Err(OpenError::Damaged("bytes that should be zero are not".into())),
        other => Err(OpenError::Format(other)),
    }
}

/// Reads the header. Returns it and the offset where it ends.
pub(super) fn read_header<R: Read + Seek>(file: &mut R, length: u64) -> Result<(Header, u64), OpenError> {
    let start = PREAMBLE_BYTES as u64;
    if length - start < HEAD_BYTES as u64 {
        return Err(OpenError::NoHeader);
    }
    let damaged = |flaw: &str| OpenError::Damaged(flaw.to_owned());
    let head = ChunkHead::decode(read_at(file, start)?).map_err(|flaw| damaged(&flaw))?;
    if head.kind != ChunkKind::Header || head.first_tick != 0 || head.ticks != 0 {
        return Err(damaged("the first chunk is not a header"));
    }
    if head.chunk_bytes() > length - start {
        return Err(OpenError::NoHeader);
    }
    let (head, body, _) = match read_chunk(file, start, Chain::start()) {
        Ok(chunk) => chunk,
        Err(ReadError::Damaged { what, .. }) => return Err(OpenError::Damaged(what)),
        Err(ReadError::Io(error)) => return Err(error.into()),
        Err(ReadError::Version(_)) => return Err(damaged("an unexpected version of messages")),
    };
    let mut json = Vec::new();
    unpack(&head, &body, &mut json).map_err(|flaw| damaged(&flaw))?;
    let header: Header =
        serde_json::from_slice(&json).map_err(|error| OpenError::Damaged(error.to_string()))?;
    if header.format != FORMAT {
        return Err(OpenError::Format(header.format));
    }
    if header.state.len() > MAX_STATE_PARTS {
        return Err(damaged("too many parts of the state"));
    }
    Ok((header, start + head.chunk_bytes()))
}

pub(super) fn find_ending<R: Read + Seek>(file: &mut R, table: &mut ChunkTable) -> io::Result<Ending> {
    let offset = table.end;
    match &table.stop {
        TableEnd::Cut(why) => {
            return Ok(Ending::Cut {
                offset,
                why: why.clone(),
            });
        }
        TableEnd::Damaged(why) => {
            return Ok(Ending::Damaged {
                offset,
                why: why.clone(),
            });
        }
        TableEnd::Ended => {}
    }
    let Some(last) = table.entries.last().copied() else {
        return Ok(Ending::Damaged {
            offset,
            why: "no end chunk".into(),
        });
    };
    let before = Chain(read_at(file, last.offset - CHAIN_BYTES as u64)?);
    let ending = read_chunk(file, last.offset, before).and_then(|(head, body, _)| {
        let mut json = Vec::new();
        unpack(&head, &body, &mut json)
            .and_then(|()| ending::open(&json))
            .map_err(|flaw| ReadError::damaged(last.offset, &flaw))
    });
    match ending {
        Ok(ending) => Ok(ending),
        Err(ReadError::Io(error)) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        Err(error) => Ok(Ending::Damaged {
            offset: last.offset,
            why: error.what(),
        }),
    }
}
