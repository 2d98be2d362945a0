//! A client's view of its room: the result of all snapshots so far.

mod json;
mod table;

use crate::{
    ids::{PlayerId, Slot, Tick},
    motion::{Position, Segment},
    snapshot::{Enter, Identity, MotionChange, ObjectIdentity, PlayerIdentity, Snapshot, Update},
};
pub use json::{ComponentForms, ComponentsJson, EnterJson, SnapshotJson, UpdateJson};
use table::{Appearance, Table};

/// A visible player or object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    /// The player or object that it is.
    pub identity: &'a Identity,
    /// Its motion, which determines its position at every tick until the next update.
    pub segment: Segment,
    /// Its components, as index and bytes, in order of index.
    pub components: &'a [(u8, Vec<u8>)],
}

impl<'a> Seen<'a> {
    /// Returns the player, or `None` if this is an object.
    #[must_use]
    pub fn player(&self) -> Option<&'a PlayerIdentity> {
        self.identity.player()
    }

    /// Returns the object, or `None` if this is a player.
    #[must_use]
    pub fn object(&self) -> Option<&'a ObjectIdentity> {
        self.identity.object()
    }
}

/// Everything that a client knows about its room.
#[derive(Clone, Debug, Default)]
pub struct View {
    stay: u8,
    tick: Option<Tick>,
    players: Table,
    objects: Table,
}

/// A snapshot that does not fit what the client knows: the server or the transport broke a
/// guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// The snapshot belongs to a different stay in a room than the current one.
    #[error("snapshot of view {got} in view {expected}")]
    WrongStay {
        /// The number of the current stay.
        expected: u8,
        /// The number in the snapshot.
        got: u8,
    },
    /// The snapshot's tick is not later than the last one.
    #[error("tick {got:?} after tick {last:?}")]
    TickNotLater {
        /// The last tick.
        last: Tick,
        /// The snapshot's tick.
        got: Tick,
    },
    /// The snapshot is a delta to a base that the client does not have.
    #[error("delta to {base:?}, but the last snapshot is {last:?}")]
    UnknownBase {
        /// The snapshot's base.
        base: Tick,
        /// The last tick. `None`: no snapshot since entering the room.
        last: Option<Tick>,
    },
    /// The enter is for a slot that is already known.
    #[error("enter for known slot {0:?}")]
    AlreadyKnown(Slot),
    /// The leave or update is for an unknown slot.
    #[error("leave or update of unknown slot {0:?}")]
    Unknown(Slot),
    /// The turn is earlier than the segment that it ends.
    #[error("turn of slot {0:?} before its segment began")]
    TurnTooOld(Slot),
    /// The update changes the skin of an object or says that it is dropped, or changes the owner of
    /// a player.
    #[error("update of slot {0:?} changes what its kind does not have")]
    WrongKind(Slot),
}

impl View {
    /// Begins a new stay in a room and forgets everything. The next snapshot is a full one.
    pub fn enter_room(&mut self, stay: u8) {
        self.stay = stay;
        self.tick = None;
        self.forget();
    }

    /// Returns the tick of the last snapshot, or `None` if no snapshot came since entering the
    /// room.
    #[must_use]
    pub fn tick(&self) -> Option<Tick> {
        self.tick
    }

