//! Everything the world tells anyone. One output is used again and again, so that a tick allocates
//! nothing.

use parlour_shared::{
    close::CloseCode,
    codec,
    ids::{SessionId, Tick},
    message::{RefusalClass, ServerMessage},
};

/// What one tick gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickOutput {
    /// The tick.
    pub tick: Tick,
    /// The hash of the state after it.
    pub hash: u64,
    /// Sixteen bits of the hash of each part of the state, by tag: if the hash differs, they tell
    /// in what.
    pub parts: Vec<u16>,
    /// The bytes of all frames; several frames may share a range.
    pub bytes: Vec<u8>,
    /// Who is sent what. For one session in the order of sending, which is also that of the bytes:
    /// reliable messages, then at most one snapshot.
    pub frames: Vec<OutFrame>,
    /// The same for watchers (`Simulation::watch`), in a separate list: watcher sessions are not
    /// the world's, and their ids may collide.
    pub watched: Vec<OutFrame>,
    /// Sessions to be closed after their frames were sent. The edge answers with
    /// [`crate::EventKind::Close`].
    pub closes: Vec<(SessionId, CloseCode)>,
    /// What there is and what happened, for metrics.
    pub counts: Counts,
}

/// One frame for one session: a range of [`TickOutput::bytes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutFrame {
    /// For whom.
    pub session: SessionId,
    /// How it is delivered.
    pub lane: Lane,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// How a frame is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// In order, without a loss. The payload is a structured message.
    Reliable,
    /// The newest counts. The payload is a snapshot.
    Snapshot,
}

/// What there is, and what happened in this tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open sessions.
    pub sessions: u32,
    /// Players in a room.
    pub players: u32,
    /// Rooms.
    pub rooms: u32,
    /// Entities of the world.
    pub entities: u32,
    /// Viewers that cannot take snapshots now.
    pub held: u32,
    /// Viewers by how often they are sent all they can see, in the order of
    /// [`crate::Cadence::ALL`].
    pub viewers: [u32; 4],
    /// Movement commands that took effect in this tick.
    pub moves: u32,
    /// Movement commands dropped in this tick: too late, too early, out of sequence, or too many.
    pub moves_dropped: u32,
    /// Requests refused in this tick, by [`parlour_shared::message::Refusal::class`].
    pub refused: RefusedCounts,
}

/// Requests refused in one tick, by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefusedCounts([u32; RefusalClass::ALL.len()]);

impl RefusedCounts {
    /// Counts one.
    pub fn add(&mut self, class: RefusalClass) {
        self.0[class as usize] += 1;
    }

    /// The classes of which there was at least one, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (RefusalClass, u32)> {
        RefusalClass::ALL
            .into_iter()
            .zip(self.0)
            .filter(|(_, count)| *count > 0)
    }
}

impl TickOutput {
    /// Empties it for the next tick and keeps its memory.
    pub fn clear(&mut self) {
        self.parts.clear();
        self.bytes.clear();
        self.frames.clear();
        self.watched.clear();
        self.closes.clear();
        self.counts = Counts::default();
    }

    /// Appends a reliable message to a watcher: what the caller itself has to tell it.
    pub fn tell_watcher(&mut self, session: SessionId, message: &ServerMessage) {
        let start = self.bytes.len() as u32;
        codec::encode(message, &mut self.bytes);
        self.watched.push(OutFrame {
            session,
            lane: Lane::Reliable,
            start,
            end: self.bytes.len() as u32,
        });
    }

    /// Appends what another output has for watchers: so several ticks can be sent as one, if
    /// snapshots are held in all but the last.
    pub fn append_watched(&mut self, earlier: &TickOutput) {
        let mut last = None;
        for frame in &earlier.watched {
            // A message to several is copied once.
            let start = match last {
                Some((copied, start)) if copied == frame.start => start,
                _ => {
                    let start = self.bytes.len() as u32;
                    self.bytes.extend_from_slice(earlier.payload(frame));
                    start
                }
            };
            last = Some((frame.start, start));
            let end = start + (frame.end - frame.start);
            self.watched.push(OutFrame { start, end, ..*frame });
        }
    }

    /// The payload of a frame.
    #[must_use]
    pub fn payload(&self, frame: &OutFrame) -> &[u8] {
        &self.bytes[frame.start as usize..frame.end as usize]
    }
}
