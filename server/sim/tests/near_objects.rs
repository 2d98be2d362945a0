//! Objects near viewers: the lists equal a comparison of all pairs, although only what may have
//! moved is searched.

use std::collections::{BTreeMap, BTreeSet};

use parlour_shared::{ids::Slot, motion::Position};
use parlour_sim::{NearObjects, NearRadius, ObjectLayer, RestingIndex, SlotPosition};
use proptest::prelude::*;

const ROUND: u32 = 6;
const FIRST_OBJECT: u16 = Slot::FIRST_OBJECT.0;
/// More than the objects of a test.
const OBJECTS: u16 = 64;
/// The radii of the layers, in pixels.
const RADII: [u32; 3] = [40, 150, 600];

/// A viewer and an object each.
type Pairs = BTreeSet<(u16, u16)>;

#[derive(Clone, Copy, Debug)]
struct Tracked {
    position: Position,
    /// The last tick in which it moved or appeared.
    moved_at: u32,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    /// A viewer appears or moves.
    Viewer(u16, Position),
    ViewerLeaves(u16),
    /// An object appears or moves.
    Object(u16, Position),
    ObjectLeaves(u16),
}

fn position() -> impl Strategy<Value = Position> {
    (0..1_000_i32, 0..1_000_i32).prop_map(|(x, y)| Position::from_px(x, y))
}

fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let change = prop_oneof![
        4 => (0_u16..20, position()).prop_map(|(slot, at)| Change::Viewer(slot, at)),
        1 => (0_u16..20).prop_map(Change::ViewerLeaves),
        4 => (FIRST_OBJECT..FIRST_OBJECT + 30, position()).prop_map(|(slot, at)| Change::Object(slot, at)),
        1 => (FIRST_OBJECT..FIRST_OBJECT + 30).prop_map(Change::ObjectLeaves),
    ];
    prop::collection::vec(prop::collection::vec(change, 0..8), 1..60)
}

/// The layer of an object depends on its slot.
fn layer_of(object: u16) -> usize {
    usize::from(object) % RADII.len()
}

/// A room that is searched as a server would do it, and the same room pair by pair.
struct Room {
    now: u32,
    viewers: BTreeMap<u16, Tracked>,
    objects: BTreeMap<u16, Tracked>,
    near: NearObjects,
    /// The near pairs, from a comparison of all.
    expected: Pairs,
    /// The near pairs, from the reports.
    reported: Pairs,
}

impl Room {
    fn apply(&mut self, change: Change) {
        let now = self.now;
        let tracked = |position| Tracked {
            position,
            moved_at: now,
        };
        match change {
            Change::Viewer(slot, position) => {
                self.viewers.insert(slot, tracked(position));
            }
            Change::Object(slot, position) => {
                self.objects.insert(slot, tracked(position));
            }
            Change::ViewerLeaves(slot) => {
                self.viewers.remove(&slot);
                self.expected.retain(|(viewer, _)| *viewer != slot);
                let reported = &mut self.reported;
                self.near
                    .viewer_leaves(Slot(slot), |object| assert!(reported.remove(&(slot, object.0))));
            }
            Change::ObjectLeaves(slot) => {
                self.objects.remove(&slot);
                self.expected.retain(|(_, object)| *object != slot);
                let reported = &mut self.reported;
                self.near
                    .object_leaves(Slot(slot), |viewer| assert!(reported.remove(&(viewer.0, slot))));
            }
        }
    }

    /// Checks the pairs of this tick: those of the viewers of one shard.
    fn check(&mut self) {
        let now = self.now;
        let is_due = |viewer: u16| u32::from(viewer) % ROUND == now % ROUND;
        let moves = |tracked: &Tracked| now - tracked.moved_at < ROUND;
        let entity = |(&slot, tracked): (&u16, &Tracked)| SlotPosition {
            slot: Slot(slot),
            position: tracked.position,
        };
        let mut layers = RADII.map(|px| ObjectLayer::new(NearRadius::from_px(px)));
        for (at, layer) in layers.iter_mut().enumerate() {
            let own = || self.objects.iter().filter(|(slot, _)| layer_of(**slot) == at);
            let moving: Vec<_> = own().filter(|(_, tracked)| moves(tracked)).map(entity).collect();
            layer.moving.fill(&moving, layer.radius);
            own()
                .filter(|(_, tracked)| !moves(tracked))
                .for_each(|resting| layer.resting.insert(entity(resting)));
        }
        let reported = &mut self.reported;
        let mut report = |viewer: u16, object: u16, near| {
            let changed = match near {
                true => reported.insert((viewer, object)),
                false => reported.remove(&(viewer, object)),
            };
            assert!(changed, "a change is reported once");
        };
        let mut resting_viewers = RestingIndex::new(20_000);
        for (&viewer, tracked) in self.viewers.iter().filter(|(viewer, _)| is_due(**viewer)) {
            if moves(tracked) {
                self.near
                    .viewer_looks(Slot(viewer), tracked.position, &layers, |object, near| {
                        report(viewer, object.0, near);
                    });
            } else {
                resting_viewers.insert(entity((&viewer, tracked)));
            }
        }
        for (&object, tracked) in self.objects.iter().filter(|(_, tracked)| moves(tracked)) {
            self.near.object_looks(
                Slot(object),
                tracked.position,
                layers[layer_of(object)].radius,
                &resting_viewers,
                |viewer| resting_viewers.position(viewer).is_some(),
                |viewer, near| report(viewer.0, object, near),
            );
        }
        for (&viewer, from) in self.viewers.iter().filter(|(viewer, _)| is_due(**viewer)) {
            for (&object, to) in &self.objects {
                let distance = from.position.distance_squared(to.position);
                let radius = layers[layer_of(object)].radius;
                let pair = (viewer, object);
                if distance <= radius.enter_squared {
                    self.expected.insert(pair);
                } else if distance > radius.leave_squared {
                    self.expected.remove(&pair);
                }
            }
        }
    }

    fn lists(&self) -> [Pairs; 2] {
        let viewers = (0..OBJECTS).flat_map(|viewer| {
            let objects = self.near.of_viewer(Slot(viewer));
            assert!(objects.is_sorted());
            objects.iter().map(move |object| (viewer, object.0))
        });
        let objects = (FIRST_OBJECT..FIRST_OBJECT + OBJECTS).flat_map(|object| {
            let viewers = self.near.of_object(Slot(object));
            assert!(viewers.is_sorted());
            viewers.iter().map(move |viewer| (viewer.0, object))
        });
        [viewers.collect(), objects.collect()]
    }
}

proptest! {
    #[test]
    fn the_lists_equal_a_comparison_of_all_pairs(ticks in changes()) {
        let mut room = Room {
            now: ROUND,
            viewers: BTreeMap::new(),
            objects: BTreeMap::new(),
            near: NearObjects::default(),
            expected: BTreeSet::new(),
            reported: BTreeSet::new(),
        };
        for changes in ticks {
            changes.into_iter().for_each(|change| room.apply(change));
            room.check();
            let [of_viewers, of_objects] = room.lists();
            prop_assert_eq!(&of_viewers, &room.expected);
            prop_assert_eq!(&of_objects, &room.expected);
            prop_assert_eq!(&room.reported, &room.expected);
            room.now += 1;
        }
    }
}
