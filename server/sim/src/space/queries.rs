//! Queries over both indexes of a room. All results have a fixed order, which does not depend on
//! the order of storage.

use parlour_shared::{
    ids::{KindId, Slot},
    motion::{Position, UNITS_PER_PX, WallGrid},
};

use super::{Grid, HalfSize, KindSet, Rect, RestingIndex, SlotPosition};

/// Where the entities of a room are at this tick.
#[derive(Clone, Copy, Debug)]
pub struct SpaceView<'a> {
    /// The entities that rest. Each is in one of the indexes, and not in `moving`.
    pub resting: &'a [RestingIndex],
    /// The entities that move, at their positions of this tick.
    pub moving: &'a Grid,
    /// The kind of each slot.
    pub kinds: &'a [KindId],
    /// The size of the bodies of each kind.
    pub sizes: &'a [HalfSize],
    /// The walls of the map.
    pub walls: &'a WallGrid,
}

/// An entity, and how far it is from the position of a query. Ordered by distance, then by slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundSlot {
    /// The square of the distance, in units squared.
    pub distance_squared: i64,
    /// The entity.
    pub slot: Slot,
    /// Its position.
    pub position: Position,
}

impl SpaceView<'_> {
    /// Finds the entities whose position is at most `radius` units from `centre`. Replaces the
    /// contents of `found`, which is then ordered by distance, and for equal distances by slot.
    pub fn in_circle(&self, centre: Position, radius: i32, kinds: KindSet, found: &mut Vec<FoundSlot>) {
        found.clear();
        let Ok(reach) = u32::try_from(radius) else { return };
        let most = i64::from(reach) * i64::from(reach);
        self.each_in_rect(Rect::around(centre, radius), kinds, |slot, position| {
            let distance_squared = centre.distance_squared(position);
            if distance_squared <= most {
                found.push(FoundSlot {
                    distance_squared,
                    slot,
                    position,
                });
            }
        });
        found.sort_unstable();
    }

    /// Finds the `count` entities nearest to `from`, among those at most `radius` units away.
    /// Replaces the contents of `found`, which is then ordered by distance, and for equal distances
    /// by slot.
    pub fn nearest(
        &self,
        from: Position,
        count: usize,
        radius: i32,
        kinds: KindSet,
        found: &mut Vec<FoundSlot>,
    ) {
        // Circles of twice the radius each: the last one has at most four times the necessary area.
        let mut reach = radius.min(64 * UNITS_PER_PX);
        loop {
            self.in_circle(from, reach, kinds, found);
            if found.len() >= count || reach >= radius {
                break;
            }
            reach = reach.saturating_mul(2).min(radius);
        }
        found.truncate(count);
    }

    /// Finds the entities whose position is in a rectangle. Replaces the contents of `found`, which
    /// is then ordered by slot.
    pub fn in_rect(&self, rect: Rect, kinds: KindSet, found: &mut Vec<SlotPosition>) {
        found.clear();
        self.each_in_rect(rect, kinds, |slot, position| {
            found.push(SlotPosition { slot, position });
        });
        found.sort_unstable_by_key(|entity| entity.slot);
    }

    /// Finds the entities whose body overlaps a rectangle. Replaces the contents of `found`, which
    /// is then ordered by slot.
    pub fn touching(&self, rect: Rect, kinds: KindSet, found: &mut Vec<SlotPosition>) {
        found.clear();
        self.each_touching(rect, kinds, |slot, position, _| {
            found.push(SlotPosition { slot, position });
        });
        found.sort_unstable_by_key(|entity| entity.slot);
    }

    /// Calls `found` with each entity whose position is in a rectangle, in no particular order.
    fn each_in_rect(&self, rect: Rect, kinds: KindSet, mut found: impl FnMut(Slot, Position)) {
        let mut filtered = |slot: Slot, position| {
            if kinds.contains(self.kind(slot)) {
                found(slot, position);
            }
        };
        for resting in self.resting {
            resting.in_rect(rect, &mut filtered);
        }
        self.moving.in_rect(rect, filtered);
    }

    /// Calls `found` with each entity whose body overlaps a rectangle, in no particular order.
    pub(super) fn each_touching(
        &self,
        rect: Rect,
        kinds: KindSet,
        mut found: impl FnMut(Slot, Position, Rect),
    ) {
        // A body of size 0 covers one unit.
        let largest = HalfSize { half_x: 1, half_y: 1 };
        let largest = (0..=u8::MAX)
            .zip(self.sizes)
            .filter(|(kind, _)| kinds.contains(KindId(*kind)))
            .fold(largest, |largest, (_, size)| largest.max(*size));
        self.each_in_rect(rect.grown(largest), kinds, |slot, position| {
            let body = Rect::of_body(position, self.size(slot));
            if body.overlaps(&rect) {
                found(slot, position, body);
            }
        });
    }

    fn kind(&self, slot: Slot) -> KindId {
        self.kinds.get(slot.index()).copied().unwrap_or_default()
    }

    fn size(&self, slot: Slot) -> HalfSize {
        let kind = usize::from(self.kind(slot).0);
        self.sizes.get(kind).copied().unwrap_or_default()
    }
}
