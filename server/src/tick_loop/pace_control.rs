//! Chooses the snapshot rate from the load: one level down within half a second of pressure, and up
//! again as soon as there is room for twice as many frames. When idle rooms hide what a faster rate
//! would cost, it probes one level up now and then.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_tick::{Cadence, Pace, PaceLevel};

use super::deadline::PERIOD;
use crate::bridge::io_load::IoLoad;

/// The length of a window, after which a decision is made: 30 ticks, or fewer if they take too
/// long.
const WINDOW: Duration = Duration::from_millis(500);
/// An I/O thread that is busier than this has no room for variations.
const BUSY: f64 = 0.9;
/// If steps of the world take more of the time than this, too little is left to catch up.
const STEPPING: f64 = 0.7;
/// One level up doubles the frames at most: a load below this stays below [`BUSY`], so no probe is
/// needed.
const ROOM: f64 = 0.44;
/// Below this load, one level up may be probed.
const TRY: f64 = 0.85;
/// Windows without a change before the first probe. A probe that survives as many was right.
const TRY_AFTER: u32 = 2;
/// Windows before a probe after many that failed: half a minute.
const TRY_AT_LAST: u32 = 64;
/// Once load falls below this fraction of what it was at the last failed probe, forget the failure.
const LOWER: f64 = 0.75;
/// An I/O thread with this many waiting ticks at the start of the next does not keep up, whatever
/// its load.
const WAITING: usize = 2;

/// Observes the load and decides.
pub(super) struct PaceControl {
    fixed: Option<Cadence>,
    step: PaceLevel,
    threads: Vec<IoThreadLoad>,
    ticks: u32,
    began: Instant,
    stepping: Duration,
    /// Windows since the last change.
    steady: u32,
    /// Windows before one level up is probed.
    patience: u32,
    /// Whether the last change was a probe.
    trying: bool,
    /// The load before the last probe.
    tried_at: f64,
}

struct IoThreadLoad {
    load: Arc<IoLoad>,
    waited: Duration,
    /// Ticks of the window at whose start the thread did not keep up.
    late: u32,
}

impl PaceControl {
    /// Creates it. With a fixed cadence it decides nothing.
    pub(super) fn new(fixed: Option<Cadence>, loads: Vec<Arc<IoLoad>>, now: Instant) -> Self {
        let thread = |load: Arc<IoLoad>| IoThreadLoad {
            waited: load.waited(),
            load,
            late: 0,
        };
        Self {
            fixed,
            step: PaceLevel::FULL,
            threads: loads.into_iter().map(thread).collect(),
            ticks: 0,
            began: now,
            stepping: Duration::ZERO,
            steady: 0,
            patience: TRY_AFTER,
            trying: false,
            tried_at: 0.0,
        }
    }

    /// Returns the pace of the next tick.
    pub(super) fn pace(&self) -> Pace {
        self.fixed.map_or(Pace::Adaptive(self.step), Pace::Fixed)
    }

    /// Notes how many ticks wait for an I/O thread when a tick starts.
    pub(super) fn waiting(&mut self, thread: usize, ticks: usize) {
        if let Some(thread) = self.threads.get_mut(thread) {
            thread.late += u32::from(ticks >= WAITING);
        }
    }

    /// Notes that a tick is over, whose step took this long.
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

    /// Changes the level. `busy` and `stepping` are the shares of a window that the busiest I/O
    /// thread and the steps took, `late` the number of its ticks in which an I/O thread was late.
    fn judge(&mut self, busy: f64, stepping: f64, late: u32) {
        // They may share a core, and then their sum must fit.
        let load = busy + stepping;
        self.steady += 1;
        if self.trying && self.steady > TRY_AFTER {
            self.trying = false;
            self.patience = TRY_AFTER;
        }
        if load < LOWER * self.tried_at {
            self.patience = TRY_AFTER;
        }
        let has_failed = self.patience > TRY_AFTER;
        if 2 * late > self.ticks {
            self.down(2);
        } else if busy > BUSY || stepping > STEPPING {
            self.down(1);
        } else if late == 0
            && (load < ROOM && !has_failed || load < TRY && stepping < ROOM && self.steady > self.patience)
            && self.step != PaceLevel::FULL
        {
            (self.trying, self.tried_at) = (true, load);
            (self.step, self.steady) = (self.step.up(), 0);
        }
    }

    fn down(&mut self, steps: u8) {
        if std::mem::take(&mut self.trying) {
            self.patience = TRY_AT_LAST.min(2 * self.patience);
        }
        if self.step != PaceLevel::LAST {
            (self.step, self.steady) = (self.step.down(steps), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs windows in which the steps of the world take this share of the time, without I/O
    /// threads.
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
    fn under_pressure_it_goes_down_to_the_last_step_and_back_up_within_five_seconds() {
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
            "no room for twice as much"
        );
        windows(&mut control, &mut now, 10, 0.1, 0);
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::FULL));
    }

    #[test]
    fn a_probe_that_fails_is_repeated_less_and_less_often() {
        let mut control = PaceControl::new(None, Vec::new(), Instant::now());
        control.step = PaceLevel::LAST;
        let mut tries = Vec::new();
        for window in 0..300 {
            // There is room for the slowest level only.
            let busy = if control.step < PaceLevel::LAST { 1.05 } else { 0.8 };
            let before = control.step;
            control.judge(busy - 0.1, 0.1, 0);
            if control.step < before {
                tries.push(window);
            }
        }
        let waits: Vec<i32> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(waits.is_sorted(), "{waits:?}");
        assert!(waits[0] < 10 && waits[waits.len() - 1] > 60, "{waits:?}");
        // Now there is room for all. Probes find that out, and the rate is never more than halved
        // meanwhile.
        (0..100).for_each(|_| control.judge(0.7, 0.1, 0));
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::FULL));
    }

    #[test]
    fn earlier_failures_are_forgotten_once_the_load_falls() {
        let mut control = PaceControl::new(None, Vec::new(), Instant::now());
        control.step = PaceLevel::LAST;
        for _ in 0..500 {
            let busy = if control.step < PaceLevel::LAST { 0.95 } else { 0.7 };
            control.judge(busy, 0.1, 0);
        }
        assert!(control.patience > 30, "many tries have failed");
        control.judge(0.95, 0.1, 0);
        // Half the load is left, so there is room.
        (0..10).for_each(|_| control.judge(0.3, 0.1, 0));
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::FULL));
    }

    #[test]
    fn a_thread_that_does_not_keep_up_costs_two_steps_at_once() {
        let mut now = Instant::now();
        let mut control = PaceControl::new(None, vec![idle()], now);
        windows(&mut control, &mut now, 1, 0.1, WAITING);
        assert_eq!(control.pace(), Pace::Adaptive(PaceLevel::FULL.down(2)));
    }

    #[test]
    fn a_fixed_cadence_stays() {
        let mut now = Instant::now();
        let mut control = PaceControl::new(Some(Cadence::Hz20), vec![idle()], now);
        windows(&mut control, &mut now, 10, 1.0, 8);
        assert_eq!(control.pace(), Pace::Fixed(Cadence::Hz20));
    }
}
