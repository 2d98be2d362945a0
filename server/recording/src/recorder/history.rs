//! The history: the most recent ticks, compressed in memory. It always starts where a replay can
//! start.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parlour_shared::limits::TICK_RATE;

use super::batch::Batch;

/// The history.
#[derive(Debug)]
pub(super) struct History {
    batches: VecDeque<Arc<Batch>>,
    bytes: usize,
    max_bytes: usize,
    /// The number of ticks to keep, if they fit into the byte limit.
    ticks: u32,
}

impl History {
    /// Returns an empty history.
    pub(super) fn new(time: Duration, max_bytes: usize) -> Self {
        let ticks = time.as_millis() * u128::from(TICK_RATE) / 1000;
        Self {
            batches: VecDeque::new(),
            bytes: 0,
            max_bytes,
            ticks: u32::try_from(ticks).unwrap_or(u32::MAX),
        }
    }

    /// Adds a batch, and drops batches that are too old or exceed the byte limit.
    pub(super) fn push(&mut self, batch: Arc<Batch>) {
        if self.batches.is_empty() && !batch.is_beginning() {
            return;
        }
        self.bytes += batch.bytes();
        self.batches.push_back(batch);
        while let Some(next) = self.next_beginning() {
            let reach = self.last_tick() - self.batches[next].last_tick().min(self.last_tick());
            if reach < self.ticks && self.bytes <= self.max_bytes {
                return;
            }
            for batch in self.batches.drain(..next) {
                self.bytes -= batch.bytes();
            }
        }
        if self.bytes > self.max_bytes {
            self.clear();
        }
    }

    /// Drops everything, because the next batch does not follow the last one.
    pub(super) fn clear(&mut self) {
        self.batches.clear();
        self.bytes = 0;
    }

    /// Returns all batches. If there are any, they start where a replay can start.
    pub(super) fn batches(&self) -> Vec<Arc<Batch>> {
        self.batches.iter().cloned().collect()
    }

    /// Returns the size in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the number of ticks.
    pub(super) fn len(&self) -> u32 {
        self.batches.iter().map(|batch| batch.ticks()).sum()
    }

    /// Returns the second position where a replay could start.
    fn next_beginning(&self) -> Option<usize> {
        let rest = self.batches.iter().enumerate().skip(1);
        rest.filter(|(_, batch)| batch.is_beginning())
            .map(|(nth, _)| nth)
            .next()
    }

    fn last_tick(&self) -> u32 {
        self.batches.back().map_or(0, |batch| batch.last_tick())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::batch::samples::{saved, second};

    /// Adds `seconds` of ticks, with a saved world every ten seconds.
    fn run(history: &mut History, seconds: u32) {
        for nth in 0..seconds {
            history.push(second(nth * 60 + 1));
            if (nth + 1) % 10 == 0 {
                history.push(saved((nth + 1) * 60));
            }
            let (batches, ticks) = (history.batches(), history.len());
            if let Some(first) = batches.first() {
                assert!(first.is_beginning());
                let before = if first.is_keyframe() { first.last_tick() } else { 0 };
                assert_eq!(ticks, (nth + 1) * 60 - before, "nothing is missing");
            }
        }
    }

    #[test]
    fn the_history_keeps_little_more_than_the_requested_time() {
        let mut history = History::new(Duration::from_secs(25), usize::MAX);
        run(&mut history, 9);
        assert_eq!(history.len(), 9 * 60, "since the first tick");
        for seconds in [35, 40, 44, 99] {
            let mut history = History::new(Duration::from_secs(25), usize::MAX);
            run(&mut history, seconds);
            assert!((25 * 60..35 * 60).contains(&history.len()), "{}", history.len());
        }
    }

    #[test]
    fn the_history_keeps_its_byte_limit_and_starts_with_a_saved_world() {
        let most = second(1).bytes() * 22 + 3 * saved(60).bytes();
        let mut history = History::new(Duration::from_secs(1000), most);
        run(&mut history, 95);
        assert!(history.bytes() <= most);
        assert!((15 * 60..=22 * 60).contains(&history.len()), "{}", history.len());
        let counted: usize = history.batches().iter().map(|batch| batch.bytes()).sum();
        assert_eq!(history.bytes(), counted);
    }

    #[test]
    fn after_a_gap_the_history_waits_for_a_saved_world() {
        let mut history = History::new(Duration::from_secs(25), usize::MAX);
        run(&mut history, 5);
        history.clear();
        history.push(second(361));
        assert!(history.batches().is_empty());
        history.push(saved(420));
        history.push(second(421));
        assert_eq!((history.batches().len(), history.len()), (2, 60));
    }
}
