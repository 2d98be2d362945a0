//! How often viewers are sent snapshots, by how much room there is: a step down within half a second of pressure, and up
//! again as soon as there is room for twice as many frames.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_sim::{Cadence, Pace, PaceStep};

use super::clock::PERIOD;
use crate::bridge::load::IoLoad;

/// Ticks from one decision to the next: half a second.
const WINDOW: u32 = 30;
/// An I/O thread busier than this has no room for what varies.
const BUSY: f64 = 0.9;
/// Steps of the world that take more of the time than this leave too little to catch up with.
const STEPPING: f64 = 0.7;
/// A step up doubles the frames at most: what is below this stays below [`BUSY`], so that it does not swing.
const ROOM: f64 = 0.44;
/// An I/O thread with so many ticks before it when the next begins does not keep up, whatever it does in its time.
const WAITING: usize = 2;

/// Watches the load and decides.
pub(super) struct Pressure {
    fixed: Option<Cadence>,
    step: PaceStep,
    threads: Vec<Watched>,
    ticks: u32,
    began: Instant,
    stepping: Duration,
}

struct Watched {
    load: Arc<IoLoad>,
    waited: Duration,
    /// Ticks of the window at whose beginning it did not keep up.
    late: u32,
}

impl Pressure {
    /// With a cadence it decides nothing.
    pub(super) fn new(fixed: Option<Cadence>, loads: Vec<Arc<IoLoad>>, now: Instant) -> Self {
        let watched = |load: Arc<IoLoad>| Watched {
            waited: load.waited(),
            load,
            late: 0,
        };
        Self {
            fixed,
            step: PaceStep::FULL,
            threads: loads.into_iter().map(watched).collect(),
            ticks: 0,
            began: now,
            stepping: Duration::ZERO,
        }
    }

    /// The pace of the next tick.
    pub(super) fn pace(&self) -> Pace {
        self.fixed.map_or(Pace::Adaptive(self.step), Pace::Fixed)
    }

    /// An I/O thread has so many ticks before it when a tick begins.
    pub(super) fn waiting(&mut self, thread: usize, ticks: usize) {
        if let Some(watched) = self.threads.get_mut(thread) {
            watched.late += u32::from(ticks >= WAITING);
        }
    }

    /// A tick is over, whose step took so long.
    pub(super) fn ticked(&mut self, took: Duration, now: Instant) {
        self.stepping += took;
        self.ticks += 1;
        if self.ticks == WINDOW {
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
        self.step = if late > WINDOW / 2 {
            self.step.down(2)
        } else if busy > BUSY || stepping > STEPPING {
            self.step.down(1)
        } else if busy < ROOM && stepping < ROOM && late == 0 {
            self.step.up()
        } else {
            self.step
        };
        (self.ticks, self.began, self.stepping) = (0, now, Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs windows in which the world's steps take so much of the time, and nothing is heard of the sockets.
    fn windows(pressure: &mut Pressure, now: &mut Instant, count: u32, stepping: f64, waiting: usize) {
        for _ in 0..count * WINDOW {
            *now += PERIOD;
            pressure.waiting(0, waiting);
            pressure.ticked(PERIOD.mul_f64(stepping), *now);
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
        // Without I/O threads: what they wait is measured on a real clock.
        let mut pressure = Pressure::new(None, Vec::new(), now);
        assert_eq!(pressure.pace(), Pace::Adaptive(PaceStep::FULL));
        windows(&mut pressure, &mut now, 1, 0.8, 0);
        assert_eq!(pressure.pace(), Pace::Adaptive(PaceStep::FULL.down(1)));
        windows(&mut pressure, &mut now, 20, 0.8, 0);
        assert_eq!(pressure.pace(), Pace::Adaptive(PaceStep::LAST));
        windows(&mut pressure, &mut now, 5, 0.6, 0);
        assert_eq!(
            pressure.pace(),
            Pace::Adaptive(PaceStep::LAST),
            "no room for twice as much"
        );
        windows(&mut pressure, &mut now, 10, 0.1, 0);
        assert_eq!(pressure.pace(), Pace::Adaptive(PaceStep::FULL));
    }

    #[test]
    fn a_thread_that_does_not_keep_up_costs_two_steps_at_once() {
        let mut now = Instant::now();
        let mut pressure = Pressure::new(None, vec![idle()], now);
        windows(&mut pressure, &mut now, 1, 0.1, WAITING);
        assert_eq!(pressure.pace(), Pace::Adaptive(PaceStep::FULL.down(2)));
    }

    #[test]
    fn a_fixed_cadence_stays() {
        let mut now = Instant::now();
        let mut pressure = Pressure::new(Some(Cadence::Hz20), vec![idle()], now);
        windows(&mut pressure, &mut now, 10, 1.0, 8);
        assert_eq!(pressure.pace(), Pace::Fixed(Cadence::Hz20));
    }
}
