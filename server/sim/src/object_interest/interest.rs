//! The objects near the players of one room.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Slot, Tick},
    motion::Position,
    rng::mix,
};

use crate::space::{NearObjects, NearRadius, ObjectLayer, ObjectSpace, RestingIndex, SlotPosition};

/// The objects near the players of a room. Each player was checked at most 6 ticks ago. Objects
/// that are despawned and players that leave are forgotten at once. In a room with
/// [`Interest::All`](crate::Interest::All), all lists are empty.
#[derive(Component, Debug, Default)]
pub struct ObjectInterest {
    near: NearObjects,
    tally: Tally,
    /// Where a player of a small room was when it was last checked, by slot. This is not state,
    /// because a check at the same place changes nothing unless an object has moved.
    checked_at: Vec<Option<Position>>,
    /// The lists of a room that is being loaded, until they are checked.
    pub(super) loaded: SavedLists,
}

/// Up to this many moving objects, comparing them with a player costs less than a search of the
/// indexes.
const FEW_MOVERS: usize = 64;

/// What follows from the near pairs and their changes.
#[derive(Debug, Default)]
struct Tally {
    /// A sum over all near pairs, so that the cost of an update depends only on what changes.
    digest: u64,
    pairs: u32,
    /// When the list of a player last changed, by slot. This is not state.
    changed_at: Vec<Tick>,
}

/// For each player with objects near it, its slot, and the index of each object
/// ([`Slot::object_index`]). By slot.
pub(super) type SavedLists = Vec<(Slot, Vec<u16>)>;

impl ObjectInterest {
    /// Creates empty lists for a room that is being loaded with these.
    pub(super) fn loading(loaded: SavedLists) -> Self {
        Self {
            loaded,
            ..Self::default()
        }
    }

    /// Returns the objects near a player, by slot.
    #[must_use]
    pub fn near(&self, player: Slot) -> &[Slot] {
        self.near.of_viewer(player)
    }

    /// Returns the players that an object is near to, by slot.
    #[must_use]
    pub fn near_to(&self, object: Slot) -> &[Slot] {
        self.near.of_object(object)
    }

    /// Returns whether an object is near a player.
    #[must_use]
    pub fn is_near(&self, player: Slot, object: Slot) -> bool {
        self.near(player).binary_search(&object).is_ok()
    }

    /// Returns the tick in which the list of a slot last changed; 0 if it has not changed since the
    /// world was made or loaded. This is not part of the state.
    #[must_use]
    pub fn changed_at(&self, player: Slot) -> Tick {
        let changed_at = self.tally.changed_at.get(player.index());
        changed_at.copied().unwrap_or_default()
    }

    /// Returns a hash of all near pairs.
    pub(super) fn digest(&self) -> u64 {
        self.tally.digest
    }

    /// Returns whether no object is near a player.
    pub(super) fn is_empty(&self) -> bool {
        self.tally.pairs == 0
    }

    /// Returns the lists that are not empty, by slot of the player.
    pub(super) fn lists(&self) -> impl Iterator<Item = (Slot, &[Slot])> {
        self.near.lists()
    }

    /// Checks a player against all objects.
    pub(super) fn player_looks(&mut self, player: SlotPosition, layers: &[ObjectLayer], now: Tick) {
        let Self { near, tally, .. } = self;
        let slot = player.slot;
        near.viewer_looks(slot, player.position, layers, |object, is_near| {
            tally.note((slot, object), is_near, now);
        });
    }

    /// Checks a player of a small room. If the player has not moved since its last check, a round
    /// ago, only the objects that moved since then matter.
    pub(super) fn player_looks_again(&mut self, player: SlotPosition, space: &ObjectSpace, now: Tick) {
        let at = player.slot.index();
        if self.checked_at.len() <= at {
            self.checked_at.resize(at + 1, None);
        }
        let before = self.checked_at[at].replace(player.position);
        if before != Some(player.position) || space.mover_count() > FEW_MOVERS {
            self.player_looks(player, space.layers(), now);
            return;
        }
        let Self { near, tally, .. } = self;
        for (object, radius) in space.movers() {
            if let Some(is_near) = near.viewer_looks_at(player, object, radius) {
                tally.note((player.slot, object.slot), is_near, now);
            }
        }
    }

    /// Checks an object against the players of one index.
    pub(super) fn object_looks(
        &mut self,
        object: SlotPosition,
        radius: NearRadius,
        players: &RestingIndex,
        now: Tick,
    ) {
        let Self { near, tally, .. } = self;
        near.object_looks(
            object.slot,
            object.position,
            radius,
            players,
            |player| players.position(player).is_some(),
            |player, is_near| tally.note((player, object.slot), is_near, now),
        );
    }

    /// Forgets a player that leaves the room.
    pub(crate) fn player_leaves(&mut self, player: Slot, now: Tick) {
        let Self {
            near,
            tally,
            checked_at,
            ..
        } = self;
        if let Some(checked_at) = checked_at.get_mut(player.index()) {
            *checked_at = None;
        }
        near.viewer_leaves(player, |object| tally.note((player, object), false, now));
    }

    /// Forgets an object that is despawned.
    pub(crate) fn object_leaves(&mut self, object: Slot, now: Tick) {
        let Self { near, tally, .. } = self;
        near.object_leaves(object, |player| tally.note((player, object), false, now));
    }

    /// Forgets all pairs.
    pub(super) fn clear(&mut self, now: Tick) {
        for viewer in 0..self.near.viewer_count() {
            self.player_leaves(Slot(viewer as u16), now);
        }
    }

    /// Adds a near pair of a room that is being loaded.
    pub(super) fn load_pair(&mut self, player: Slot, object: Slot) {
        self.near.set(player, object, true);
        self.tally.note((player, object), true, Tick(0));
    }
}

impl Tally {
    /// Notes that a pair came near, or is no longer near.
    fn note(&mut self, (player, object): (Slot, Slot), is_near: bool, now: Tick) {
        let share = mix(u64::from(player.0) << 16 | u64::from(object.0) | 1 << 33);
        if is_near {
            self.digest = self.digest.wrapping_add(share);
            self.pairs += 1;
        } else {
            self.digest = self.digest.wrapping_sub(share);
            self.pairs -= 1;
        }
        let at = player.index();
        if self.changed_at.len() <= at {
            self.changed_at.resize(at + 1, Tick(0));
        }
        self.changed_at[at] = now;
    }
}
