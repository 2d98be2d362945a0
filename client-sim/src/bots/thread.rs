//! One thread of a run: a loop over its sockets and its schedule, without tasks or locks.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use parlour_client::Address;
use tokio::sync::{mpsc, watch};

use super::{event_loop::EventLoop, group::BotGroup, plan::Plan, tally::Tally};

/// How long to wait for the server's answers to the goodbyes.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);
/// How often a thread reports its counters.
const REPORT_EVERY: Duration = Duration::from_millis(500);
/// How often a thread checks whether to stop.
const CHECK_STOP_EVERY: Duration = Duration::from_millis(50);

/// The options of a thread.
pub(super) struct ThreadOptions {
    pub(super) plan: Plan,
    pub(super) thread: u32,
    pub(super) address: Address,
    pub(super) peer: SocketAddr,
    pub(super) start: Instant,
    /// Becomes true, or is closed, when the run must end.
    pub(super) stop: watch::Receiver<bool>,
    /// Receives the counters regularly. If the channel is full, the report is dropped.
    pub(super) progress: mpsc::Sender<(u32, Tally)>,
}

/// Runs the bots of a thread to the end of the plan.
pub(super) fn run_thread(options: ThreadOptions) -> io::Result<Tally> {
    let ThreadOptions {
        plan,
        thread: number,
        address,
        peer,
        start,
        stop,
        progress,
    } = options;
    let mut event_loop = EventLoop::new(BotGroup::new(plan, number, start), address, peer)?;
    let begin = event_loop.group().measures_from();
    let end = event_loop.group().duration().map(|duration| begin + duration);
    let mut measuring = false;
    let mut report_at = start + REPORT_EVERY;
    let mut check_stop_at = start;
    loop {
        let now = Instant::now();
        event_loop.group().check_clock(now);
        if !measuring && now >= begin {
            measuring = true;
            event_loop.group().begin_measuring(now);
        }
        if end.is_some_and(|end| now >= end) {
            break;
        }
        if now >= report_at {
            report_at = now + REPORT_EVERY;
            drop(progress.try_send((number, event_loop.group().tally(now))));
        }
        if now >= check_stop_at {
            check_stop_at = now + CHECK_STOP_EVERY;
            if *stop.borrow() || stop.has_changed().is_err() {
                break;
            }
        }
        let marks = [(!measuring).then_some(begin), end, Some(report_at)];
        let until = marks.into_iter().flatten().fold(check_stop_at, Instant::min);
        event_loop.run_once(until)?;
    }
    let tally = event_loop.group().final_tally(Instant::now());
    say_goodbye(event_loop)?;
    Ok(tally)
}

/// Makes the bots say goodbye, waits briefly for the server to close their connections, and drops
/// the others.
fn say_goodbye(mut event_loop: EventLoop) -> io::Result<()> {
    event_loop.leave();
    let deadline = Instant::now() + GOODBYE_TIMEOUT;
    while event_loop.group().open() > 0 && Instant::now() < deadline {
        event_loop.run_once(deadline)?;
    }
    Ok(())
}
