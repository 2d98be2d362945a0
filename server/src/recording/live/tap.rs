//! The tick thread's end: a world whose every tick is handed on, with its input, which is moved and not copied.
//!
//! Nothing here waits, locks or logs. In steady state nothing is allocated, either: what is handed on comes back empty.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use parlour_shared::ids::Tick;
use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput};
use rtrb::{Consumer, Producer, RingBuffer};

use super::source::Source;
use crate::{metrics::Counter, tick_loop::Stage};

/// Ticks that may wait for the recorder: 8.5 s.
const RING: usize = 512;

/// A tick as it is handed to the recorder.
#[derive(Debug, Default)]
pub(super) struct Tapped {
    pub(super) tick: Tick,
    /// When it was over, in milliseconds since 1970.
    pub(super) wall_ms: u64,
    /// How long the step took.
    pub(super) took: Duration,
    pub(super) input: TickInput,
    /// The state hash; none if the tick panicked.
    pub(super) hash: Option<u64>,
    pub(super) parts: Vec<u16>,
    /// The saved world after it, or nothing.
    pub(super) keyframe: Vec<u8>,
}

/// Steps a world and hands on what came of it.
pub(super) struct Tap {
    simulation: Simulation,
    end: TapEnd,
    keyframe_ticks: u32,
    /// Memory for the next saved world.
    spare: Vec<u8>,
}

/// The tick thread's ends of both rings.
pub(super) struct TapEnd {
    records: Producer<Tapped>,
    spent: Consumer<Tapped>,
    /// Ticks that found no room.
    dropped: Counter,
}

/// The recorder's ends of both rings.
pub(super) struct Tapping {
    pub(super) records: Consumer<Tapped>,
    pub(super) spent: Producer<Tapped>,
}

/// Both ends.
pub(super) fn rings(dropped: Counter) -> (TapEnd, Tapping) {
    let (records, tapped) = RingBuffer::new(RING);
    let (spent, returned) = RingBuffer::new(RING);
    let end = TapEnd {
        records,
        spent: returned,
        dropped,
    };
    let tapping = Tapping {
        records: tapped,
        spent,
    };
    (end, tapping)
}

impl Tap {
    /// Makes the world, on the tick thread.
    pub(super) fn new(source: &Arc<Source>, end: TapEnd, keyframe_ticks: u32) -> Self {
        let simulation = Simulation::with_plugins(source.config.clone(), source.logic.clone());
        let parts = simulation.part_names().map(str::to_owned).collect();
        let _ = source.parts.set(parts);
        Self {
            simulation,
            end,
            keyframe_ticks: keyframe_ticks.max(1),
            spare: Vec::new(),
        }
    }

    fn hand_on(&mut self, tick: Tick, took: Duration, input: &mut TickInput, output: Option<&TickOutput>) {
        if self.end.records.is_full() {
            self.end.dropped.increment(1);
            return;
        }
        // A new one costs an allocation or two; there are never more of them than both rings hold.
        let mut record = self.end.spent.pop().unwrap_or_default();
        if self.spare.capacity() == 0 {
            self.spare = mem::take(&mut record.keyframe);
        }
        record.tick = tick;
        record.wall_ms = now_ms();
        record.took = took;
        mem::swap(&mut record.input, input);
        record.parts.clear();
        record.hash = output.map(|output| output.hash);
        if let Some(output) = output {
            record.parts.extend_from_slice(&output.parts);
            if tick.0.is_multiple_of(self.keyframe_ticks) {
                record.keyframe = mem::take(&mut self.spare);
                self.simulation.save(&mut record.keyframe);
            }
        }
        // It was not full, and nobody else fills it.
        let _ = self.end.records.push(record);
    }
}

impl Stage for Tap {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        let tick = self.simulation.tick().after(1);
        let begin = Instant::now();
        let stepped = catch_unwind(AssertUnwindSafe(|| self.simulation.step(input, output)));
        let took = begin.elapsed();
        match stepped {
            Ok(()) => self.hand_on(tick, took, input, Some(output)),
            Err(panic) => {
                // The world is not looked at any more, but for what it was given.
                self.simulation.reclaim_input(input);
                self.hand_on(tick, took, input, None);
                resume_unwind(panic);
            }
        }
    }
}

fn now_ms() -> u64 {
    // Before 1970 a clock is wrong anyway.
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
