//! Cut and damaged recordings: a prefix of the recorded ticks can be read, and never anything else.

use std::io::Cursor;

use parlour_recording::{
    format::{Item, Recording},
    replay::{ReplayError, verify},
};
use parlour_shared::ids::Tick;
use parlour_testing::recording::misdated;

use crate::support::{TemporaryPath, config, recording, replay, walkers, whole};

/// Returns a recording of about 20 KB with several saved worlds.
fn sample() -> Vec<u8> {
    let mut script = walkers();
    script.keyframes = 100;
    script.record(400)
}

fn items(bytes: &[u8]) -> Vec<Item> {
    let mut recording = recording(bytes);
    let beginning = recording.beginning();
    recording.read_from(beginning).map(Result::unwrap).collect()
}

/// Returns the items before the first error, or `None` if the recording cannot be opened.
fn readable(bytes: &[u8]) -> Option<Vec<Item>> {
    let mut recording = Recording::new(Cursor::new(bytes)).ok()?;
    let beginning = recording.beginning();
    Some(recording.read_from(beginning).map_while(Result::ok).collect())
}

#[test]
fn a_recording_cut_at_any_byte_reads_as_a_prefix() {
    let whole = sample();
    let expected = items(&whole);
    assert!((8_000..40_000).contains(&whole.len()), "{}", whole.len());
    let mut longest = 0;
    for length in 0..whole.len() {
        if let Some(read) = readable(&whole[..length]) {
            assert!(expected.starts_with(&read), "cut at {length}");
            assert!(
                read.len() >= longest,
                "a longer file has fewer items: cut at {length}"
            );
            longest = read.len();
        }
    }
    assert_eq!(longest, expected.len());
}

#[test]
fn a_recording_with_any_flipped_bit_reads_as_a_prefix() {
    let whole = sample();
    let expected = items(&whole);
    let mut bytes = whole.clone();
    for at in 0..whole.len() {
        bytes[at] ^= 1 << (at % 8);
        if let Some(read) = readable(&bytes) {
            assert!(expected.starts_with(&read), "flipped at {at}");
        }
        bytes[at] = whole[at];
    }
}

/// Returns the lengths at which a cut file has more items than a file that is one byte shorter.
fn lengths(whole: &[u8]) -> Vec<usize> {
    let mut longest = 0;
    let longer = |length: &usize| {
        let ticks = readable(&whole[..*length]).map_or(0, |items| items.len());
        std::mem::replace(&mut longest, ticks) < ticks
    };
    (0..whole.len()).filter(longer).collect()
}

#[test]
fn the_rest_of_a_cut_recording_is_verified() {
    let whole_file = sample();
    let mut verified = Vec::new();
    for length in lengths(&whole_file) {
        // With the last byte of a chunk, and in the middle of the next chunk.
        for length in [length, length + 20] {
            let file = TemporaryPath::file(&whole_file[..length]);
            let mut replay = replay(&file);
            let window = whole(&replay);
            let done = verify(&mut replay, window, |_| {}).unwrap();
            assert_eq!(done.last.0 as usize, done.hashes() as usize, "cut at {length}");
            verified.push(done.last.0);
        }
    }
    assert!(
        verified.is_sorted() && verified.last() == Some(&400),
        "{verified:?}"
    );
    verified.dedup();
    assert!(verified.len() >= 7, "{verified:?}");
}

#[test]
fn a_saved_world_with_a_different_tick_than_its_chunk_is_refused() {
    let file = TemporaryPath::file(&misdated(&config(), 10));
    let mut sound = replay(&file);
    let window = whole(&sound);
    assert!(verify(&mut sound, window, |_| {}).is_ok());
    for chunk_tick in [9, 11, 500, u32::MAX - 1, u32::MAX] {
        let file = TemporaryPath::file(&misdated(&config(), chunk_tick));
        let error = replay(&file).run().map(|_| ()).unwrap_err();
        assert!(!error.is_divergence());
        let (tick, got) = (Tick(chunk_tick), Tick(10));
        assert!(
            matches!(error, ReplayError::OtherTick { tick: t, got: g } if (t, g) == (tick, got)),
            "{error}"
        );
    }
}
