//! Writing a recording, even when the disk is full.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Cursor, Seek, SeekFrom, Write},
};

use super::{
    EndReason, FOOTER_BYTES, MAX_CHUNKS, MAX_HEADER, MAX_STATE_PARTS, PREAMBLE_BYTES,
    chain::{Chain, preamble},
    chunk::{ChunkHead, ChunkKind, SealedChunk, store},
    ending,
    header::Header,
    order::Order,
    table::{self, ChunkEntry},
};

/// The number of chunks that can be taken back. Even 16 of the smallest free enough space for an
/// end chunk.
const MARKS: usize = 16;

/// Writes a recording from start to end.
///
/// After an error, the bytes after [`Self::position`] are undefined and no more chunks are
/// accepted. What remains is to cut them off and end the recording there, as
/// [`Self::end_after_error`] does.
pub struct FileWriter<W> {
    out: W,
    position: u64,
    chain: Chain,
    order: Order,
    wall_ms: u64,
    entries: Vec<ChunkEntry>,
    /// The state before each of the last chunks.
    marks: VecDeque<(Chain, Order)>,
    torn: bool,
}

/// The result of [`FileWriter::end`].
#[derive(Debug)]
pub struct FinishedFile {
    /// The chain of the recording. The file that continues it names this chain.
    pub chain: Chain,
    /// Set if the index could not be written. The recording is complete without it, and opens a
    /// little slower.
    pub without_index: Option<io::Error>,
}

/// An output whose end can be cut off, to continue writing there.
pub trait Cut {
    /// Drops all bytes from `position` on and continues writing there.
    ///
    /// # Errors
    /// Errors of the file.
    fn cut(&mut self, position: u64) -> io::Result<()>;
}

