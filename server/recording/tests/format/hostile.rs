//! Chunks with valid checksums and invalid content are refused as a whole, with the place and the
//! reason.

use parlour_recording::format::FileWriter;
use sha2::{Digest as _, Sha256};

use super::support::{Memory, header, read, written};

/// Writes chunks that no recorder writes.
pub(crate) struct Forge {
    pub(crate) bytes: Vec<u8>,
}

impl Forge {
    /// Continues after the end of a file.
    pub(crate) fn after(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
        }
    }

    fn new() -> Self {
        let writer = FileWriter::new(Memory::default(), &header()).unwrap();
        Self::after(writer.into_inner().get_ref())
    }

    pub(crate) fn chunk(&mut self, kind: u8, flags: u8, first_tick: u32, ticks: u32, raw: &[u8]) {
        self.packed(kind, flags, first_tick, ticks, raw.len() as u32, raw);
    }

    fn packed(&mut self, kind: u8, flags: u8, first_tick: u32, ticks: u32, raw_len: u32, body: &[u8]) {
        let mut head = vec![kind, flags, 0, 0];
        head.extend(first_tick.to_le_bytes());
        head.extend(1_767_323_045_678u64.to_le_bytes());
        head.extend(ticks.to_le_bytes());
        head.extend(raw_len.to_le_bytes());
        head.extend((body.len() as u32).to_le_bytes());
        let before = &self.bytes[self.bytes.len() - 32..];
        let chain = Sha256::new()
            .chain_update(before)
            .chain_update(&head)
            .chain_update(body)
            .finalize();
        self.bytes.extend(head);
        self.bytes.extend(body);
        self.bytes.extend(chain);
    }
}

/// Encodes a tick: flags, hash, two fingerprints, events.
fn tick(events: &[u8]) -> Vec<u8> {
    let mut raw = vec![u8::from(!events.is_empty())];
    raw.extend([7; 12]);
    raw.extend(events);
    raw
}

/// Reads one stored chunk of one tick with these events.
fn events(events: &[u8]) -> Result<usize, String> {
    ticks(1, &tick(events))
}

fn ticks(count: u32, raw: &[u8]) -> Result<usize, String> {
    let mut forge = Forge::new();
    forge.chunk(2, 1, 1, count, raw);
    outcome(&forge)
}

fn outcome(forge: &Forge) -> Result<usize, String> {
    let (items, failed, _) = read(&forge.bytes);
    failed.map_or(Ok(items.len()), |error| Err(error.to_string()))
}

#[track_caller]
fn refused(outcome: Result<usize, String>, why: &str) {
    let error = outcome.unwrap_err();
    assert!(
        error.contains("damaged at byte") && error.contains(why),
        "{error}"
    );
}

/// The bytes of the counters of an arrival that are all 0.
const COUNTERS: usize = 10;

#[test]
fn valid_forged_chunks_are_read() {
    assert_eq!(ticks(1, &tick(&[])), Ok(1));
    assert_eq!(
        ticks(3, &[tick(&[]), tick(&[1, 0, 1]), tick(&[])].concat()),
        Ok(3)
    );
    // Move of session 5: early -1, seq 300, for the next tick, east and sprinting.
    assert_eq!(events(&[1, 5, 5, 1, 0xAC, 2, 3, 3 + 16]), Ok(1));
    // The same session twice: it arrives as player 7 with the skin 2, and sends a ping.
    let mut both = vec![3, 9, 0, 7, 0, 0, 0, 3, b'A', b'd', b'a', 2, 0];
    both.extend([0; COUNTERS]);
    both.extend([0, 4, 0, 2, 8, 9, 0xFF, 1, 2]);
    assert_eq!(events(&both), Ok(1));
    // A reservation with a spawn point, for a join of "a" with all other fields empty.
    let join = [1, 0, 1, b'a', 0, 0, 0];
    let reserve = [&[1, 0, 6, 1, b't', 1, 0, 1, 1, b'g', 7][..], &join].concat();
    assert_eq!(events(&reserve), Ok(1));
}

