//! Which objects are near which viewers: sorted short lists in both directions.
//!
//! Nearness among players is a row of bits per player. Rows that had a bit for each of 20,000
//! chairs would cost megabytes per tick. A list costs what is near.
//!
//! A pair of a viewer and an object is checked in the ticks of the viewer: one of each round, as
//! for players. If neither of the two has moved for a round, a check would change nothing, so the
//! pair may be skipped. A viewer that may have moved looks at all objects
//! ([`NearObjects::viewer_looks`]). An object that may have moved, or is new, looks at the viewers
//! of this tick that rest ([`NearObjects::object_looks`]). So the results do not depend on which
//! pairs are skipped.

use parlour_shared::{ids::Slot, motion::Position};

use super::{NearRadius, ObjectLayer, RestingIndex, SlotPosition};

/// The objects near each viewer, and the viewers near each object.
#[derive(Clone, Debug, Default)]
pub struct NearObjects {
    /// For each viewer, the objects near it, by slot.
    of_viewers: Vec<Vec<Slot>>,
    /// For each object, from [`Slot::FIRST_OBJECT`] on, the viewers that it is near to, by slot.
    of_objects: Vec<Vec<Slot>>,
    /// What the present search has found: the slot, and whether it is within the enter radius.
    found: Vec<(Slot, bool)>,
    /// What the present search changes: the slot, and whether it is near now.
    changes: Vec<(Slot, bool)>,
}

/// A list that has memory for this many entities needs no more in most rooms.
const USUAL: usize = 32;

impl NearObjects {
    /// Returns the objects near a viewer, by slot.
    #[must_use]
    pub fn of_viewer(&self, viewer: Slot) -> &[Slot] {
        self.of_viewers.get(viewer.index()).map_or(&[], Vec::as_slice)
    }

    /// Returns the viewers that an object is near to, by slot.
    #[must_use]
    pub fn of_object(&self, object: Slot) -> &[Slot] {
        let at = object.object_index();
        at.and_then(|at| self.of_objects.get(at))
            .map_or(&[], Vec::as_slice)
    }

    /// Returns the number of slots from the first one on that have all viewers with objects near
    /// them.
    pub(crate) fn viewer_count(&self) -> usize {
        self.of_viewers.len()
    }

    /// Returns the lists of viewers that are not empty, by slot.
    pub(crate) fn lists(&self) -> impl Iterator<Item = (Slot, &[Slot])> {
        let lists = self.of_viewers.iter().enumerate();
        let lists = lists.filter(|(_, objects)| !objects.is_empty());
        lists.map(|(viewer, objects)| (Slot(viewer as u16), objects.as_slice()))
    }

    /// Checks a viewer against all objects. Calls `report` with each object that came near
    /// (`true`), or went away, by slot.
    pub fn viewer_looks(
        &mut self,
        viewer: Slot,
        from: Position,
        layers: &[ObjectLayer],
        mut report: impl FnMut(Slot, bool),
    ) {
        self.found.clear();
        for layer in layers {
            let radius = layer.radius;
            let mut found = |object, distance| {
                self.found.push((object, distance <= radius.enter_squared));
            };
            layer.resting.around(radius, from, &mut found);
            layer.moving.around(radius, from, found);
        }
        let before = self.of_viewers.get(viewer.index()).map_or(&[][..], Vec::as_slice);
        compare(before, &mut self.found, |_| true, &mut self.changes);
        for at in 0..self.changes.len() {
            let (object, near) = self.changes[at];
            self.set(viewer, object, near);
            report(object, near);
        }
    }

    /// Checks a viewer against one object. Returns `Some(true)` if the object came near,
    /// `Some(false)` if it went away, and `None` if nothing changed.
    pub fn viewer_looks_at(
        &mut self,
        viewer: SlotPosition,
        object: SlotPosition,
        radius: NearRadius,
    ) -> Option<bool> {
        let was_near = self.of_object(object.slot).binary_search(&viewer.slot).is_ok();
        let limit = if was_near {
            radius.leave_squared
        } else {
            radius.enter_squared
        };
        let is_near = viewer.position.distance_squared(object.position) <= limit;
        if is_near == was_near {
            return None;
        }
        self.set(viewer.slot, object.slot, is_near);
        Some(is_near)
    }

