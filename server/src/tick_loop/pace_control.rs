//! Chooses the pace level of snapshots from the load: down within half a second of high load, and
//! up again as soon as the load leaves room for twice as many frames.
//!
//! At a higher load, the cost of a faster pace is unknown, because only a part of the load depends
//! on the pace. So one level up is tried now and then (a probe), and taken back if the load becomes
//! too high. A probe that fails is repeated less and less often.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_tick::{Cadence, Pace, PaceLevel};

use super::deadline::PERIOD;
use crate::bridge::io_load::IoLoad;

/// The length of a window, after which the level is decided: 30 ticks, or fewer if they take too
/// long.
const WINDOW: Duration = Duration::from_millis(500);
/// The share of time above which an I/O thread is too busy. The rest is for variations of the load.
const BUSY: f64 = 0.9;
/// The share of time above which steps of the world leave too little time to catch up.
const STEPPING: f64 = 0.7;
/// The load below which the level goes up without a probe: one level up at most doubles the frames,
/// and twice this load is still below [`BUSY`].
const LOW_LOAD: f64 = 0.44;
/// The load below which one level up may be probed.
const PROBE: f64 = 0.85;
/// The windows without a change before the first probe. A probe succeeds if the level also survives
/// this number of windows.
const MIN_PATIENCE: u32 = 2;
/// The maximum number of windows before a probe, after many that failed: half a minute.
const MAX_PATIENCE: u32 = 64;
/// If the load falls below this fraction of the load before the last probe, failed probes are
/// forgotten.
const FORGET: f64 = 0.75;
/// An I/O thread does not keep up if so many ticks still wait for it when the next tick starts.
const WAITING: usize = 2;

/// Measures the load, and decides the pace level.
pub(super) struct PaceControl {
    fixed: Option<Cadence>,
    level: PaceLevel,
    threads: Vec<IoThreadLoad>,
    ticks: u32,
    began: Instant,
    stepping: Duration,
    /// The windows since the last change.
    steady: u32,
    /// The windows to wait before one level up is probed.
    patience: u32,
    /// Whether the last change was a probe.
    is_probing: bool,
    /// The load before the last probe.
    load_before_probe: f64,
}

struct IoThreadLoad {
    load: Arc<IoLoad>,
    waited: Duration,
    /// The ticks of the window at whose start the thread did not keep up.
    late: u32,
}

impl PaceControl {
    /// Starts at the full pace. With a fixed cadence the pace never changes.
    pub(super) fn new(fixed: Option<Cadence>, loads: Vec<Arc<IoLoad>>, now: Instant) -> Self {
        let thread = |load: Arc<IoLoad>| IoThreadLoad {
            waited: load.waited(),
            load,
            late: 0,
        };
        Self {
            fixed,
            level: PaceLevel::FULL,
            threads: loads.into_iter().map(thread).collect(),
            ticks: 0,
            began: now,
            stepping: Duration::ZERO,
            steady: 0,
            patience: MIN_PATIENCE,
            is_probing: false,
            load_before_probe: 0.0,
        }
    }

    /// Returns the pace of the next tick.
    pub(super) fn pace(&self) -> Pace {
        self.fixed.map_or(Pace::Adaptive(self.level), Pace::Fixed)
    }

    /// Notes the number of ticks that wait for an I/O thread when a tick starts.
    pub(super) fn waiting(&mut self, thread: usize, ticks: usize) {
        if let Some(thread) = self.threads.get_mut(thread) {
            thread.late += u32::from(ticks >= WAITING);
        }
    }

    /// Notes the end of a tick whose step took this long.
    pub(super) fn ticked(&mut self, took: Duration, now: Instant) {
        self.stepping += took;
        self.ticks += 1;
        // A tick may end slightly earlier or later than its deadline.
        if now.saturating_duration_since(self.began) + PERIOD / 2 >= WINDOW {
            self.decide(now);
        }
    }

