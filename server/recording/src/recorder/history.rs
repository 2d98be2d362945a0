//! The history of a world: its most recent ticks, compressed in memory. It always starts where a
//! replay can start.
//!
//! Its last stretch, the last saved world and the ticks since, is kept for a recovery also if no
//! history was asked for.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parlour_shared::limits::TICK_RATE;

use super::batch::Batch;

/// The history of a world.
#[derive(Debug)]
pub(super) struct History {
    batches: VecDeque<Arc<Batch>>,
    /// The position of the last batch where a replay can start.
    last_beginning: usize,
    size: HistorySize,
    /// The number of ticks.
    len: u32,
    /// The number of ticks to keep before the last stretch is all that is left.
    ticks: u32,
}

/// The size of a history in memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HistorySize {
    /// Before the last saved world.
    pub(super) earlier: usize,
    /// The last saved world and the ticks since.
    pub(super) last: usize,
}

impl History {
    /// Returns an empty history that keeps this time, and at least the last stretch.
    pub(super) fn new(time: Duration) -> Self {
        let ticks = time.as_millis() * u128::from(TICK_RATE) / 1000;
        Self {
            batches: VecDeque::new(),
            last_beginning: 0,
            size: HistorySize::default(),
            len: 0,
            ticks: u32::try_from(ticks).unwrap_or(u32::MAX),
        }
    }

    /// Adds a batch, and drops batches that are too old.
    pub(super) fn push(&mut self, batch: Arc<Batch>) {
        if batch.is_beginning() {
            self.size.earlier += std::mem::take(&mut self.size.last);
            self.last_beginning = self.batches.len();
        } else if self.batches.is_empty() {
            return;
        }
        self.size.last += batch.bytes();
        self.len += batch.ticks();
        self.batches.push_back(batch);
        while let Some(next) = self.next_beginning()
            && self.reach(next) >= self.ticks
        {
            self.drop_before(next);
        }
    }

    /// Drops the earliest stretch, unless it is the last one. Returns whether it did.
    pub(super) fn drop_earliest(&mut self) -> bool {
        let next = self.next_beginning();
        next.map(|next| self.drop_before(next)).is_some()
    }

    /// Drops everything: the next batch does not follow the last one, or there is no memory.
    pub(super) fn clear(&mut self) {
        self.batches.clear();
        (self.last_beginning, self.len, self.size) = (0, 0, HistorySize::default());
    }

    /// Returns all batches. If there are any, they start where a replay can start.
    pub(super) fn batches(&self) -> Vec<Arc<Batch>> {
        self.batches.iter().cloned().collect()
    }

    /// Returns the last saved world, or the first tick of all, and what follows it.
    pub(super) fn last_stretch(&self) -> Vec<Arc<Batch>> {
        self.batches.range(self.last_beginning..).cloned().collect()
    }

    /// Returns the size in memory.
    pub(super) fn size(&self) -> HistorySize {
        self.size
    }

    /// Returns the number of ticks.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    fn drop_before(&mut self, next: usize) {
        for batch in self.batches.drain(..next) {
            self.size.earlier -= batch.bytes();
            self.len -= batch.ticks();
        }
        self.last_beginning -= next;
    }

    /// Returns the number of ticks since a position.
    fn reach(&self, position: usize) -> u32 {
        let last_tick = self.batches.back().map_or(0, |batch| batch.last_tick());
        last_tick.saturating_sub(self.batches[position].last_tick())
    }

    /// Returns the second position where a replay could start.
    fn next_beginning(&self) -> Option<usize> {
        let rest = self.batches.iter().enumerate().skip(1);
        rest.filter(|(_, batch)| batch.is_beginning())
            .map(|(nth, _)| nth)
            .next()
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
            check(history);
            let batches = history.batches();
            let before = match batches.first() {
                Some(first) if first.is_keyframe() => first.last_tick(),
                _ => 0,
            };
            assert_eq!(history.len(), (nth + 1) * 60 - before, "nothing is missing");
        }
    }

    /// Compares the counts with the batches.
    fn check(history: &History) {
        let (batches, last) = (history.batches(), history.last_stretch());
        assert!(batches.first().is_none_or(|first| first.is_beginning()));
        assert!(last.first().is_none_or(|first| first.is_beginning()));
        assert_eq!(
            last.iter().skip(1).filter(|batch| batch.is_beginning()).count(),
            0
        );
        let bytes = |batches: &[Arc<Batch>]| -> usize { batches.iter().map(|batch| batch.bytes()).sum() };
        let size = history.size();
        assert_eq!(
            (size.earlier + size.last, size.last),
            (bytes(&batches), bytes(&last))
        );
        let ticks: u32 = batches.iter().map(|batch| batch.ticks()).sum();
        assert_eq!(history.len(), ticks);
    }

    #[test]
    fn the_history_keeps_little_more_than_the_requested_time() {
        let mut history = History::new(Duration::from_secs(25));
        run(&mut history, 9);
        assert_eq!(history.len(), 9 * 60, "since the first tick");
        for seconds in [35, 40, 44, 99] {
            let mut history = History::new(Duration::from_secs(25));
            run(&mut history, seconds);
            assert!((25 * 60..35 * 60).contains(&history.len()), "{}", history.len());
        }
    }

    #[test]
    fn without_a_history_the_last_saved_world_and_the_ticks_since_are_kept() {
        let mut history = History::new(Duration::ZERO);
        run(&mut history, 9);
        assert_eq!(history.len(), 9 * 60, "since the first tick");
        run(&mut History::new(Duration::ZERO), 44);
        let mut history = History::new(Duration::ZERO);
        run(&mut history, 44);
        assert_eq!(history.len(), 4 * 60);
        assert_eq!(history.last_stretch().len(), 5);
        assert_eq!(history.size().earlier, 0);
    }

    #[test]
    fn the_earliest_stretch_goes_first_and_the_last_stays() {
        let mut history = History::new(Duration::from_secs(1000));
        run(&mut history, 95);
        let mut lengths = Vec::new();
        while history.drop_earliest() {
            check(&history);
            lengths.push(history.len());
        }
        assert_eq!(lengths, [5100, 4500, 3900, 3300, 2700, 2100, 1500, 900, 300]);
        assert_eq!(history.batches().len(), history.last_stretch().len());
        history.clear();
        check(&history);
        assert!(!history.drop_earliest());
    }

    #[test]
    fn after_a_gap_the_history_waits_for_a_saved_world() {
        let mut history = History::new(Duration::from_secs(25));
        run(&mut history, 5);
        history.clear();
        history.push(second(361));
        assert!(history.batches().is_empty() && history.last_stretch().is_empty());
        history.push(saved(420));
        history.push(second(421));
        assert_eq!((history.batches().len(), history.len()), (2, 60));
        check(&history);
    }
}
