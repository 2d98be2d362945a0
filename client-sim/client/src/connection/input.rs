//! The clock of the player's input: when to sample it, and for which tick.

use std::time::{Duration, Instant};

use parlour_shared::{ids::Tick, limits::TICK_RATE, message::MoveHeading};

use crate::client::Client;

/// The minimum time between two samples. Half a tick is enough that no tick is sampled twice when
/// the estimate moves.
const HALF_TICK: Duration = Duration::from_nanos(500_000_000 / TICK_RATE as u64);
/// After this time an unacknowledged heading is sent again: the server drops commands that are too
/// late or too frequent, without an answer.
const RESEND_AFTER: Duration = Duration::from_secs(1);

/// The action at a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    /// The program must read its keys now, for this tick.
    Frame(Tick),
    /// The connection must send this heading now, aimed at this tick.
    Walk(MoveHeading, Tick),
}

#[derive(Debug)]
pub(super) struct InputClock {
    frames: bool,
    lead: Duration,
    /// The next sample, or `None` if it is not scheduled yet.
    aim: Option<Aim>,
    /// The moment of the last sample.
    last: Option<Instant>,
    /// The heading that was last sent in this room. `None`: the player stands, or the program sends
    /// its own commands.
    sent: Option<MoveHeading>,
    /// When it was sent, or `None` if it is acknowledged.
    sent_at: Option<Instant>,
    /// Whether the server has said that it lost a command.
    is_lost: bool,
}

#[derive(Clone, Copy, Debug)]
struct Aim {
    moment: Instant,
    tick: Tick,
    /// Whether the program has received its frame.
    is_framed: bool,
}

impl InputClock {
    pub(super) fn new(frames: bool, lead: Duration) -> Self {
        Self {
            frames,
            lead,
            aim: None,
            last: None,
            sent: None,
            sent_at: None,
            is_lost: false,
        }
    }

    /// Resets the clock, because every player enters a room standing still.
    pub(super) fn enter_room(&mut self) {
        self.sent = None;
        self.sent_at = None;
        self.is_lost = false;
        self.aim = None;
    }

    /// Sends the heading again at the next tick, because the server lost a command.
    pub(super) fn lost(&mut self) {
        self.is_lost = self.sent.is_some();
    }

    /// Returns the moment of the next sample, or `None` if there is nothing to do.
    pub(super) fn next(&mut self, client: &Client, wanted: MoveHeading, now: Instant) -> Option<Instant> {
        client.room()?;
        if client.unacknowledged_walks() == 0 {
            self.sent_at = None;
        }
        if !self.frames && !self.has_walk(client, wanted, now) {
            self.aim = None;
            // The next check, in case the sent heading is not acknowledged.
            return self.sent_at.map(|at| at + RESEND_AFTER);
        }
        if self.aim.is_none() {
            let from = self.last.map_or(now, |last| now.max(last + HALF_TICK));
            let (moment, tick) = client.next_sample(from, self.lead)?;
            self.aim = Some(Aim {
                moment,
                tick,
                is_framed: false,
            });
        }
        self.aim.map(|aim| aim.moment)
    }

    /// Returns the action that is due now. Call it until it returns `None`.
    pub(super) fn due(&mut self, client: &Client, wanted: MoveHeading, now: Instant) -> Option<Sample> {
        let aim = self.aim.filter(|aim| aim.moment <= now)?;
        if self.frames && !aim.is_framed {
            self.aim = Some(Aim {
                is_framed: true,
                ..aim
            });
            return Some(Sample::Frame(aim.tick));
        }
        self.aim = None;
        self.last = Some(aim.moment);
        if !self.has_walk(client, wanted, now) {
            return None;
        }
        let tick = if now <= aim.moment + self.lead {
            aim.tick
        } else {
            // The command would miss its tick. The server drops commands that are much too late.
            let next = client.next_sample(now, self.lead);
            next.map_or(aim.tick, |(_, next)| next.max(aim.tick))
        };
        Some(Sample::Walk(wanted, tick))
    }

    /// Records that a walk was written to the socket. Otherwise it is due again at the next tick.
    pub(super) fn sent(&mut self, heading: MoveHeading, now: Instant) {
        self.sent = Some(heading);
        self.sent_at = Some(now);
        self.is_lost = false;
    }

    fn has_walk(&self, client: &Client, wanted: MoveHeading, now: Instant) -> bool {
        let is_overdue = self
            .sent_at
            .is_some_and(|at| now.saturating_duration_since(at) >= RESEND_AFTER);
        client.slot().is_some() && (wanted != self.sent.unwrap_or_default() || is_overdue || self.is_lost)
    }
}
