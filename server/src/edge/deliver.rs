//! Writes the output of a tick to the connections of a thread: the last step in the path of a
//! command through the server.

use std::rc::Rc;

use parlour_shared::{json_forms::JsonForms, snapshot};
use parlour_tick::{Lane, OutFrame, TickOutput};
use tokio::task::yield_now;

use super::{
    connection::{Connection, IoThread},
    send::{MAX_FRAMES, SentCounts},
};
use crate::bridge::outbound::WorldOutput;

/// After this many writes, which take about 0.2 ms, reading tasks run. The input of a client that
/// aims at 2 ms before a tick must not wait for the writes of the previous tick. With 128 writes
/// and 2,000 clients, 3 of 100 such commands arrived too late.
pub(super) const WRITES_PER_YIELD: usize = 32;

/// Writes a world's frames to the connections of this thread, up to [`MAX_FRAMES`] of a session per
/// write, and closes the connections that the output lists. `mine` is scratch memory that is
/// reused in each tick.
pub(super) async fn deliver(io: &Rc<IoThread>, world: &WorldOutput, mine: &mut Vec<(usize, OutFrame)>) {
    let output = &world.output;
    take_mine(io, output, mine);
    let mut sent = SentCounts::default();
    let mut snapshot_bytes = 0;
    let mut sessions = mine
        .chunk_by(|(_, one), (_, other)| one.session == other.session)
        .flat_map(|frames| frames.chunks(MAX_FRAMES))
        .peekable();
    while sessions.peek().is_some() {
        snapshot_bytes += write(io, world, sessions.by_ref().take(WRITES_PER_YIELD), &mut sent);
        if sessions.peek().is_some() {
            yield_now().await;
        }
    }
    let metrics = &io.shared.metrics.edge;
    sent.add_to(metrics);
    metrics.snapshot_bytes.increment(snapshot_bytes);
    for unknown in &output.unknown {
        if let Some(connection) = io.find(unknown.session) {
            // The client chose the name: `?` escapes it.
            tracing::debug!(
                peer = %connection.peer,
                name = ?unknown.name,
                reason = %unknown.reason,
                "game logic could not read a message"
            );
        }
    }
    for &(session, code) in &output.closes {
        io.close_session(session, code);
    }
}

/// Writes the frames, session by session. Returns the bytes of the snapshots.
fn write<'a>(
    io: &IoThread,
    world: &WorldOutput,
    sessions: impl Iterator<Item = &'a [(usize, OutFrame)]>,
    sent: &mut SentCounts,
) -> u64 {
    // Borrowed once for all sessions: only the task of a connection removes it from the table, and
    // that task does not run meanwhile.
    let table = io.table.borrow();
    let forms = world.forms.as_deref().unwrap_or(JsonForms::none());
    let mut snapshot_bytes = 0;
    for frames in sessions {
        let Some((place, first)) = frames.first() else {
            continue;
        };
        // Between two writes the session may have lost its connection or got a different one, and
        // the place may have a different session.
        let found = table.get_open(*place, first.session);
        let Some(connection) = found.or_else(|| io.find_in(&table, first.session)) else {
            keep(io, world, frames);
            continue;
        };
        if frames.iter().any(|(_, frame)| frame.lane == Lane::Reliable) {
            note_sent(connection, world, frames);
        }
        let needs_full = &connection.needs_full;
        let frames = frames.iter().map(|(_, frame)| frame).filter(|frame| {
            let skipped = needs_full.get()
                && frame.lane == Lane::Snapshot
                && !snapshot::is_full(world.output.payload(frame));
            needs_full.set(needs_full.get() && (skipped || frame.lane == Lane::Reliable));
            !skipped
        });
        let mut bytes = 0;
        let payloads = frames.map(|frame| {
            if frame.lane == Lane::Snapshot {
                bytes += u64::from(frame.end - frame.start);
            }
            world.output.payload(frame)
        });
        connection.send_payloads(payloads, forms, sent);
        snapshot_bytes += bytes;
    }
    snapshot_bytes
}

/// Keeps the messages of a session without a connection.
fn keep(io: &IoThread, world: &WorldOutput, frames: &[(usize, OutFrame)]) {
    let session = frames.first().and_then(|(_, frame)| io.session(frame.session));
    if let Some(session) = session {
        for frame in reliable(frames) {
            io.keep_message(&session, world.output.payload(frame), world.forms.as_ref());
        }
    }
}

/// Notes the messages that a connection is sent, until its client says that it has received them.
fn note_sent(connection: &Connection, world: &WorldOutput, frames: &[(usize, OutFrame)]) {
    if let Some(session) = connection.session() {
        let limit = connection.io.shared.options.resume_bytes;
        for frame in reliable(frames) {
            session.note_sent(world.output.payload(frame), world.forms.as_ref(), limit);
        }
    }
}

fn reliable(frames: &[(usize, OutFrame)]) -> impl Iterator<Item = &OutFrame> {
    let frames = frames.iter().map(|(_, frame)| frame);
    frames.filter(|frame| frame.lane == Lane::Reliable)
}

/// Collects the frames for this thread. The frames of a session are adjacent, in the order in
/// which they must be sent.
fn take_mine(io: &IoThread, output: &TickOutput, mine: &mut Vec<(usize, OutFrame)>) {
    io.collect_mine(&output.frames, mine);
    // The output contains messages in the order in which they were sent, and one snapshot per
    // session. A later frame of a session has a higher offset.
    if mine.iter().any(|(_, frame)| frame.lane == Lane::Reliable) {
        mine.sort_unstable_by_key(|(_, frame)| (frame.session, frame.start));
    }
}
