//! Predicts the player's own motion before the server reports it, and compares it with the report
//! bit for bit.
//!
//! A command takes effect at one tick, and from there the walls alone determine the motion, and in
//! some rooms the bodies of others. A
//! client that knows the tick therefore knows where its player must be. A snapshot names the last
//! command that was applied, and usually its tick. Comparing its position with the prediction then
//! checks both sides.

mod course;
mod ground;

use std::collections::VecDeque;

use parlour_shared::{
    ids::Tick,
    limits::MAX_SEQUENCE_JUMP,
    message::MoveHeading,
    motion::{Course, Heading, Position, Segment},
    snapshot::Ack,
};

use course::{Explanation, advance, explain, is_same, is_within, obey, pick_up};
pub use ground::{Ground, SolidBody};
pub(crate) use ground::{solid_bodies, stops_players};

/// The last tick that a client accepts. Beyond it the arithmetic of motion would overflow. A room
/// reaches it after 2.2 years.
pub(crate) const LAST_TICK: Tick = Tick(u32::MAX - (1 << 20));

/// A command that was sent and is not acknowledged yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PendingCommand {
    seq: u32,
    heading: MoveHeading,
    /// The tick at which the client expects it to take effect. `None`: it was sent before the
    /// player entered this room, so it is not known whether it takes effect here.
    expected: Option<Tick>,
}

/// A snapshot's report of the player's own motion.
#[derive(Clone, Copy, Debug)]
pub struct OwnMotion {
    /// The snapshot's tick.
    pub tick: Tick,
    /// The last command that was applied, or `None` if the snapshot has no acknowledgement.
    pub ack: Option<Ack>,
    /// The tick of the turn, or `None` if the snapshot does not report the motion as a turn.
    pub turned: Option<Tick>,
    /// The motion.
    pub segment: Segment,
}

/// The result of comparing a snapshot with the prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// There was no prediction, because this is the first report of this stay in a room.
    Started,
    /// The snapshot and the prediction are equal, bit for bit.
    Agreed,
    /// The player is elsewhere, in a room in which other bodies stop players. The client does not
    /// see all that the server knows of them: a change of their motion on the way, or a body that
    /// game logic lets players pass.
    Corrected,
    /// The snapshot was not compared: too many commands were sent over too many ticks.
    Unchecked,
}

/// A snapshot that contradicts the rules of motion or of acknowledgements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// No sequence of the commands and walls leads to the reported position. A plugin that
    /// teleports players also causes this.
    #[error("at tick {tick:?} the server says {reported:?}, the prediction {predicted:?}")]
    Motion {
        /// The snapshot's tick.
        tick: Tick,
        /// The motion in the snapshot.
        reported: Segment,
        /// The motion that the client expected.
        predicted: Segment,
    },
    /// The player is in a wall or off the map.
    #[error("the player's own position {0:?} is in a wall")]
    InWall(Position),
    /// The server acknowledged a command that was never sent, or one older than the last
    /// acknowledged.
    #[error("the server acknowledged command {got} after {last}; the last one sent is {sent}")]
    Ack {
        /// The acknowledged command.
        got: u32,
        /// The command acknowledged before.
        last: u32,
        /// The last command sent.
        sent: u32,
    },
}

/// The motion of the client's own player.
#[derive(Clone, Debug, Default)]
pub struct Prediction {
    known: Option<KnownMotion>,
    pending: VecDeque<PendingCommand>,
    sent: u32,
    acknowledged: u32,
    /// The speeds of the room.
    speeds: Vec<u16>,
}

/// The motion as of the last snapshot.
#[derive(Clone, Copy, Debug)]
struct KnownMotion {
    course: Course,
    tick: Tick,
}

impl Prediction {
    /// Forgets the motion until the next snapshot, and the commands that may not have arrived.
    pub(crate) fn resume(&mut self) {
        self.known = None;
        self.pending.clear();
    }

    /// Starts a new stay in a room with these speeds: the position is unknown until the next
    /// snapshot. The server has removed the waiting commands, and the ticks of this room have other
    /// numbers, so commands in flight are not predicted any more. One that arrives late enough may
    /// still take effect here.
    pub fn enter_room(&mut self, speeds: &[u16]) {
        self.known = None;
        speeds.clone_into(&mut self.speeds);
        for command in &mut self.pending {
            command.expected = None;
        }
    }

    /// Records a command that is about to be sent, and returns its number. `expected` is the tick
    /// at which it should take effect, or `None` outside of a room.
    pub fn send(&mut self, heading: impl Into<MoveHeading>, expected: Option<Tick>) -> u32 {
        self.sent = self.sent.saturating_add(1);
        // The server rejects a sequence number this far ahead of the last one it applied, so the
        // oldest command is lost in any case.
        if self.pending.len() >= MAX_SEQUENCE_JUMP as usize {
            self.pending.pop_front();
        }
        self.pending.push_back(PendingCommand {
            seq: self.sent,
            heading: heading.into(),
            expected,
        });
        self.sent
    }

