//! Tests of the recorder thread, in which the test runs the disk and the ticks.

use std::{sync::mpsc::sync_channel, thread};

use parlour_shared::ids::Tick;
use parlour_sim::{Logic, SimConfig};
use rtrb::{Consumer, Producer, RingBuffer};

use super::*;
use crate::recorder::{
    OptionNames,
    batch_queue::{BatchReceiver, batch_queue},
    metrics::counted::Values,
};

struct Driven {
    recorder: Recorder,
    state: Option<RecorderState>,
    records: Producer<LiveTick>,
    spent: Consumer<LiveTick>,
    disk: BatchReceiver,
    values: Values,
}

impl Driven {
    fn new() -> Self {
        let (records, tapped) = RingBuffer::new(512);
        let (returned, spent) = RingBuffer::new(512);
        let (_asks, asked) = sync_channel(1);
        let (disk, batches) = batch_queue();
        let context = RecorderContext::new(
            SimConfig::new(Vec::new()),
            Logic::default(),
            "test",
            &OptionNames::TEST,
        );
        let values = Values::default();
        let recorder = Recorder {
            ticks: TickReceiver {
                full: tapped,
                empty: returned,
            },
            requests: asked,
            context: Arc::new(context),
            metrics: values.metrics(),
            history: Some(History::new(Duration::from_secs(20), usize::MAX)),
            disk: Some(disk),
            shadow: None,
            writer: None,
            recorded: Arc::default(),
        };
        Self {
            recorder,
            state: None,
            records,
            spent,
            disk: batches,
            values,
        }
    }

    fn ticks(&mut self, ticks: std::ops::RangeInclusive<u32>) {
        for tick in ticks {
            let mut record = self.spent.pop().unwrap_or_default();
            record.tick = Tick(tick);
            record.hash = Some(7);
            if tick % 600 == 0 {
                record.keyframe.extend_from_slice(b"a world");
            }
            self.records.push(record).unwrap();
            self.recorder.drain(&mut self.state);
        }
    }

    /// Adds a writer that accepts one job at a time, which the test runs.
    fn writer(&mut self) -> Receiver<WriteJob> {
        let (jobs, writer) = sync_channel(1);
        self.recorder.writer = Some(jobs);
        writer
    }

    fn ask(&mut self) -> Option<HistoryError> {
        let (sender, answered) = sync_channel(1);
        let answer = Box::new(move |saved| drop(sender.send(saved)));
        let request = HistoryRequest::Write(Some(answer));
        self.recorder.answer(request, &mut self.state);
        answered.try_recv().ok().map(Result::unwrap_err)
    }

    fn tick_that(&mut self, tick: u32, hash: Option<u64>, took: Duration) {
        let mut record = self.spent.pop().unwrap_or_default();
        record.tick = Tick(tick);
        (record.hash, record.took) = (hash, took);
        self.records.push(record).unwrap();
        self.recorder.drain(&mut self.state);
    }

    /// Returns the batches that were sent to the disk.
    fn sent(&self) -> Vec<Arc<Batch>> {
        std::iter::from_fn(|| self.disk.try_next()).collect()
    }

    fn history(&self) -> (u32, u32) {
        let history = self.recorder.history.as_ref().unwrap();
        let first = history.batches().first().map_or(0, |batch| batch.first_tick());
        (first, history.len())
    }
}

/// Checks that the ticks have no gap from the first on, and returns the last.
fn contiguous(batches: &[Arc<Batch>]) -> u32 {
    let ticks = batches.iter().filter(|batch| !batch.is_keyframe());
    ticks.fold(0, |last, batch| {
        assert_eq!(batch.first_tick(), last + 1);
        batch.last_tick()
    })
}

#[test]
fn a_slow_disk_misses_ticks_but_the_history_does_not() {
    let mut driven = Driven::new();
    driven.ticks(1..=600 * 13);
    let sent = driven.sent();
    // 128 batches wait; one in eleven is a saved world.
    assert_eq!(contiguous(&sent), 60 * (128 - 11));
    assert_eq!(driven.values.dropped(), 600 * 13 - 60 * (128 - 11));
    assert_eq!(driven.history(), (600 * 11, 600 * 2), "unaffected by the disk");
    driven.ticks(600 * 13 + 1..=600 * 13 + 60);
    let again: Vec<u32> = driven.sent().iter().map(|batch| batch.first_tick()).collect();
    assert_eq!(
        again,
        [600 * 13 + 1],
        "once the disk has room, it is sent ticks again"
    );
}

#[test]
fn a_gap_in_the_ticks_reaches_the_disk_and_restarts_the_history() {
    let mut driven = Driven::new();
    driven.ticks(1..=90);
    driven.ticks(100..=700);
    let sent = driven.sent();
    let gap = sent.iter().position(|batch| batch.first_tick() == 100).unwrap();
    assert_eq!(
        contiguous(&sent[..gap]),
        90,
        "includes the last ticks before the gap"
    );
    assert_eq!(driven.history(), (600, 60), "since the first saved world");
}

#[test]
fn returned_records_are_empty_and_have_capacity_for_a_tick() {
    let mut driven = Driven::new();
    driven.ticks(1..=601);
    let back: Vec<LiveTick> = std::iter::from_fn(|| driven.spent.pop().ok()).collect();
    assert!(back.len() >= STOCK);
    for record in &back {
        assert!(record.input.events.is_empty() && record.keyframe.is_empty());
        assert!(record.input.events.capacity() >= EVENTS);
    }
}

#[test]
fn a_second_request_within_a_second_is_refused() {
    let mut driven = Driven::new();
    let writer = driven.writer();
    driven.ticks(1..=60);
    assert_eq!(driven.ask(), None, "is being written");
    assert!(writer.try_recv().is_ok());
    assert_eq!(driven.ask(), Some(HistoryError::TooSoon));
    assert!(writer.try_recv().is_err());
}

#[test]
fn a_history_that_was_refused_does_not_count_as_written() {
    let mut driven = Driven::new();
    let writer = driven.writer();
    driven.ticks(1..=60);
    assert_eq!(driven.ask(), None);
    let far_too_long = OVERRUN * 2;
    driven.tick_that(61, Some(7), far_too_long);
    assert_eq!(writer.recv().unwrap().reason, Some(Reason::Asked));
    assert!(writer.try_recv().is_err(), "the writer is busy");
    driven.tick_that(62, Some(7), far_too_long);
    assert_eq!(writer.try_recv().unwrap().reason, Some(Reason::Overrun));
    driven.tick_that(63, Some(7), far_too_long);
    assert!(writer.try_recv().is_err(), "once in five minutes");
}

#[test]
fn the_history_of_a_panic_waits_for_a_busy_writer() {
    let mut driven = Driven::new();
    let writer = driven.writer();
    driven.ticks(1..=60);
    assert_eq!(driven.ask(), None);
    let writer = thread::spawn(move || {
        thread::park_timeout(Duration::from_millis(100));
        [writer.recv().unwrap().reason, writer.recv().unwrap().reason]
    });
    driven.tick_that(61, None, Duration::ZERO);
    assert_eq!(writer.join().unwrap(), [Some(Reason::Asked), Some(Reason::Panic)]);
    assert_eq!(driven.disk.ending().0, EndReason::Panicked);
}
