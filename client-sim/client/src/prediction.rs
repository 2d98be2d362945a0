//! The player's own motion: predicted before the server reports it, and compared with the report bit for bit.
//!
//! A command takes effect at one tick, and from there the motion follows from the walls alone. The client
//! therefore knows where its player must be as soon as it knows the tick. A snapshot says which command was
//! applied last and usually at which tick. The position in it is then a test of both sides.

mod follow;

use std::collections::VecDeque;

use parlour_shared::{
    ids::Tick,
    limits::MAX_SEQUENCE_JUMP,
    motion::{Course, Heading, Position, Segment, WallGrid},
    snapshot::Ack,
};

use follow::{Explained, advance, explain, is_same, is_within, obey, pick_up};

/// The last tick that is taken seriously: beyond it the arithmetic of motion would overflow. Reached after
/// two years.
pub(crate) const LAST_TICK: Tick = Tick(u32::MAX - (1 << 20));

/// A command that was sent and is not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pending {
    seq: u32,
    heading: Heading,
    /// The tick at which it will take effect if all goes as the client expects.
    expected: Tick,
}

/// What a snapshot says of the own player's motion.
#[derive(Clone, Copy, Debug)]
pub struct OwnMotion {
    /// The snapshot's tick.
    pub tick: Tick,
    /// The last command applied, if the snapshot names one.
    pub ack: Option<Ack>,
    /// The tick of the turn, if the snapshot reports the motion as a turn.
    pub turned: Option<Tick>,
    /// The motion.
    pub segment: Segment,
}

/// How a snapshot compares with what the client knew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The first news of this stay in a room: there was nothing to compare.
    Started,
    /// Equal in every bit.
    Agreed,
    /// Too many commands in too long a time: not compared, taken over.
    Unchecked,
}

/// Why a snapshot cannot be true if the server follows its own rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The player is where the commands and the walls cannot have taken it. A plugin that teleports players causes this
    /// as well.
    #[error("at tick {tick:?} the server says {reported:?}, the prediction {predicted:?}")]
    Motion {
        /// The snapshot's tick.
        tick: Tick,
        /// What it says.
        reported: Segment,
        /// What the client expected.
        predicted: Segment,
    },
    /// The player stands in a wall or off the map.
    #[error("own position {0:?} lies in a wall")]
    InWall(Position),
    /// A command is acknowledged that was not sent, or was acknowledged before a later one.
    #[error("command {got} is acknowledged after {last}, the last one sent is {sent}")]
    Ack {
        /// The command that is acknowledged.
        got: u32,
        /// The one acknowledged before.
        last: u32,
        /// The last one sent.
        sent: u32,
    },
}

/// The own player's motion.
#[derive(Clone, Debug, Default)]
pub struct Prediction {
    known: Option<Known>,
    pending: VecDeque<Pending>,
    sent: u32,
    acknowledged: u32,
}

/// The motion as of the last snapshot.
#[derive(Clone, Copy, Debug)]
struct Known {
    course: Course,
    tick: Tick,
}

impl Prediction {
    /// A new stay in a room: the place is unknown until the next snapshot. Commands under way may still count
    /// there.
    pub fn enter_room(&mut self) {
        self.known = None;
    }

    /// Notes a command that is about to be sent, and numbers it.
    pub fn send(&mut self, heading: Heading, expected: Tick) -> u32 {
        self.sent = self.sent.saturating_add(1);
        // The server takes no sequence number this far ahead of the last one, so the oldest is lost in any
        // case.
        if self.pending.len() >= MAX_SEQUENCE_JUMP as usize {
            self.pending.pop_front();
        }
        self.pending.push_back(Pending {
            seq: self.sent,
            heading,
            expected,
        });
        self.sent
    }

    /// The last command sent, whether it was applied or not.
    #[must_use]
    pub fn last_sent(&self) -> u32 {
        self.sent
    }

    /// How many commands are not acknowledged, themselves or by a later one.
    #[must_use]
    pub fn unacknowledged(&self) -> usize {
        self.pending.len()
    }

    /// The motion as of the last snapshot.
    #[must_use]
    pub fn known(&self) -> Option<Segment> {
        self.known.map(|known| known.course.segment)
    }

