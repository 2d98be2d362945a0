//! From the moment a bot wants to turn to the moment a neighbour has seen it: who turned when, and who saw
//! what.
//!
//! All bots of a room live in one thread, so the turns are in a plain table that no one has to lock.

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

/// Turns of one bot that are remembered: 3 s of a bot that turns 20 times a second.
const REMEMBERED: u32 = 64;

/// A turn in one word, because every neighbour's turns are looked at with every snapshot: the heading in the
/// lowest five bits, and above them the nanoseconds from the registry's origin to when it was intended.
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
    /// Somewhere near all turns.
    origin: Option<Instant>,
    /// How often each bot turned. Turns are numbered from 1.
    last: Vec<u32>,
    /// So many places for each bot; turn n is at n modulo their number.
    turns: Vec<[Turn; REMEMBERED as usize]>,
    /// Who has left: nobody will see a turn of it any more.
    gone: Vec<bool>,
    players: HashMap<PlayerId, u32>,
}

impl Registry {
    /// Makes a bot known, before anyone can see it. Gives its number here.
    pub fn add(&mut self, player: PlayerId) -> u32 {
        let number = self.last.len() as u32;
        self.last.push(0);
        self.gone.push(false);
        self.turns.push([Turn::default(); REMEMBERED as usize]);
        self.players.insert(player, number);
        number
    }

    /// Forgets a bot and its turns: its connection is gone, or about to be. Its number is not used again.
    pub fn remove(&mut self, player: PlayerId) {
        if let Some(number) = self.players.remove(&player) {
            self.gone[number as usize] = true;
        }
    }

    /// Notes that a bot wanted to turn at that moment.
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

    /// The number of a bot's last turn.
    fn last(&self, bot: u32) -> u32 {
        self.last[bot as usize]
    }

    /// A turn that is remembered.
    fn turn(&self, bot: u32, number: u32) -> Turn {
        self.turns[bot as usize][(number % REMEMBERED) as usize]
    }

    /// Numbers of a bot's turns after `seen` that are still remembered.
    fn after(&self, bot: u32, seen: u32) -> RangeInclusive<u32> {
        let last = self.last(bot);
        let oldest = (last + 1).saturating_sub(REMEMBERED);
        (seen + 1).max(oldest)..=last
    }

    /// How long ago a turn of this number was intended; of one that is not remembered any more, how long ago the oldest
    /// was that is, which is less.
    fn age_of(&self, bot: u32, number: u32, now: Instant) -> Duration {
        let oldest = (self.last(bot) + 1).saturating_sub(REMEMBERED);
        self.age(self.turn(bot, number.max(oldest)), now)
    }

    /// How long ago a turn was intended.
    fn age(&self, turn: Turn, now: Instant) -> Duration {
        let now = self.origin.map_or(0, |origin| nanos(origin, now));
        Duration::from_nanos(u64::try_from(now - turn.intended()).unwrap_or_default())
    }
}

/// From one moment to another, which may lie before it. No run is so long that it does not fit.
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
    /// Its number in the registry.
    bot: u32,
    /// The number of the last turn that was seen.
    seen: u32,
    heading: Heading,
    /// Whether `seen` is certain, and not just the best guess on entering.
    is_sure: bool,
    /// Only turns after this one can be overtaken: those before it may have been done where the bot did not see them.
    countable: u32,
}

/// What one bot has seen of its neighbours.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    slots: Vec<Option<Track>>,
    /// Those who were in sight before a full snapshot, while it is taken in.
    before: Vec<Option<Track>>,
}

/// What a change of a neighbour's motion turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// Not a turn: a wall, or the same heading again. Or not one of our bots.
    Nothing,
    /// A turn, so long after it was intended.
    Turn {
        /// From the intention to now.
        latency: Duration,
        /// Turns before it that were never seen: it overtook them.
        overtaken: u32,
    },
    /// A heading that the bot did not intend since the last one seen, or too long ago.
    Unknown,
}

impl Tracker {
    /// Forgets everyone.
    pub fn clear(&mut self) {
        self.slots.clear();
    }

    /// A full snapshot begins: its enters tell of everyone in sight, also of those who were in sight before.
    pub fn begin_full(&mut self) {
        self.before.clear();
        std::mem::swap(&mut self.slots, &mut self.before);
    }

    /// The enters of a snapshot are over: who was not among those of a full one is out of sight.
    pub fn end_enters(&mut self) {
        self.before.clear();
    }

    /// Forgets the neighbour in a slot.
    pub fn leave(&mut self, slot: Slot) {
        if let Some(place) = self.slots.get_mut(slot.index()) {
            *place = None;
        }
    }

    /// A neighbour came in sight with this heading, or was in sight already when a full snapshot tells of everyone
    /// again: then its motion may have changed, and what came of that is given as by [`Self::moved`].
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
            // Of the latest turns the one with this heading was done, those after it are still to be seen.
            // None has it at a spawn point: then it was done before all of them, or in another room.
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

    /// A neighbour's motion changed. `overtaken` is given, for each turn that this one overtook, the time from its
    /// intention to now: only now has the bot seen what became of it.
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

    /// The turns of neighbours that the bot has not seen yet: how long ago each was intended.
    pub fn pending(&self, registry: &Registry, now: Instant, mut waits: impl FnMut(Duration)) {
        let tracks = self.slots.iter().flatten();
        for track in tracks.filter(|track| track.is_sure && !registry.gone[track.bot as usize]) {
            for number in track.seen + 1..=registry.last(track.bot) {
                waits(registry.age_of(track.bot, number, now));
            }
        }
    }

    /// How old the picture is that the bot has of one of its neighbours, picked by chance: zero if it has seen
    /// the neighbour's newest turn, else the time since the oldest one was intended that it has not seen. None
    /// if there is no neighbour of whom it can be told.
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