#[test]
fn wrong_counts_are_refused() {
    refused(ticks(2, &tick(&[])), "ends inside a tick");
    refused(ticks(1, &[tick(&[]), tick(&[])].concat()), "after the last tick");
    refused(events(&[0]), "and has none");
    refused(events(&[2, 0, 1]), "ends inside a tick");
    refused(events(&[1, 0, 1, 0]), "after the last tick");
    refused(events(&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0, 1]), "number of events");
    refused(ticks(0, &[]), "chunk of 0 ticks");
    refused(ticks(601, &[]), "chunk of 601 ticks");
}

#[test]
fn events_in_a_non_canonical_form_are_refused() {
    refused(events(&[1, 0x80, 0, 1]), "shortest");
    refused(
        events(&[
            2, 1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1,
        ]),
        "above the maximum",
    );
    refused(
        events(&[1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 1]),
        "64 bits",
    );
    refused(events(&[1, 0, 11]), "unknown kind 11");
    refused(events(&[1, 0, 0, 7, 0, 0, 0, 1, 0xFF]), "UTF-8");
    refused(events(&[1, 0, 0, 7, 0, 0, 0, 0]), "without a name");
    refused(events(&[1, 0, 0, 7, 0, 0, 0, 200, 1, 0]), "ends inside");
    refused(events(&[1, 0, 0, 7, 0, 0, 0, 0x80, 0x80, 4, 0]), "above 32768");
    refused(
        events(&[1, 0, 0, 7, 0, 0, 0, 1, b'A', 0, 17]),
        "carried components",
    );
    // The flags of a reservation, and a spawn point that must not be there.
    refused(events(&[1, 0, 6, 1, b't', 1, 2, 0, 0, 0]), "answered");
    refused(events(&[1, 0, 6, 1, b't', 1, 0, 2, 0, 0]), "spawn point");
    refused(events(&[1, 0, 6, 1, b't', 1, 0, 0, 1, b'g', 0]), "spawn point");
    refused(events(&[1, 0, 4, 0x80, 0x80, 4, 1, 9]), "earliness");
    refused(events(&[1, 0, 4, 0, 1, 77]), "message that cannot be read");
    refused(events(&[1, 0, 4, 0, 5, 3, 0, 0, 1, 0]), "form of other messages");
    refused(events(&[1, 0, 5, 0, 0, 0, 9]), "unknown direction");
    refused(events(&[1, 0, 5, 0, 0, 0, 33]), "unknown direction");
    // A move for one tick before tick 1: tick 0 is encoded differently.
    refused(events(&[1, 0, 5, 0, 0, 2, 0]), "does not exist");
    refused(
        events(&[1, 0, 5, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 0, 0]),
        "sequence number",
    );
}

#[test]
fn a_tick_that_panicked_is_last_and_has_no_hash() {
    let panicked = [&[2u8][..], &[0; 12]].concat();
    assert_eq!(ticks(1, &panicked), Ok(1));
    refused(ticks(2, &[panicked.clone(), tick(&[])].concat()), "panicked");
    refused(ticks(1, &[&[2u8][..], &[1; 12]].concat()), "panicked");
    refused(ticks(1, &[&[16u8][..], &[1; 12]].concat()), "flags");
    // An invalid pace, and the default pace with the flag.
    refused(ticks(1, &[&[4u8][..], &[1; 12], &[7]].concat()), "pace");
    refused(ticks(1, &[&[4u8][..], &[1; 12], &[12]].concat()), "pace");
    refused(ticks(1, &[&[4u8][..], &[1; 12], &[0]].concat()), "pace");
    assert_eq!(ticks(1, &[&[4u8][..], &[1; 12], &[11]].concat()), Ok(1));
    let mut forge = Forge::new();
    forge.chunk(2, 1, 1, 1, &panicked);
    forge.chunk(2, 1, 2, 1, &tick(&[]));
    refused(outcome(&forge), "panicked");
}

#[test]
fn skipped_ticks_have_one_form() {
    let skipped = |ticks: u16| [&[8u8][..], &ticks.to_le_bytes(), &[7; 8]].concat();
    assert_eq!(ticks(3, &skipped(3)), Ok(3));
    assert_eq!(ticks(4, &[skipped(3), tick(&[])].concat()), Ok(4));
    refused(ticks(3, &skipped(0)), "skipped ticks");
    refused(ticks(3, &skipped(4)), "skipped ticks");
    refused(ticks(3, &skipped(2)), "ends inside");
    refused(ticks(3, &[skipped(1), skipped(2)].concat()), "two pieces");
    refused(ticks(3, &skipped(3)[..10]), "ends inside");
    // A skipped tick has no events, no pace, and did not panic.
    for flags in [9u8, 10, 12] {
        refused(ticks(1, &[&[flags][..], &[1; 12]].concat()), "flags");
    }
}

