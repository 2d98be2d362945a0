//! Everything that the world sends. One output is reused for all ticks, so that a tick allocates
//! nothing.

use parlour_shared::{
    close::CloseCode,
    codec,
    ids::{SessionId, Tick},
    message::{RefusalClass, ServerMessage},
};

use crate::Report;

/// The output of one tick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickOutput {
    /// The tick.
    pub tick: Tick,
    /// The state hash after it.
    pub hash: u64,
    /// Sixteen bits of the hash of each part of the state, by tag. If the state hash differs, they
    /// show in which part.
    pub parts: Vec<u16>,
    /// The payloads of all frames; several frames may share a range.
    pub bytes: Vec<u8>,
    /// The frames to send. Those of one session are in the order of sending, which is also the
    /// order of their bytes: reliable messages, then at most one snapshot.
    pub frames: Vec<OutFrame>,
    /// Like [`Self::frames`], for watchers (`Simulation::watch`). The list is separate because
    /// watcher sessions do not belong to the world, and their ids may collide with its own.
    pub watched: Vec<OutFrame>,
    /// Sessions to close after their frames are sent. The node answers with
    /// [`crate::EventKind::Depart`].
    pub closes: Vec<(SessionId, CloseCode)>,
    /// Facts for the node, in the order in which they became true.
    pub reports: Vec<Report>,
    /// Messages and actions that game logic could not read, for the log. At most
    /// [`UnknownMessage::MAX_PER_TICK`].
    pub unknown: Vec<UnknownMessage>,
    /// Counts for metrics.
    pub counts: Counts,
}

/// A custom message or an action that was refused because game logic could not read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMessage {
    /// The session that sent it.
    pub session: SessionId,
    /// The first characters of its name.
    pub name: String,
    /// The reason: the name is unknown, or the body does not decode. It contains no value.
    pub reason: String,
}

impl UnknownMessage {
    /// The maximum number in one output, so that a flood does not allocate much.
    pub const MAX_PER_TICK: usize = 16;
    /// The maximum length of [`Self::name`], in characters.
    pub const MAX_NAME: usize = 64;
}

/// One frame for one session: a range of [`TickOutput::bytes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutFrame {
    /// The session that receives it.
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
    /// Delivers every frame, in order. The payload is a structured message.
    Reliable,
    /// Only the newest frame matters. The payload is a snapshot.
    Snapshot,
}

/// The size of the world and what happened in this tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open sessions.
    pub sessions: u32,
    /// Players in rooms.
    pub players: u32,
    /// Rooms.
    pub rooms: u32,
    /// Objects in rooms.
    pub objects: u32,
    /// Entities in the world.
    pub entities: u32,
    /// Viewers that cannot take snapshots now.
    pub held: u32,
    /// Viewers by how often they are sent everything they can see, in the order of
    /// [`crate::Cadence::ALL`].
    pub viewers: [u32; 4],
    /// Movement commands that took effect in this tick.
    pub moves: u32,
    /// Movement commands dropped in this tick: outside of the window of ticks, out of sequence, or
    /// without a room.
    pub moves_dropped: u32,
    /// Questions about boards in this tick whose answer was kept.
    pub answers_kept: u32,
    /// Questions about boards in this tick whose answer was computed.
    pub answers_computed: u32,
    /// Answers that were computed ahead in this tick.
    pub answers_ahead: u32,
    /// Requests refused in this tick, by [`parlour_shared::message::Refusal::class`].
    pub refused: RefusedCounts,
}

/// Requests refused in one tick, by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefusedCounts([u32; RefusalClass::ALL.len()]);

impl RefusedCounts {
    /// Counts one refusal.
    pub fn add(&mut self, class: RefusalClass) {
        self.0[class as usize] += 1;
    }

    /// Returns the classes with at least one refusal, and their counts.
    pub fn iter(&self) -> impl Iterator<Item = (RefusalClass, u32)> {
        RefusalClass::ALL
            .into_iter()
            .zip(self.0)
            .filter(|(_, count)| *count > 0)
    }
}

impl TickOutput {
    /// Clears the output for the next tick and keeps its memory.
    pub fn clear(&mut self) {
        self.parts.clear();
        self.bytes.clear();
        self.frames.clear();
        self.watched.clear();
        self.closes.clear();
        self.reports.clear();
        self.unknown.clear();
        self.counts = Counts::default();
    }

    /// Appends a reliable message from the caller to a watcher.
    pub fn send_to_watcher(&mut self, session: SessionId, message: &ServerMessage) {
        let start = self.bytes.len() as u32;
        codec::encode(message, &mut self.bytes);
        self.watched.push(OutFrame {
            session,
            lane: Lane::Reliable,
            start,
            end: self.bytes.len() as u32,
        });
    }

    /// Appends the watchers' frames of an earlier output. This lets the caller send several ticks
    /// as one, if snapshots are held in all but the last.
    pub fn append_watched(&mut self, earlier: &TickOutput) {
        let mut last = None;
        for frame in &earlier.watched {
            // A message to several watchers is copied once.
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

    /// Returns the payload of a frame.
    #[must_use]
    pub fn payload(&self, frame: &OutFrame) -> &[u8] {
        &self.bytes[frame.start as usize..frame.end as usize]
    }
}
