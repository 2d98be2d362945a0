//! Writes the output of a tick to the connections of a thread: the last stop of a key press.

use std::rc::Rc;

use parlour_tick::{Lane, OutFrame, TickOutput};
use tokio::task::yield_now;

use super::{
    connection::IoThread,
    send::{MAX_FRAMES, SentCounts},
};
use crate::bridge::route;

/// The number of writes after which readers get to run: about 0.2 ms. A client that aims its input
/// at 2 ms before a tick must not wait for the writes of the previous tick. With 128 writes and
/// 2,000 clients, 3 of 100 such commands came too late.
pub(super) const WRITES_PER_YIELD: usize = 32;

/// Writes a tick's frames to the connections of this thread, each with one write, and closes the
/// connections that it names. `mine` is memory that is kept from tick to tick.
pub(super) async fn deliver(io: &Rc<IoThread>, output: &TickOutput, mine: &mut Vec<OutFrame>) {
    take_mine(io.thread, output, mine);
    let mut sent = SentCounts::default();
    let mut snapshot_bytes = 0;
    let mut sessions = mine
        .chunk_by(|one, other| one.session == other.session)
        .flat_map(|frames| frames.chunks(MAX_FRAMES))
        .peekable();
    while sessions.peek().is_some() {
        snapshot_bytes += write(io, output, sessions.by_ref().take(WRITES_PER_YIELD), &mut sent);
        if sessions.peek().is_some() {
            yield_now().await;
        }
    }
    let metrics = &io.shared.metrics.edge;
    sent.add_to(metrics);
    metrics.snapshot_bytes.increment(snapshot_bytes);
    for &(session, code) in &output.closes {
        if let Some(connection) = io.find(session) {
            connection.close(code);
        }
    }
}

/// Writes the frames of one session after another. Returns the bytes of snapshots among them.
fn write<'a>(
    io: &IoThread,
    output: &TickOutput,
    sessions: impl Iterator<Item = &'a [OutFrame]>,
    sent: &mut SentCounts,
) -> u64 {
    // Borrowed once: only its own task removes a connection from the table, and that task does not
    // run meanwhile.
    let table = io.table.borrow();
    let mut snapshot_bytes = 0;
    for frames in sessions {
        let Some(connection) = frames.first().and_then(|frame| table.find(frame.session)) else {
            continue;
        };
        let snapshots = frames.iter().filter(|frame| frame.lane == Lane::Snapshot);
        snapshot_bytes += snapshots
            .map(|frame| u64::from(frame.end - frame.start))
            .sum::<u64>();
        connection.send_payloads(frames.iter().map(|frame| output.payload(frame)), sent);
    }
    snapshot_bytes
}

/// Collects the frames for this thread. Those of one session are side by side, in the order of
/// sending.
fn take_mine(thread: usize, output: &TickOutput, mine: &mut Vec<OutFrame>) {
    mine.clear();
    mine.extend(
        output
            .frames
            .iter()
            .filter(|frame| route::thread_of(frame.session) == thread),
    );
    // The output has messages in the order in which they were sent, and one snapshot per session. A
    // later frame of a session has a higher offset.
    if mine.iter().any(|frame| frame.lane == Lane::Reliable) {
        mine.sort_unstable_by_key(|frame| (frame.session, frame.start));
    }
}
