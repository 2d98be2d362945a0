//! Skipped ticks: how they are added, how little they take, and what is refused.

use parlour_recording::format::{
    EndReason, FileWriter, Item, MAX_CHUNK_TICKS, Outcome, PushError, TickRecord, TicksBuilder,
};
use parlour_shared::ids::Tick;
use parlour_tick::TickInput;

use super::support::{Memory, header, push, read, record};

fn skipped(tick: u32, hash: Option<u64>) -> Item {
    Item::Tick(TickRecord {
        tick: Tick(tick),
        outcome: Outcome::Skipped { hash },
        input: TickInput::default(),
    })
}

/// Writes one chunk, and reads its items.
fn written(builder: &mut TicksBuilder) -> Vec<Item> {
    let mut writer = FileWriter::new(Memory::default(), &header()).unwrap();
    writer.chunk(&builder.seal().unwrap()).unwrap();
    writer.end(EndReason::Stopped, "").unwrap();
    let (items, failed, _) = read(&writer.into_inner().into_inner());
    assert!(failed.is_none(), "{failed:?}");
    items
}

#[test]
fn skipped_ticks_in_a_row_take_11_bytes_however_they_are_added() {
    let mut together = TicksBuilder::new(2);
    together.push_skipped(Tick(5), 0, 4, 44).unwrap();
    let mut apart = TicksBuilder::new(2);
    for (tick, ticks) in [(5, 1), (6, 2), (8, 1)] {
        apart
            .push_skipped(Tick(tick), 0, ticks, 40 + u64::from(tick - 4))
            .unwrap();
    }
    for mut builder in [together, apart] {
        assert_eq!((builder.len(), builder.raw_len()), (4, 11));
        let items = written(&mut builder);
        let expected = [(5, None), (6, None), (7, None), (8, Some(44))];
        assert_eq!(items, expected.map(|(tick, hash)| skipped(tick, hash)));
    }
}

#[test]
fn a_builder_that_was_sealed_starts_a_new_row() {
    let mut builder = TicksBuilder::new(2);
    builder.push_skipped(Tick(1), 0, 3, 3).unwrap();
    written(&mut builder);
    builder.push_skipped(Tick(4), 0, 1, 4).unwrap();
    assert_eq!(written(&mut builder), [skipped(4, Some(4))]);
}

#[test]
fn a_chunk_is_due_a_second_after_its_first_tick_that_was_not_skipped() {
    let mut builder = TicksBuilder::new(2);
    builder.push_skipped(Tick(1), 0, 200, 1).unwrap();
    assert!(!builder.is_due());
    push(&mut builder, &record(201));
    builder.push_skipped(Tick(202), 0, 58, 1).unwrap();
    assert!(!builder.is_due());
    builder.push_skipped(Tick(260), 0, 1, 1).unwrap();
    assert!(builder.is_due());
    written(&mut builder);
    builder.push_skipped(Tick(261), 0, MAX_CHUNK_TICKS, 1).unwrap();
    assert!(builder.is_due(), "it is full");
    let full = builder.push_skipped(Tick(261 + MAX_CHUNK_TICKS), 0, 1, 1);
    assert_eq!(full, Err(PushError::Full));
}

#[test]
fn a_row_that_cannot_be_is_refused() {
    let mut builder = TicksBuilder::new(2);
    for (tick, ticks) in [(0, 1), (1, 0), (1, MAX_CHUNK_TICKS + 1), (u32::MAX, 2)] {
        let refused = builder.push_skipped(Tick(tick), 0, ticks, 1);
        assert!(
            matches!(refused, Err(PushError::Invalid { .. })),
            "{tick} {ticks}"
        );
    }
    builder.push_skipped(Tick(1), 0, 2, 1).unwrap();
    assert!(
        builder.push_skipped(Tick(2), 0, 1, 1).is_err(),
        "it does not follow"
    );
    builder.push(Tick(3), 0, None, &TickInput::default()).unwrap();
    assert!(
        builder.push_skipped(Tick(4), 0, 1, 1).is_err(),
        "the tick before panicked"
    );
}

#[test]
fn ticks_agree_unless_both_have_different_hashes() {
    let finished = |hash| Outcome::Finished {
        hash,
        parts: vec![1, 2],
    };
    let skipped = |hash| Outcome::Skipped { hash };
    for (one, other, agree) in [
        (finished(1), finished(1), true),
        (finished(1), finished(2), false),
        (finished(1), skipped(None), true),
        (skipped(Some(2)), finished(1), false),
        (skipped(Some(1)), finished(1), true),
        (skipped(Some(1)), skipped(None), true),
        (skipped(Some(1)), skipped(Some(2)), false),
        (Outcome::Panicked, skipped(None), false),
    ] {
        assert_eq!(one.agrees(&other), agree, "{one:?} {other:?}");
        assert_eq!(other.agrees(&one), agree, "{other:?} {one:?}");
    }
}