    /// Returns the number of the last command sent, applied or not.
    #[must_use]
    pub fn last_sent(&self) -> u32 {
        self.sent
    }

    /// Returns the number of commands that are not acknowledged, neither directly nor by a later
    /// command.
    #[must_use]
    pub fn unacknowledged(&self) -> usize {
        self.pending.len()
    }

    /// Returns the motion as of the last snapshot, or `None` before the first snapshot of a stay.
    #[must_use]
    pub fn known(&self) -> Option<Segment> {
        self.known.map(|known| known.course.segment)
    }

    /// Returns the player's position at a tick if the commands in flight take effect when expected.
    /// Returns `None` before the first snapshot of a stay.
    #[must_use]
    pub fn position_at<'a>(&self, ground: impl Into<Ground<'a>>, tick: Tick) -> Option<Position> {
        let ground = ground.into();
        let tick = tick.min(LAST_TICK);
        let mut known = self.known?;
        for command in &self.pending {
            // The server drops a command with a speed that the room does not have.
            let heading = command.heading.resolve(&self.speeds);
            let Some((expected, heading)) = command.expected.zip(heading) else {
                continue;
            };
            let due = expected.max(known.tick.after(1));
            if due > tick {
                break;
            }
            known.course = obey(ground, &advance(ground, known.course, due), heading, due);
            known.tick = due;
        }
        Some(advance(ground, known.course, tick).segment.at(tick))
    }

    /// Compares a snapshot with the prediction and adopts it.
    ///
    /// # Errors
    /// [`Mismatch`]. The client continues from the server's report, so that a mismatch is reported
    /// once.
    pub fn confirm<'a>(
        &mut self,
        ground: impl Into<Ground<'a>>,
        reported: &OwnMotion,
    ) -> Result<Agreement, Mismatch> {
        let ground = ground.into();
        let mut result = self.compare(ground, reported);
        if ground.has_bodies() {
            // The next prediction begins among the bodies of this snapshot.
            result = match result {
                Ok((agreement, _)) => Ok((agreement, pick_up(reported))),
                Err(Mismatch::Motion { .. }) => Ok((Agreement::Corrected, pick_up(reported))),
                Err(other) => Err(other),
            };
        }
        if let Some(ack) = reported.ack {
            self.forget_until(ack.seq);
        }
        let course = match &result {
            Ok((_, course)) => Some(*course),
            Err(Mismatch::InWall(_)) => None,
            Err(_) => Some(pick_up(reported)),
        };
        self.known = course.map(|course| KnownMotion {
            course,
            tick: reported.tick,
        });
        result.map(|(agreement, _)| agreement)
    }

    /// Applies only the acknowledgement of a snapshot.
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

    fn compare(&self, ground: Ground<'_>, reported: &OwnMotion) -> Result<(Agreement, Course), Mismatch> {
        let (here, walls) = (reported.segment.at(reported.tick), ground.walls);
        if !is_within(walls, here) || !walls.is_free(here) {
            return Err(Mismatch::InWall(here));
        }
        if let Some(ack) = reported.ack {
            self.check(ack)?;
        }
        let Some(known) = self.known else {
            return Ok((Agreement::Started, pick_up(reported)));
        };
        let settled = reported.ack.map_or(0, |ack| {
            self.pending.partition_point(|command| command.seq <= ack.seq)
        });
        let settled = self.pending.iter().take(settled);
        let commands: Vec<Heading> = settled
            .filter_map(|command| command.heading.resolve(&self.speeds))
            .collect();
        let matches = |course: &Course| is_same(&course.segment, reported);
        // The common cases need no search: nothing was applied, or one command at a reported tick.
        let straight = advance(ground, known.course, reported.tick);
        let quick = match (commands.last(), reported.turned) {
            (None, _) => Some(straight),
            (Some(&last), Some(turned)) if turned > known.tick && turned <= reported.tick => {
                let before = advance(ground, known.course, turned);
                let after = obey(ground, &before, last, turned);
                Some(advance(ground, after, reported.tick))
            }
            _ => None,
        };
        if let Some(course) = quick.filter(matches) {
            return Ok((Agreement::Agreed, course));
        }
        // Among bodies, a search explains little and takes long.
        if !commands.is_empty() && !ground.has_bodies() {
            match explain(ground, &known, reported, &commands) {
                Explanation::Course(course) => return Ok((Agreement::Agreed, course)),
                Explanation::Unknown => return Ok((Agreement::Unchecked, pick_up(reported))),
                Explanation::Impossible => {}
            }
        }
        Err(Mismatch::Motion {
            tick: reported.tick,
            reported: reported.segment.seen_from(reported.tick),
            predicted: quick.unwrap_or(straight).segment.seen_from(reported.tick),
        })
    }
}