    fn decide(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.began).max(PERIOD);
        let stepping = self.stepping.div_duration_f64(elapsed);
        let (mut busy, mut late) = (0.0_f64, 0);
        for thread in &mut self.threads {
            let waited = thread.load.waited();
            let idle = waited.saturating_sub(thread.waited).div_duration_f64(elapsed);
            busy = busy.max(1.0 - idle);
            late = late.max(std::mem::take(&mut thread.late));
            thread.waited = waited;
        }
        self.judge(busy, stepping, late);
        (self.ticks, self.began, self.stepping) = (0, now, Duration::ZERO);
    }

    /// Decides the level after a window. `busy` is the share of the window that the busiest I/O
    /// thread took, `stepping` the share that the steps took, and `late` the number of ticks for
    /// which an I/O thread was late.
    fn judge(&mut self, busy: f64, stepping: f64, late: u32) {
        // The threads may share a core, so their sum must fit.
        let load = busy + stepping;
        self.steady += 1;
        if self.is_probing && self.steady > MIN_PATIENCE {
            self.is_probing = false;
            self.patience = MIN_PATIENCE;
        }
        if load < FORGET * self.load_before_probe {
            self.patience = MIN_PATIENCE;
        }
        let has_failed = self.patience > MIN_PATIENCE;
        if 2 * late > self.ticks {
            self.down(2);
        } else if busy > BUSY || stepping > STEPPING {
            self.down(1);
        } else if late == 0
            && (load < LOW_LOAD && !has_failed
                || load < PROBE && stepping < LOW_LOAD && self.steady > self.patience)
            && self.level != PaceLevel::FULL
        {
            (self.is_probing, self.load_before_probe) = (true, load);
            (self.level, self.steady) = (self.level.up(), 0);
        }
    }

    fn down(&mut self, levels: u8) {
        if std::mem::take(&mut self.is_probing) {
            self.patience = MAX_PATIENCE.min(2 * self.patience);
        }
        if self.level != PaceLevel::LAST {
            (self.level, self.steady) = (self.level.down(levels), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs windows in which the steps of the world take this share of the time.
    fn windows(control: &mut PaceControl, now: &mut Instant, count: u32, stepping: f64, waiting: usize) {
        for _ in 0..count * 30 {
            *now += PERIOD;
            control.waiting(0, waiting);
            control.ticked(PERIOD.mul_f64(stepping), *now);
        }
    }

    fn idle() -> Arc<IoLoad> {
        let load = IoLoad::new();
        load.park();
        load
    }

    #[test]
    fn under_load_the_pace_falls_to_the_last_level_and_recovers_within_five_seconds() {
        let mut now = Instant::now();
        // Without I/O threads, because their waits are measured on a real clock.
        let mut control = PaceControl::new(None, Vec::new(), now);
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::FULL));
        windows(&mut control, &mut now, 1, 0.8, 0);
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::FULL.down(1)));
        windows(&mut control, &mut now, 20, 0.8, 0);
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::LAST));
        windows(&mut control, &mut now, 5, 0.6, 0);
        assert_eq!(
            control.pace(),
            Pace::Adaptive(PaceLevel::LAST),
            "no room for twice as many frames"
        );
        windows(&mut control, &mut now, 10, 0.1, 0);
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::FULL));
    }

    #[test]
    fn a_failing_probe_is_repeated_less_and_less_often() {
        let mut control = PaceControl::new(None, Vec::new(), Instant::now());
        control.level = PaceLevel::LAST;
        let mut probes = Vec::new();
        for window in 0..300 {
            // There is only room for the slowest level.
            let busy = if control.level < PaceLevel::LAST {
                1.05
            } else {
                0.8
            };
            let before = control.level;
            control.judge(busy - 0.1, 0.1, 0);
            if control.level < before {
                probes.push(window);
            }
        }
        let waits: Vec<i32> = probes.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(waits.is_sorted(), "{waits:?}");
        assert!(waits[0] < 10 && waits[waits.len() - 1] > 60, "{waits:?}");
        // Now there is room for the full pace, which probes find.
        (0..100).for_each(|_| control.judge(0.7, 0.1, 0));
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::FULL));
    }

    #[test]
    fn failed_probes_are_forgotten_once_the_load_falls() {
        let mut control = PaceControl::new(None, Vec::new(), Instant::now());
        control.level = PaceLevel::LAST;
        for _ in 0..500 {
            let busy = if control.level < PaceLevel::LAST {
                0.95
            } else {
                0.7
            };
            control.judge(busy, 0.1, 0);
        }
        assert!(control.patience > 30, "many probes have failed");
        control.judge(0.95, 0.1, 0);
        // A third of the load is left, so there is room.
        (0..10).for_each(|_| control.judge(0.3, 0.1, 0));
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::FULL));
    }

    #[test]
    fn an_io_thread_that_does_not_keep_up_costs_two_levels_at_once() {
        let mut now = Instant::now();
        let mut control = PaceControl::new(None, vec![idle()], now);
        windows(&mut control, &mut now, 1, 0.1, WAITING);
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::FULL.down(2)));
    }

    #[test]
    fn a_fixed_cadence_never_changes() {
        let mut now = Instant::now();
        let mut control = PaceControl::new(Some(Cadence::Hz20), vec![idle()], now);
        windows(&mut control, &mut now, 10, 1.0, 8);
        assert_eq!(control.pace(), Pace::Fixed(Cadence::Hz20));
    }
}
