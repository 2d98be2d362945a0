//! Where the epochs of each world start, so that a room that is created again, perhaps in a
//! different world, has an epoch that it did not have before.

use parlour_tick::{WorldId, WorldKind};

/// The epochs of an own world: more than the rooms that it makes before it ends.
const OWN: u32 = 257;
/// The number of own worlds after which the epochs start again.
const OWN_WORLDS: u32 = 1 << 23;
/// The epochs of a shared world: more than the rooms that it makes in its life.
const SHARED: u32 = 1 << 24;
/// The number of ranges for shared worlds. Further shared worlds share ranges.
const SHARED_WORLDS: u32 = 64;

/// The epochs that the worlds of a node use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epochs {
    /// One bit for each range of shared worlds.
    shared: u64,
    /// The id of an own world after all those that an earlier process had.
    first_id: u32,
}

impl Epochs {
    /// Notes the epochs of a world that an earlier process started. Call it before
    /// [`Self::first_of`].
    pub(crate) fn note(&mut self, kind: &WorldKind, first_epoch: u32) {
        match kind {
            WorldKind::Own { .. } => self.first_id = self.first_id.max(first_epoch / OWN + 1),
            WorldKind::Main | WorldKind::Shared { .. } => {
                self.shared |= 1 << (first_epoch / SHARED % SHARED_WORLDS)
            }
        }
    }

    /// Returns the id of the first world that this process starts: at least 1.
    pub(crate) fn first_id(&self) -> u32 {
        self.first_id.max(1)
    }

    /// Returns where the epochs of a new world start. Those of own worlds rise with their ids, and
    /// start again after 8 million worlds. A shared world gets the first range that is free: with
    /// several tick threads, its rooms can be created again in a different shared world.
    pub(crate) fn first_of(&mut self, world: WorldId, kind: &WorldKind) -> u32 {
        match kind {
            WorldKind::Own { .. } => world.0 % OWN_WORLDS * OWN,
            WorldKind::Main | WorldKind::Shared { .. } => {
                let free = self.shared.trailing_ones();
                let range = match free {
                    SHARED_WORLDS.. => world.0 % SHARED_WORLDS,
                    free => free,
                };
                self.shared |= 1 << range;
                range * SHARED
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> WorldKind {
        WorldKind::Own {
            room_type: "tag".to_owned(),
            room: Some("tag/a".to_owned()),
        }
    }

    #[test]
    fn the_epochs_of_own_worlds_rise_and_do_not_meet() {
        let mut epochs = Epochs::default();
        let last = OWN_WORLDS - 1;
        for world in [0, 1, 2, 1000, last - 1] {
            let [one, next] = [world, world + 1].map(|world| epochs.first_of(WorldId(world), &own()));
            assert_eq!(next - one, OWN);
        }
        assert!(epochs.first_of(WorldId(last), &own()).checked_add(OWN).is_some());
    }

    #[test]
    fn shared_worlds_have_different_ranges() {
        let mut epochs = Epochs::default();
        let mut ranges: Vec<u32> = (1..=64)
            .map(|world| epochs.first_of(WorldId(world), &WorldKind::Main))
            .collect();
        assert_eq!(ranges[..3], [0, SHARED, 2 * SHARED]);
        ranges.dedup();
        assert_eq!(ranges.len(), 64);
        // Those after the last range share one.
        assert!(
            epochs
                .first_of(WorldId(65), &WorldKind::Main)
                .is_multiple_of(SHARED)
        );
    }

    #[test]
    fn new_worlds_avoid_the_epochs_of_an_earlier_process() {
        let mut epochs = Epochs::default();
        epochs.note(&WorldKind::Main, 0);
        epochs.note(&WorldKind::Main, 2 * SHARED);
        epochs.note(&own(), 70 * OWN);
        assert_eq!(epochs.first_id(), 71);
        let shared = [71, 72].map(|world| epochs.first_of(WorldId(world), &WorldKind::Main));
        assert_eq!(shared, [SHARED, 3 * SHARED]);
        assert_eq!(epochs.first_of(WorldId(71), &own()), 71 * OWN);
    }
}
