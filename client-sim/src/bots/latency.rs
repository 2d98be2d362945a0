//! From the moment a bot wants to turn to the moment a neighbour has seen it: who turned when, and who saw
//! what.
//!
//! All bots of a room live in one thread, so the turns are in a plain table that no one has to lock.

use std::{
    collections::HashMap,
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

#[derive(Clone, Copy, Debug)]
struct Turn {
    heading: Heading,
    intended: Instant,
}

/// The last turns of one bot, numbered from 1.
#[derive(Clone, Debug, Default)]
struct Turns {
    last: u32,
    ring: Vec<Turn>,
    /// The bot has left: nobody will see a turn of it any more.
    is_gone: bool,
}

impl Turns {
    fn get(&self, number: u32) -> Option<&Turn> {
        self.ring.get((number % REMEMBERED) as usize)
    }

    /// Numbers of the turns after `seen` that are still remembered.
    fn after(&self, seen: u32) -> std::ops::RangeInclusive<u32> {
        let oldest = (self.last + 1).saturating_sub(self.ring.len() as u32);
        (seen + 1).max(oldest)..=self.last
    }
}

/// The turns of all bots of a thread.
#[derive(Debug, Default)]
pub struct Registry {
    turns: Vec<Turns>,
    players: HashMap<PlayerId, u32>,
}

impl Registry {
    /// Makes a bot known, before anyone can see it. Gives its number here.
    pub fn add(&mut self, player: PlayerId) -> u32 {
        let number = self.turns.len() as u32;
        self.turns.push(Turns::default());
        self.players.insert(player, number);
        number
    }

    /// Forgets a bot and its turns: its connection is gone, or about to be. Its number is not used again.
    pub fn remove(&mut self, player: PlayerId) {
        let number = self.players.remove(&player);
        if let Some(turns) = number.and_then(|number| self.turns.get_mut(number as usize)) {
            *turns = Turns {
                is_gone: true,
                ..Turns::default()
            };
        }
    }

    /// Notes that a bot wanted to turn at that moment.
    pub fn intend(&mut self, bot: u32, heading: Heading, intended: Instant) {
        let Some(turns) = self.turns.get_mut(bot as usize).filter(|turns| !turns.is_gone) else {
            return;
        };
        turns.last += 1;
        let turn = Turn { heading, intended };
        // Number 0 is no turn; its place is filled so that number n lies at n modulo the ring's length.
        if turns.ring.is_empty() {
            turns.ring.push(turn);
        }
        let at = (turns.last % REMEMBERED) as usize;
        match turns.ring.get_mut(at) {
            Some(place) => *place = turn,
            None => turns.ring.push(turn),
        }
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
}

/// What one bot has seen of its neighbours.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    slots: Vec<Option<Track>>,
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
        /// Turns before it that were never seen.
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

    /// Forgets the neighbour in a slot.
    pub fn leave(&mut self, slot: Slot) {
        if let Some(place) = self.slots.get_mut(slot.index()) {
            *place = None;
        }
    }

    /// A neighbour came in sight with this heading.
    pub fn enter(&mut self, registry: &Registry, slot: Slot, player: PlayerId, heading: Heading) {
        if self.slots.len() <= slot.index() {
            self.slots.resize(slot.index() + 1, None);
        }
        self.slots[slot.index()] = registry.players.get(&player).map(|&bot| {
            let turns = &registry.turns[bot as usize];
            // Of the latest turns the one with this heading was done, those after it are still to be seen.
            // None has it at a spawn point: then it was done before all of them, or in another room.
            let latest = turns.last.saturating_sub(DISTINCT as u32);
            let is_done = |&number: &u32| turns.get(number).is_some_and(|turn| turn.heading == heading);
            let found = turns.after(latest).rev().find(is_done);
            Track {
                bot,
                seen: found.unwrap_or(latest),
                heading,
                is_sure: found.is_some() || turns.last == 0,
            }
        });
    }

    /// A neighbour's motion changed.
    pub fn moved(&mut self, registry: &Registry, slot: Slot, heading: Heading, now: Instant) -> Sighting {
        let Some(Some(track)) = self.slots.get_mut(slot.index()) else {
            return Sighting::Nothing;
        };
        if track.heading == heading {
            return Sighting::Nothing;
        }
        track.heading = heading;
        let Some(turns) = registry
            .turns
            .get(track.bot as usize)
            .filter(|turns| !turns.is_gone)
        else {
            return Sighting::Nothing;
        };
        let first = track.seen + 1;
        for number in turns.after(track.seen) {
            if let Some(turn) = turns.get(number).filter(|turn| turn.heading == heading) {
                track.seen = number;
                track.is_sure = true;
                return Sighting::Turn {
                    latency: now.saturating_duration_since(turn.intended),
                    overtaken: number - first,
                };
            }
        }
        Sighting::Unknown
    }

    /// How old the picture is that the bot has of one of its neighbours, picked by chance: zero if it has seen
    /// the neighbour's newest turn, else the time since the oldest one was intended that it has not seen. None
    /// if there is no neighbour of whom it can be told.
    pub fn age(&self, registry: &Registry, chance: &mut Stream, now: Instant) -> Option<Duration> {
        let known = || {
            let tracks = self.slots.iter().flatten().filter(|track| track.is_sure);
            tracks.filter_map(|track| {
                let turns = registry.turns.get(track.bot as usize)?;
                (!turns.is_gone).then_some((track, turns))
            })
        };
        let count = u32::try_from(known().count()).unwrap_or(u32::MAX);
        let (track, turns) = known().nth(chance.below(count) as usize)?;
        let unseen = turns.after(track.seen).find_map(|number| turns.get(number));
        Some(unseen.map_or(Duration::ZERO, |turn| {
            now.saturating_duration_since(turn.intended)
        }))
    }
}
