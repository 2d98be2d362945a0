//! Queries about one room: circles, rectangles, the nearest. All results have a fixed order, which
//! does not depend on the order of storage.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::KindId,
    motion::{Position, UNITS_PER_PX, WallGrid},
};

use super::{FoundEntity, HalfSize, KindSet, ObjectSpace, Rect, SlotPosition, past_places::PastPlaces};
use crate::{kinds::EntityKinds, movement::CurrentPosition, proximity::PlayerIndex, rooms::Seats};

/// Where the players and objects of a room are, for queries of game logic: [`Space`](crate::Space)
/// returns it, and [`PastSpace`](crate::PastSpace) with the positions of a past tick. Each query
/// that finds several entities replaces the contents of a list, whose memory can be used again.
#[derive(Clone, Copy, Debug)]
pub struct RoomSpace<'a> {
    pub(super) seats: &'a Seats,
    pub(super) positions: &'a Query<'a, 'a, &'static CurrentPosition>,
    /// The index of the players. A small room has none.
    pub(super) players: Option<&'a PlayerIndex>,
    pub(super) objects: &'a ObjectSpace,
    pub(super) kinds: &'a EntityKinds,
    pub(super) walls: &'a WallGrid,
    /// The positions of a past tick, if the queries are about one.
    pub(super) past: Option<PastPlaces<'a>>,
}

impl<'a> RoomSpace<'a> {
    /// Returns the queries about a past tick.
    pub(super) fn at(self, past: PastPlaces<'a>) -> Self {
        Self {
            past: Some(past),
            ..self
        }
    }

    /// Finds the entities whose position is at most `radius` units from `centre`. They are ordered
    /// by distance, and for equal distances by slot.
    pub fn in_circle(&self, centre: Position, radius: i32, kinds: KindSet, found: &mut Vec<FoundEntity>) {
        self.others_in_circle(Entity::PLACEHOLDER, centre, radius, kinds, found);
    }

    /// Like [`Self::in_circle`], without one of them.
    pub(super) fn others_in_circle(
        &self,
        without: Entity,
        centre: Position,
        radius: i32,
        kinds: KindSet,
        found: &mut Vec<FoundEntity>,
    ) {
        found.clear();
        let Ok(reach) = u32::try_from(radius) else { return };
        let most = i64::from(reach) * i64::from(reach);
        self.each_in_rect(Rect::around(centre, radius), kinds, |entity| {
            if centre.distance_squared(entity.position) <= most && entity.entity != without {
                found.push(entity);
            }
        });
        found.sort_unstable_by_key(|entity| (centre.distance_squared(entity.position), entity.slot));
    }

    /// Finds the `count` entities nearest to `from`, among those at most `radius` units away. They
    /// are ordered by distance, and for equal distances by slot.
    pub fn nearest(
        &self,
        from: Position,
        count: usize,
        radius: i32,
        kinds: KindSet,
        found: &mut Vec<FoundEntity>,
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

    /// Finds the entities whose position is in a rectangle. They are ordered by slot: players
    /// first.
    pub fn in_rect(&self, rect: Rect, kinds: KindSet, found: &mut Vec<FoundEntity>) {
        found.clear();
        self.each_in_rect(rect, kinds, |entity| found.push(entity));
        found.sort_unstable_by_key(|entity| entity.slot);
    }

    /// Finds the players whose position is in an area, ordered by slot.
    pub fn players_in(&self, area: Rect, found: &mut Vec<FoundEntity>) {
        self.in_rect(area, KindSet::PLAYERS, found);
    }

    /// Finds the objects of any kind whose position is in an area, ordered by slot.
    pub fn objects_in(&self, area: Rect, found: &mut Vec<FoundEntity>) {
        self.in_rect(area, KindSet::OBJECTS, found);
    }

    /// Finds the entities whose body overlaps a rectangle. They are ordered by slot: players first.
    pub fn touching(&self, rect: Rect, kinds: KindSet, found: &mut Vec<FoundEntity>) {
        found.clear();
        self.each_touching(rect, kinds, |entity, _| found.push(entity));
        found.sort_unstable_by_key(|entity| entity.slot);
    }

    /// Calls `found` with each entity whose position is in a rectangle, in no particular order.
    fn each_in_rect(&self, rect: Rect, kinds: KindSet, mut found: impl FnMut(FoundEntity)) {
        let Some(past) = self.past else {
            self.each_present_in_rect(rect, kinds, found);
            return;
        };
        self.each_present_in_rect(rect, kinds, |entity| {
            if past.is_unmoved(entity.entity) {
                found(entity);
            }
        });
        past.each_recent(rect, kinds, &mut found);
    }

    /// Like [`Self::each_in_rect`], with the present positions.
    fn each_present_in_rect(&self, rect: Rect, kinds: KindSet, mut found: impl FnMut(FoundEntity)) {
        if kinds.contains(KindId::PLAYER) {
            self.each_player_in_rect(rect, &mut found);
        }
        self.objects.each_in_rect(rect, kinds, |slot, object| {
            found(FoundEntity {
                entity: object.entity,
                kind: object.kind,
                slot,
                position: object.position,
            });
        });
    }

    fn each_player_in_rect(&self, rect: Rect, found: &mut impl FnMut(FoundEntity)) {
        let mut player = |entity, slot, position| {
            found(FoundEntity {
                entity,
                kind: KindId::PLAYER,
                slot,
                position,
            });
        };
        if let Some(players) = self.players {
            players.each_in_rect(rect, |SlotPosition { slot, position }| {
                if let Some(entity) = self.seats.get(slot) {
                    player(entity, slot, position);
                }
            });
            return;
        }
        for (slot, entity) in self.seats.iter() {
            let position = self.positions.get(entity);
            if let Some(position) = position.ok().filter(|position| rect.contains(position.0)) {
                player(entity, slot, position.0);
            }
        }
    }

    /// Calls `found` with each entity whose body overlaps a rectangle, and with the body, in no
    /// particular order.
    pub(super) fn each_touching(&self, rect: Rect, kinds: KindSet, mut found: impl FnMut(FoundEntity, Rect)) {
        // A body, or a rectangle, of size 0 covers one unit.
        let searched = Rect {
            right: rect.right.max(rect.left.saturating_add(1)),
            bottom: rect.bottom.max(rect.top.saturating_add(1)),
            ..rect
        };
        let largest = HalfSize { half_x: 1, half_y: 1 };
        let sizes = self.kinds.iter().filter(|(kind, _)| kinds.contains(*kind));
        let largest = sizes.fold(largest, |largest, (_, kind)| largest.max(kind.size().into()));
        self.each_in_rect(searched.grown(largest), kinds, |entity| {
            let size = self.kinds.get(entity.kind).map(|kind| kind.size().into());
            let body = Rect::of_body(entity.position, size.unwrap_or_default());
            if body.overlaps(&rect) {
                found(entity, body);
            }
        });
    }
}
