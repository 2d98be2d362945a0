//! Opening a recording: its header, its ending, where its ticks and saved worlds are.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use parlour_shared::{ids::Tick, limits::TICK_RATE};
use thiserror::Error;

use super::{
    CHAIN_BYTES, Ending, FORMAT, HEAD_BYTES, Items, MAGIC, MAX_STATE_PARTS, PREAMBLE_BYTES, ReadError,
    chunk::{Chain, Head, Kind, preamble, unpack},
    ending,
    table::{self, Entry, Stop, Table, read_at},
};
use crate::recording::Header;

/// Why a file cannot be opened as a recording.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Something else.
    #[error("is not a recording of parlour")]
    NotARecording,
    /// Another version of the format.
    #[error(
        "is a recording in format {0}; this program reads format {FORMAT}: use the version of parlour that wrote it"
    )]
    Format(u16),
    /// It was cut so early that it says nothing of any world.
    #[error("the recording ends inside its header: there is nothing to be read from it")]
    NoHeader,
    /// The header is damaged.
    #[error("the recording's header is damaged: {0}")]
    Damaged(String),
}

/// A recording to read from.
pub struct Recording<R> {
    pub(super) file: R,
    pub(super) table: Table,
    header: Header,
    ending: Ending,
    /// Where the ticks and saved worlds begin.
    header_end: u64,
}

/// A place in a recording where reading can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which chunk.
    pub(super) nth: usize,
    tick: u32,
}

impl Place {
    /// The tick after which the world was saved that is read first; or, without a saved world, the tick before the
    /// first that is read.
    #[must_use]
    pub fn tick(&self) -> Tick {
        Tick(self.tick)
    }
}

impl Recording<File> {
    /// Opens a file. One that is still being written can be opened, too: it ends with its last whole chunk.
    ///
    /// # Errors
    /// [`OpenError`]. A damage behind the header is none: it is found when reading comes to it.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::new(File::open(path)?)
    }
}

impl<R: Read + Seek> Recording<R> {
    /// Opens whatever can be read like a file.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn new(mut file: R) -> Result<Self, OpenError> {
        let length = file.seek(SeekFrom::End(0))?;
        check_preamble(&mut file, length)?;
        let (header, header_end) = read_header(&mut file, length)?;
        let mut table = table::read(&mut file, length)?;
        let ending = find_ending(&mut file, &mut table)?;
        Ok(Self {
            file,
            table,
            header,
            ending,
            header_end,
        })
    }

    /// What it says of its world.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The first tick that can be read; none if it has no tick.
    pub fn first_tick(&self) -> Option<Tick> {
        self.ticks().next().map(|entry| Tick(entry.first_tick))
    }

    /// The last tick that can be read, unless damage is met before; none if it has no tick.
    pub fn last_tick(&self) -> Option<Tick> {
        self.ticks()
            .next_back()
            .map(|entry| Tick(entry.first_tick + (entry.ticks - 1)))
    }

    /// How it ends, as far as can be told without reading it all.
    pub fn ending(&self) -> &Ending {
        &self.ending
    }

    /// The chain of its last chunk, the index excepted: with [`Self::ending`] as it should be, what a file that goes
    /// on from this one names. It is what the file says; reading all items proves it.
    ///
    /// # Errors
    /// Those of the file.
    pub fn chain(&mut self) -> io::Result<Chain> {
        read_at(&mut self.file, self.table.end - CHAIN_BYTES as u64).map(Chain)
    }

    /// Where its last whole chunk ends, the index excepted.
    pub fn end_of_chunks(&self) -> u64 {
        self.table.end
    }

    /// When the recording began, in milliseconds since 1970.
    pub fn started_ms(&self) -> u64 {
        self.header.started_ms
    }

    /// When a tick was, in milliseconds since 1970; exact for the first of each chunk. None if it is not in it.
    pub fn wall_at(&self, tick: Tick) -> Option<u64> {
        let entry = self.ticks().find(|entry| holds(entry, tick))?;
        let within = u64::from(tick.0 - entry.first_tick) * 1000 / u64::from(TICK_RATE);
        Some(entry.wall_ms.saturating_add(within))
    }

    /// The last tick that was at that time or before it, in milliseconds since 1970; none outside of what was recorded. Where
    /// the clock was set back and times come twice, the later ticks.
    pub fn tick_at(&self, wall_ms: u64) -> Option<Tick> {
        let last = self.ticks().next_back()?;
        let entry = self.ticks().rfind(|entry| entry.wall_ms <= wall_ms)?;
        let within = (wall_ms - entry.wall_ms).saturating_mul(TICK_RATE.into()) / 1000;
        if within >= u64::from(entry.ticks) && entry.offset == last.offset {
            return None;
        }
        let within = within.min(u64::from(entry.ticks - 1));
        Some(Tick(entry.first_tick + within as u32))
    }

    /// The ticks after which the world was saved, and the places to read from there.
    pub fn keyframes(&self) -> impl DoubleEndedIterator<Item = Place> {
        let entries = &self.table.entries;
        let first =
            |nth: usize| entries[nth].kind == Kind::Keyframe && begins(entries, nth) && ends(entries, nth);
        (0..entries.len())
            .filter(move |nth| first(*nth))
            .map(|nth| Place {
                nth,
                tick: entries[nth].first_tick,
            })
    }

    /// The last saved world from which that tick can be reached.
    pub fn keyframe_at_or_before(&self, tick: Tick) -> Option<Place> {
        self.keyframes().rfind(|place| place.tick <= tick.0)
    }

    /// Where everything begins.
    pub fn beginning(&self) -> Place {
        let first = self.table.entries.get(1);
        let before = first.map_or(0, |first| match first.kind {
            Kind::Ticks => first.first_tick - 1,
            _ => first.first_tick,
        });
        Place { nth: 1, tick: before }
    }

    /// The chunk that holds a tick: for looking at inputs without running them. Up to ten seconds before it are read, too.
    pub fn chunk_of(&self, tick: Tick) -> Option<Place> {
        let nth = self
            .table
            .entries
            .iter()
            .position(|entry| entry.kind == Kind::Ticks && holds(entry, tick))?;
        let tick = self.table.entries[nth].first_tick - 1;
        Some(Place { nth, tick })
    }

    /// Reads from a place to the end; one chunk is in memory at a time.
    pub fn read_from(&mut self, place: Place) -> Items<'_, R> {
        Items::new(self, place)
    }

    /// Where the chunk before a place ends, which is where its chain is found.
    pub(super) fn offset(&self, nth: usize) -> u64 {
        let entries = &self.table.entries;
        match entries.get(nth) {
            Some(_) if nth <= 1 => self.header_end,
            Some(entry) => entry.offset,
            None => self.table.end,
        }
    }

    fn ticks(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.table
            .entries
            .iter()
            .filter(|entry| entry.kind == Kind::Ticks)
    }
}

