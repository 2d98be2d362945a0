//! The files of a recording, read as one. A server that rotates files writes one recording to
//! several files.

use std::{fs::File, iter::Peekable, path::Path, slice};

use parlour_shared::ids::Tick;

use super::ReplayError;
use crate::{
    Header,
    format::{Ending, Item, Items, ReadError, ReadPosition, Recording, Times},
};

/// A recording of one or more files, each of which continues the previous one.
pub struct RecordingFiles {
    /// Never empty.
    files: Vec<Recording<File>>,
}

/// A position in one of the files at which reading can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FilePosition {
    /// The index of the file.
    file: usize,
    position: ReadPosition,
}

impl FilePosition {
    /// Returns the tick of the saved world that is read first; or, without a saved world, the tick
    /// before the first one read.
    pub(super) fn tick(self) -> Tick {
        self.position.tick()
    }
}

impl RecordingFiles {
    /// Makes a recording of one file.
    pub(super) fn new(first: Recording<File>) -> Self {
        Self { files: vec![first] }
    }

    /// Appends the file that continues the last one.
    ///
    /// # Errors
    /// [`ReplayError`] if it cannot be opened, or does not continue the last one.
    pub(super) fn append(&mut self, path: &Path) -> Result<(), ReplayError> {
        let next = Recording::open(path).map_err(|error| ReplayError::not_opened(path, error))?;
        let last = self.files.last_mut().expect("a recording has a first file");
        let chain = last.chain().map_err(ReadError::Io)?;
        let (header, before) = (next.header(), last.header());
        let follows = header
            .previous
            .as_ref()
            .is_some_and(|previous| previous.chain == chain);
        // After a panic, the recovered world runs the fatal tick again.
        if !follows || !header.describes_same_world(before) || last.ending().is_panic() {
            return Err(ReplayError::NotTheNext(path.display().to_string()));
        }
        self.files.push(next);
        Ok(())
    }

    /// Returns the header of the first file.
    pub fn header(&self) -> &Header {
        self.files[0].header()
    }

    /// Returns when the recording started, in milliseconds since 1970.
    pub fn started_ms(&self) -> u64 {
        self.files[0].started_ms()
    }

    /// Returns the times of the ticks.
    #[must_use]
    pub fn times(&self) -> Times {
        let mut times = self.files[0].times();
        let next = self.files.iter().skip(1);
        next.for_each(|next| times.join(&next.times()));
        times
    }

    /// Returns the end of the last file.
    #[must_use]
    pub fn ending(&self) -> &Ending {
        self.files.last().expect("a recording has a first file").ending()
    }

    /// Returns the first and the last tick that can be read, or `None` if there are no ticks.
    #[must_use]
    pub fn range(&self) -> Option<(Tick, Tick)> {
        let first = self.files.iter().find_map(Recording::first_tick)?;
        let last = self.files.iter().rev().find_map(Recording::last_tick)?;
        Some((first, last))
    }

    /// Returns where the recording starts.
    pub(super) fn beginning(&self) -> FilePosition {
        let position = self.files[0].beginning();
        FilePosition { file: 0, position }
    }

    /// Returns the positions of the saved worlds.
    pub(super) fn keyframes(&self) -> impl DoubleEndedIterator<Item = FilePosition> {
        let files = self.files.iter().enumerate();
        files.flat_map(|(nth, file)| {
            file.keyframes()
                .map(move |position| FilePosition { file: nth, position })
        })
    }

    /// Returns the last saved world at or before a tick, or the start.
    pub(super) fn before(&self, tick: Tick) -> FilePosition {
        let keyframe = self.keyframes().rfind(|position| position.tick() <= tick);
        keyframe.unwrap_or_else(|| self.beginning())
    }

    /// Returns the chunk with a tick.
    pub(super) fn chunk_of(&self, tick: Tick) -> Option<FilePosition> {
        self.files.iter().enumerate().find_map(|(file, recording)| {
            let position = recording.chunk_of(tick)?;
            Some(FilePosition { file, position })
        })
    }

    /// Reads from a position to the end of the last file, with one chunk in memory at a time.
    pub(super) fn read_from(&mut self, position: FilePosition) -> FileItems<'_> {
        let files = self.files[position.file..].split_first_mut();
        let (file, rest) = files.expect("the position is of this recording");
        let items = ItemsOfFiles {
            items: file.read_from(position.position),
            rest: rest.iter_mut(),
        };
        items.peekable()
    }
}

/// The items of all files from a position. Each later file starts with the saved world that the
/// file before it ended with. Ends after an error.
pub(super) type FileItems<'a> = Peekable<ItemsOfFiles<'a>>;

/// Like [`FileItems`], without peeking.
pub(super) struct ItemsOfFiles<'a> {
    items: Items<'a, File>,
    rest: slice::IterMut<'a, Recording<File>>,
}

impl Iterator for ItemsOfFiles<'_> {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.items.next() {
                if item.is_err() {
                    self.rest = [].iter_mut();
                }
                return Some(item);
            }
            let next = self.rest.next()?;
            let beginning = next.beginning();
            self.items = next.read_from(beginning);
        }
    }
}
