//! Writing a recording, also when the disk is full.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Cursor, Seek, SeekFrom, Write},
};

use super::{
    EndReason, FOOTER_BYTES, MAX_CHUNKS, MAX_HEADER, MAX_STATE_PARTS, PREAMBLE_BYTES,
    chain::{Chain, preamble},
    chunk::{Head, Kind, Sealed, store},
    ending,
    order::Order,
    table::{self, Entry},
};
use crate::Header;

/// Chunks that can be taken back: as many small ones as an end marker needs room.
const MARKS: usize = 16;

/// Writes a recording from its beginning to its end.
///
/// After an error the bytes behind [`Self::position`] are not to be relied upon, and no more chunks are taken: what is
/// left to do is to cut them off and end the recording there, as [`Self::end_after_error`] does.
pub struct FileWriter<W> {
    out: W,
    position: u64,
    chain: Chain,
    order: Order,
    wall_ms: u64,
    entries: Vec<Entry>,
    /// How it was before each of the last chunks.
    marks: VecDeque<(Chain, Order)>,
    torn: bool,
}

/// What [`FileWriter::end`] wrote.
#[derive(Debug)]
pub struct Finished {
    /// The chain of the recording: the file that goes on from it names this one.
    pub chain: Chain,
    /// If there was no room for the index: the recording is whole without it, and opens a little slower.
    pub without_index: Option<io::Error>,
}

/// Something that can be cut off: what was written past a place is taken back, and writing goes on there.
pub trait Cut {
    /// Forgets all bytes from `position` on and writes there next.
    ///
    /// # Errors
    /// Those of the file.
    fn cut(&mut self, position: u64) -> io::Result<()>;
}

impl<W: Write> FileWriter<W> {
    /// Writes the first bytes and the header. `out` must be empty.
    ///
    /// # Errors
    /// Those of `out`, and `InvalidInput` for a header over the bounds of the format.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let json = serde_json::to_vec_pretty(header).map_err(io::Error::other)?;
        if json.len() > MAX_HEADER || header.state.len() > MAX_STATE_PARTS {
            return Err(invalid("the header is larger than a recording's can be"));
        }
        let head = Head {
            kind: Kind::Header,
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
        // The header is not to be taken back.
        writer.marks.clear();
        Ok(writer)
    }

    /// Writes a chunk of ticks or of a saved world.
    ///
    /// # Errors
    /// Those of `out`; `InvalidInput` for a chunk that cannot be the next, of which nothing was written.
    pub fn chunk(&mut self, sealed: &Sealed) -> io::Result<()> {
        if !matches!(sealed.kind(), Kind::Ticks | Kind::Keyframe) {
            return Err(invalid("only ticks and saved worlds are written as they come"));
        }
        // Two are for the end marker and the index.
        if self.entries.len() + 2 >= MAX_CHUNKS {
            return Err(invalid(
                "the recording has as many chunks as a file can: go on in another one",
            ));
        }
        self.append(sealed)
    }

    /// Where the last whole chunk ends.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The last tick in it, or the one that its first saved world is of; 0 if there is none.
    pub fn last_tick(&self) -> u32 {
        self.order.last_tick()
    }

    /// Takes back the last whole chunk: [`Self::position`] is before it then. Whoever does so cuts the file there.
    /// Gives false, and does nothing, if there is none but the header, or 16 were taken back already.
    pub fn retreat(&mut self) -> bool {
        let (Some((chain, order)), Some(entry)) = (self.marks.pop_back(), self.entries.last()) else {
            return false;
        };
        self.position = entry.offset;
        self.entries.pop();
        (self.chain, self.order) = (chain, order);
        true
    }

    /// Writes the end marker and the index. Without room for the index, the recording is whole without it.
    ///
    /// # Errors
    /// Those of `out`, for the end marker.
    pub fn end(&mut self, reason: EndReason, text: &str) -> io::Result<Finished> {
        let marker = ending::seal(self.order.last_tick(), self.wall_ms, reason, text);
        self.append(&marker)?;
        let chain = self.chain;
        let without_index = self.index().and_then(|()| self.out.flush()).err();
        Ok(Finished { chain, without_index })
    }

    /// What it writes to.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// What it writes to.
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

    fn append(&mut self, sealed: &Sealed) -> io::Result<()> {
        let before = (self.chain, self.order);
        let entry = Entry::of(&sealed.head, self.position);
        self.write(sealed)?;
        self.wall_ms = sealed.wall_ms();
        self.entries.push(entry);
        if self.marks.len() == MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back(before);
        Ok(())
    }

    fn write(&mut self, sealed: &Sealed) -> io::Result<()> {
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
    /// Ends the recording after an error: cuts off what is no whole chunk and writes the end marker there, and takes
    /// back the last chunks, one by one, as long as there is no room for it.
    ///
    /// # Errors
    /// The last one, if not even that helped: the recording has no end marker then, and is read as a cut one.
    pub fn end_after_error(&mut self, reason: EndReason, text: &str) -> io::Result<Finished> {
        loop {
            self.out.cut(self.position)?;
            self.torn = false;
            match self.end(reason, text) {
                Ok(mut finished) => {
                    if finished.without_index.is_some()
                        && let Err(error) = self.out.cut(self.position)
                    {
                        // What is behind the end marker is not read.
                        finished.without_index = Some(error);
                    }
                    return Ok(finished);
                }
                Err(error) => {
                    if !self.retreat() {
                        // A cut recording ends with a whole chunk, if that can still be had.
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