fn holds(entry: &Entry, tick: Tick) -> bool {
    tick.0 >= entry.first_tick && tick.0 - entry.first_tick < entry.ticks
}

/// Whether this piece is the first of its saved world.
fn begins(entries: &[Entry], nth: usize) -> bool {
    nth == 0 || entries[nth - 1].kind != Kind::Keyframe || entries[nth - 1].is_last()
}

/// Whether the saved world of which this is the first piece has its last one.
fn ends(entries: &[Entry], nth: usize) -> bool {
    entries[nth..]
        .iter()
        .take_while(|entry| entry.kind == Kind::Keyframe)
        .any(Entry::is_last)
}

fn check_preamble<R: Read + Seek>(file: &mut R, length: u64) -> Result<(), OpenError> {
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

/// The header, and where it ends.
fn read_header<R: Read + Seek>(file: &mut R, length: u64) -> Result<(Header, u64), OpenError> {
    let start = PREAMBLE_BYTES as u64;
    if length - start < HEAD_BYTES as u64 {
        return Err(OpenError::NoHeader);
    }
    let damaged = |flaw: &str| OpenError::Damaged(flaw.to_owned());
    let head = Head::decode(read_at(file, start)?).map_err(|flaw| damaged(&flaw))?;
    if head.kind != Kind::Header || head.first_tick != 0 || head.ticks != 0 {
        return Err(damaged("the first chunk is not a header"));
    }
    if head.chunk_bytes() > length - start {
        return Err(OpenError::NoHeader);
    }
    let (head, body, _) = match read_chunk(file, start, Chain::start()) {
        Ok(chunk) => chunk,
        Err(ReadError::Damaged { what, .. }) => return Err(OpenError::Damaged(what)),
        Err(ReadError::Io(error)) => return Err(error.into()),
        Err(ReadError::Version(_)) => return Err(damaged("a version where there is none")),
    };
    let mut json = Vec::new();
    unpack(&head, &body, &mut json).map_err(|flaw| damaged(&flaw))?;
    let header: Header =
        serde_json::from_slice(&json).map_err(|error| OpenError::Damaged(error.to_string()))?;
    if header.format != FORMAT {
        return Err(OpenError::Format(header.format));
    }
    if header.state.len() > MAX_STATE_PARTS {
        return Err(damaged("more parts of the state than there can be"));
    }
    Ok((header, start + head.chunk_bytes()))
}

fn find_ending<R: Read + Seek>(file: &mut R, table: &mut Table) -> io::Result<Ending> {
    let offset = table.end;
    match &table.stop {
        Stop::Cut(why) => {
            return Ok(Ending::Cut {
                offset,
                why: why.clone(),
            });
        }
        Stop::Damaged(why) => {
            return Ok(Ending::Damaged {
                offset,
                why: why.clone(),
            });
        }
        Stop::Ended => {}
    }
    let Some(last) = table.entries.last().copied() else {
        return Ok(Ending::Damaged {
            offset,
            why: "no end marker".into(),
        });
    };
    let before = Chain(read_at(file, last.offset - CHAIN_BYTES as u64)?);
    let marker = read_chunk(file, last.offset, before).and_then(|(head, body, _)| {
        let mut json = Vec::new();
        unpack(&head, &body, &mut json)
            .and_then(|()| ending::open(&json))
            .map_err(|flaw| ReadError::damaged(last.offset, &flaw))
    });
    match marker {
        Ok(ending) => Ok(ending),
        Err(ReadError::Io(error)) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        Err(error) => Ok(Ending::Damaged {
            offset: last.offset,
            why: error.what(),
        }),
    }
}

/// A chunk's head and body, and the chain after it, which must be the one that stands there.
pub(super) fn read_chunk<R: Read + Seek>(
    file: &mut R,
    offset: u64,
    before: Chain,
) -> Result<(Head, Vec<u8>, Chain), ReadError> {
    let bytes = read_at(file, offset)?;
    let head = Head::decode(bytes).map_err(|flaw| ReadError::damaged(offset, &flaw))?;
    // Read as it comes: a length alone must not ask for memory that the file does not pay for.
    let mut body = Vec::new();
    file.take(head.body_len.into()).read_to_end(&mut body)?;
    let mut stored = [0; CHAIN_BYTES];
    if body.len() != head.body_len as usize || file.read_exact(&mut stored).is_err() {
        return Err(ReadError::damaged(offset, "the file ends inside it"));
    }
    let chain = before.after(&bytes, &body);
    if chain.0 != stored {
        return Err(ReadError::damaged(
            offset,
            "its checksum does not fit it and what is before it",
        ));
    }
    Ok((head, body, chain))
}
