//! The rings between the tick thread and the recorder thread: one for full records, and one that
//! returns empty records.
//!
//! The sending end never waits, locks or logs. In steady state it allocates nothing, because
//! empty records are returned to it.

use std::{
    mem,
    sync::Arc,
    time::{Duration, SystemTime},
};

use metrics::Counter;
use parlour_shared::ids::Tick;
use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput};
use rtrb::{Consumer, Producer, RingBuffer};

use super::context::RecorderContext;

/// The capacity in ticks: 8.5 s.
const RING: usize = 512;

/// A tick on its way to the recorder thread.
#[derive(Debug, Default)]
pub(super) struct LiveTick {
    pub(super) tick: Tick,
    /// The time at which the tick ended, in milliseconds since 1970.
    pub(super) wall_ms: u64,
    /// The duration of the tick.
    pub(super) took: Duration,
    pub(super) input: TickInput,
    /// The state hash, or `None` if the tick panicked.
    pub(super) hash: Option<u64>,
    pub(super) parts: Vec<u16>,
    /// The world that was saved after the tick, or empty if none was saved.
    pub(super) keyframe: Vec<u8>,
}

/// The tick thread's end of both rings.
pub struct TickSender {
    full: Producer<LiveTick>,
    empty: Consumer<LiveTick>,
    /// Counts the ticks that found the ring full.
    dropped: Counter,
    context: Arc<RecorderContext>,
    keyframe_ticks: u32,
    /// A buffer for the next saved world.
    spare: Vec<u8>,
}

/// The recorder thread's end of both rings.
pub(super) struct TickReceiver {
    pub(super) full: Consumer<LiveTick>,
    pub(super) empty: Producer<LiveTick>,
}

/// Returns both ends. The world is saved every `keyframe_ticks` ticks (at least every tick).
pub(super) fn rings(
    context: Arc<RecorderContext>,
    dropped: Counter,
    keyframe_ticks: u32,
) -> (TickSender, TickReceiver) {
    let (full, records) = RingBuffer::new(RING);
    let (returned, empty) = RingBuffer::new(RING);
    let sender = TickSender {
        full,
        empty,
        dropped,
        context,
        keyframe_ticks: keyframe_ticks.max(1),
        spare: Vec::new(),
    };
    let receiver = TickReceiver {
        full: records,
        empty: returned,
    };
    (sender, receiver)
}

impl TickSender {
    /// Creates the recorded world. Call it once, on the tick thread, before the first tick.
    #[must_use]
    pub fn make_world(&self) -> Simulation {
        let world = Simulation::with_plugins(self.context.config.clone(), self.context.logic.clone());
        let parts = world.part_names().map(str::to_owned).collect();
        let _ = self.context.parts.set(parts);
        world
    }

    /// Sends a finished tick. Its input is moved, not copied: the content of `input` is unspecified
    /// afterwards. `output` is `None` if the tick panicked; the world is not read then.
    ///
    /// If the ring is full, the tick is counted and dropped: the recording ends there and starts
    /// again in a new file.
    pub fn send(
        &mut self,
        world: &mut Simulation,
        tick: Tick,
        took: Duration,
        input: &mut TickInput,
        output: Option<&TickOutput>,
    ) {
        if self.full.is_full() {
            self.dropped.increment(1);
            return;
        }
        // A new record costs one or two allocations. The two rings bound the number of records.
        let mut record = self.empty.pop().unwrap_or_default();
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
                world.save(&mut record.keyframe);
            }
        }
        // The ring was not full, and only this thread fills it.
        let _ = self.full.push(record);
    }
}

fn now_ms() -> u64 {
    // A clock that shows a time before 1970 is wrong: use 0.
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