#[test]
fn chunks_in_the_wrong_order_are_refused() {
    let first = |forge: &mut Forge| forge.chunk(2, 1, 5, 1, &tick(&[]));
    type Case = fn(&mut Forge);
    let cases: &[(&str, Case)] = &[
        ("tick 7 follows tick 5", |forge| {
            forge.chunk(2, 1, 7, 1, &tick(&[]))
        }),
        ("tick 5 follows tick 5", |forge| {
            forge.chunk(2, 1, 5, 1, &tick(&[]))
        }),
        ("saved after tick 6 follows tick 5", |forge| {
            forge.chunk(3, 3, 6, 0, b"world")
        }),
        ("ticks inside a saved world", |forge| {
            forge.chunk(3, 1, 5, 0, b"world");
            forge.chunk(2, 1, 6, 1, &tick(&[]));
        }),
        ("Header in the wrong place", |forge| {
            forge.chunk(1, 1, 0, 0, b"{}")
        }),
        ("Index in the wrong place", |forge| forge.chunk(5, 1, 0, 0, b"")),
        ("end chunk is for tick 4", |forge| forge.chunk(4, 1, 4, 0, b"{}")),
        ("count of ticks", |forge| forge.chunk(3, 3, 5, 1, b"world")),
        ("unknown kind 6", |forge| forge.chunk(6, 1, 6, 0, b"")),
        ("unknown flags", |forge| forge.chunk(2, 3, 6, 1, &tick(&[]))),
        ("end chunk that cannot be read", |forge| {
            forge.chunk(4, 1, 5, 0, b"{}")
        }),
    ];
    for (why, case) in cases {
        let mut forge = Forge::new();
        first(&mut forge);
        case(&mut forge);
        let (items, failed, ending) = read(&forge.bytes);
        assert_eq!(items.len(), 1, "{why}");
        let said = format!("{failed:?} {ending:?}");
        assert!(said.contains(why) && said.contains("Damaged"), "{why}: {said}");
    }
}

#[test]
fn lengths_are_checked_before_anything_is_unpacked() {
    let bomb = zstd::bulk::compress(&vec![0; 10_000_000], 3).unwrap();
    let mut forge = Forge::new();
    forge.packed(2, 0, 1, 1, 1000, &bomb);
    refused(outcome(&forge), "zstd cannot read");
    let mut forge = Forge::new();
    forge.packed(2, 0, 1, 1, 10_000_001, &bomb);
    refused(outcome(&forge), "different length");
    let mut forge = Forge::new();
    forge.packed(2, 0, 1, 1, u32::MAX, &bomb);
    refused(outcome(&forge), "bytes of content");
    let mut forge = Forge::new();
    forge.packed(3, 0, 1, 0, 1024 * 1024 + 1, &bomb);
    refused(outcome(&forge), "bytes of content");
    let mut forge = Forge::new();
    forge.packed(2, 0, 1, 1, 10, &[0; 300]);
    refused(outcome(&forge), "a body of 300 bytes");
    let mut forge = Forge::new();
    forge.packed(2, 1, 1, 1, 12, &[0; 13]);
    refused(outcome(&forge), "a body of 13 bytes");
}

#[test]
fn a_chunk_of_a_different_recording_does_not_match() {
    let (one, other) = (written(1, 40, 20, 100, 0), written(1, 60, 20, 100, 0));
    // These chunks were written after a different header.
    let mut header = header();
    header.seed = 99;
    let writer = FileWriter::new(Memory::default(), &header).unwrap();
    let mut bytes = writer.into_inner().into_inner();
    bytes.extend(&other.bytes[one.ends[0].0..other.end()]);
    let (items, failed, _) = read(&bytes);
    assert!(items.is_empty() && failed.unwrap().to_string().contains("checksum"));
}
