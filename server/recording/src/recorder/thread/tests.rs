//! Tests of the recorder thread, in which the test runs the disk and the ticks.

use std::{
    sync::mpsc::{SyncSender, sync_channel},
    thread,
};

use parlour_shared::ids::Tick;

use super::*;
use crate::{
    format::EndReason,
    recorder::{
        batch::Batch,
        batch_queue::{BatchReceiver, batch_queue_of},
        context::{WorldContext, samples},
        metrics::counted::Values,
        recovery::SavedWorld,
        tick_rings::rings,
        tick_sender::TickSender,
    },
};

const MAIN: WorldId = WorldId(0);
const TAG: WorldId = WorldId(1);
/// Far longer than a tick may take.
const FAR_TOO_LONG: Duration = Duration::from_millis(100);

struct Driven {
    recorder: Recorder,
    requests: SyncSender<Request>,
    senders: Vec<TickSender>,
    disk: BatchReceiver,
    jobs: Receiver<WriteJob>,
    values: Values,
}

impl Driven {
    /// A recorder with the worlds [`MAIN`] and [`TAG`], whose history thread accepts one job at a
    /// time, which the test takes.
    fn new() -> Self {
        let mut driven = Self::empty();
        for (id, name) in [(MAIN, "main"), (TAG, "tag")] {
            driven.ask(Request::Open(samples::world(id.0, name), None, None));
        }
        driven
    }

    fn empty() -> Self {
        let values = Values::default();
        let metrics = values.metrics();
        let (senders, rings) = rings(2, &metrics.dropped);
        let (requests, asked) = sync_channel(64);
        let (disk, batches) = batch_queue_of(128);
        let (writer, jobs) = sync_channel(1);
        let outlets = Outlets::new(Some(disk), None, writer, Arc::clone(&metrics));
        let memory = HistoryMemory::new(usize::MAX, usize::MAX);
        let recorder = Recorder::new(rings, asked, outlets, memory, Duration::from_secs(20), metrics);
        Self {
            recorder,
            requests,
            senders,
            disk: batches,
            jobs,
            values,
        }
    }

    /// Lets the recorder answer a request.
    fn ask(&mut self, request: Request) {
        self.recorder.answer_all(Some(request));
    }

    /// Sends ticks to the ring of the first tick thread, and lets the recorder read them.
    fn ticks(&mut self, world: WorldId, ticks: std::ops::RangeInclusive<u32>) {
        for tick in ticks {
            self.tick(world, tick, Some(7), Duration::ZERO);
        }
    }

    fn tick(&mut self, world: WorldId, tick: u32, hash: Option<u64>, took: Duration) {
        self.push(0, world, tick, hash, took);
        self.recorder.drain();
    }

    /// Sends a tick to the ring of a tick thread.
    fn push(&mut self, thread: usize, world: WorldId, tick: u32, hash: Option<u64>, took: Duration) {
        let sender = &mut self.senders[thread];
        let mut batch = sender.empty.pop().unwrap_or_default();
        batch.number = sender.order.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let saved = hash.is_some() && tick.is_multiple_of(600);
        batch.keyframes.clear();
        if saved {
            batch.keyframes.push(b"a world".to_vec());
        }
        batch.ticks.push(LiveTick {
            world,
            tick: Tick(tick),
            took,
            hash,
            saved,
            ..LiveTick::default()
        });
        sender.full.push(batch).unwrap();
    }

    /// Requests that histories are written. Returns the error if that was refused.
    fn write(&mut self, world: Option<WorldId>) -> Option<HistoryError> {
        let (sender, answered) = sync_channel(1);
        let answer = Box::new(move |saved| drop(sender.send(saved)));
        self.ask(Request::History(HistoryRequest::Write(world, Some(answer))));
        answered.try_recv().ok().map(Result::unwrap_err)
    }

    fn recover(&mut self, world: WorldId) -> Result<Recovery, RecoverError> {
        let (sender, answered) = sync_channel(1);
        self.ask(Request::Recover(world, sender));
        answered.try_recv().unwrap()
    }

    /// Returns the batches of a world that were sent to the disk.
    fn sent(&self, world: WorldId) -> Vec<Arc<Batch>> {
        let batches = std::iter::from_fn(|| self.disk.try_next());
        batches.filter(|batch| batch.world.id == world).collect()
    }

