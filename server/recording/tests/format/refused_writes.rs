//! Items that could not be read again are not written.

use parlour_recording::format::{FileWriter, MAX_RAW, PushError, TicksBuilder, seal_keyframe};
use parlour_shared::{
    ids::{SessionId, Tick},
    message::{Body, ClientMessage, Custom, SetState, StateWrite},
};
use parlour_tick::{Event, EventKind, Pace, TickInput};

use super::support::{Memory, header, push, record};

fn said(message: ClientMessage) -> TickInput {
    events(1, &message)
}

fn events(count: u64, message: &ClientMessage) -> TickInput {
    let event = |session| Event {
        session: SessionId(session),
        kind: EventKind::Message {
            early: 0,
            message: message.clone(),
        },
    };
    TickInput {
        pace: Pace::default(),
        events: (0..count).map(event).collect(),
    }
}

fn long(bytes: usize) -> ClientMessage {
    ClientMessage::Custom(Custom {
        request: 0,
        name: String::new(),
        body: Body::Bytes(vec![0; bytes]),
    })
}

#[test]
fn a_tick_that_cannot_be_recorded_leaves_the_chunk_unchanged() {
    let mut builder = TicksBuilder::new(2);
    push(&mut builder, &record(5));
    let before = builder.raw_len();
    let mut unsorted = events(2, &ClientMessage::Bye);
    unsorted.events.reverse();
    let batch = ClientMessage::SetState(SetState {
        request: 0,
        writes: vec![StateWrite::default(); 65],
    });
    let nothing = TickInput::default();
    let two: Option<(u64, &[u16])> = Some((1, &[1, 2]));
    let one: Option<(u64, &[u16])> = Some((1, &[1]));
    for (why, tick, result, input) in [
        ("a different tick", 7, two, &nothing),
        ("fingerprints missing", 6, one, &nothing),
        ("not in order", 6, two, &unsorted),
        ("a message too long", 6, two, &said(long(33_000))),
        ("too many writes", 6, two, &said(batch)),
    ] {
        let refused = builder.push(Tick(tick), 0, result, input);
        assert!(
            matches!(refused, Err(PushError::Invalid { .. })),
            "{why}: {refused:?}"
        );
        assert_eq!((builder.raw_len(), builder.len()), (before, 1), "{why}");
    }
    push(&mut builder, &record(6));
    builder.push(Tick(7), 0, None, &nothing).unwrap();
    assert!(builder.push(Tick(8), 0, two, &nothing).is_err(), "after a panic");
}

#[test]
fn a_full_chunk_and_a_tick_that_fits_no_chunk_are_errors() {
    let mut builder = TicksBuilder::new(0);
    let result: Option<(u64, &[u16])> = Some((1, &[]));
    let half = events(MAX_RAW as u64 / 2 / 32_000, &long(32_000));
    builder.push(Tick(1), 0, result, &half).unwrap();
    assert!(builder.is_due());
    let more = events(half.events.len() as u64 + 200, &long(32_000));
    assert_eq!(builder.push(Tick(2), 0, result, &more), Err(PushError::Full));
    assert_eq!(builder.seal().unwrap().ticks(), 1);
    builder.push(Tick(2), 0, result, &more).unwrap();
    builder.seal();
    let most = events(2 * half.events.len() as u64 + 200, &long(32_000));
    assert_eq!(
        builder.push(Tick(3), 0, result, &most),
        Err(PushError::TooLarge(3))
    );
    assert!(builder.is_empty() && builder.seal().is_none());
    for tick in 3..603 {
        builder
            .push(Tick(tick), 0, result, &TickInput::default())
            .unwrap();
    }
    assert_eq!(
        builder.push(Tick(603), 0, result, &TickInput::default()),
        Err(PushError::Full)
    );
}

#[test]
fn a_file_accepts_chunks_only_in_order() {
    let mut writer = FileWriter::new(Memory::default(), &header()).unwrap();
    let mut builder = TicksBuilder::new(2);
    let mut chunk = |tick| {
        push(&mut builder, &record(tick));
        builder.seal().unwrap()
    };
    let keyframe = |tick| seal_keyframe(Tick(tick), 0, b"world").unwrap().remove(0);
    writer.chunk(&keyframe(4)).unwrap();
    assert!(writer.chunk(&chunk(6)).is_err());
    writer.chunk(&chunk(5)).unwrap();
    let position = writer.position();
    assert!(writer.chunk(&chunk(5)).is_err());
    assert!(writer.chunk(&keyframe(4)).is_err());
    assert_eq!(writer.position(), position, "nothing of them was written");
    writer.chunk(&keyframe(5)).unwrap();
    writer.chunk(&chunk(6)).unwrap();
}
