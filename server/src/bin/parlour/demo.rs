//! The bots of `parlour demo`. They run on a separate thread, and connect like any other client.

use std::{
    io,
    net::SocketAddr,
    thread::{self, JoinHandle},
};

use clap::ArgMatches;
use parlour_client_sim::bots::{self, Plan, Progress, Rooms};
use parlour_shared::text::count;
use tokio::{runtime::Builder, sync::watch};

use crate::{banner, exit::Exit, serve};

/// The maximum number of bots in one room, so that a demo with many bots has many rooms.
const MAX_IN_ROOM: u32 = 250;

/// The maps that bots enter.
const MAPS: [&str; 2] = ["lobby", "plaza"];

/// The options of a demo.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demo {
    count: u32,
}

/// Bots that run until this is dropped.
pub(crate) struct DemoBots {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Demo {
    /// Reads the number of bots from the command line.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Self {
        let count = matches.get_one("bots").copied();
        Self {
            count: count.expect("clap has a default for it"),
        }
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Returns an error if a map that the bots enter is not served.
    pub(crate) fn check(self, maps: &[String]) -> Result<(), Exit> {
        let missing: Vec<&str> = MAPS
            .into_iter()
            .filter(|map| maps.iter().all(|name| name != map))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Exit::usage(format!(
            "the bots of `parlour demo` need the maps lobby and plaza, but bundled_maps leaves out {}: serve all \
             bundled maps, or use `parlour serve`",
            missing.join(" and ")
        )))
    }

    /// Starts the bots. They take at most half of the `capacity` of a room.
    pub(crate) fn start(self, listen: SocketAddr, capacity: u32) -> Result<DemoBots, Exit> {
        let url = format!("ws://{}/ws", banner::reachable(listen));
        let in_room = (capacity / 2).clamp(1, MAX_IN_ROOM);
        let plan = |map: &str, count: u32, seed: u64| Plan {
            url: url.clone(),
            count,
            rooms: Rooms::Count(count.div_ceil(in_room)),
            map: map.to_owned(),
            chat_per_minute: 0.2,
            skin_per_minute: 0.2,
            // No time limit: the bots run until they are stopped.
            duration: None,
            seed,
            ..Plan::default()
        };
        let in_lobby = self.count / 2;
        let plans: Vec<Plan> = [
            plan(MAPS[0], in_lobby, 1),
            plan(MAPS[1], self.count - in_lobby, 2),
        ]
        .into_iter()
        .filter(|plan| plan.count > 0)
        .collect();

        let (stop, stopped) = watch::channel(false);
        let thread = thread::Builder::new()
            .name("demo".to_owned())
            .spawn(move || run_plans(plans, &stopped))
            .map_err(|error| Exit::system("cannot start the bots", &error))?;
        Ok(DemoBots {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for DemoBots {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the bot thread panicked");
        }
    }
}

/// Runs the plans until they are stopped.
fn run_plans(plans: Vec<Plan>, stopped: &watch::Receiver<bool>) {
    let all = async {
        let mut runs = tokio::task::JoinSet::new();
        for plan in plans {
            let mut stopped = stopped.clone();
            let stop = async move {
                // An error means that the sender was dropped, which also stops the bots.
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            runs.spawn_local(run_plan(plan, stop));
        }
        while runs.join_next().await.is_some() {}
    };
    let started: io::Result<()> = Builder::new_current_thread().enable_all().build().map(|runtime| {
        tokio::task::LocalSet::new().block_on(&runtime, all);
    });
    if let Err(error) = started {
        tracing::error!(%error, "the bots did not start");
    }
}

/// Runs one plan. Prints a line when all its bots are connected, and logs the result.
async fn run_plan(plan: Plan, stop: impl Future<Output = ()>) {
    let map = plan.map.clone();
    let mut is_reported = false;
    let progress = |progress: &Progress| {
        if progress.connected == progress.bots && !std::mem::replace(&mut is_reported, true) {
            let are = if progress.bots == 1 { "is" } else { "are" };
            let bots = count(progress.bots, "bot");
            serve::print(&format!("{bots} {are} walking around, starting in {map}.\n"));
        }
    };
    match bots::run(plan, stop, progress).await {
        Ok(report) if report.is_clean() => tracing::info!(map, bots = report.connected, "bots left"),
        Ok(report) => tracing::warn!(
            map,
            bots = report.connected,
            violations = report.violations,
            described = ?report.violations_described,
            disconnects = ?report.disconnects_by_code,
            failures = ?report.connect_failures,
            standstill = ?report.standstill,
            "bots left after problems"
        ),
        Err(error) => tracing::error!(map, %error, "the bots failed"),
    }
}