impl<W: Write> FileWriter<W> {
    /// Writes the preamble and the header. `out` must be empty.
    ///
    /// # Errors
    /// Errors of `out`, and `InvalidInput` for a header that exceeds the bounds of the format.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let json = serde_json::to_vec_pretty(header).map_err(io::Error::other)?;
        if json.len() > MAX_HEADER || header.state.len() > MAX_STATE_PARTS {
            return Err(invalid("the header is larger than a recording's can be"));
        }
        let head = ChunkHead {
            kind: ChunkKind::Header,
            flags: 0,
            first_tick: 0,
            ticks: 0,
            wall_ms: header.started_ms,
            raw_len: 0,
            body_len: 0,
        };
        let mut writer = Self {
            out,
            position: PREAMBLE_BYTES as u64,
            chain: Chain::start(),
            order: Order::default(),
            wall_ms: header.started_ms,
            entries: Vec::new(),
            marks: VecDeque::with_capacity(MARKS),
            torn: false,
        };
        writer.out.write_all(&preamble())?;
        writer.append(&store(head, &json))?;
        // The header cannot be taken back.
        writer.marks.clear();
        Ok(writer)
    }

    /// Writes a chunk of ticks or of a saved world.
    ///
    /// # Errors
    /// Errors of `out`, and `InvalidInput` for a chunk that cannot be the next. Nothing of that one
    /// was written.
    pub fn chunk(&mut self, sealed: &SealedChunk) -> io::Result<()> {
        if !matches!(sealed.kind(), ChunkKind::Ticks | ChunkKind::Keyframe) {
            return Err(invalid("only ticks and saved worlds can be written as chunks"));
        }
        // Two are reserved for the end chunk and the index.
        if self.entries.len() + 2 >= MAX_CHUNKS {
            return Err(invalid(
                "the recording has as many chunks as a file can: continue in a new one",
            ));
        }
        self.append(sealed)
    }

    /// Returns where the last whole chunk ends.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Returns the last tick, or the tick of the first saved world; 0 if there is neither.
    pub fn last_tick(&self) -> u32 {
        self.order.last_tick()
    }

    /// Takes back the last whole chunk and moves [`Self::position`] before it. The caller must cut
    /// the file there. Returns false, and does nothing, if only the header is left, or 16 chunks
    /// were taken back already.
    pub fn retreat(&mut self) -> bool {
        let (Some((chain, order)), Some(entry)) = (self.marks.pop_back(), self.entries.last()) else {
            return false;
        };
        self.position = entry.offset;
        self.entries.pop();
        (self.chain, self.order) = (chain, order);
        true
    }

    /// Writes the end chunk and the index. Without space for the index, the recording is complete
    /// without it.
    ///
    /// # Errors
    /// Errors of `out` while writing the end chunk.
    pub fn end(&mut self, reason: EndReason, text: &str) -> io::Result<FinishedFile> {
        let chunk = ending::seal(self.order.last_tick(), self.wall_ms, reason, text);
        self.append(&chunk)?;
        let chain = self.chain;
        let without_index = self.index().and_then(|()| self.out.flush()).err();
        Ok(FinishedFile { chain, without_index })
    }

    /// Returns the output.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// Returns the output. To write to it damages the recording.
    pub(crate) fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Returns the output, and drops the writer.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn index(&mut self) -> io::Result<()> {
        let offset = self.position;
        self.write(&table::seal(&self.entries))?;
        self.torn = true;
        self.out.write_all(&table::footer(offset))?;
        self.torn = false;
        self.position += FOOTER_BYTES as u64;
        Ok(())
    }

    fn append(&mut self, sealed: &SealedChunk) -> io::Result<()> {
        let before = (self.chain, self.order);
        let entry = ChunkEntry::of(&sealed.head, self.position);
        self.write(sealed)?;
        self.wall_ms = sealed.wall_ms();
        self.entries.push(entry);
        if self.marks.len() == MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back(before);
        Ok(())
    }

    fn write(&mut self, sealed: &SealedChunk) -> io::Result<()> {
        if self.torn {
            return Err(invalid(
                "after an error the file must be cut before more is written",
            ));
        }
        let mut order = self.order;
        order.admit(&sealed.head).map_err(|flaw| invalid(&flaw))?;
        let head = sealed.head.encode();
        let chain = self.chain.after(&head, &sealed.body);
        self.torn = true;
        self.out.write_all(&head)?;
        self.out.write_all(&sealed.body)?;
        self.out.write_all(&chain.0)?;
        self.torn = false;
        self.position += sealed.head.chunk_bytes();
        (self.chain, self.order) = (chain, order);
        Ok(())
    }
}

impl<W: Write + Cut> FileWriter<W> {
    /// Ends the recording after an error. Cuts off an incomplete chunk and writes the end chunk
    /// there. As long as the chunk does not fit, takes back the last chunk and tries again.
    ///
    /// # Errors
    /// The last error, if that did not help. The recording then has no end chunk, and reads as a
    /// cut one.
    pub fn end_after_error(&mut self, reason: EndReason, text: &str) -> io::Result<FinishedFile> {
        loop {
            self.out.cut(self.position)?;
            self.torn = false;
            match self.end(reason, text) {
                Ok(mut finished) => {
                    if finished.without_index.is_some()
                        && let Err(error) = self.out.cut(self.position)
                    {
                        // Readers ignore what follows the end chunk.
                        finished.without_index = Some(error);
                    }
                    return Ok(finished);
                }
                Err(error) => {
                    if !self.retreat() {
                        // If still possible, let the cut recording end with a whole chunk.
                        self.out.cut(self.position)?;
                        return Err(error);
                    }
                }
            }
        }
    }
}

impl Cut for File {
    fn cut(&mut self, position: u64) -> io::Result<()> {
        self.set_len(position)?;
        self.seek(SeekFrom::Start(position)).map(drop)
    }
}

impl Cut for Cursor<Vec<u8>> {
    fn cut(&mut self, position: u64) -> io::Result<()> {
        self.get_mut()
            .truncate(usize::try_from(position).unwrap_or(usize::MAX));
        self.set_position(position);
        Ok(())
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
