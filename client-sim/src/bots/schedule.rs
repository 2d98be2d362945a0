//! One timer for all bots of a thread: what is to be done, by the moment at which it is due.

use std::{cmp::Reverse, collections::BinaryHeap, time::Instant};

/// Something that a bot is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// Connect.
    Connect,
    /// Change direction.
    Turn,
    /// Sample the input that a turn waited for.
    Sample,
    /// Say something.
    Chat,
    /// Change its skin.
    Skin,
    /// Measure the round trip.
    Ping,
    /// Look at what one bot knows of another: a job of the thread, not of a bot.
    Glance,
    /// Try again to send what the socket did not take.
    Flush,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    due: Instant,
    /// Entries of the same moment keep the order in which they came.
    order: u64,
    bot: u32,
    job: Job,
}

/// All that is to be done.
#[derive(Debug, Default)]
pub struct Schedule {
    entries: BinaryHeap<Reverse<Entry>>,
    order: u64,
}

impl Schedule {
    /// Adds a job.
    pub fn add(&mut self, due: Instant, bot: u32, job: Job) {
        self.order += 1;
        let order = self.order;
        self.entries.push(Reverse(Entry { due, order, bot, job }));
    }

    /// When the next job is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.entries.peek().map(|Reverse(entry)| entry.due)
    }

    /// Takes the next job off if it is due: when it was, whose it is and what.
    pub fn pop_due(&mut self, now: Instant) -> Option<(Instant, u32, Job)> {
        if self.next_due().is_none_or(|due| due > now) {
            return None;
        }
        self.entries
            .pop()
            .map(|Reverse(entry)| (entry.due, entry.bot, entry.job))
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}
