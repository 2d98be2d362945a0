//! Movement commands that wait for the tick they are aimed at.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    limits::{
        MAX_COMMAND_EARLY_TICKS, MAX_COMMAND_LATE_TICKS, MAX_COMMANDS_WAITING, MAX_SEQUENCE_JUMP, TICK_RATE,
    },
    message::Move,
    motion::Heading,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A command that was taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) tick: Tick,
    pub(crate) seq: u32,
    pub(crate) heading: Heading,
    /// How long before its tick it arrived, in 0.1 ms.
    pub(crate) early: i16,
}

/// The commands of one player, in the order of their ticks and of their sequence numbers: a newer command
/// replaces those that are aimed at its tick or later ones.
#[derive(Component, Clone, Debug, Default)]
pub(crate) struct MoveQueue {
    last_seq: u32,
    len: usize,
    waiting: [Waiting; MAX_COMMANDS_WAITING + 1],
}

impl MoveQueue {
    /// Takes a command in; false if it is out of the window of ticks or sequence numbers.
    pub(crate) fn push(&mut self, command: Move, early: i16, now: Tick) -> bool {
        let seq = if command.seq == 0 {
            self.last_seq.saturating_add(1)
        } else {
            command.seq
        };
        if seq <= self.last_seq || seq - self.last_seq > MAX_SEQUENCE_JUMP {
            return false;
        }
        let aimed = if command.tick == Tick(0) {
            now
        } else {
            command.tick
        };
        if now.since(aimed) > MAX_COMMAND_LATE_TICKS || aimed.since(now) > MAX_COMMAND_EARLY_TICKS {
            return false;
        }
        self.last_seq = seq;
        let tick = aimed.max(now);
        while self.len > 0 && self.waiting[self.len - 1].tick >= tick {
            self.len -= 1;
        }
        let ahead = i64::from(aimed.0) - i64::from(now.0);
        let early = i64::from(early) + ahead * 10_000 / i64::from(TICK_RATE);
        let early = early.clamp(i64::from(i16::MIN), i64::from(i16::MAX)) as i16;
        // Ticks in the queue differ and lie in now..=now+16: there is always a place.
        self.waiting[self.len] = Waiting {
            tick,
            seq,
            heading: command.heading(),
            early,
        };
        self.len += 1;
        true
    }

    /// Drops what was aimed at another room; sequence numbers go on.
    pub(crate) fn forget_waiting(&mut self) {
        *self = Self {
            last_seq: self.last_seq,
            ..Self::default()
        };
    }

    /// Whether a command is due.
    pub(crate) fn is_due(&self, now: Tick) -> bool {
        self.len > 0 && self.waiting[0].tick <= now
    }

    /// Takes the command that is due. There is at most one: ticks in the queue differ, and none is passed over.
    pub(crate) fn pop_due(&mut self, now: Tick) -> Option<Waiting> {
        if !self.is_due(now) {
            return None;
        }
        let due = self.waiting[0];
        self.waiting.copy_within(1..self.len, 0);
        self.len -= 1;
        Some(due)
    }
}

/// What lies behind the end is no part of the state.
impl Serialize for MoveQueue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.last_seq, &self.waiting[..self.len]).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MoveQueue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (last_seq, saved) = <(u32, Vec<Waiting>)>::deserialize(deserializer)?;
        let mut waiting = [Waiting::default(); MAX_COMMANDS_WAITING + 1];
        let len = saved.len();
        let places = waiting
            .get_mut(..len)
            .ok_or_else(|| D::Error::custom("too many commands wait"))?;
        places.copy_from_slice(&saved);
        Ok(Self {
            last_seq,
            len,
            waiting,
        })
    }
}
