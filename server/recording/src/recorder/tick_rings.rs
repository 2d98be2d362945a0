//! The recorder thread's ends of the rings: for each tick thread one with full batches, and one
//! that returns empty ones.

use std::sync::{Arc, atomic::AtomicU64};

use metrics::Counter;
use parlour_shared::limits::TICK_RATE;
use rtrb::{Consumer, Producer, RingBuffer};

use super::{
    live_batch::{BatchSize, LiveBatch},
    tick_sender::TickSender,
};

/// The capacity of a ring in batches: 8.5 s.
const RING: usize = 512;
/// The number of empty batches at the start: enough for a second.
const STOCK: usize = TICK_RATE as usize;

/// The rings of all tick threads.
pub(super) struct TickRings(Vec<TickRing>);

struct TickRing {
    full: Consumer<LiveBatch>,
    empty: Producer<LiveBatch>,
    size: BatchSize,
}

/// Returns both ends of the rings of `tick_threads` tick threads.
pub(super) fn rings(tick_threads: usize, dropped: &Counter) -> (Vec<TickSender>, TickRings) {
    let order = Arc::new(AtomicU64::new(0));
    let ends = (0..tick_threads).map(|_| {
        let (full, batches) = RingBuffer::new(RING);
        let (returned, empty) = RingBuffer::new(RING);
        let sender = TickSender::new((full, empty), Arc::clone(&order), dropped.clone());
        let ring = TickRing {
            full: batches,
            empty: returned,
            size: BatchSize::default(),
        };
        (sender, ring)
    });
    let (senders, rings) = ends.unzip();
    let mut rings = TickRings(rings);
    rings.stock();
    (senders, rings)
}

impl TickRings {
    /// Returns whether all tick threads have ended. Batches may still wait.
    pub(super) fn are_abandoned(&self) -> bool {
        self.0.iter().all(|ring| ring.full.is_abandoned())
    }

    /// Returns the number of batches that wait.
    pub(super) fn waiting(&self) -> usize {
        self.0.iter().map(|ring| ring.full.slots()).sum()
    }

    /// Returns the next batch and its ring. A world that moved from one tick thread to another has
    /// ticks in two rings. They are returned in their order: the batch with the lowest number is
    /// the first.
    pub(super) fn pop(&mut self) -> Option<(usize, LiveBatch)> {
        let mut first = self.lowest()?;
        loop {
            // Every batch that was sent before `first` is visible now, but may not have been when
            // its ring was looked at.
            let again = self.lowest()?;
            if again == first {
                break;
            }
            first = again;
        }
        let (_, ring) = first;
        Some((ring, self.0[ring].full.pop().ok()?))
    }

    /// Returns an empty batch to the tick thread. `full` batches are given to [`Self::observe`]
    /// first.
    pub(super) fn give_back(&mut self, ring: usize, mut batch: LiveBatch) {
        let ring = &mut self.0[ring];
        ring.size.prepare(&mut batch);
        // The ring is full only if the tick thread takes no batches back.
        let _ = ring.empty.push(batch);
    }

    /// Notes how large a full batch is.
    pub(super) fn observe(&mut self, ring: usize, batch: &LiveBatch) {
        self.0[ring].size.observe(batch);
    }

    /// Creates empty batches in advance, so that the tick thread does not have to if the recorder
    /// thread is late.
    fn stock(&mut self) {
        for ring in 0..self.0.len() {
            for _ in 0..STOCK {
                self.give_back(ring, LiveBatch::default());
            }
        }
    }

    fn lowest(&self) -> Option<(u64, usize)> {
        let heads = self.0.iter().enumerate();
        let numbers = heads.filter_map(|(nth, ring)| Some((ring.full.peek().ok()?.number, nth)));
        numbers.min()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use parlour_shared::ids::Tick;
    use parlour_tick::TickInput;

    use super::*;
    use crate::recorder::{context::samples::world, tick_sender::WorldTicks};

    /// Worlds are passed around in a circle of threads. Each tick of a world must arrive after the
    /// tick before.
    #[test]
    fn the_ticks_of_a_moving_world_arrive_in_order() {
        const THREADS: usize = 4;
        const WORLDS: u32 = 7;
        const TICKS: u32 = 20_000;
        let (senders, mut rings) = rings(THREADS, &Counter::noop());
        let (to, from): (Vec<_>, Vec<_>) = (0..THREADS)
            .map(|_| std::sync::mpsc::sync_channel::<(WorldTicks, u32)>(WORLDS as usize))
            .unzip();
        for id in 0..WORLDS {
            let ticks = WorldTicks::new(world(id, "w"), u32::MAX);
            to[id as usize % THREADS].send((ticks, 1)).unwrap();
        }
        let mut next = to.clone();
        next.rotate_left(1);
        drop(to);
        let threads: Vec<_> = senders
            .into_iter()
            .zip(from)
            .zip(next)
            .map(|((mut sender, from), next)| {
                thread::spawn(move || {
                    // A world that is not read, because its ticks "panicked".
                    let mut unread = parlour_sim::Simulation::new(parlour_sim::SimConfig::new(Vec::new()));
                    let mut input = TickInput::default();
                    while let Ok((mut ticks, tick)) = from.recv_timeout(std::time::Duration::from_secs(2)) {
                        while sender.full.is_full() {
                            thread::yield_now();
                        }
                        sender.send(
                            &mut ticks,
                            &mut unread,
                            Tick(tick),
                            Default::default(),
                            &mut input,
                            None,
                        );
                        sender.flush();
                        if tick < TICKS && next.send((ticks, tick + 1)).is_err() {
                            return;
                        }
                    }
                })
            })
            .collect();
        let mut last = [0; WORLDS as usize];
        let mut missing = WORLDS * TICKS;
        while missing > 0 {
            let Some((ring, batch)) = rings.pop() else {
                assert!(
                    !rings.are_abandoned() || rings.waiting() > 0,
                    "{missing} ticks are missing"
                );
                thread::yield_now();
                continue;
            };
            for tick in &batch.ticks {
                let last = &mut last[tick.world.0 as usize];
                assert_eq!(tick.tick.0, *last + 1, "world {}", tick.world);
                *last = tick.tick.0;
                missing -= 1;
            }
            rings.give_back(ring, batch);
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