    /// Where the player will be at a tick, if the commands under way take effect when expected.
    #[must_use]
    pub fn position_at(&self, walls: &WallGrid, tick: Tick) -> Option<Position> {
        let tick = tick.min(LAST_TICK);
        let mut known = self.known?;
        for command in &self.pending {
            let due = command.expected.max(known.tick.after(1));
            if due > tick {
                break;
            }
            known.course = obey(walls, &advance(walls, known.course, due), command.heading, due);
            known.tick = due;
        }
        Some(advance(walls, known.course, tick).segment.at(tick))
    }

    /// Takes in a snapshot.
    ///
    /// # Errors
    /// [`Mismatch`]; the client goes on with what the server says, so that one mismatch is reported once.
    pub fn confirm(&mut self, walls: &WallGrid, reported: &OwnMotion) -> Result<Agreement, Mismatch> {
        let result = self.compare(walls, reported);
        if let Some(ack) = reported.ack {
            self.forget_until(ack.seq);
        }
        let course = match &result {
            Ok((_, course)) => Some(*course),
            Err(Mismatch::InWall(_)) => None,
            Err(_) => Some(pick_up(reported)),
        };
        self.known = course.map(|course| Known {
            course,
            tick: reported.tick,
        });
        result.map(|(agreement, _)| agreement)
    }

    /// Takes in what a snapshot acknowledges, and nothing else of it.
    ///
    /// # Errors
    /// [`Mismatch::Ack`].
    pub(crate) fn acknowledge(&mut self, ack: Ack) -> Result<(), Mismatch> {
        let result = self.check(ack);
        self.forget_until(ack.seq);
        result
    }

    fn check(&self, ack: Ack) -> Result<(), Mismatch> {
        if (self.acknowledged..=self.sent).contains(&ack.seq) {
            return Ok(());
        }
        Err(Mismatch::Ack {
            got: ack.seq,
            last: self.acknowledged,
            sent: self.sent,
        })
    }

    fn forget_until(&mut self, seq: u32) {
        self.acknowledged = self.acknowledged.max(seq);
        while self.pending.front().is_some_and(|first| first.seq <= seq) {
            self.pending.pop_front();
        }
    }

    fn compare(&self, walls: &WallGrid, reported: &OwnMotion) -> Result<(Agreement, Course), Mismatch> {
        let here = reported.segment.at(reported.tick);
        if !is_within(walls, here) || !walls.is_free(here) {
            return Err(Mismatch::InWall(here));
        }
        if let Some(ack) = reported.ack {
            self.check(ack)?;
        }
        let Some(known) = self.known else {
            return Ok((Agreement::Started, pick_up(reported)));
        };
        let applied = reported.ack.map_or(0, |ack| {
            self.pending.partition_point(|command| command.seq <= ack.seq)
        });
        let matches = |course: &Course| is_same(&course.segment, reported);
        // The common cases first, without a search: nothing was applied, or one command at a reported tick.
        let straight = advance(walls, known.course, reported.tick);
        let quick = match (applied, reported.turned) {
            (0, _) => Some(straight),
            (_, Some(turned)) if turned > known.tick && turned <= reported.tick => {
                let before = advance(walls, known.course, turned);
                let after = obey(walls, &before, self.pending[applied - 1].heading, turned);
                Some(advance(walls, after, reported.tick))
            }
            _ => None,
        };
        if let Some(course) = quick.filter(matches) {
            return Ok((Agreement::Agreed, course));
        }
        if applied > 0 {
            let commands = self.pending.iter().take(applied).map(|command| command.heading);
            match explain(walls, &known, reported, &commands.collect::<Vec<_>>()) {
                Explained::Yes(course) => return Ok((Agreement::Agreed, course)),
                Explained::Unknown => return Ok((Agreement::Unchecked, pick_up(reported))),
                Explained::No => {}
            }
        }
        Err(Mismatch::Motion {
            tick: reported.tick,
            reported: reported.segment.seen_from(reported.tick),
            predicted: quick.unwrap_or(straight).segment.seen_from(reported.tick),
        })
    }
}
