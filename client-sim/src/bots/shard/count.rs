//! The counts of the bots of a thread, now and at the end.

use std::time::Instant;

use super::Shard;
use crate::bots::{pulse::Standstill, tally::Tally};

impl Shard {
    /// Returns the counts so far.
    pub(in crate::bots) fn tally(&mut self, now: Instant) -> Tally {
        self.watch.report(&mut self.shared.tally, now);
        self.shared.tally.flow.inputs_under_way = self
            .bots
            .iter()
            .flatten()
            .filter(|bot| !bot.is_stalled())
            .map(|bot| bot.unacknowledged_walks())
            .sum();
        self.shared.tally.clone()
    }

    /// Returns the counts at the end of the measurement, including unseen turns and the current
    /// stretch without a tick.
    pub(in crate::bots) fn final_tally(&mut self, now: Instant) -> Tally {
        let mut tally = self.tally(now);
        let flow = &mut tally.flow;
        for bot in self.bots.iter().flatten().filter(|bot| !bot.is_leaving()) {
            bot.pending(&self.shared.registry, now, |waited| flow.pending(waited));
        }
        flow.standstill = Standstill::longer(flow.standstill, self.shared.pulse.so_far(now));
        tally
    }

    /// Checks the thread's clock. What the server did while the thread itself stood still is
    /// unknown: the stretch before it ends there, and a new one begins now.
    pub(in crate::bots) fn look_at_clock(&mut self, now: Instant) {
        let Some(since) = self.awake.look(now) else {
            return;
        };
        let flow = &mut self.shared.tally.flow;
        flow.own_pause = flow.own_pause.max(now.saturating_duration_since(since));
        flow.standstill = Standstill::longer(flow.standstill, self.shared.pulse.so_far(since));
        self.shared.pulse.begin_again(now);
    }
}
