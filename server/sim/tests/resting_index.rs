//! The index of resting entities returns the same as a search through a map of positions.

use std::collections::BTreeMap;

use parlour_shared::{ids::Slot, motion::Position};
use parlour_sim::{NearRadius, Rect, RestingIndex, SlotPosition};
use proptest::prelude::*;

const TILE: i32 = 8 * 256;
const TILES: i32 = 40;

/// Positions anywhere, often on a coarse raster, so that edges coincide.
fn position() -> impl Strategy<Value = Position> {
    let coordinate = || prop_oneof![0..TILES * TILE, (0..=TILES).prop_map(|tile| tile * TILE)];
    (coordinate(), coordinate()).prop_map(|(x, y)| Position { x, y })
}

#[derive(Clone, Debug)]
enum Change {
    Insert(u16, Position),
    Remove(u16),
    Clear,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        20 => (0_u16..300, position()).prop_map(|(slot, place)| Change::Insert(slot, place)),
        10 => (0_u16..300).prop_map(Change::Remove),
        1 => Just(Change::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_resting_index_equals_a_map_of_positions(
        changes in prop::collection::vec(change(), 0..400),
        reach in 1..100_000,
        rect in (position(), position()),
        near_px in 1_u32..300,
        first_slot in 0_u16..400,
    ) {
        let (mut index, mut model) = (RestingIndex::with_first_slot(reach, Slot(first_slot)), BTreeMap::new());
        for change in changes {
            match change {
                Change::Insert(slot, position) => {
                    let slot = first_slot + slot;
                    index.insert(SlotPosition { slot: Slot(slot), position });
                    model.insert(slot, position);
                }
                Change::Remove(slot) => {
                    let slot = first_slot + slot;
                    prop_assert_eq!(index.remove(Slot(slot)), model.remove(&slot));
                }
                Change::Clear => {
                    index.clear();
                    model.clear();
                }
            }
            prop_assert_eq!(index.len(), model.len());
        }
        for slot in 0..first_slot + 310 {
            prop_assert_eq!(index.position(Slot(slot)), model.get(&slot).copied());
        }
        let (one, other) = rect;
        let rect = Rect {
            left: one.x.min(other.x),
            top: one.y.min(other.y),
            right: one.x.max(other.x),
            bottom: one.y.max(other.y),
        };
        let mut found = Vec::new();
        index.in_rect(rect, |slot, position| found.push((slot.0, position)));
        found.sort_by_key(|(slot, _)| *slot);
        let expected = model.iter().filter(|(_, position)| rect.contains(**position));
        prop_assert_eq!(found, expected.map(|(slot, position)| (*slot, *position)).collect::<Vec<_>>());
        let (radius, mut found) = (NearRadius::from_px(near_px), Vec::new());
        index.around(radius, one, |slot, distance| found.push((slot.0, distance)));
        found.sort_unstable();
        let distances = model.iter().map(|(slot, position)| (*slot, one.distance_squared(*position)));
        let expected: Vec<_> = distances.filter(|(_, distance)| *distance <= radius.leave_squared).collect();
        prop_assert_eq!(found, expected);
    }
}
