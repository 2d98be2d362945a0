//! A recording that was written once, byte for byte, and the items that must be read from it.
//! `PARLOUR_BLESS=1 cargo test -p parlour-recording --test format` writes both again.

use std::{fs, path::PathBuf};

use parlour_recording::format::{EndReason, FileWriter, Item, Outcome, TickRecord, hex};
use parlour_shared::ids::Tick;
use parlour_tick::{Cadence, EventKind, Pace, PaceLevel, TickInput};
use serde_json::{Value, json};

use super::support::{Memory, chunks, header, noise, open, read, record};

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../assets/recordings/format", name]
        .iter()
        .collect()
}

/// Ticks 10 to 89, of which some were skipped, and one that panicked, and the worlds after ticks 9
/// and 69.
fn bytes() -> Vec<u8> {
    let mut header = header();
    header.build = "0.1.0".into();
    header.seed = 12_345_678_901_234_567_890;
    let mut items = vec![Item::Keyframe {
        tick: Tick(9),
        state: b"the world after tick 9".to_vec(),
    }];
    for tick in 10..90 {
        let mut record = record(tick);
        record.input.pace = match tick {
            20 => Pace::Adaptive(PaceLevel::LAST),
            21 => Pace::Fixed(Cadence::Hz20),
            _ => Pace::default(),
        };
        if matches!(tick, 30..35 | 68..75) {
            record.input = TickInput::default();
            record.outcome = skipped(tick, [34, 69, 74]);
        }
        items.push(Item::Tick(record));
        if tick == 69 {
            let state = noise(100, 1).repeat(12_000);
            items.push(Item::Keyframe {
                tick: Tick(69),
                state,
            });
        }
    }
    items.push(Item::Tick(TickRecord {
        tick: Tick(90),
        outcome: Outcome::Panicked,
        input: TickInput {
            events: record(90 + 4).input.events,
            ..TickInput::default()
        },
    }));
    let mut writer = FileWriter::new(Memory::default(), &header).unwrap();
    for chunk in chunks(&items, 2, 60) {
        writer.chunk(&chunk).unwrap();
    }
    writer.end(EndReason::Panicked, "tick 90 panicked").unwrap();
    writer.into_inner().into_inner()
}

/// A skipped tick. Only the last in a row in a chunk has a hash.
fn skipped(tick: u32, last: [u32; 3]) -> Outcome {
    let hash = last
        .contains(&tick)
        .then_some(0x0123_4567_89ab_cdef + u64::from(tick));
    Outcome::Skipped { hash }
}

fn event(event: &parlour_tick::Event) -> Value {
    let session = event.session.0;
    match &event.kind {
        EventKind::Arrive(player) => {
            let mut arrival = json!({
                "session": session, "arrive": player.player, "name": player.name, "skin": player.skin,
                "counters": [player.counters.view, player.counters.last_seq],
            });
            if player.dropped {
                arrival["dropped"] = json!(true);
            }
            arrival
        }
        EventKind::Depart => json!({ "session": session, "depart": true }),
        EventKind::Reserve(reservation) => json!({
            "session": session, "reserve": reservation.seats, "ticket": reservation.ticket,
            "join": reservation.join, "spawn": reservation.spawn, "answer": reservation.answer,
        }),
        EventKind::Hold => json!({ "session": session, "hold": true }),
        EventKind::Release => json!({ "session": session, "release": true }),
        EventKind::Drop => json!({ "session": session, "drop": true }),
        EventKind::Resume { reset } => json!({ "session": session, "resume": true, "reset": reset }),
        EventKind::Message { early, message } => {
            json!({ "session": session, "early": early, "message": message })
        }
    }
}

fn item(item: &Item) -> Value {
    match item {
        Item::Keyframe { tick, state } => {
            let digest = <sha2::Sha256 as sha2::Digest>::digest(state);
            json!({ "keyframe": tick.0, "bytes": state.len(), "sha256": hex(&digest) })
        }
        Item::Tick(TickRecord { tick, outcome, input }) => {
            let events: Vec<Value> = input.events.iter().map(event).collect();
            match outcome {
                Outcome::Finished { hash, parts } => {
                    let hash = format!("{hash:016x}");
                    let mut value = json!({ "tick": tick.0, "hash": hash, "parts": parts, "events": events });
                    // The byte in the file.
                    match input.pace {
                        Pace::Adaptive(PaceLevel::FULL) => {}
                        Pace::Adaptive(step) => value["pace"] = json!(step.number()),
                        Pace::Fixed(cadence) => value["pace"] = json!(8 + cadence as u8),
                    }
                    value
                }
                Outcome::Skipped { hash } => {
                    let mut value = json!({ "tick": tick.0, "skipped": true });
                    if let Some(hash) = hash {
                        value["hash"] = json!(format!("{hash:016x}"));
                    }
                    value
                }
                Outcome::Panicked => json!({ "tick": tick.0, "panicked": true, "events": events }),
            }
        }
    }
}

/// Returns the items that must be read, one per line.
fn meaning(bytes: &[u8]) -> String {
    let (items, failed, _) = read(bytes);
    assert!(failed.is_none(), "{failed:?}");
    let mut recording = open(bytes);
    let header = serde_json::to_string(recording.header()).unwrap();
    let chain = recording.chain().unwrap();
    let items: Vec<String> = items.iter().map(|read| format!("    {}", item(read))).collect();
    format!(
        "{{\n  \"about\": \"what must be read from small.plr\",\n  \"header\": {header},\n  \
         \"end\": {{\"reason\": \"panicked\", \"text\": \"tick 90 panicked\"}},\n  \"chain\": \"{chain}\",\n  \
         \"items\": [\n{}\n  ]\n}}\n",
        items.join(",\n")
    )
}

#[test]
fn the_golden_recording_is_read_and_written_unchanged() {
    let written = bytes();
    if std::env::var_os("PARLOUR_BLESS").is_some() {
        fs::create_dir_all(path("")).unwrap();
        fs::write(path("small.plr"), &written).unwrap();
        fs::write(path("small.json"), meaning(&written)).unwrap();
    }
    let golden = fs::read(path("small.plr")).unwrap();
    let said = fs::read_to_string(path("small.json")).unwrap();
    let _: Value = serde_json::from_str(&said).unwrap();
    assert!(
        meaning(&golden) == said,
        "the items read from small.plr differ from small.json"
    );
    assert!(
        written == golden,
        "the same recording is written as different bytes. If that is intended (or zstd has a different version), run \
         `PARLOUR_BLESS=1 cargo test -p parlour-recording --test format` and check the difference"
    );
}
