//! Where the objects of a room are.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{KindId, Slot, Tick},
    motion::Position,
};

use super::{KindSet, NearRadius, ObjectLayer, Rect, SlotPosition};

/// Where the objects of a room are, by radius of interest. An object counts as *moving* for a round
/// after it moved, as players do. A tick costs nothing for an object that rests.
///
/// It is not part of the state: it follows from the positions of the objects. Which of them count
/// as moving changes no result.
#[derive(Component, Debug, Default)]
pub struct ObjectSpace {
    layers: Vec<ObjectLayer>,
    /// By slot, from [`Slot::FIRST_OBJECT`] on.
    objects: Vec<Option<TrackedObject>>,
    len: u32,
    /// Whether some object may count as moving, so that [`Self::settle`] has something to do.
    is_unsettled: bool,
}

/// An object of a room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrackedObject {
    pub(crate) entity: Entity,
    pub(crate) position: Position,
    /// The last tick in which it moved or appeared.
    moved_at: Tick,
    /// Its index among the movers of its layer, or [`RESTS`].
    mover: u32,
    pub(crate) kind: KindId,
    layer: u8,
}

const RESTS: u32 = u32::MAX;

impl ObjectSpace {
    /// Returns the number of objects.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Returns whether the room has no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the position of an object.
    #[must_use]
    pub fn position(&self, slot: Slot) -> Option<Position> {
        self.get(slot).map(|object| object.position)
    }

    /// Returns the object in a slot.
    pub(crate) fn get(&self, slot: Slot) -> Option<&TrackedObject> {
        self.objects.get(slot.object_index()?)?.as_ref()
    }

    /// Returns the layers, one for each radius of interest.
    pub(crate) fn layers(&self) -> &[ObjectLayer] {
        &self.layers
    }

    /// Returns the number of objects that count as moving.
    #[must_use]
    pub fn mover_count(&self) -> usize {
        self.layers.iter().map(|layer| layer.movers.len()).sum()
    }

    /// Returns the objects that count as moving, with their radius of interest.
    pub(crate) fn movers(&self) -> impl Iterator<Item = (SlotPosition, NearRadius)> {
        self.layers.iter().flat_map(|layer| {
            let movers = layer.movers.iter();
            movers.filter_map(|&slot| {
                let position = self.position(slot)?;
                Some((SlotPosition { slot, position }, layer.radius))
            })
        })
    }

    /// Calls `found` with each object of one of the kinds whose position is in a rectangle, in no
    /// particular order.
    pub(crate) fn each_in_rect(
        &self,
        rect: Rect,
        kinds: KindSet,
        mut found: impl FnMut(Slot, &TrackedObject),
    ) {
        let mut filtered = |slot: Slot| {
            let object = self.get(slot).filter(|object| kinds.contains(object.kind));
            if let Some(object) = object {
                found(slot, object);
            }
        };
        for layer in self.layers.iter().filter(|layer| layer.kinds.overlaps(&kinds)) {
            layer.resting.in_rect(rect, |slot, _| filtered(slot));
            if layer.is_filled {
                layer.moving.in_rect(rect, |slot, _| filtered(slot));
                continue;
            }
            for &slot in &layer.movers {
                if self
                    .position(slot)
                    .is_some_and(|position| rect.contains(position))
                {
                    filtered(slot);
                }
            }
        }
    }

    /// Returns whether the index has something to settle.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.is_unsettled
    }

    /// Notes that the index has something to settle. Returns whether it had nothing before.
    pub(crate) fn becomes_unsettled(&mut self) -> bool {
        !std::mem::replace(&mut self.is_unsettled, true)
    }

    /// Adds an object, which counts as moving.
    pub(crate) fn insert(
        &mut self,
        here: SlotPosition,
        (entity, kind): (Entity, KindId),
        radius: NearRadius,
        now: Tick,
    ) {
        let Some(at) = here.slot.object_index() else {
            return;
        };
        self.remove(here.slot);
        let layer = self.layers.iter().position(|layer| layer.radius == radius);
        let layer = layer.unwrap_or_else(|| {
            self.layers.push(ObjectLayer::new(radius));
            self.layers.len() - 1
        });
        let own = &mut self.layers[layer];
        own.kinds = own.kinds.with(kind);
        own.is_filled = false;
        own.movers.push(here.slot);
        let object = TrackedObject {
            entity,
            position: here.position,
            moved_at: now,
            mover: own.movers.len() as u32 - 1,
            kind,
            // There are at most 256 kinds, and so at most 256 radii.
            layer: layer as u8,
        };
        if self.objects.len() <= at {
            self.objects.resize(at + 1, None);
        }
        self.objects[at] = Some(object);
        self.len += 1;
    }

    /// Removes an object, if it is here.
    pub(crate) fn remove(&mut self, slot: Slot) {
        let at = slot.object_index().and_then(|at| self.objects.get_mut(at));
        let Some(object) = at.and_then(Option::take) else {
            return;
        };
        self.len -= 1;
        let layer = &mut self.layers[usize::from(object.layer)];
        if object.mover == RESTS {
            layer.resting.remove(slot);
            return;
        }
        layer.is_filled = false;
        layer.movers.swap_remove(object.mover as usize);
        if let Some(&moved) = layer.movers.get(object.mover as usize)
            && let Some(moved) = tracked(&mut self.objects, moved)
        {
            moved.mover = object.mover;
        }
    }

    /// Notes that an object moved in this tick.
    pub(crate) fn moved(&mut self, slot: Slot, position: Position, now: Tick) {
        let Some(object) = tracked(&mut self.objects, slot) else {
            return;
        };
        let layer = &mut self.layers[usize::from(object.layer)];
        layer.is_filled &= object.position == position && object.mover != RESTS;
        (object.position, object.moved_at) = (position, now);
        if object.mover == RESTS {
            layer.resting.remove(slot);
            object.mover = layer.movers.len() as u32;
            layer.movers.push(slot);
        }
    }

    /// Lets the objects rest that have not moved for a round, and fills the grids of the others.
    pub(crate) fn settle(&mut self, now: Tick, round: u32, moving: &mut Vec<SlotPosition>) {
        let Self { layers, objects, .. } = self;
        for layer in layers {
            if layer.movers.is_empty() && layer.is_filled {
                continue;
            }
            moving.clear();
            layer.movers.retain(|&slot| {
                let Some(object) = tracked(objects, slot) else {
                    return false;
                };
                let position = object.position;
                let here = SlotPosition { slot, position };
                let moves_on = now.since(object.moved_at) < round;
                if moves_on {
                    object.mover = moving.len() as u32;
                    moving.push(here);
                } else {
                    object.mover = RESTS;
                    layer.resting.insert(here);
                    layer.is_filled = false;
                }
                moves_on
            });
            if !layer.is_filled {
                layer.moving.fill(moving, layer.radius);
                layer.is_filled = true;
            }
        }
        self.is_unsettled = self.mover_count() > 0;
    }
}

fn tracked(objects: &mut [Option<TrackedObject>], slot: Slot) -> Option<&mut TrackedObject> {
    objects.get_mut(slot.object_index()?)?.as_mut()
}
