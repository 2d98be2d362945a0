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
    /// Let one bot leave and another come for it: a job of the thread, too.
    Churn,
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
    /// Which of the bot's lives the job belongs to.
    life: u32,
    job: Job,
}

/// All that is to be done.
#[derive(Debug, Default)]
pub struct Schedule {
    entries: BinaryHeap<Reverse<Entry>>,
    order: u64,
    /// By bot, how often its jobs were forgotten; those that are missing: never.
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

    /// Forgets all that a bot was to do. Their places stay taken until they would have been due.
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

    /// When the next job is due, or one that was forgotten.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.entries.peek().map(|Reverse(entry)| entry.due)
    }

    /// Takes the next job off if it is due: when it was, whose it is and what.
    pub fn pop_due(&mut self, now: Instant) -> Option<(Instant, u32, Job)> {
        while self.next_due().is_some_and(|due| due <= now) {
            let Reverse(entry) = self.entries.pop()?;
            if entry.life == self.life(entry.bot) {
                return Some((entry.due, entry.bot, entry.job));
            }
        }
        None
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}
