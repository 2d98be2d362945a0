//! One thread of a run: a loop over its sockets and its schedule, without tasks or locks.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_client::Address;
use tokio::sync::{mpsc, watch};

use super::{engine::Engine, plan::Plan, pulse::Pulse, shard::Shard, tally::Tally};

/// How long the server has to answer goodbyes.
const FAREWELL: Duration = Duration::from_secs(1);
/// How often a thread reports its counts.
const REPORT_EVERY: Duration = Duration::from_millis(500);
/// How often a thread checks whether to stop.
const LOOK_UP_EVERY: Duration = Duration::from_millis(50);

/// The instructions of a thread.
pub(super) struct Orders {
    pub(super) plan: Plan,
    pub(super) thread: u32,
    pub(super) address: Address,
    pub(super) peer: SocketAddr,
    pub(super) start: Instant,
    pub(super) pulse: Arc<Pulse>,
    /// Becomes true, or closed, when the run must end.
    pub(super) stop: watch::Receiver<bool>,
    /// Receives the counts from time to time; if it is full, the next report is enough.
    pub(super) progress: mpsc::Sender<(u32, Tally)>,
}

/// Runs the bots of a thread to the end of the plan.
pub(super) fn work(orders: Orders) -> io::Result<Tally> {
    let Orders {
        plan,
        thread: number,
        address,
        peer,
        start,
        pulse,
        stop,
        progress,
    } = orders;
    let mut engine = Engine::new(Shard::new(plan, number, start, pulse), address, peer)?;
    let begin = engine.shard().measures_from();
    let end = engine.shard().duration().map(|duration| begin + duration);
    let mut measuring = false;
    let mut report_at = start + REPORT_EVERY;
    let mut look_up_at = start;
    loop {
        let now = Instant::now();
        engine.shard().look_at_clock(now);
        if !measuring && now >= begin {
            measuring = true;
            engine.shard().begin_measuring(now);
        }
        if end.is_some_and(|end| now >= end) {
            break;
        }
        if now >= report_at {
            report_at = now + REPORT_EVERY;
            drop(progress.try_send((number, engine.shard().tally(now))));
        }
        if now >= look_up_at {
            look_up_at = now + LOOK_UP_EVERY;
            if *stop.borrow() || stop.has_changed().is_err() {
                break;
            }
        }
        let marks = [(!measuring).then_some(begin), end, Some(report_at)];
        let until = marks.into_iter().flatten().fold(look_up_at, Instant::min);
        engine.turn(until)?;
    }
    let tally = engine.shard().final_tally(Instant::now());
    farewell(engine)?;
    Ok(tally)
}

/// Makes the bots say goodbye, and waits briefly until the server has closed. Cuts off the rest.
fn farewell(mut engine: Engine) -> io::Result<()> {
    engine.leave();
    let patience = Instant::now() + FAREWELL;
    while engine.shard().open() > 0 && Instant::now() < patience {
        engine.turn(patience)?;
    }
    Ok(())
}
