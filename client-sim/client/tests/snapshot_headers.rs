//! A client that reads only the headers of snapshots detects a lost one, and reads nothing else.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use std::time::{Duration, Instant};

use parlour_client::{Client, Command, Event, Violation};
use parlour_shared::{
    codec::SNAPSHOT_OPCODE,
    ids::Tick,
    motion::{Direction, Position},
    snapshot::Snapshot,
};
use proptest::prelude::*;
use support::{OTHER, Record, enter_own, entered_with, left, map, snapshot, welcome};

struct HeaderReader {
    client: Client,
    now: Instant,
}

impl HeaderReader {
    fn in_room() -> Self {
        let mut reader = Self {
            client: Client::new(),
            now: Instant::now(),
        };
        for frame in [welcome(), entered_with(map())] {
            assert_eq!(
                reader
                    .client
                    .receive_header(&frame, reader.now)
                    .unwrap()
                    .violation,
                None
            );
        }
        let full = snapshot(1, 100, None, None, &[enter_own(Position::from_px(100, 100))]);
        assert_eq!(reader.kind(&full), "none");
        reader
    }

    fn kind(&mut self, frame: &[u8]) -> &'static str {
        match self.client.receive_header(frame, self.now) {
            Ok(received) => received.violation.map_or("none", |violation| violation.kind()),
            Err(violation) => violation.kind(),
        }
    }
}

#[test]
fn ticks_increase_and_a_base_is_the_snapshot_before() {
    let mut reader = HeaderReader::in_room();
    assert_eq!(reader.kind(&snapshot(1, 103, Some(100), None, &[])), "none");
    assert_eq!(reader.kind(&snapshot(1, 105, Some(103), None, &[])), "none");
    assert_eq!(
        reader.kind(&snapshot(1, 105, Some(103), None, &[])),
        "tick_not_later"
    );
    assert_eq!(
        reader.kind(&snapshot(1, 108, Some(103), None, &[])),
        "unknown_base"
    );
    assert_eq!(reader.kind(&snapshot(2, 108, Some(105), None, &[])), "wrong_stay");
    // A full snapshot needs no base.
    assert_eq!(reader.kind(&snapshot(1, 110, None, None, &[])), "none");
    assert_eq!(reader.kind(&snapshot(1, 111, Some(110), None, &[])), "none");
}

#[test]
fn a_new_stay_starts_with_a_full_snapshot() {
    let mut reader = HeaderReader::in_room();
    assert_eq!(reader.kind(&left()), "none");
    assert_eq!(
        reader.kind(&snapshot(1, 101, Some(100), None, &[])),
        "snapshot_outside_room"
    );
    assert_eq!(reader.kind(&entered_with(map())), "none");
    assert_eq!(
        reader.kind(&snapshot(1, 102, Some(100), None, &[])),
        "unknown_base"
    );
    assert_eq!(reader.kind(&snapshot(1, 102, None, None, &[])), "none");
}

#[test]
fn acknowledgements_are_checked() {
    let mut reader = HeaderReader::in_room();
    let mut out = Vec::new();
    for direction in [Direction::East, Direction::North] {
        reader
            .client
            .command(Command::walk(direction), reader.now, &mut out);
    }
    assert_eq!(reader.client.unacknowledged_walks(), 2);
    let first = snapshot(1, 101, Some(100), Some(1), &[]);
    let event = reader.client.receive_header(&first, reader.now).unwrap().event;
    assert!(matches!(event, Event::Snapshot { own: None, ack: Some(ack) } if ack.seq == 1));
    assert_eq!(reader.client.unacknowledged_walks(), 1);
    let never_sent = snapshot(1, 102, Some(101), Some(3), &[]);
    assert_eq!(reader.kind(&never_sent), "acknowledgement");
}

#[test]
fn input_can_be_aimed_without_a_view() {
    let mut reader = HeaderReader::in_room();
    let lead = Duration::from_millis(2);
    let mut out = Vec::new();
    let aimed = Command::Walk {
        heading: Direction::Still.into(),
        at: Some(Tick(102)),
    };
    reader.client.command(aimed, reader.now, &mut out);
    // It arrived 2 ms before its tick.
    assert_eq!(reader.kind(&snapshot(1, 102, Some(100), Some(1), &[])), "none");
    let (moment, tick) = reader.client.next_sample(reader.now, lead).unwrap();
    assert_eq!((moment, tick), (reader.now, Tick(102)));
}

#[test]
fn records_are_ignored() {
    let mut reader = HeaderReader::in_room();
    // A client that decodes records would report a leave of a player that was never there.
    assert_eq!(
        reader.kind(&snapshot(1, 101, Some(100), None, &[Record::Leave(OTHER)])),
        "none"
    );
    assert_eq!(reader.client.view().iter().count(), 0);
}

proptest! {
    /// Both readers reject the same headers, and read the same from the others.
    #[test]
    fn a_header_reads_like_that_of_a_whole_snapshot(
        bits in 0_u8..64, view in 0_u8..3, tick in 99_u32..110, age in 0_u16..12, rest in prop::collection::vec(any::<u8>(), 0..9),
    ) {
        let mut frame = vec![SNAPSHOT_OPCODE, bits & !0b11100, view];
        frame.extend(tick.to_le_bytes());
        frame.extend(age.to_le_bytes());
        frame.extend(rest);
        let mut reader = HeaderReader::in_room();
        let received = reader.client.receive_header(&frame, reader.now);
        let mut decoded = Snapshot::default();
        match decoded.read(&frame) {
            Ok(()) => prop_assert!(!matches!(received, Err(Violation::Snapshot(_))), "{received:?}"),
            // Bytes after the header are records, which `receive_header` ignores.
            Err(parlour_shared::snapshot::SnapshotError::TrailingBytes(_)) => {}
            Err(error) => prop_assert_eq!(received.clone(), Err(Violation::Snapshot(error))),
        }
        if let Ok(received) = received {
            prop_assert_eq!(received.event, Event::Snapshot { own: None, ack: decoded.ack });
            prop_assert_eq!((decoded.view, decoded.tick), (1, Tick(tick)));
            prop_assert!(decoded.base.is_none_or(|base| base == Tick(100)));
        }
    }
}
