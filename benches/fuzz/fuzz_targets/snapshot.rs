//! Snapshots, one after the other, into a view: refused, or taken in without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_shared::{ids::Tick, snapshot::Snapshot, view::View};

#[path = "../bend.rs"]
mod bend;

/// Full, with slots 1 and 9; then a delta in which 1 leaves, 2 enters with two extras, and 9
/// changes in every way.
const FULL: &[u8] = b"\0\x09\x01\x58\x02\0\0\0\0\x02\0\x01\0\x07\0\0\0\0\x10\0\0\0\x20\0\0\x03\0\0\x02Bo\0\
    \x09\0\x08\0\0\0\0\x30\0\0\0\x40\0\0\x14\x01\0\x03Ada\x01\x02ab";
const DELTA: &[u8] = b"\0\x1e\x01\x62\x02\0\0\x0a\0\x05\0\0\0\x7b\0\x01\0\x01\0\
    \x01\0\x02\0\x09\0\0\0\0\x50\0\0\0\x60\0\0\x22\0\0\0\x0a\x01c\x02de\
    \x01\0\x09\0\xf5\x03\x04\x2c\x01\x01f\0\x03ghi\x01j";

fuzz_target!(|input: &[u8]| {
    let (mut snapshot, mut view) = (Snapshot::default(), View::default());
    view.enter_room(1);
    let (first, second) = input.split_at(input.len() / 2);
    for bytes in [bend::bend(FULL, first), bend::bend(DELTA, second)] {
        if snapshot.read(&bytes).is_err() {
            return;
        }
        if view.apply(&snapshot).is_err() {
            return;
        }
        let _ = view.to_json(&snapshot);
        for (slot, seen) in view.iter() {
            assert_eq!(
                view.position(slot, seen.segment.since),
                Some(seen.segment.position)
            );
            let _ = view.position(slot, Tick(u32::MAX));
        }
    }
});