    /// Returns the first tick of the history, and its length.
    fn history(&self, world: WorldId) -> (u32, u32) {
        let history = &self.recorder.worlds[&world].history;
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
    driven.ticks(MAIN, 1..=600 * 50);
    // 128 batches wait: two with five seconds each and a saved world in ten seconds.
    let sent = driven.sent(MAIN);
    assert_eq!(contiguous(&sent), 300 * 86);
    assert_eq!(driven.values.dropped(), 600 * 50 - 300 * 86);
    assert_eq!(
        driven.history(MAIN),
        (600 * 48, 600 * 2),
        "unaffected by the disk"
    );
    driven.ticks(MAIN, 600 * 50 + 1..=600 * 50 + 300);
    let again: Vec<u32> = driven.sent(MAIN).iter().map(|batch| batch.first_tick()).collect();
    assert_eq!(
        again,
        [600 * 50 + 1],
        "once the disk has room, it is sent ticks again"
    );
}

#[test]
fn a_gap_in_the_ticks_reaches_the_disk_and_restarts_the_history_of_that_world() {
    let mut driven = Driven::new();
    driven.ticks(TAG, 1..=650);
    driven.ticks(MAIN, 1..=90);
    driven.ticks(MAIN, 100..=900);
    driven.ticks(TAG, 651..=700);
    let sent = driven.sent(MAIN);
    let gap = sent.iter().position(|batch| batch.first_tick() == 100).unwrap();
    assert_eq!(
        contiguous(&sent[..gap]),
        90,
        "includes the last ticks before the gap"
    );
    assert_eq!(driven.history(MAIN), (600, 300), "since the first saved world");
    driven.write(None);
    assert_eq!(driven.history(TAG), (1, 700));
}

#[test]
fn the_first_tick_of_a_world_finds_the_world_open() {
    let mut driven = Driven::empty();
    driven.requests.send(Request::Close(MAIN)).unwrap();
    driven
        .requests
        .send(Request::Open(samples::world(5, "new"), None, None))
        .unwrap();
    driven.ticks(WorldId(5), 1..=300);
    assert_eq!(contiguous(&driven.sent(WorldId(5))), 300);
    // Also if it has just received the request, and reads the ticks before it answers.
    driven.push(0, WorldId(6), 1, Some(7), Duration::ZERO);
    driven.ask(Request::Open(samples::world(6, "newer"), None, None));
    driven.ask(Request::Close(WorldId(6)));
    assert_eq!(contiguous(&driven.sent(WorldId(6))), 1);
    assert_eq!(driven.values.dropped(), 0);
}

#[test]
fn a_request_that_was_received_while_ticks_were_read_is_answered() {
    let mut driven = Driven::new();
    let (sender, answered) = sync_channel(1);
    driven.requests.send(Request::Recover(MAIN, sender)).unwrap();
    // Ticks of an unknown world make the recorder look for the request that opens it.
    driven.ticks(WorldId(8), 1..=1);
    assert!(answered.try_recv().is_err());
    let running = thread::spawn(move || driven.recorder.run());
    let answer = answered.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(matches!(answer, Err(RecoverError::NothingSaved)));
    drop(driven.senders);
    running.join().unwrap();
}

#[test]
fn a_closed_world_is_sealed_with_all_ticks_that_were_sent_before() {
    let mut driven = Driven::new();
    driven.ticks(MAIN, 1..=10);
    driven.push(1, MAIN, 11, Some(7), Duration::ZERO);
    driven.ask(Request::Close(MAIN));
    assert_eq!(contiguous(&driven.sent(MAIN)), 11);
    driven.ticks(MAIN, 12..=14);
    assert_eq!(driven.values.dropped(), 3);
    assert!(matches!(driven.recover(MAIN), Err(RecoverError::NoWorld(MAIN))));
    assert_eq!(driven.recorder.memory.total(), 0);
}

#[test]
fn a_moved_world_is_recorded_without_a_gap() {
    let mut driven = Driven::new();
    for tick in 1..=300 {
        // The ring of the next thread is read first in every second tick.
        driven.push(tick as usize % 2, MAIN, tick, Some(7), Duration::ZERO);
        if tick % 7 == 0 {
            driven.recorder.drain();
        }
    }
    driven.recorder.drain();
    assert_eq!(contiguous(&driven.sent(MAIN)), 300);
}

#[test]
fn a_world_that_panicked_accepts_no_tick_until_it_continues() {
    let mut driven = Driven::new();
    driven.ticks(MAIN, 1..=659);
    driven.tick(MAIN, 660, None, Duration::ZERO);
    let recovery = driven.recover(MAIN).unwrap();
    assert_eq!(recovery.last, Tick(659));
    assert!(recovery.batches[0].is_keyframe());
    assert_eq!(recovery.batches[0].last_tick(), 600);
    driven.ticks(MAIN, 660..=662);
    assert_eq!(driven.values.dropped(), 3);

    let saved = SavedWorld {
        tick: Tick(659),
        state: b"recovered".to_vec(),
    };
    // It is sent before the world runs, so the recorder finds it when it sees the tick.
    driven
        .requests
        .send(Request::Continue(MAIN, Some(saved)))
        .unwrap();
    driven.ticks(MAIN, 660..=959);
    assert_eq!(driven.values.dropped(), 3);
    let sent = driven.sent(MAIN);
    let seen: Vec<(bool, u32, bool)> = sent
        .iter()
        .map(|batch| (batch.is_keyframe(), batch.last_tick(), batch.panicked))
        .collect();
    let expected = [
        (false, 300, false),
        (false, 600, false),
        (true, 600, false),
        (false, 660, true),
        (true, 659, false),
        (false, 959, false),
    ];
    assert_eq!(seen, expected);
    assert_eq!(driven.history(MAIN), (659, 300));
    assert_eq!(driven.recover(MAIN).unwrap().last, Tick(959));
}

#[test]
fn a_world_that_continues_without_a_panic_keeps_its_history() {
    let mut driven = Driven::new();
    driven.ticks(MAIN, 1..=90);
    let saved = SavedWorld {
        tick: Tick(90),
        state: b"moved".to_vec(),
    };
    driven.ask(Request::Continue(MAIN, Some(saved)));
    driven.ticks(MAIN, 91..=100);
    driven.write(None);
    assert_eq!(driven.history(MAIN), (1, 100));
    assert_eq!(
        driven.recover(MAIN).unwrap().batches.len(),
        2,
        "from the new saved world"
    );
}

#[test]
fn a_world_that_is_opened_with_a_saved_state_starts_there() {
    let mut driven = Driven::empty();
    let saved = SavedWorld {
        tick: Tick(5_000),
        state: b"thawed".to_vec(),
    };
    driven.ask(Request::Open(samples::world(3, "thawed"), Some(saved), None));
    driven.ticks(WorldId(3), 5_001..=5_010);
    let recovery = driven.recover(WorldId(3)).unwrap();
    assert_eq!(recovery.last, Tick(5_010));
    assert!(recovery.batches[0].is_keyframe() && recovery.batches[0].last_tick() == 5_000);
}

#[test]
fn after_a_gap_a_world_can_be_recovered_when_it_was_saved_again() {
    let mut driven = Driven::new();
    assert!(matches!(driven.recover(MAIN), Err(RecoverError::NothingSaved)));
    driven.ticks(MAIN, 1..=10);
    assert!(driven.recover(MAIN).is_ok(), "since the first tick");
    driven.ticks(MAIN, 12..=599);
    assert!(matches!(driven.recover(MAIN), Err(RecoverError::NothingSaved)));
    driven.ticks(MAIN, 600..=610);
    assert_eq!(driven.recover(MAIN).unwrap().last, Tick(610));
}

#[test]
fn a_second_request_within_a_second_is_refused() {
    let mut driven = Driven::new();
    driven.ticks(MAIN, 1..=60);
    assert_eq!(driven.write(Some(MAIN)), None, "is being written");
    assert!(driven.jobs.try_recv().is_ok());
    assert_eq!(driven.write(Some(MAIN)), Some(HistoryError::TooSoon));
    assert_eq!(
        driven.write(None),
        Some(HistoryError::Empty),
        "the other world has no ticks"
    );
    assert_eq!(driven.write(Some(WorldId(9))), Some(HistoryError::NoWorld));
    assert!(driven.jobs.try_recv().is_err());
}

#[test]
fn a_request_for_all_worlds_is_one_job() {
    let mut driven = Driven::new();
    driven.ticks(MAIN, 1..=60);
    driven.ticks(TAG, 1..=30);
    assert_eq!(driven.write(None), None);
    let job = driven.jobs.try_recv().unwrap();
    let worlds: Vec<&str> = job
        .histories
        .iter()
        .map(|batches| batches[0].world.name.as_str())
        .collect();
    assert_eq!(worlds, ["main", "tag"]);
}

#[test]
fn a_history_that_was_refused_does_not_count_as_written() {
    let mut driven = Driven::new();
    driven.ticks(MAIN, 1..=60);
    assert_eq!(driven.write(Some(MAIN)), None);
    driven.recorder.write_automatically(MAIN, Reason::Diverged);
    assert_eq!(driven.jobs.recv().unwrap().reason, Some(Reason::Asked));
    assert!(driven.jobs.try_recv().is_err(), "the writer is busy");
    driven.recorder.write_automatically(MAIN, Reason::Diverged);
    assert_eq!(driven.jobs.try_recv().unwrap().reason, Some(Reason::Diverged));
    driven.recorder.write_automatically(MAIN, Reason::Diverged);
    assert!(driven.jobs.try_recv().is_err(), "once in five minutes");
}

#[test]
fn a_moment_in_which_all_ticks_take_too_long_writes_one_history() {
    let mut driven = Driven::new();
    driven.tick(MAIN, 1, Some(7), FAR_TOO_LONG);
    assert_eq!(driven.jobs.try_recv().unwrap().reason, Some(Reason::Overrun));
    driven.tick(TAG, 1, Some(7), FAR_TOO_LONG);
    assert!(driven.jobs.try_recv().is_err());
}

#[test]
fn the_history_of_a_panic_is_written_when_a_busy_writer_is_free_and_no_world_waits_for_it() {
    let mut driven = Driven::new();
    driven.ticks(MAIN, 1..=60);
    driven.ticks(TAG, 1..=60);
    assert_eq!(driven.write(Some(MAIN)), None);
    driven.tick(MAIN, 61, None, Duration::ZERO);
    driven.tick(TAG, 61, None, Duration::ZERO);
    let mut written = Vec::new();
    while let Ok(job) = driven.jobs.try_recv() {
        let batches = &job.histories[0];
        written.push((job.reason, batches[0].world.id, batches.last().unwrap().panicked));
        driven.recorder.outlets.send_again();
    }
    let panic = Some(Reason::Panic);
    assert_eq!(
        written,
        [
            (Some(Reason::Asked), MAIN, false),
            (panic, MAIN, true),
            (panic, TAG, true)
        ]
    );
}

#[test]
fn a_stop_still_writes_the_history_of_a_panic() {
    let mut driven = Driven::new();
    driven.ticks(MAIN, 1..=60);
    assert_eq!(driven.write(Some(MAIN)), None);
    driven.tick(MAIN, 61, None, Duration::ZERO);
    let Driven {
        recorder,
        jobs,
        disk,
        senders,
        ..
    } = driven;
    drop(senders);
    let stopped = thread::spawn(move || recorder.run());
    let reasons = [jobs.recv().unwrap().reason, jobs.recv().unwrap().reason];
    assert_eq!(reasons, [Some(Reason::Asked), Some(Reason::Panic)]);
    stopped.join().unwrap();
    assert_eq!(disk.ending().0, EndReason::Stopped);
}

#[test]
fn quiet_worlds_are_sealed_every_five_seconds_and_others_every_second() {
    let mut driven = Driven::new();
    driven.ticks(MAIN, 1..=900);
    let quiet = driven
        .sent(MAIN)
        .iter()
        .filter(|batch| !batch.is_keyframe())
        .count();
    assert_eq!(quiet, 3);
    let context: Arc<WorldContext> = samples::world(7, "busy");
    driven.ask(Request::Open(context, None, None));
    let event = parlour_tick::Event {
        session: parlour_shared::ids::SessionId(1),
        kind: parlour_tick::EventKind::Depart,
    };
    for tick in 1..=180 {
        let mut batch = LiveBatch {
            number: tick.into(),
            ..LiveBatch::default()
        };
        batch.ticks.push(LiveTick {
            world: WorldId(7),
            tick: Tick(tick),
            hash: Some(7),
            events: 1,
            ..LiveTick::default()
        });
        batch.events.push(event.clone());
        driven.recorder.batch(&mut batch);
    }
    let busy: Vec<u32> = driven
        .sent(WorldId(7))
        .iter()
        .map(|batch| batch.last_tick())
        .collect();
    assert_eq!(busy, [60, 120, 180]);
}
