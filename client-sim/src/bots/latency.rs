//! Measures from the moment a bot wants to turn to the moment a neighbour has seen it: records
//! which bot turned when, and which bot saw it.
//!
//! All bots of a room live in one thread, so the turns are in a plain table without a lock.

use std::{
    collections::HashMap,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use parlour_shared::{
    ids::{PlayerId, Slot},
    motion::Heading,
    rng::Stream,
};

use super::behaviour::DISTINCT;

/// How many turns of one bot are remembered: 3 s of a bot that turns 20 times a second.
const REMEMBERED: u32 = 64;

/// A turn in one word, because every snapshot checks every neighbour's turns: the heading is in the
/// lowest five bits, and the nanoseconds from the registry's origin to the intended moment are
/// above them.
#[derive(Clone, Copy, Debug, Default)]
struct Turn(i64);

impl Turn {
    fn new(heading: Heading, intended: i64) -> Self {
        Self(intended << 5 | key(heading))
    }

    fn is(self, heading: Heading) -> bool {
        self.0 & 31 == key(heading)
    }

    fn intended(self) -> i64 {
        self.0 >> 5
    }
}

fn key(heading: Heading) -> i64 {
    heading.direction as i64 | i64::from(heading.sprint) << 4
}

/// The turns of all bots of a thread.
#[derive(Debug, Default)]
pub struct Registry {
    /// A moment near all turns; `None` before the first.
    origin: Option<Instant>,
    /// How often each bot turned. Turns are numbered from 1.
    last: Vec<u32>,
    /// A ring for each bot; turn n is at n modulo `REMEMBERED`.
    turns: Vec<[Turn; REMEMBERED as usize]>,
    /// Whether each bot has left: no neighbour will see its turns any longer.
    gone: Vec<bool>,
    players: HashMap<PlayerId, u32>,
}

impl Registry {
    /// Adds a bot before any other bot can see it. Returns its number in the registry.
    pub fn add(&mut self, player: PlayerId) -> u32 {
        let number = self.last.len() as u32;
        self.last.push(0);
        self.gone.push(false);
        self.turns.push([Turn::default(); REMEMBERED as usize]);
        self.players.insert(player, number);
        number
    }

    /// Removes a bot and its turns: its connection is gone, or about to be. Its number is not used
    /// again.
    pub fn remove(&mut self, player: PlayerId) {
        if let Some(number) = self.players.remove(&player) {
            self.gone[number as usize] = true;
        }
    }

    /// Records that a bot wanted to turn at that moment.
    pub fn intend(&mut self, bot: u32, heading: Heading, intended: Instant) {
        if self.gone.get(bot as usize) != Some(&false) {
            return;
        }
        let intended = nanos(*self.origin.get_or_insert(intended), intended);
        let Some(last) = self.last.get_mut(bot as usize) else {
            return;
        };
        *last += 1;
        self.turns[bot as usize][(*last % REMEMBERED) as usize] = Turn::new(heading, intended);
    }

    /// Returns the number of a bot's last turn.
    fn last(&self, bot: u32) -> u32 {
        self.last[bot as usize]
    }

    /// Returns a turn that is still remembered.
    fn turn(&self, bot: u32, number: u32) -> Turn {
        self.turns[bot as usize][(number % REMEMBERED) as usize]
    }

    /// Returns the numbers of a bot's turns after `seen` that are still remembered.
    fn after(&self, bot: u32, seen: u32) -> RangeInclusive<u32> {
        let last = self.last(bot);
        let oldest = (last + 1).saturating_sub(REMEMBERED);
        (seen + 1).max(oldest)..=last
    }

    /// Returns how long ago the turn with this number was intended. If it is no longer remembered,
    /// uses the oldest remembered turn, which is more recent.
    fn age_of(&self, bot: u32, number: u32, now: Instant) -> Duration {
        let oldest = (self.last(bot) + 1).saturating_sub(REMEMBERED);
        self.age(self.turn(bot, number.max(oldest)), now)
    }

    /// Returns how long ago a turn was intended.
    fn age(&self, turn: Turn, now: Instant) -> Duration {
        let now = self.origin.map_or(0, |origin| nanos(origin, now));
        Duration::from_nanos(u64::try_from(now - turn.intended()).unwrap_or_default())
    }
}

/// Returns the time from one moment to another, negative if that is earlier. No run is long enough
/// to overflow.
fn nanos(origin: Instant, moment: Instant) -> i64 {
    let fit = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX >> 5);
    match moment.checked_duration_since(origin) {
        Some(later) => fit(later),
        None => -fit(origin - moment),
    }
}

/// A neighbour in one slot, as a bot last saw it.
#[derive(Clone, Copy, Debug)]
struct Track {
    /// The neighbour's number in the registry.
    bot: u32,
    /// The number of the last turn that the bot saw.
    seen: u32,
    heading: Heading,
    /// Whether `seen` is certain, not just the best guess on entering.
    is_sure: bool,
    /// Only later turns can be overtaken: earlier ones may have taken effect out of the bot's
    /// sight.
    countable: u32,
}

/// One bot's sightings of its neighbours.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    slots: Vec<Option<Track>>,
    /// The neighbours that were in sight before a full snapshot, while it is applied.
    before: Vec<Option<Track>>,
}