    /// Checks an object against the viewers of one index, which must be exactly those for which
    /// `is_searched` returns true. Calls `report` with each viewer that it came near to (`true`),
    /// or went away from, by slot.
    pub fn object_looks(
        &mut self,
        object: Slot,
        from: Position,
        radius: NearRadius,
        viewers: &RestingIndex,
        is_searched: impl Fn(Slot) -> bool,
        mut report: impl FnMut(Slot, bool),
    ) {
        self.found.clear();
        viewers.around(radius, from, |viewer, distance| {
            self.found.push((viewer, distance <= radius.enter_squared));
        });
        let at = object.object_index();
        let before = at.and_then(|at| self.of_objects.get(at));
        let before = before.map_or(&[][..], Vec::as_slice);
        compare(before, &mut self.found, is_searched, &mut self.changes);
        for at in 0..self.changes.len() {
            let (viewer, near) = self.changes[at];
            self.set(viewer, object, near);
            report(viewer, near);
        }
    }

    /// Removes a viewer that leaves the room. Calls `report` with each object that was near it, by
    /// slot.
    pub fn viewer_leaves(&mut self, viewer: Slot, mut report: impl FnMut(Slot)) {
        let Some(list) = self.of_viewers.get_mut(viewer.index()) else {
            return;
        };
        for object in list.drain(..) {
            if let Some(viewers) = object.object_index().and_then(|at| self.of_objects.get_mut(at)) {
                remove(viewers, viewer);
            }
            report(object);
        }
    }

    /// Removes an object that leaves the room. Calls `report` with each viewer that it was near to,
    /// by slot.
    pub fn object_leaves(&mut self, object: Slot, mut report: impl FnMut(Slot)) {
        let at = object.object_index();
        let Some(list) = at.and_then(|at| self.of_objects.get_mut(at)) else {
            return;
        };
        for viewer in list.drain(..) {
            remove(&mut self.of_viewers[viewer.index()], object);
            report(viewer);
        }
    }

    /// Sets whether an object is near a viewer.
    pub(crate) fn set(&mut self, viewer: Slot, object: Slot, near: bool) {
        let Some(at) = object.object_index() else { return };
        let (objects, viewers) = (
            list(&mut self.of_viewers, viewer.index()),
            list(&mut self.of_objects, at),
        );
        if near {
            insert(objects, object);
            insert(viewers, viewer);
        } else {
            remove(objects, object);
            remove(viewers, viewer);
        }
    }
}

/// Replaces `changes` with the slots whose nearness changes: those that are found within the enter
/// radius and were not near before, and those that were near, were searched, and are not found
/// within the leave radius. By slot.
fn compare(
    before: &[Slot],
    found: &mut [(Slot, bool)],
    is_searched: impl Fn(Slot) -> bool,
    changes: &mut Vec<(Slot, bool)>,
) {
    changes.clear();
    found.sort_unstable();
    let mut before = before.iter().copied().peekable();
    let went = |slot: Slot| is_searched(slot).then_some((slot, false));
    for &(slot, close) in &*found {
        while let Some(earlier) = before.next_if(|&earlier| earlier < slot) {
            changes.extend(went(earlier));
        }
        let was_near = before.next_if_eq(&slot).is_some();
        if close && !was_near {
            changes.push((slot, true));
        }
    }
    changes.extend(before.filter_map(went));
}

fn list(lists: &mut Vec<Vec<Slot>>, at: usize) -> &mut Vec<Slot> {
    if lists.len() <= at {
        lists.resize_with(at + 1, Vec::new);
    }
    let list = &mut lists[at];
    if list.capacity() == 0 {
        list.reserve(USUAL);
    }
    list
}

fn insert(list: &mut Vec<Slot>, slot: Slot) {
    if let Err(at) = list.binary_search(&slot) {
        list.insert(at, slot);
    }
}

fn remove(list: &mut Vec<Slot>, slot: Slot) {
    if let Ok(at) = list.binary_search(&slot) {
        list.remove(at);
    }
}
