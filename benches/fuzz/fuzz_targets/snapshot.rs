//! Snapshots, one after another, into a view: each is refused or applied, without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_shared::{ids::Tick, json_forms::JsonForms, snapshot::Snapshot, view::View};

#[path = "../mutate.rs"]
mod mutate;

/// A full snapshot with the players in slots 1 and 9, and an object with an owner and a component
/// in slot 10.
const FULL: &[u8] = b"\0\x09\x01\x58\x02\0\0\0\0\x03\0\x01\0\0\x07\0\0\0\0\x10\0\0\0\x20\0\0\x03\0\0\x02Bo\0\0\
    \x09\0\0\x08\0\0\0\0\x30\0\0\0\x40\0\0\x14\x01\0\x03Ada\x01\0\x02ab\
    \x0a\0\x02\x0c\0\0\0\0\x50\0\0\0\x60\0\0\x03\x01\x08\0\0\0\0\x80\x01c";
/// A delta in which slot 1 leaves, a player with two components enters slot 2 and an object slot 3,
/// and every field of the player in slot 9 and of the object in slot 10 changes.
const DELTA: &[u8] = b"\0\x1e\x01\x62\x02\0\0\x0a\0\x05\0\0\0\x7b\0\x01\0\x01\0\
    \x02\0\x02\0\0\x09\0\0\0\0\x50\0\0\0\x60\0\0\x22\0\0\0\x0a\0\x01c\x02de\
    \x03\0\x01\x0d\0\0\0\0\x50\0\0\0\x60\0\0\0\0\0\0\
    \x02\0\x09\0\x0d\x03\x04\x2c\x01\x07\0\x01f\0\x03ghi\
    \x0a\0\x1a\0\x70\0\0\0\x80\0\0\x05\x01\x80\x01j\0\0";

/// A delta in which slot 9 turns to a free heading.
const FREE: &[u8] = b"\0\x10\x01\x64\x02\0\0\x02\0\x01\0\x09\0\x01\x01\xa0\x39\xfe\0\x01";

fuzz_target!(|input: &[u8]| {
    let (mut snapshot, mut view) = (Snapshot::default(), View::default());
    view.enter_room(1);
    let (first, second) = input.split_at(input.len() / 2);
    for bytes in [
        mutate::mutate(FULL, first),
        mutate::mutate(DELTA, second),
        mutate::mutate(FREE, second),
    ] {
        if snapshot.read(&bytes).is_err() {
            return;
        }
        if view.apply(&snapshot).is_err() {
            return;
        }
        let _ = view.to_json(&snapshot, JsonForms::none());
        for (slot, seen) in view.iter() {
            assert_eq!(
                view.position(slot, seen.segment.since),
                Some(seen.segment.position)
            );
            let _ = view.position(slot, Tick(u32::MAX));
        }
    }
});
