//! One timer for all connections of a thread: silence, stalls and unanswered close frames.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use parlour_shared::websocket::OpCode;
use tokio::time::{MissedTickBehavior, interval};

use super::{Reject, connection::Connection, thread::IoThread};

/// How often. A deadline is met late by up to this much; 5,000 connections take about 0.1 ms.
const PERIOD: Duration = Duration::from_millis(250);

/// Sweeps until the runtime ends.
pub(super) async fn run(io: Rc<IoThread>) {
    let mut timer = interval(PERIOD);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut skipped = 0;
    loop {
        timer.tick().await;
        if io.thread == 0 {
            tell_skipped(&io, &mut skipped);
        }
        let now = Instant::now();
        io.for_each(|connection| sweep(connection, now));
        io.inbound.flush();
    }
}

/// Says that the tick thread skipped time, which does not write log lines itself.
fn tell_skipped(io: &IoThread, told: &mut u64) {
    let skipped = io.shared.metrics.tick.skipped.get();
    if skipped > *told {
        let (ticks, tick) = (skipped - *told, io.shared.status.tick().0);
        tracing::warn!(ticks, tick, "more than 3 ticks late: time was skipped");
        *told = skipped;
    }
}

fn sweep(connection: &Rc<Connection>, now: Instant) {
    if let Some(until) = connection.closing_until() {
        if now >= until {
            connection.abort();
        }
        return;
    }
    if connection.session().is_none() {
        // Its reader waits for the hello with a deadline of its own.
        return;
    }
    let options = &connection.io.shared.options;
    if connection.blocked_for(now) > options.stall {
        connection.refuse(Reject::SlowConsumer, "behind for too long");
        return;
    }
    let silent = now.saturating_duration_since(connection.heard());
    if silent >= 2 * options.heartbeat {
        connection.refuse(Reject::Heartbeat, "");
    } else if silent >= options.heartbeat && connection.begin_ping() {
        connection.send_control(OpCode::Ping, &[]);
    }
}