/// The meaning of a change in a neighbour's motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// Not a turn (a wall, or the same heading again), or not one of our bots.
    Nothing,
    /// A turn that a bot intended.
    Turn {
        /// From the intention to now.
        latency: Duration,
        /// How many turns before it were never seen, because it overtook them.
        overtaken: u32,
    },
    /// A heading that the bot has not intended since the last one seen, or intended too long ago.
    Unknown,
}

impl Tracker {
    /// Forgets all neighbours.
    pub fn clear(&mut self) {
        self.slots.clear();
    }

    /// Starts a full snapshot: its enters list everyone in sight, including those already in sight
    /// before.
    pub fn begin_full(&mut self) {
        self.before.clear();
        std::mem::swap(&mut self.slots, &mut self.before);
    }

    /// Ends the enters of a snapshot: neighbours missing from those of a full one are out of sight.
    pub fn end_enters(&mut self) {
        self.before.clear();
    }

    /// Forgets the neighbour in a slot.
    pub fn leave(&mut self, slot: Slot) {
        if let Some(place) = self.slots.get_mut(slot.index()) {
            *place = None;
        }
    }

    /// Records that a neighbour came in sight with this heading, or that a full snapshot lists one
    /// that was in sight already. The latter's motion may have changed: the result is then that of
    /// [`Self::moved`].
    pub fn enter(
        &mut self,
        registry: &Registry,
        slot: Slot,
        player: PlayerId,
        heading: Heading,
        now: Instant,
        overtaken: impl FnMut(Duration),
    ) -> Sighting {
        if self.slots.len() <= slot.index() {
            self.slots.resize(slot.index() + 1, None);
        }
        let known = self.before.get_mut(slot.index()).and_then(Option::take);
        let bot = registry.players.get(&player);
        if let Some(track) = known.filter(|track| bot == Some(&track.bot)) {
            self.slots[slot.index()] = Some(track);
            return self.moved(registry, slot, heading, now, overtaken);
        }
        self.slots[slot.index()] = bot.map(|&bot| {
            // Of the latest turns, the one with this heading was done, and those after it are still
            // unseen. At a spawn point none has it: then this heading is older than all of them, or
            // from a different room.
            let last = registry.last(bot);
            let latest = last.saturating_sub(DISTINCT as u32);
            let is_done = |&number: &u32| registry.turn(bot, number).is(heading);
            let found = registry.after(bot, latest).rev().find(is_done);
            Track {
                bot,
                seen: found.unwrap_or(latest),
                heading,
                is_sure: found.is_some() || last == 0,
                countable: found.unwrap_or(last),
            }
        });
        Sighting::Nothing
    }

    /// Records a change of a neighbour's motion. For each turn that this one overtook, calls
    /// `overtaken` with the time from its intention to now: only now has the bot seen its result.
    pub fn moved(
        &mut self,
        registry: &Registry,
        slot: Slot,
        heading: Heading,
        now: Instant,
        mut overtaken: impl FnMut(Duration),
    ) -> Sighting {
        let Some(Some(track)) = self.slots.get_mut(slot.index()) else {
            return Sighting::Nothing;
        };
        if track.heading == heading {
            return Sighting::Nothing;
        }
        track.heading = heading;
        if registry.gone[track.bot as usize] {
            return Sighting::Nothing;
        }
        let first = track.seen.max(track.countable) + 1;
        for number in registry.after(track.bot, track.seen) {
            let turn = registry.turn(track.bot, number);
            if turn.is(heading) {
                track.seen = number;
                track.is_sure = true;
                for missed in first..number {
                    overtaken(registry.age_of(track.bot, missed, now));
                }
                return Sighting::Turn {
                    latency: registry.age(turn, now),
                    overtaken: number.saturating_sub(first),
                };
            }
        }
        Sighting::Unknown
    }

    /// Calls `waits` for each turn of a neighbour that the bot has not seen yet, with the time
    /// since it was intended.
    pub fn pending(&self, registry: &Registry, now: Instant, mut waits: impl FnMut(Duration)) {
        let tracks = self.slots.iter().flatten();
        for track in tracks.filter(|track| track.is_sure && !registry.gone[track.bot as usize]) {
            for number in track.seen + 1..=registry.last(track.bot) {
                waits(registry.age_of(track.bot, number, now));
            }
        }
    }

    /// Returns the age of the bot's picture of a random neighbour: zero if the bot has seen the
    /// neighbour's newest turn, otherwise the time since the oldest unseen one was intended. `None`
    /// if there is no neighbour for which it is known.
    pub fn age(&self, registry: &Registry, chance: &mut Stream, now: Instant) -> Option<Duration> {
        let known = || {
            let tracks = self.slots.iter().flatten();
            tracks.filter(|track| track.is_sure && !registry.gone[track.bot as usize])
        };
        let count = u32::try_from(known().count()).unwrap_or(u32::MAX);
        let track = known().nth(chance.below(count) as usize)?;
        let unseen = registry.after(track.bot, track.seen).next();
        Some(unseen.map_or(Duration::ZERO, |number| {
            registry.age(registry.turn(track.bot, number), now)
        }))
    }
}
