//! Measures input-to-neighbour latency: records when each bot intended a turn, and when each
//! neighbour saw it.
//!
//! All bots of a room run in one thread, so the turns are in a plain table without a lock.

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

use super::behaviour::{DISTINCT, KEY_BITS, key};

/// The number of turns of one bot that are remembered: 3 s of a bot that turns 20 times a second.
const REMEMBERED: u32 = 64;

/// A turn, packed into one word because every snapshot checks every neighbour's turns: the key of
/// the heading in the lowest 12 bits, and above it the nanoseconds from the registry's origin to
/// the intended moment.
#[derive(Clone, Copy, Debug, Default)]
struct Turn(i64);

impl Turn {
    fn new(heading: Heading, intended: i64) -> Self {
        Self(intended << KEY_BITS | key(heading))
    }

    fn is(self, heading: Heading) -> bool {
        self.0 & ((1 << KEY_BITS) - 1) == key(heading)
    }

    fn intended(self) -> i64 {
        self.0 >> KEY_BITS
    }
}

/// The turns of all bots of a thread.
#[derive(Debug, Default)]
pub struct Registry {
    /// The moment of the first turn, or `None` before it.
    origin: Option<Instant>,
    /// The number of each bot's last turn. Turns are numbered from 1.
    last: Vec<u32>,
    /// A ring for each bot. Turn n is at index n modulo `REMEMBERED`.
    turns: Vec<[Turn; REMEMBERED as usize]>,
    /// The last turn of each bot before it last went through a door. It may have been lost, or have
    /// taken effect only in the next room, so turns up to this one are not measured.
    before_door: Vec<u32>,
    /// Whether each bot has left. Its neighbours no longer see its turns.
    gone: Vec<bool>,
    players: HashMap<PlayerId, u32>,
}

impl Registry {
    /// Adds a bot before any other bot can see it. Returns its number in the registry.
    pub fn add(&mut self, player: PlayerId) -> u32 {
        let number = self.last.len() as u32;
        self.last.push(0);
        self.before_door.push(0);
        self.gone.push(false);
        self.turns.push([Turn::default(); REMEMBERED as usize]);
        self.players.insert(player, number);
        number
    }

    /// Removes a bot and its turns when its connection ends. Its number is not used again.
    pub fn remove(&mut self, player: PlayerId) {
        if let Some(number) = self.players.remove(&player) {
            self.gone[number as usize] = true;
        }
    }

    /// Records that a bot went through a door.
    pub fn change_room(&mut self, bot: u32) {
        if let Some(before) = self.before_door.get_mut(bot as usize) {
            *before = self.last[bot as usize];
        }
    }

    /// Records that a bot intended to turn at this moment.
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

    /// Returns the number of the last turn that is not measured.
    fn unmeasured(&self, bot: u32) -> u32 {
        self.before_door[bot as usize]
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
    let fit = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX >> KEY_BITS);
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
    /// Whether `seen` is certain. On entering it may be a guess.
    is_sure: bool,
    /// The last turn before the bot saw this neighbour. Only later turns can be overtaken, because
    /// this one and earlier ones may have taken effect out of sight.
    countable: u32,
}

/// One bot's sightings of its neighbours.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    slots: Vec<Option<Track>>,
    /// The neighbours that were in sight before a full snapshot, while it is applied.
    before: Vec<Option<Track>>,
}

/// The result of comparing a change of a neighbour's motion with its intended turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// Not a turn (a wall, or the same heading again), not a bot of this thread, or a turn that the
    /// bot intended before it went through a door.
    Nothing,
    /// A turn that a bot intended.
    Turn {
        /// The time from the intention to now.
        latency: Duration,
        /// The number of earlier turns that were never seen, because this one overtook them.
        overtaken: u32,
    },
    /// A heading that matches no turn since the last one seen, or a turn that is too old.
    Unknown,
}

impl Tracker {
    /// Forgets all neighbours.
    pub fn clear(&mut self) {
        self.slots.clear();
    }

    /// Starts a full snapshot. Its enters list all neighbours in sight, known ones included.
    pub fn begin_full(&mut self) {
        self.before.clear();
        std::mem::swap(&mut self.slots, &mut self.before);
    }

    /// Ends the enters of a snapshot. Neighbours that a full snapshot did not list are out of
    /// sight.
    pub fn end_enters(&mut self) {
        self.before.clear();
    }

    /// Forgets the neighbour in a slot.
    pub fn leave(&mut self, slot: Slot) {
        if let Some(place) = self.slots.get_mut(slot.index()) {
            *place = None;
        }
    }

    /// Records that a neighbour came in sight with this heading, or that a full snapshot lists a
    /// known one. A known one may have turned, so the result is that of [`Self::moved`].
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
            // The latest turn with this heading took effect, and later ones are unseen. At a spawn
            // point no recent turn has this heading: it is older than all of them, or from a
            // different room.
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
    /// `overtaken` with the time from its intention to now, because the neighbour looked outdated
    /// until now.
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
        let unmeasured = registry.unmeasured(track.bot);
        let first = track.seen.max(track.countable).max(unmeasured) + 1;
        for number in registry.after(track.bot, track.seen) {
            let turn = registry.turn(track.bot, number);
            if turn.is(heading) {
                track.seen = number;
                track.is_sure = true;
                if number <= unmeasured {
                    return Sighting::Nothing;
                }
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

    /// Calls `waits` for each unseen turn of a neighbour, with the time since it was intended.
    pub fn pending(&self, registry: &Registry, now: Instant, mut waits: impl FnMut(Duration)) {
        let tracks = self.slots.iter().flatten();
        for track in tracks.filter(|track| track.is_sure && !registry.gone[track.bot as usize]) {
            let seen = track.seen.max(registry.unmeasured(track.bot));
            for number in seen + 1..=registry.last(track.bot) {
                waits(registry.age_of(track.bot, number, now));
            }
        }
    }

    /// Returns the age of the bot's picture of a random neighbour: zero if the bot has seen the
    /// neighbour's newest turn, otherwise the time since the oldest unseen one was intended.
    /// Returns `None` if the age is known for no neighbour.
    pub fn age(&self, registry: &Registry, random: &mut Stream, now: Instant) -> Option<Duration> {
        let known = || {
            let tracks = self.slots.iter().flatten();
            tracks.filter(|track| track.is_sure && !registry.gone[track.bot as usize])
        };
        let count = u32::try_from(known().count()).unwrap_or(u32::MAX);
        let track = known().nth(random.below(count) as usize)?;
        let seen = track.seen.max(registry.unmeasured(track.bot));
        let unseen = registry.after(track.bot, seen).next();
        Some(unseen.map_or(Duration::ZERO, |number| {
            registry.age(registry.turn(track.bot, number), now)
        }))
    }
}
