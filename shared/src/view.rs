//! A client's view of its room: the result of all snapshots so far.

mod json;

use crate::{
    ids::{PlayerId, Slot, Tick},
    motion::{Position, Segment},
    snapshot::{Enter, MotionChange, Snapshot, Update},
};
pub use json::{EnterJson, ExtraJson, SnapshotJson, UpdateJson};

/// A visible player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    /// Its player id.
    pub player: PlayerId,
    /// Its name.
    pub name: &'a str,
    /// Its motion, which determines its position at every tick until the next update.
    pub segment: Segment,
    /// Index into the catalogue of skins.
    pub skin: u16,
    /// Its components of plugins, in order of bit number.
    pub extras: &'a [(u8, Vec<u8>)],
}

/// Everything that a client knows about its room.
#[derive(Clone, Debug, Default)]
pub struct View {
    stay: u8,
    tick: Option<Tick>,
    /// By slot; `None` for players that are not visible. Most updates change only a motion, so
    /// motions are packed densely.
    motions: Vec<Option<Segment>>,
    /// By slot. The entry of a player that is not visible is outdated.
    appearances: Vec<Appearance>,
}

/// The parts of a player that rarely change. They are stored separately from the motion.
#[derive(Clone, Debug, Default)]
struct Appearance {
    player: PlayerId,
    name: String,
    skin: u16,
    extras: Vec<(u8, Vec<u8>)>,
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

    /// Returns the player in a slot, or `None` if it is not visible.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<Seen<'_>> {
        self.seen(slot.index())
    }

    /// Returns the motion of the player in a slot, or `None` if it is not visible.
    #[must_use]
    pub fn segment(&self, slot: Slot) -> Option<Segment> {
        *self.motions.get(slot.index())?
    }

    /// Returns the position of the player in a slot at a tick, which must not be before the last
    /// snapshot. Returns `None` if the player is not visible.
    #[must_use]
    pub fn position(&self, slot: Slot, tick: Tick) -> Option<Position> {
        self.segment(slot).map(|segment| segment.at(tick))
    }

    /// Returns all visible players, in order of slot.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, Seen<'_>)> {
        (0..self.motions.len()).filter_map(|slot| Some((Slot(slot as u16), self.seen(slot)?)))
    }

    fn seen(&self, index: usize) -> Option<Seen<'_>> {
        let segment = (*self.motions.get(index)?)?;
        let appearance = self.appearances.get(index)?;
        Some(Seen {
            player: appearance.player,
            name: &appearance.name,
            segment,
            skin: appearance.skin,
            extras: &appearance.extras,
        })
    }

    fn forget(&mut self) {
        self.motions.clear();
        self.appearances.clear();
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
            self.motions
                .get_mut(slot.index())
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
        let index = enter.slot.index();
        if self.motions.len() <= index {
            self.motions.resize(index + 1, None);
            self.appearances.resize_with(index + 1, Appearance::default);
        }
        let motion = &mut self.motions[index];
        if motion.is_some() {
            return Err(ViewError::AlreadyKnown(enter.slot));
        }
        *motion = Some(Segment {
            since: tick,
            position: enter.position,
            gait: enter.gait,
        });
        self.appearances[index] = Appearance {
            player: enter.player,
            name: enter.name.clone(),
            skin: enter.skin,
            extras: enter.extras.clone(),
        };
        Ok(())
    }

    fn update(&mut self, update: &Update, tick: Tick) -> Result<(), ViewError> {
        let index = update.slot.index();
        let Some(Some(segment)) = self.motions.get_mut(index) else {
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
        if update.skin.is_some() || !update.extras.is_empty() {
            let appearance = &mut self.appearances[index];
            appearance.skin = update.skin.unwrap_or(appearance.skin);
            for (bit, bytes) in &update.extras {
                set_extra(&mut appearance.extras, *bit, bytes);
            }
        }
        Ok(())
    }
}

/// Replaces or adds a component, or removes it if `bytes` is empty.
fn set_extra(extras: &mut Vec<(u8, Vec<u8>)>, bit: u8, bytes: &[u8]) {
    match (
        extras.binary_search_by_key(&bit, |(bit, _)| *bit),
        bytes.is_empty(),
    ) {
        (Ok(at), true) => drop(extras.remove(at)),
        (Ok(at), false) => bytes.clone_into(&mut extras[at].1),
        (Err(_), true) => {}
        (Err(at), false) => extras.insert(at, (bit, bytes.to_vec())),
    }
}
