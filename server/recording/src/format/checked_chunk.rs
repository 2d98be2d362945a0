//! Reads a chunk and checks it for damage: its head, its length, and the checksum over it and all
//! chunks before it.

use std::io::{Read, Seek};

use super::{CHAIN_BYTES, ReadError, chain::Chain, chunk::ChunkHead, table::read_at};

/// Reads a chunk's head and body. Returns them and the chain after the chunk.
///
/// # Errors
/// [`ReadError`] if the chunk is damaged: its checksum, the chain after it, is not the one in the
/// file.
pub(super) fn read_chunk<R: Read + Seek>(
    file: &mut R,
    offset: u64,
    before: Chain,
) -> Result<(ChunkHead, Vec<u8>, Chain), ReadError> {
    let bytes = read_at(file, offset)?;
    let head = ChunkHead::decode(bytes).map_err(|flaw| ReadError::damaged(offset, &flaw))?;
    // Read incrementally: a length alone must not demand more memory than the file has bytes.
    let mut body = Vec::new();
    file.take(head.body_len.into()).read_to_end(&mut body)?;
    let mut stored = [0; CHAIN_BYTES];
    if body.len() != head.body_len as usize || file.read_exact(&mut stored).is_err() {
        return Err(ReadError::damaged(offset, "the file ends inside this chunk"));
    }
    let chain = before.after(&bytes, &body);
    if chain.0 != stored {
        return Err(ReadError::damaged(
            offset,
            "its checksum does not match this chunk and those before it",
        ));
    }
    Ok((head, body, chain))
}
