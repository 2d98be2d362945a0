//! Recordings: reading any bytes ends, and the ticks that were read can be recorded again.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use parlour_recording::format::{Item, Outcome, Recording, TicksBuilder};
use sha2::{Digest, Sha256};

#[path = "../mutate.rs"]
mod mutate;

const GOOD: &[u8] = include_bytes!("../../../assets/recordings/format/small.plr");
/// Offset of the length of the header's body in [`GOOD`].
const HEADER_LENGTH: usize = 16 + 24;
/// Fingerprints per tick in [`GOOD`].
const PARTS: usize = 2;

fuzz_target!(|input: &[u8]| {
    read(&mutate::mutate(GOOD, input));
    // The checksum stops nearly all of these, so the input is also used as the content of a chunk
    // of ticks with a valid checksum.
    if let Some((ticks, raw)) = input.split_first() {
        let items = read(&with_chunk(u32::from(*ticks % 8) + 1, raw));
        if !items.is_empty() {
            assert_eq!(recorded_again(&items), raw.len(), "ticks have only one encoding");
        }
    }
});

fn read(bytes: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    let Ok(mut recording) = Recording::new(Cursor::new(bytes)) else { return items };
    let places: Vec<_> = recording.keyframes().chain([recording.beginning()]).collect();
    for place in places {
        let mut last = place.tick();
        items.clear();
        for item in recording.read_from(place).map_while(Result::ok) {
            if let Item::Tick(record) = &item {
                assert_eq!(record.tick, last.after(1), "ticks have no gap");
                last = record.tick;
            }
            items.push(item);
        }
    }
    items
}

/// Returns the header of [`GOOD`] and one uncompressed chunk that begins with tick 1.
fn with_chunk(ticks: u32, raw: &[u8]) -> Vec<u8> {
    let length = u32::from_le_bytes(GOOD[HEADER_LENGTH..][..4].try_into().expect("4 bytes"));
    let end = 16 + 28 + length as usize + 32;
    let mut bytes = GOOD[..end].to_vec();
    let length = (raw.len() as u32).to_le_bytes();
    let (first, ticks) = (1u32.to_le_bytes(), ticks.to_le_bytes());
    let head = [&[2, 1, 0, 0][..], &first, &[0; 8], &ticks, &length, &length].concat();
    let chain = Sha256::new().chain_update(&bytes[end - 32..]).chain_update(&head).chain_update(raw);
    bytes.extend(head);
    bytes.extend(raw);
    bytes.extend(chain.finalize());
    bytes
}

/// Returns the size of the chunk content when the ticks are recorded again.
fn recorded_again(items: &[Item]) -> usize {
    let mut builder = TicksBuilder::new(PARTS);
    for item in items {
        let Item::Tick(record) = item else { continue };
        let result = match &record.outcome {
            Outcome::Finished { hash, parts } => Some((*hash, parts.as_slice())),
            Outcome::Panicked => None,
            Outcome::Skipped { hash } => {
                // Only the last of several in a row has a hash, and replaces those before it.
                let pushed = builder.push_skipped(record.tick, 0, 1, hash.unwrap_or_default());
                pushed.expect("skipped ticks that were read can be recorded");
                continue;
            }
        };
        let pushed = builder.push(record.tick, 0, result, &record.input);
        pushed.expect("a tick that was read can be recorded");
    }
    builder.raw_len()
}
