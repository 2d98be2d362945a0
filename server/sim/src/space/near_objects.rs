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

use super::{Grid, NearRadius, RestingIndex};

/// The objects near each viewer, and the viewers near each object.
#[derive(Clone, Debug)]
pub struct NearObjects {
    /// For each viewer, the objects near it, by slot.
    of_viewers: Vec<Vec<Slot>>,
    /// For each object, the viewers that it is near to, by slot.
    of_objects: Vec<Vec<Slot>>,
    /// Objects have the slots from this one on.
    first_object: Slot,
    /// What the present search has found: the slot, and whether it is within the enter radius.
    found: Vec<(Slot, bool)>,
    /// What the present search changes: the slot, and whether it is near now.
    changes: Vec<(Slot, bool)>,
}

/// The objects whose kinds have the same radius of interest. A room has one layer for each radius,
/// so that a bell that is heard far away does not widen the search for chairs.
#[derive(Debug)]
pub struct ObjectLayer {
    /// The radius of interest.
    pub radius: NearRadius,
    /// The objects that rest.
    pub resting: RestingIndex,
    /// The objects that move, at their positions of this tick.
    pub moving: Grid,
}

/// A list that has memory for this many entities needs no more in most rooms.
const USUAL: usize = 32;

impl NearObjects {
    /// Creates lists without entries, for a room whose objects have the slots from `first_object`
    /// on.
    #[must_use]
    pub fn new(first_object: Slot) -> Self {
        Self {
            of_viewers: Vec::new(),
            of_objects: Vec::new(),
            first_object,
            found: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Returns the objects near a viewer, by slot.
    #[must_use]
    pub fn of_viewer(&self, viewer: Slot) -> &[Slot] {
        self.of_viewers.get(viewer.index()).map_or(&[], Vec::as_slice)
    }

    /// Returns the viewers that an object is near to, by slot.
    #[must_use]
    pub fn of_object(&self, object: Slot) -> &[Slot] {
        let at = object.index().checked_sub(self.first_object.index());
        at.and_then(|at| self.of_objects.get(at))
            .map_or(&[], Vec::as_slice)
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
        for ObjectLayer {
            radius,
            resting,
            moving,
        } in layers
        {
            let mut found = |object, distance| {
                self.found.push((object, distance <= radius.enter_squared));
            };
            resting.around(*radius, from, &mut found);
            moving.around(*radius, from, found);
        }
        let before = self.of_viewers.get(viewer.index()).map_or(&[][..], Vec::as_slice);
        compare(before, &mut self.found, |_| true, &mut self.changes);
        for at in 0..self.changes.len() {
            let (object, near) = self.changes[at];
            self.set(viewer, object, near);
            report(object, near);
        }
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
        let at = object.index() - self.first_object.index();
        let before = self.of_objects.get(at).map_or(&[][..], Vec::as_slice);
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
            let at = object.index() - self.first_object.index();
            remove(&mut self.of_objects[at], viewer);
            report(object);
        }
    }

    /// Removes an object that leaves the room. Calls `report` with each viewer that it was near to,
    /// by slot.
    pub fn object_leaves(&mut self, object: Slot, mut report: impl FnMut(Slot)) {
        let at = object.index() - self.first_object.index();
        let Some(list) = self.of_objects.get_mut(at) else {
            return;
        };
        for viewer in list.drain(..) {
            remove(&mut self.of_viewers[viewer.index()], object);
            report(viewer);
        }
    }

    fn set(&mut self, viewer: Slot, object: Slot, near: bool) {
        let at = object.index() - self.first_object.index();
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
