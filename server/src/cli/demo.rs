//! The bots of the command `demo`. They run on a separate thread, and connect like any other
//! client.

use std::{
    io,
    net::SocketAddr,
    thread::{self, JoinHandle},
};

use clap::ArgMatches;
use parlour_client_sim::bots::{self, Plan, Progress, Rooms};
use parlour_shared::text::count;
use tokio::{runtime::Builder, sync::watch};

use super::{banner, exit::Exit, output, program::Program};
use crate::ServerOptions;

/// The maximum number of bots in one room, so that a demo with many bots has many rooms.
const MAX_IN_ROOM: u32 = 250;

/// The maps that the bots of the program `parlour` enter.
const MAPS: [&str; 2] = ["lobby", "plaza"];

/// Bots that can be started.
#[derive(Debug)]
pub(crate) struct Demo {
    groups: Vec<Group>,
    /// Whether the groups are those of [`MAPS`], from where bots also walk to the garden.
    in_bundled_maps: bool,
}

/// The bots in the rooms of a type.
#[derive(Debug)]
struct Group {
    room_type: String,
    bots: u32,
    /// The maximum number of bots in one room: half of its capacity.
    in_room: u32,
}

/// Bots that run until this is dropped.
pub(crate) struct DemoBots {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Reads the number of bots from the command line.
pub(crate) fn bots(matches: &ArgMatches) -> u32 {
    let count = matches.get_one("bots").copied();
    count.expect("clap has a default for it")
}

impl Demo {
    /// Divides the bots among the room types of the program and of the configuration, or among the
    /// maps if there are no types. Those of the program `parlour` enter the lobby and the plaza.
    ///
    /// # Errors
    /// A map that the bots enter is not served.
    pub(crate) fn new(
        program: &Program,
        bots: u32,
        maps: &[String],
        options: &ServerOptions,
    ) -> Result<Self, Exit> {
        let defaults = options.sim.rules;
        if !program.is_parlour {
            let types = options.room_types.iter();
            let types = types.map(|one| (one.name(), one.rules_on(defaults).capacity));
            let mut rooms: Vec<(&str, u32)> = types.collect();
            if rooms.is_empty() {
                rooms.extend(maps.iter().map(|map| (map.as_str(), defaults.capacity)));
            }
            return Ok(Self {
                groups: divided(bots, rooms),
                in_bundled_maps: false,
            });
        }
        let missing: Vec<&str> = MAPS
            .into_iter()
            .filter(|map| maps.iter().all(|name| name != map))
            .collect();
        if !missing.is_empty() {
            let name = program.name;
            return Err(Exit::usage(format!(
                "the bots of `{name} demo` need the maps lobby and plaza, but bundled_maps leaves out {}: serve all \
                 bundled maps, or use `{name} serve`",
                missing.join(" and ")
            )));
        }
        Ok(Self {
            groups: divided(bots, MAPS.map(|map| (map, defaults.capacity)).to_vec()),
            in_bundled_maps: true,
        })
    }

    /// Returns how many bots there are, and where.
    pub(crate) fn describe(&self) -> String {
        let bots: u32 = self.groups.iter().map(|group| group.bots).sum();
        let names: Vec<&str> = self.groups.iter().map(|group| group.room_type.as_str()).collect();
        match names.as_slice() {
            [_, _] if self.in_bundled_maps => format!("{bots}, half in lobby and garden, half in plaza"),
            [first @ .., last] if !first.is_empty() => format!("{bots}, in {} and {last}", first.join(", ")),
            names => format!("{bots}, in {}", names.join(", ")),
        }
    }

    /// Starts the bots.
    pub(crate) fn start(self, listen: SocketAddr) -> Result<DemoBots, Exit> {
        let url = format!("ws://{}/ws", banner::reachable(listen));
        let plans = self.groups.into_iter().zip(1..).map(|(group, seed)| Plan {
            url: url.clone(),
            count: group.bots,
            rooms: Rooms::Count(group.bots.div_ceil(group.in_room)),
            map: group.room_type,
            chat_per_minute: 0.2,
            skin_per_minute: 0.2,
            // No time limit: the bots run until they are stopped.
            duration: None,
            seed,
            ..Plan::default()
        });
        let plans: Vec<Plan> = plans.collect();

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

/// Divides bots among room types with these capacities. If they cannot be divided equally, later
/// types have more. A type without bots is left out.
fn divided(bots: u32, types: Vec<(&str, u32)>) -> Vec<Group> {
    let (mut bots, mut left) = (bots, u32::try_from(types.len()).unwrap_or(u32::MAX));
    let group = |(room_type, capacity): (&str, u32)| {
        let here = bots / left;
        (bots, left) = (bots - here, left - 1);
        Group {
            room_type: room_type.to_owned(),
            bots: here,
            in_room: (capacity / 2).clamp(1, MAX_IN_ROOM),
        }
    };
    types
        .into_iter()
        .map(group)
        .filter(|group| group.bots > 0)
        .collect()
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
            output::print(&format!("{bots} {are} walking around, starting in {map}.\n"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bots_are_divided_among_the_types_and_a_room_is_half_full() {
        let groups = divided(7, vec![("a", 8), ("b", 1), ("c", 1000)]);
        let found: Vec<(&str, u32, u32)> = groups
            .iter()
            .map(|group| (group.room_type.as_str(), group.bots, group.in_room))
            .collect();
        assert_eq!(found, [("a", 2, 4), ("b", 2, 1), ("c", 3, 250)]);
        let alone = divided(1, vec![("a", 8), ("b", 8)]);
        assert_eq!((alone.len(), alone[0].room_type.as_str()), (1, "b"));
    }
}
