//! Opening a recording: its header, its ending, where its ticks and saved worlds are.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use parlour_shared::ids::Tick;

use super::{
    CHAIN_BYTES, Ending, OpenError,
    chain::Chain,
    chunk::Kind,
    open::{check_preamble, find_ending, read_header},
    table::{self, Entry, Table, read_at},
};
use crate::{HISTORY, Header};

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

    /// Whether it is a history: the last minutes of a server, which wrote them from memory. Tells it from its bytes,
    /// whatever the name of the file is.
    pub fn is_history(&self) -> bool {
        let marker = || matches!(&self.ending, Ending::Ended { text, .. } if text == HISTORY);
        self.header.history.is_some() || marker()
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