    /// Returns the player or object in a slot, or `None` if it is not visible.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<Seen<'_>> {
        let (table, index) = self.place(slot);
        table.get(index)
    }

    /// Returns all visible players, in order of slot.
    pub fn players(&self) -> impl Iterator<Item = (Slot, &PlayerIdentity, Seen<'_>)> {
        self.iter()
            .filter_map(|(slot, seen)| Some((slot, seen.player()?, seen)))
    }

    /// Returns all visible objects, in order of slot.
    pub fn objects(&self) -> impl Iterator<Item = (Slot, &ObjectIdentity, Seen<'_>)> {
        self.iter()
            .filter_map(|(slot, seen)| Some((slot, seen.object()?, seen)))
    }

    /// Returns the player with this id, or `None` if it is not visible. Searches all slots.
    #[must_use]
    pub fn find_player(&self, player: PlayerId) -> Option<(Slot, &PlayerIdentity, Seen<'_>)> {
        self.players().find(|(_, found, _)| found.player == player)
    }

    /// Returns the motion of the entity in a slot, or `None` if it is not visible.
    #[must_use]
    pub fn segment(&self, slot: Slot) -> Option<Segment> {
        let (table, index) = self.place(slot);
        *table.motions.get(index)?
    }

    /// Returns the position of the entity in a slot at a tick, which must not be before the last
    /// snapshot. Returns `None` if the entity is not visible.
    #[must_use]
    pub fn position(&self, slot: Slot, tick: Tick) -> Option<Position> {
        self.segment(slot).map(|segment| segment.at(tick))
    }

    /// Returns all visible players and objects, in order of slot.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, Seen<'_>)> {
        let players = self.players.iter();
        let players = players.map(|(index, seen)| (Slot(index as u16), seen));
        let objects = self.objects.iter();
        let first = Slot::FIRST_OBJECT.0;
        players.chain(objects.map(move |(index, seen)| (Slot(first + index as u16), seen)))
    }

    /// Returns where the entity of a slot is: the table, and the index there.
    fn place(&self, slot: Slot) -> (&Table, usize) {
        match slot.object_index() {
            None => (&self.players, slot.index()),
            Some(index) => (&self.objects, index),
        }
    }

    /// Like [`Self::place`], but mutable.
    fn place_mut(&mut self, slot: Slot) -> (&mut Table, usize) {
        match slot.object_index() {
            None => (&mut self.players, slot.index()),
            Some(index) => (&mut self.objects, index),
        }
    }

    fn forget(&mut self) {
        self.players.clear();
        self.objects.clear();
    }

    /// Applies a snapshot.
    ///
    /// # Errors
    /// [`ViewError`] at the first part that does not fit. The view is then unusable until the next
    /// full snapshot.
    pub fn apply(&mut self, snapshot: &Snapshot) -> Result<(), ViewError> {
        if snapshot.view != self.stay {
            return Err(ViewError::WrongStay {
                expected: self.stay,
                got: snapshot.view,
            });
        }
        if let Some(last) = self.tick.filter(|&last| last >= snapshot.tick) {
            return Err(ViewError::TickNotLater {
                last,
                got: snapshot.tick,
            });
        }
        match snapshot.base {
            None => self.forget(),
            Some(base) if Some(base) == self.tick => {}
            Some(base) => {
                return Err(ViewError::UnknownBase {
                    base,
                    last: self.tick,
                });
            }
        }
        self.tick = Some(snapshot.tick);
        for &slot in &snapshot.leaves {
            let (table, index) = self.place_mut(slot);
            table
                .motions
                .get_mut(index)
                .and_then(Option::take)
                .ok_or(ViewError::Unknown(slot))?;
        }
        for enter in &snapshot.enters {
            self.enter(enter, snapshot.tick)?;
        }
        for update in &snapshot.updates {
            self.update(update, snapshot.tick)?;
        }
        Ok(())
    }

    fn enter(&mut self, enter: &Enter, tick: Tick) -> Result<(), ViewError> {
        let (table, index) = self.place_mut(enter.slot);
        table.grow(index);
        let motion = &mut table.motions[index];
        if motion.is_some() {
            return Err(ViewError::AlreadyKnown(enter.slot));
        }
        *motion = Some(Segment {
            since: tick,
            position: enter.position,
            gait: enter.gait,
        });
        table.appearances[index] = Appearance {
            identity: enter.identity.clone(),
            components: enter.components.clone(),
        };
        Ok(())
    }

    fn update(&mut self, update: &Update, tick: Tick) -> Result<(), ViewError> {
        let (table, index) = self.place_mut(update.slot);
        let Some(Some(segment)) = table.motions.get_mut(index) else {
            return Err(ViewError::Unknown(update.slot));
        };
        match update.motion {
            Some(MotionChange::Turn { since, .. }) if since < segment.since => {
                return Err(ViewError::TurnTooOld(update.slot));
            }
            Some(MotionChange::Turn { since, gait }) => {
                *segment = Segment {
                    since,
                    position: segment.at(since),
                    gait,
                };
            }
            Some(MotionChange::Anchor { position, gait }) => {
                *segment = Segment {
                    since: tick,
                    position,
                    gait,
                };
            }
            None => {}
        }
        // Most updates contain only a motion, and need not load the appearance.
        if update.skin.is_none()
            && update.components.is_empty()
            && update.owner.is_none()
            && update.dropped.is_none()
        {
            return Ok(());
        }
        let appearance = &mut table.appearances[index];
        match &mut appearance.identity {
            Identity::Player(player) if update.owner.is_none() => {
                player.skin = update.skin.unwrap_or(player.skin);
                player.dropped = update.dropped.unwrap_or(player.dropped);
            }
            Identity::Object(object) if update.skin.is_none() && update.dropped.is_none() => {
                object.owner = update.owner.map_or(object.owner, |owner| owner.player);
            }
            _ => return Err(ViewError::WrongKind(update.slot)),
        }
        for (component, bytes) in &update.components {
            set_component(&mut appearance.components, *component, bytes);
        }
        Ok(())
    }
}

/// Replaces or adds a component, or removes it if `bytes` is empty.
fn set_component(components: &mut Vec<(u8, Vec<u8>)>, index: u8, bytes: &[u8]) {
    match (
        components.binary_search_by_key(&index, |(index, _)| *index),
        bytes.is_empty(),
    ) {
        (Ok(at), true) => drop(components.remove(at)),
        (Ok(at), false) => bytes.clone_into(&mut components[at].1),
        (Err(_), true) => {}
        (Err(at), false) => components.insert(at, (index, bytes.to_vec())),
    }
}
