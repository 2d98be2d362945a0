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
    Sample,
    /// Say something.
    Chat,
    /// Change its skin.
    Skin,
    /// Measure the round trip.
    Ping,
    /// Let one bot leave and a new session replace it: a job of the thread, not of a bot.
    Churn,
    /// Sample what one bot knows of another: a job of the thread, not of a bot.
    Glance,
    /// Try again to send data that the socket did not take.
    Flush,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    due: Instant,
    /// Entries for the same moment keep the order in which they were added.
    order: u64,
    bot: u32,
    /// The life of the bot that the job belongs to.
    life: u32,
    job: Job,
}

/// All jobs to be done.
#[derive(Debug, Default)]
pub struct Schedule {
    entries: BinaryHeap<Reverse<Entry>>,
    order: u64,
    /// How often the jobs of each bot were forgotten; missing bots: never.
    lives: Vec<u32>,
}

impl Schedule {
    /// Adds a job.
    pub fn add(&mut self, due: Instant, bot: u32, job: Job) {
        self.order += 1;
        let order = self.order;
        let life = self.life(bot);
        self.entries.push(Reverse(Entry {
            due,
            order,
            bot,
            life,
            job,
        }));
    }

    /// Forgets all jobs of a bot. Their entries stay in the heap until they would have been due.
    pub fn forget(&mut self, bot: u32) {
        let place = bot as usize;
        if self.lives.len() <= place {
            self.lives.resize(place + 1, 0);
        }
        self.lives[place] += 1;
    }

    fn life(&self, bot: u32) -> u32 {
        self.lives.get(bot as usize).copied().unwrap_or(0)
    }

    /// Returns when the next job is due; it may be a forgotten one.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.entries.peek().map(|Reverse(entry)| entry.due)
    }

    /// Removes the next job if it is due. Returns when it was due, its bot and the job.
    pub fn pop_due(&mut self, now: Instant) -> Option<(Instant, u32, Job)> {
        while self.next_due().is_some_and(|due| due <= now) {
            let Reverse(entry) = self.entries.pop()?;
            if entry.life == self.life(entry.bot) {
                return Some((entry.due, entry.bot, entry.job));
            }
        }
        None
    }

    /// Forgets all jobs.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}
