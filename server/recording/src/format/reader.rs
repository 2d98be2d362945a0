//! Opening a recording: its header, its ending, and the positions of its ticks and saved worlds.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use parlour_shared::ids::Tick;

use super::{
    CHAIN_BYTES, Ending, OpenError,
    chain::Chain,
    chunk::ChunkKind,
    header::{HISTORY, Header},
    open::{check_preamble, find_ending, read_header},
    table::{self, ChunkEntry, ChunkTable, read_at},
};

/// A recording that is open for reading.
pub struct Recording<R> {
    pub(super) file: R,
    pub(super) table: ChunkTable,
    header: Header,
    ending: Ending,
    /// Where the ticks and saved worlds start.
    header_end: u64,
    /// The size of the file when it was opened.
    bytes: u64,
}

/// A position in a recording at which reading can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadPosition {
    /// The number of the chunk.
    pub(super) nth: usize,
    tick: u32,
}

impl ReadPosition {
    /// Returns the tick of the saved world that is read first; or, without a saved world, the tick
    /// before the first one read.
    #[must_use]
    pub fn tick(&self) -> Tick {
        Tick(self.tick)
    }
}

impl Recording<File> {
    /// Opens a file. A file that is still being written ends with its last whole chunk.
    ///
    /// # Errors
    /// [`OpenError`]. Damage after the header is not an error yet: reading finds it.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::new(File::open(path)?)
    }
}

impl<R: Read + Seek> Recording<R> {
    /// Opens anything that can be read like a file.
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
            bytes: length,
        })
    }

    /// Returns the header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Returns whether it is a history: the most recent ticks of a server, written from memory.
    /// Decides by the content, whatever the file is called.
    pub fn is_history(&self) -> bool {
        let ends_as_history = || matches!(&self.ending, Ending::Ended { text, .. } if text == HISTORY);
        self.header.history.is_some() || ends_as_history()
    }

    /// Returns the first tick that can be read, or `None` if it has no ticks.
    pub fn first_tick(&self) -> Option<Tick> {
        self.ticks().next().map(|entry| Tick(entry.first_tick))
    }

    /// Returns the last tick that can be read if there is no damage, or `None` if it has no ticks.
    pub fn last_tick(&self) -> Option<Tick> {
        self.ticks()
            .next_back()
            .map(|entry| Tick(entry.first_tick + (entry.ticks - 1)))
    }

    /// Returns how it ends, as far as is known without reading it all.
    pub fn ending(&self) -> &Ending {
        &self.ending
    }

    /// Returns the chain of its last chunk before the index. If [`Self::ending`] is normal, the
    /// file that continues this one names this chain. It is the value in the file; only reading all
    /// items verifies it.
    ///
    /// # Errors
    /// Those of the file.
    pub fn chain(&mut self) -> io::Result<Chain> {
        read_at(&mut self.file, self.table.end - CHAIN_BYTES as u64).map(Chain)
    }

    /// Returns the size of the file when it was opened.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns where its last whole chunk before the index ends.
    pub fn end_of_chunks(&self) -> u64 {
        self.table.end
    }

    /// Returns when the recording started, in milliseconds since 1970.
    pub fn started_ms(&self) -> u64 {
        self.header.started_ms
    }

    /// Returns the positions of the saved worlds.
    pub fn keyframes(&self) -> impl DoubleEndedIterator<Item = ReadPosition> {
        let entries = &self.table.entries;
        let first = |nth: usize| {
            entries[nth].kind == ChunkKind::Keyframe && begins(entries, nth) && ends(entries, nth)
        };
        (0..entries.len())
            .filter(move |nth| first(*nth))
            .map(|nth| ReadPosition {
                nth,
                tick: entries[nth].first_tick,
            })
    }

    /// Returns the position of the first item.
    pub fn beginning(&self) -> ReadPosition {
        let first = self.table.entries.get(1);
        let before = first.map_or(0, |first| match first.kind {
            ChunkKind::Ticks => first.first_tick - 1,
            _ => first.first_tick,
        });
        ReadPosition { nth: 1, tick: before }
    }

    /// Returns the position of the chunk with a tick, for reading inputs without running them.
    /// Reading from there also returns up to ten seconds of ticks before it.
    pub fn chunk_of(&self, tick: Tick) -> Option<ReadPosition> {
        let nth = self
            .table
            .entries
            .iter()
            .position(|entry| entry.kind == ChunkKind::Ticks && holds(entry, tick))?;
        let tick = self.table.entries[nth].first_tick - 1;
        Some(ReadPosition { nth, tick })
    }

    /// Returns where the chunk before chunk `nth` ends. The chain is right before that.
    pub(super) fn offset(&self, nth: usize) -> u64 {
        let entries = &self.table.entries;
        match entries.get(nth) {
            Some(_) if nth <= 1 => self.header_end,
            Some(entry) => entry.offset,
            None => self.table.end,
        }
    }

    fn ticks(&self) -> impl DoubleEndedIterator<Item = &ChunkEntry> {
        self.table
            .entries
            .iter()
            .filter(|entry| entry.kind == ChunkKind::Ticks)
    }
}

fn holds(entry: &ChunkEntry, tick: Tick) -> bool {
    tick.0 >= entry.first_tick && tick.0 - entry.first_tick < entry.ticks
}

/// Returns whether this piece is the first of its saved world.
fn begins(entries: &[ChunkEntry], nth: usize) -> bool {
    nth == 0 || entries[nth - 1].kind != ChunkKind::Keyframe || entries[nth - 1].is_last()
}

/// Returns whether the saved world that starts with this piece is complete.
fn ends(entries: &[ChunkEntry], nth: usize) -> bool {
    entries[nth..]
        .iter()
        .take_while(|entry| entry.kind == ChunkKind::Keyframe)
        .any(ChunkEntry::is_last)
}
