//! Reading a snapshot never panics, and a used buffer makes no difference.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

use parlour_shared::{json_forms::JsonForms, snapshot::Snapshot, view::View};
use proptest::prelude::*;

/// The snapshots of the golden vectors, as valid input to damage.
fn real() -> Vec<Vec<u8>> {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../assets/wire/snapshots.json")).unwrap();
    let bytes = |vector: &serde_json::Value| {
        let hex = vector["hex"].as_str().unwrap();
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    };
    file["snapshots"].as_array().unwrap().iter().map(bytes).collect()
}

/// Reads a snapshot and checks that it has no more records than its bytes allow: a record has at
/// least two.
fn read(bytes: &[u8]) -> Option<Snapshot> {
    let mut snapshot = Snapshot::default();
    snapshot.read(bytes).ok()?;
    assert!(2 * (snapshot.leaves.len() + snapshot.enters.len() + snapshot.updates.len()) <= bytes.len());
    Some(snapshot)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_bytes_do_not_panic(flags in 0..33_u8, mut bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        bytes.splice(0..0, [0, flags]);
        read(&bytes);
    }

    #[test]
    fn damaged_snapshots_do_not_panic(which: prop::sample::Index, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4)) {
        let real = real();
        let (mut bytes, mut view) = (which.get(&real).clone(), View::default());
        view.enter_room(1);
        for frame in &real[..3] {
            view.apply(&read(frame).unwrap()).unwrap();
        }
        for (at, byte, how) in changes {
            let at = at.index(bytes.len().max(1));
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes.truncate(at),
            }
        }
        if let Some(snapshot) = read(&bytes) {
            // The view may return an error but must not panic.
            let _ = view.apply(&snapshot);
            let _ = view.to_json(&snapshot, JsonForms::none());
        }
    }
}

#[test]
fn a_snapshot_can_be_read_into_a_used_buffer() {
    let mut used = Snapshot::default();
    for bytes in real() {
        used.read(&bytes).unwrap();
        assert_eq!(Some(&used), read(&bytes).as_ref());
    }
}
