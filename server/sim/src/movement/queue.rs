//! Movement commands that wait for their tick.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    limits::{
        MAX_COMMAND_EARLY_TICKS, MAX_COMMAND_LATE_TICKS, MAX_COMMANDS_WAITING, MAX_SEQUENCE_JUMP, TICK_RATE,
    },
    message::Move,
    motion::Heading,
    snapshot::Ack,
};
use parlour_tick::Counts;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::Control;
use crate::player::Link;

/// Takes the command of a player that is due, and acknowledges it. Returns the heading that the
/// player then has, or `None` if something else moves it.
pub(super) fn take_command(
    queue: &mut MoveQueue,
    link: &mut Link,
    control: Option<&mut Control>,
    counts: &mut Counts,
    now: Tick,
) -> Option<Heading> {
    let command = queue.pop_due(now)?;
    counts.moves += 1;
    link.ack = Some(Ack {
        seq: command.seq,
        early: command.early,
    });
    match control {
        Some(control) => control.obey(command.heading),
        None => Some(command.heading),
    }
}

/// A queued command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueuedCommand {
    pub(crate) tick: Tick,
    pub(crate) seq: u32,
    pub(crate) heading: Heading,
    /// How long before its tick it arrived, in 0.1 ms.
    pub(crate) early: i16,
}

/// The commands of one player, in the order of their ticks and sequence numbers. A newer command
/// replaces all commands for its tick or a later one.
#[derive(Component, Clone, Debug)]
pub(crate) struct MoveQueue {
    last_seq: u32,
    /// The tick of the first waiting command, or [`NEVER`]. Most ticks read only this field. When
    /// the commands were in an array beside it, a pass over all players read seven times as much
    /// memory.
    next: Tick,
    /// The first command allocates memory for the maximum.
    waiting: Vec<QueuedCommand>,
}

/// The tick of the first command of an empty queue.
const NEVER: Tick = Tick(u32::MAX);

impl Default for MoveQueue {
    fn default() -> Self {
        Self {
            last_seq: 0,
            next: NEVER,
            waiting: Vec::new(),
        }
    }
}

impl MoveQueue {
    /// Returns the empty queue of a player that comes from a different world.
    pub(crate) fn after(last_seq: u32) -> Self {
        Self {
            last_seq,
            ..Self::default()
        }
    }

    /// Returns the sequence number of the last command.
    pub(crate) fn last_seq(&self) -> u32 {
        self.last_seq
    }

    /// Adds a command with this heading. Returns `false` if it is outside of the window of ticks or
    /// sequence numbers.
    pub(crate) fn push(&mut self, command: Move, heading: Heading, early: i16, now: Tick) -> bool {
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
        while self.waiting.last().is_some_and(|last| last.tick >= tick) {
            self.waiting.pop();
        }
        let ahead = i64::from(aimed.0) - i64::from(now.0);
        let early = i64::from(early) + ahead * 10_000 / i64::from(TICK_RATE);
        let early = early.clamp(i64::from(i16::MIN), i64::from(i16::MAX)) as i16;
        // Ticks in the queue differ, and are in now..=now+16.
        self.waiting
            .reserve_exact(MAX_COMMANDS_WAITING + 1 - self.waiting.len());
        self.waiting.push(QueuedCommand {
            tick,
            seq,
            heading,
            early,
        });
        self.update_next();
        true
    }

    /// Drops all waiting commands: they are for an earlier room, or the link is lost. Sequence
    /// numbers continue.
    pub(crate) fn forget_waiting(&mut self) {
        self.waiting.clear();
        self.update_next();
    }

    /// Returns whether no command waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns the tick of the first command, or `Tick(u32::MAX)` if none waits.
    pub(super) fn next(&self) -> Tick {
        self.next
    }

    /// Returns whether a command is due.
    pub(crate) fn is_due(&self, now: Tick) -> bool {
        self.next <= now
    }

    /// Takes the due command. There is at most one, because all ticks in the queue are different
    /// and no tick is skipped.
    pub(crate) fn pop_due(&mut self, now: Tick) -> Option<QueuedCommand> {
        if !self.is_due(now) {
            return None;
        }
        let due = self.waiting.remove(0);
        self.update_next();
        Some(due)
    }

    fn update_next(&mut self) {
        self.next = self.waiting.first().map_or(NEVER, |first| first.tick);
    }
}

impl Serialize for MoveQueue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.last_seq, &self.waiting).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MoveQueue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (last_seq, waiting) = <(u32, Vec<QueuedCommand>)>::deserialize(deserializer)?;
        if waiting.len() > MAX_COMMANDS_WAITING + 1 {
            return Err(D::Error::custom("too many commands wait"));
        }
        let mut queue = Self {
            last_seq,
            next: NEVER,
            waiting,
        };
        queue.update_next();
        Ok(queue)
    }
}
