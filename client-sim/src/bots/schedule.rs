//! One timer for all bots of a thread: jobs, ordered by when they are due.

use std::{cmp::Reverse, collections::BinaryHeap, time::Instant};

/// A job of a bot, or of its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// Connect.
    Connect,
    /// Change direction.
    Turn,
    /// Sample the input that a turn has waited for.
    SampleInput,
    /// Say something.
    Chat,
    /// Change the skin.
    Skin,
    /// Measure the round trip.
    Ping,
    /// Make one bot leave, and replace it by a new session. A job of the thread, not of a bot.
    Churn,
    /// Sample the age of one bot's picture of a neighbour. A job of the thread, not of a bot.
    SampleAge,
    /// Try again to send data that the socket did not take.
    Flush,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    due: Instant,
    /// Entries for the same moment keep the order in which they were added.
    order: u64,
    bot: u32,
    /// The version of the bot's jobs when this one was added.
    version: u32,
    job: Job,
}

/// The jobs of all bots of a thread.
#[derive(Debug, Default)]
pub struct Schedule {
    entries: BinaryHeap<Reverse<Entry>>,
    order: u64,
    /// By bot number: how often the bot's jobs were cancelled. A missing entry means never.
    versions: Vec<u32>,
}

impl Schedule {
    /// Adds a job.
    pub fn add(&mut self, due: Instant, bot: u32, job: Job) {
        self.order += 1;
        let order = self.order;
        let version = self.version(bot);
        self.entries.push(Reverse(Entry {
            due,
            order,
            bot,
            version,
            job,
        }));
    }

    /// Cancels all jobs of a bot. Their entries stay in the heap until they are due.
    pub fn cancel(&mut self, bot: u32) {
        let place = bot as usize;
        if self.versions.len() <= place {
            self.versions.resize(place + 1, 0);
        }
        self.versions[place] += 1;
    }

    fn version(&self, bot: u32) -> u32 {
        self.versions.get(bot as usize).copied().unwrap_or(0)
    }

    /// Returns when the next job is due, including cancelled ones.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.entries.peek().map(|Reverse(entry)| entry.due)
    }

    /// Removes the next job if it is due. Returns its time, its bot and the job.
    pub fn pop_due(&mut self, now: Instant) -> Option<(Instant, u32, Job)> {
        while self.next_due().is_some_and(|due| due <= now) {
            let Reverse(entry) = self.entries.pop()?;
            if entry.version == self.version(entry.bot) {
                return Some((entry.due, entry.bot, entry.job));
            }
        }
        None
    }

    /// Cancels all jobs.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}
