//! A run from start to end: starts the threads, watches them and sums up their counters.

use std::{
    fmt,
    future::Future,
    net::SocketAddr,
    pin::pin,
    time::{Duration, Instant, SystemTime},
};

use parlour_client::Address;
use parlour_shared::text::count;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{MissedTickBehavior, interval},
};

use super::{
    plan::{Plan, PlanError},
    report::{Latency, Report},
    tally::Tally,
    thread::{ThreadOptions, run_thread},
};

/// The progress of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The time since the start.
    pub elapsed: Duration,
    /// Whether the measurement has begun.
    pub measuring: bool,
    /// Bots that the plan asks for.
    pub bots: u32,
    /// Bots that are connected now.
    pub connected: u32,
    /// Messages received per second, over roughly the last second.
    pub frames_in_per_s: f64,
    /// Violations so far.
    pub violations: u64,
    /// Connections that were lost or could not be opened.
    pub lost: u64,
    /// Input-to-neighbour latency so far; it starts again with the measurement.
    pub latency: Latency,
}

impl fmt::Display for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            connected,
            bots,
            frames_in_per_s,
            violations,
            lost,
            latency,
            ..
        } = self;
        let seconds = self.elapsed.as_secs_f64();
        write!(
            formatter,
            "{seconds:>5.0} s  {connected}/{bots} connected  {frames_in_per_s:.0} frames/s  "
        )?;
        match latency.samples {
            0 => write!(formatter, "no latency yet")?,
            _ => write!(formatter, "p50 {:.1} ms  p99 {:.1} ms", latency.p50, latency.p99)?,
        }
        let phase = if self.measuring { "" } else { "  (settling)" };
        write!(
            formatter,
            "  {}  {lost} lost{phase}",
            count(*violations, "violation")
        )
    }
}

/// Runs bots as planned, until the plan's time is over or `stop` completes. Calls `progress` once a
/// second.
///
/// The bots have their own threads. You can await this future in any tokio runtime with a timer,
/// even in the runtime of the server under load. Dropping the future stops the bots.
///
/// # Errors
/// [`PlanError`] if the plan cannot be carried out. Later failures are in the report.
pub async fn run(
    plan: Plan,
    stop: impl Future<Output = ()>,
    mut progress: impl FnMut(&Progress),
) -> Result<Report, PlanError> {
    let address = plan.check()?;
    let peer = resolve(&address).await?;
    let start = Instant::now();
    let started = SystemTime::now();
    let (stop_sender, stop_receiver) = watch::channel(false);
    let (progress_sender, mut progress_receiver) = mpsc::channel(2 * plan.threads as usize);
    let threads = (0..plan.threads).map(|thread| {
        spawn(ThreadOptions {
            plan: plan.clone(),
            thread,
            address: address.clone(),
            peer,
            start,
            stop: stop_receiver.clone(),
            progress: progress_sender.clone(),
        })
    });
    let done = threads.collect::<Result<Vec<_>, _>>()?;
    drop((stop_receiver, progress_sender));

    let mut stop = pin!(stop);
    let mut stopped_early = false;
    let mut watcher = Watcher::new(&plan, start);
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Skip);
    second.tick().await;
    loop {
        tokio::select! {
            biased;
            () = &mut stop, if !stopped_early => {
                stopped_early = true;
                stop_sender.send_replace(true);
            }
            news = progress_receiver.recv() => match news {
                Some((thread, tally)) => {
                    if tally.run.other_room_types.is_some() {
                        stop_sender.send_replace(true);
                    }
                    watcher.latest[thread as usize] = tally;
                }
                // All threads are done.
                None => break,
            },
            _ = second.tick() => {
                let now = watcher.progress();
                progress(&now);
                // No bot is left: do not wait for a dead server.
                if now.connected == 0 && now.lost >= u64::from(now.bots) {
                    stop_sender.send_replace(true);
                }
            }
        }
    }
    let mut total = sum(done).await?;
    if let Some(known) = total.run.other_room_types.take() {
        return Err(PlanError::NoSuchRoomType {
            room_type: plan.map,
            known,
        });
    }
    Ok(Report::new(plan, &total, started, stopped_early))
}

/// Receives the counters of a thread when it is done.
type Done = oneshot::Receiver<std::io::Result<Tally>>;

fn spawn(options: ThreadOptions) -> Result<Done, PlanError> {
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new()
        .name(format!("bots-{}", options.thread))
        // The send fails if the run was dropped, and then nothing needs the result.
        .spawn(move || drop(sender.send(run_thread(options))))
        .map_err(|error| PlanError::Thread(error.to_string()))?;
    Ok(receiver)
}

/// Waits for all threads, and sums up their counters.
async fn sum(done: Vec<Done>) -> Result<Tally, PlanError> {
    let mut total = Tally::default();
    for tally in done {
        match tally.await {
            Ok(Ok(tally)) => total.merge(&tally),
            Ok(Err(error)) => return Err(PlanError::Thread(error.to_string())),
            Err(_) => return Err(PlanError::Thread("it panicked".into())),
        }
    }
    Ok(total)
}

/// Resolves the host once for all bots.
async fn resolve(address: &Address) -> Result<SocketAddr, PlanError> {
    let unknown = || PlanError::Host(address.host.clone());
    let mut found = tokio::net::lookup_host((address.host.as_str(), address.port))
        .await
        .map_err(|_| unknown())?;
    found.next().ok_or_else(unknown)
}

/// Sums up the threads' counters while they run.
struct Watcher {
    start: Instant,
    measures_from: Instant,
    bots: u32,
    latest: Vec<Tally>,
    last: (Instant, u64),
}

impl Watcher {
    fn new(plan: &Plan, start: Instant) -> Self {
        Self {
            start,
            measures_from: start + plan.measures_from(),
            bots: plan.count,
            latest: vec![Tally::default(); plan.threads as usize],
            last: (start, 0),
        }
    }

    fn progress(&mut self) -> Progress {
        let mut total = Tally::default();
        self.latest.iter().for_each(|tally| total.merge(tally));
        let now = Instant::now();
        let frames = total.run.frames_in;
        let (last, before) = std::mem::replace(&mut self.last, (now, frames));
        let fresh = frames.saturating_sub(before);
        let (run, measured) = (&total.run, &total.measured);
        Progress {
            elapsed: now - self.start,
            measuring: now >= self.measures_from,
            bots: self.bots,
            connected: run.connected,
            frames_in_per_s: fresh as f64 / (now - last).as_secs_f64().max(0.001),
            violations: run.violations.total(),
            lost: run.disconnects.values().sum::<u64>() + run.connect_failures.values().sum::<u64>(),
            latency: Latency::of(&measured.latency),
        }
    }
}
