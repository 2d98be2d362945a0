//! The counters of the bots of a thread, during a run and at its end.

use std::time::Instant;

use super::BotGroup;
use crate::bots::tally::Tally;

impl BotGroup {
    /// Returns the counters so far.
    pub(in crate::bots) fn tally(&mut self, now: Instant) -> Tally {
        self.watch.report(&mut self.shared.tally, now);
        self.shared.tally.measured.inputs_unacknowledged = self
            .bots
            .iter()
            .flatten()
            .filter(|bot| !bot.is_stalled())
            .map(|bot| bot.unacknowledged_walks())
            .sum();
        self.shared.tally.measured.standstill = self.shared.tick_watch.longest();
        self.shared.tally.clone()
    }

    /// Returns the counters at the end of the measurement, including unseen turns and the current
    /// standstills.
    pub(in crate::bots) fn final_tally(&mut self, now: Instant) -> Tally {
        let mut tally = self.tally(now);
        let measured = &mut tally.measured;
        for bot in self.bots.iter().flatten().filter(|bot| !bot.is_leaving()) {
            bot.pending(&self.shared.registry, now, |waited| measured.pending(waited));
        }
        measured.standstill = self.shared.tick_watch.longest_until(now);
        measured.room_standstills = self.shared.tick_watch.by_room_until(now);
        tally
    }

    /// Checks whether this thread stood still. If so, the server's behaviour in that time is
    /// unknown.
    pub(in crate::bots) fn check_clock(&mut self, now: Instant) {
        let Some(since) = self.awake.check(now) else {
            return;
        };
        let measured = &mut self.shared.tally.measured;
        measured.own_pause = measured.own_pause.max(now.saturating_duration_since(since));
        self.shared.tick_watch.pause(since, now);
    }
}
