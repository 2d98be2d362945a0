//! Recordings in memory, as a recorder would write them.

use std::io::Cursor;

use parlour_recording::{
    Header,
    format::{
        EndReason, Ending, FileWriter, Item, Outcome, ReadError, Recording, SealedChunk, TickRecord,
        TicksBuilder, seal_keyframe,
    },
};
use parlour_shared::{
    ids::{PlayerId, SessionId, Tick},
    message::{Chat, ClientMessage, Join, Move, MoveHeading, Scope},
    motion::Direction,
};
use parlour_sim::SimConfig;
use parlour_tick::{Arrival, Event, EventKind, TickInput};

/// 2026-01-02T03:04:05.678Z.
pub(crate) const STARTED: u64 = 1_767_323_045_678;

pub(crate) type Memory = Cursor<Vec<u8>>;

pub(crate) fn header() -> Header {
    let state = ["players", "rooms"].map(String::from).to_vec();
    Header::new(
        &SimConfig::new(vec![super::maps::garden()]),
        state,
        3,
        STARTED,
        "0.1.0",
    )
}

pub(crate) fn wall(tick: u32) -> u64 {
    STARTED + u64::from(tick) * 1000 / 60
}

/// Returns a tick with some of everything, determined by its number.
pub(crate) fn record(tick: u32) -> TickRecord {
    let mut input = TickInput::default();
    for nth in 0..tick % 4 {
        let session = SessionId(u64::from(nth * 1000 + tick / 7));
        let message = |message| EventKind::Message {
            early: (tick as i16).wrapping_mul(777),
            message,
        };
        let kind = match (tick + nth) % 9 {
            0 => EventKind::Arrive(Arrival {
                dropped: tick.is_multiple_of(2),
                ..Arrival::new(PlayerId(tick), format!("Ada {tick}"))
            }),
            1 => EventKind::Depart,
            2 => EventKind::Hold,
            3 => EventKind::Release,
            4 => message(ClientMessage::Move(Move {
                seq: tick,
                tick: Tick(tick + 1),
                heading: MoveHeading::Keys {
                    direction: Direction::ALL[(tick % 9) as usize],
                    sprint: tick.is_multiple_of(2),
                },
            })),
            5 => message(ClientMessage::Join(Join::room(tick, "garden"))),
            6 => EventKind::Drop,
            7 => EventKind::Resume {
                reset: tick.is_multiple_of(2),
            },
            _ => message(ClientMessage::Chat(Chat {
                request: tick,
                scope: Scope::Near,
                text: format!("I said {tick}"),
            })),
        };
        input.events.push(Event { session, kind });
    }
    input.sort();
    TickRecord {
        tick: Tick(tick),
        outcome: Outcome::Finished {
            hash: hash(tick),
            parts: vec![hash(tick) as u16, tick as u16],
        },
        input,
    }
}

/// Looks random, but is not.
pub(crate) fn hash(tick: u32) -> u64 {
    (u64::from(tick) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678
}

/// Returns incompressible bytes.
pub(crate) fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..count).map(|_| next()).collect()
}

/// Returns the chunks of some items, sealed after every `each` ticks and before each saved world.
pub(crate) fn chunks(items: &[Item], parts: usize, each: u32) -> Vec<SealedChunk> {
    let mut builder = TicksBuilder::new(parts);
    let mut chunks = Vec::new();
    for item in items {
        match item {
            Item::Keyframe { tick, state } => {
                chunks.extend(builder.seal());
                chunks.extend(seal_keyframe(*tick, wall(tick.0), state).unwrap());
            }
            Item::Tick(record) => {
                push(&mut builder, record);
                if builder.len() == each {
                    chunks.extend(builder.seal());
                }
            }
        }
    }
    chunks.extend(builder.seal());
    chunks
}

pub(crate) fn push(builder: &mut TicksBuilder, record: &TickRecord) {
    let result = match &record.outcome {
        Outcome::Finished { hash, parts } => Some((*hash, parts.as_slice())),
        Outcome::Panicked => None,
        Outcome::Skipped { hash } => {
            let hash = hash.unwrap_or(1);
            let pushed = builder.push_skipped(record.tick, wall(record.tick.0), 1, hash);
            return pushed.unwrap();
        }
    };
    builder
        .push(record.tick, wall(record.tick.0), result, &record.input)
        .unwrap();
}

/// A whole recording. For each chunk, where it ends and how many items are complete there.
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) items: Vec<Item>,
    /// Entries for the header, each chunk, and the end chunk.
    pub(crate) ends: Vec<(usize, usize)>,
}

impl Written {
    /// Returns the items that are complete in the first `bytes` bytes.
    pub(crate) fn items_in(&self, bytes: usize) -> &[Item] {
        let whole = self.ends.iter().take_while(|(end, _)| *end <= bytes);
        &self.items[..whole.last().map_or(0, |(_, items)| *items)]
    }

    pub(crate) fn header_end(&self) -> usize {
        self.ends[0].0
    }

    /// Returns where the end chunk ends and the index starts.
    pub(crate) fn end(&self) -> usize {
        self.ends[self.ends.len() - 1].0
    }
}

/// Writes `ticks` ticks starting at `first`, `each` per chunk; after every `between` ticks a saved
/// world of `state` bytes.
pub(crate) fn written(first: u32, ticks: u32, each: u32, between: u32, state: usize) -> Written {
    let mut items = Vec::new();
    for tick in first..first + ticks {
        items.push(Item::Tick(record(tick)));
        if (tick + 1 - first).is_multiple_of(between) {
            items.push(Item::Keyframe {
                tick: Tick(tick),
                state: noise(state, tick.into()),
            });
        }
    }
    write(items, each)
}

pub(crate) fn write(items: Vec<Item>, each: u32) -> Written {
    let mut writer = FileWriter::new(Memory::default(), &header()).unwrap();
    let mut ends = vec![(writer.position() as usize, 0)];
    let mut whole = 0;
    for chunk in chunks(&items, 2, each) {
        writer.chunk(&chunk).unwrap();
        whole += chunk.ticks() as usize;
        // The last piece completes a saved world.
        whole += usize::from(chunk.is_last_piece());
        ends.push((writer.position() as usize, whole));
    }
    writer.end(EndReason::Stopped, "that is all").unwrap();
    let bytes = writer.into_inner().into_inner();
    let recording = open(&bytes);
    ends.push((recording.end_of_chunks() as usize, whole));
    assert_eq!(whole, items.len());
    Written { bytes, items, ends }
}

pub(crate) fn open(bytes: &[u8]) -> Recording<Cursor<&[u8]>> {
    Recording::new(Cursor::new(bytes)).unwrap()
}

/// Returns all items up to an error or the end.
pub(crate) fn read(bytes: &[u8]) -> (Vec<Item>, Option<ReadError>, Ending) {
    let mut recording = open(bytes);
    let mut items = Vec::new();
    let mut failed = None;
    let beginning = recording.beginning();
    for item in recording.read_from(beginning) {
        match item {
            Ok(item) => items.push(item),
            Err(error) => failed = Some(error),
        }
    }
    (items, failed, recording.ending().clone())
}

pub(crate) fn stopped() -> Ending {
    Ending::Ended {
        reason: EndReason::Stopped,
        text: "that is all".into(),
    }
}
