//! Tracks which rooms the player was in, and whether events there are reported.

use std::collections::BTreeSet;

/// Where the player was.
pub(super) struct RoomFilter {
    /// The requested room. `None`: all.
    asked: Option<String>,
    /// Whether the player was in that room before or after the last tick.
    is_in: bool,
    /// Whether it was ever in that room.
    was_in: bool,
    /// The other rooms it was in.
    others: BTreeSet<String>,
}

impl RoomFilter {
    pub(super) fn new(room: Option<&str>) -> Self {
        Self {
            asked: room.map(String::from),
            is_in: room.is_none(),
            was_in: room.is_none(),
            others: BTreeSet::new(),
        }
    }

    /// Notes where the player was before and after a tick. A tick in which it enters or leaves
    /// belongs to the room.
    pub(super) fn note(&mut self, before: Option<&str>, after: Option<&str>) {
        let Some(asked) = &self.asked else {
            return;
        };
        let rooms = [before, after];
        self.is_in = rooms.contains(&Some(asked));
        self.was_in |= self.is_in;
        for other in rooms.into_iter().flatten().filter(|room| room != asked) {
            if !self.others.contains(other) {
                self.others.insert(other.to_owned());
            }
        }
    }

    /// Notes that nobody is followed in this tick.
    pub(super) fn note_absent(&mut self) {
        self.is_in = self.asked.is_none();
    }

    /// Returns whether the last tick is reported.
    pub(super) fn is_reported(&self) -> bool {
        self.is_in
    }

    /// Returns whether the player was ever in the requested room. True if no room was requested.
    pub(super) fn was_in(&self) -> bool {
        self.was_in
    }

    /// Returns the other rooms in which the player was.
    pub(super) fn into_others(self) -> BTreeSet<String> {
        self.others
    }
}
