//! The files of a recording, read as one: a server that rotates its files writes one recording.

use std::{fs::File, iter::Peekable, path::Path, slice};

use parlour_shared::ids::Tick;

use super::ReplayError;
use crate::{
    Header,
    format::{Ending, Item, Items, Place, ReadError, Recording, Times},
};

/// A recording of one file or several, each of which goes on from the one before it.
pub struct Tape {
    first: Recording<File>,
    next: Vec<Recording<File>>,
}

/// A place in one of the files where reading can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Which file.
    file: usize,
    place: Place,
}

impl Spot {
    /// The tick after which the world was saved that is read first; or, without a saved world, the tick before the
    /// first that is read.
    pub(super) fn tick(self) -> Tick {
        self.place.tick()
    }
}

impl Tape {
    /// A recording of one file.
    pub(super) fn new(first: Recording<File>) -> Self {
        let next = Vec::new();
        Self { first, next }
    }

    /// Goes on with the file that goes on from the last one.
    ///
    /// # Errors
    /// [`ReplayError`] if it cannot be opened, or does not go on from it.
    pub(super) fn go_on_with(&mut self, path: &Path) -> Result<(), ReplayError> {
        let next = Recording::open(path)?;
        let last = self.next.last_mut().unwrap_or(&mut self.first);
        let chain = last.chain().map_err(ReadError::Io)?;
        let (header, before) = (next.header(), last.header());
        let follows = header
            .previous
            .as_ref()
            .is_some_and(|previous| previous.chain == chain);
        if !follows || !header.is_of_the_world_of(before) {
            return Err(ReplayError::NotTheNext(path.display().to_string()));
        }
        self.next.push(next);
        Ok(())
    }

    fn files(&self) -> impl DoubleEndedIterator<Item = (usize, &Recording<File>)> {
        // Counted by hand: a chain cannot be counted from its end.
        let next = self.next.iter().enumerate().map(|(nth, file)| (nth + 1, file));
        std::iter::once((0, &self.first)).chain(next)
    }

    /// What the first file says of the world.
    pub fn header(&self) -> &Header {
        self.first.header()
    }

    /// When the recording began, in milliseconds since 1970.
    pub fn started_ms(&self) -> u64 {
        self.first.started_ms()
    }

    /// When each of its ticks was.
    #[must_use]
    pub fn times(&self) -> Times {
        let mut times = self.first.times();
        self.next.iter().for_each(|next| times.join(&next.times()));
        times
    }

    /// How its last file ends.
    #[must_use]
    pub fn ending(&self) -> &Ending {
        self.next.last().unwrap_or(&self.first).ending()
    }

    /// The first tick that can be read; none if there is no tick.
    #[must_use]
    pub fn first_tick(&self) -> Option<Tick> {
        self.files().find_map(|(_, file)| file.first_tick())
    }

    /// The last tick that can be read; none if there is no tick.
    #[must_use]
    pub fn last_tick(&self) -> Option<Tick> {
        self.files().rev().find_map(|(_, file)| file.last_tick())
    }

    /// When a tick was, in milliseconds since 1970. None if it is not in it.
    #[must_use]
    pub fn wall_at(&self, tick: Tick) -> Option<u64> {
        self.files().find_map(|(_, file)| file.wall_at(tick))
    }

    /// Where everything begins.
    pub(super) fn beginning(&self) -> Spot {
        let place = self.first.beginning();
        Spot { file: 0, place }
    }

    /// The places of the saved worlds.
    pub(super) fn keyframes(&self) -> impl DoubleEndedIterator<Item = Spot> {
        self.files()
            .flat_map(|(nth, file)| file.keyframes().map(move |place| Spot { file: nth, place }))
    }

    /// The last saved world from which that tick can be reached.
    pub(super) fn keyframe_at_or_before(&self, tick: Tick) -> Option<Spot> {
        self.keyframes().rfind(|spot| spot.tick() <= tick)
    }

    /// The last saved world at or before that tick, or the beginning.
    pub(super) fn before(&self, tick: Tick) -> Spot {
        self.keyframe_at_or_before(tick)
            .unwrap_or_else(|| self.beginning())
    }

    /// The chunk that holds a tick.
    pub(super) fn chunk_of(&self, tick: Tick) -> Option<Spot> {
        self.files().find_map(|(nth, file)| {
            let place = file.chunk_of(tick)?;
            Some(Spot { file: nth, place })
        })
    }

    /// Reads from a place to the end of the last file; one chunk is in memory at a time.
    pub(super) fn read_from(&mut self, spot: Spot) -> TapeItems<'_> {
        let (file, rest) = match spot.file.checked_sub(1) {
            None => (&mut self.first, &mut self.next[..]),
            Some(nth) => {
                let (file, rest) = self.next[nth..]
                    .split_first_mut()
                    .expect("spots are of their tape");
                (file, rest)
            }
        };
        let items = ItemsOfFiles {
            items: file.read_from(spot.place),
            rest: rest.iter_mut(),
        };
        items.peekable()
    }
}

/// The items of all files from a place on. Each later file begins with a saved world: the one that the file before it
/// came to. After an error nothing more comes.
pub(super) type TapeItems<'a> = Peekable<ItemsOfFiles<'a>>;

/// As [`TapeItems`], without looking ahead.
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
