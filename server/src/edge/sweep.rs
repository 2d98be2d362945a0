//! Checks the connections of a thread with one timer: silence, stalls, expired tokens and
//! unanswered close frames.

use std::{rc::Rc, time::Instant};

use parlour_shared::websocket::OpCode;
use parlour_tick::PaceLevel;
use tokio::{
    task::yield_now,
    time::{MissedTickBehavior, interval},
};

use super::{
    Rejection,
    connection::{Connection, IoThread, Phase},
    deliver::WRITES_PER_YIELD,
    sweep_schedule::INTERVAL,
};

/// Sweeps until the runtime ends.
pub(super) async fn run(io: Rc<IoThread>) {
    let mut timer = interval(INTERVAL);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut logged: Vec<LoggedState> = io.shared.status.iter().map(|_| LoggedState::default()).collect();
    loop {
        timer.tick().await;
        if io.thread == 0 {
            for (thread, logged) in logged.iter_mut().enumerate() {
                log_skipped(&io, thread, &mut logged.skipped);
                log_pace(&io, thread, &mut logged.level);
            }
        }
        let now = io.now();
        io.notice_sleep(now);
        io.end_expired(now);
        let mut from = 0;
        for checked in 1.. {
            let due = io.take_due(from, now);
            let Some((place, connection)) = due else { break };
            from = place + 1;
            sweep(&connection, now);
            connection.schedule_check();
            // Clients that connected at the same time are due at the same time. After a restart,
            // these may be thousands.
            if checked % WRITES_PER_YIELD == 0 {
                yield_now().await;
            }
        }
        io.rings.flush();
    }
}

/// The state of a tick thread that was last logged.
#[derive(Default)]
struct LoggedState {
    skipped: u64,
    level: u8,
}

/// Logs that a tick thread skipped time, because that thread writes no log lines.
fn log_skipped(io: &IoThread, thread: usize, logged: &mut u64) {
    let status = io.shared.status.thread(thread);
    let skipped = status.skipped();
    if skipped > *logged {
        let (ticks, tick) = (skipped - *logged, status.tick().0);
        tracing::warn!(thread, ticks, tick, "more than 3 ticks late: time was skipped");
        *logged = skipped;
    }
}

/// Logs changes of the pace. It may change every half second, so the log reports only the first
/// level below full pace, the last level, and the return to full pace.
fn log_pace(io: &IoThread, thread: usize, logged: &mut u8) {
    let level = io.shared.status.thread(thread).pace_level();
    let (first, last) = (PaceLevel::FULL.number(), PaceLevel::LAST.number());
    match level {
        _ if level == *logged => return,
        _ if level == first => {
            tracing::info!(thread, "the pressure is over: snapshots come at the usual rate")
        }
        _ if *logged == first => {
            tracing::warn!(
                thread,
                "under pressure: snapshots come less often; ticks and input are not affected"
            );
        }
        _ if level == last => tracing::warn!(thread, "under pressure: snapshots come 10 times a second"),
        _ => {}
    }
    *logged = level;
}

fn sweep(connection: &Rc<Connection>, now: Instant) {
    if connection.abort_at().is_some_and(|when| now >= when) {
        return connection.abort();
    }
    if connection.phase.get() != Phase::Open {
        return;
    }
    if connection.stalled_at().is_some_and(|when| now >= when) {
        connection.reject(Rejection::SlowConsumer, "accepted no data for too long");
    } else if connection.expires_at().is_some_and(|when| now >= when) {
        connection.reject(Rejection::TokenExpired, "");
    } else if now >= connection.silent_at(2) {
        connection.reject(Rejection::Heartbeat, "");
    } else if now >= connection.silent_at(1) && connection.begin_ping() {
        connection.send_control(OpCode::Ping, &[]);
    }
}
