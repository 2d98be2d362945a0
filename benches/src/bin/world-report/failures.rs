//! A world fails or hangs, while bots walk in other worlds.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use parlour_benches::{scrape::Scrape, server_process::ServerProcess};
use parlour_client::Command;
use parlour_client_sim::bots::{DEFAULT_MAX_STANDSTILL, Report, Rooms};
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep_until};

use crate::{
    crowd::{CrowdRun, plan},
    games::{Fault, SHELTER},
    lateness::lateness,
    player::{Listener, Story},
    serve,
};

/// Players that listen in the world that fails.
const LISTENERS: usize = 4;
/// Bots in each room of other worlds.
const PER_ROOM: u32 = 25;
const TICK_THREADS: u64 = 2;
const HISTORY: Duration = Duration::from_secs(60);

/// A way to fail, and what is expected of it.
struct Case {
    name: &'static str,
    fault: Fault,
    room_type: &'static str,
    /// The panics and restarts of the world, if it still exists.
    panics: Option<u64>,
}

const CASES: [Case; 4] = [
    Case {
        name: "panic by a message",
        fault: Fault::Message,
        room_type: "fragile",
        panics: Some(1),
    },
    Case {
        name: "panic by a timer",
        fault: Fault::TimerOnce,
        room_type: "fragile",
        panics: Some(1),
    },
    Case {
        name: "panic by a timer, again after the restart",
        fault: Fault::Timer,
        room_type: "sheltered",
        panics: None,
    },
    Case {
        name: "tick of 2 s",
        fault: Fault::Hang,
        room_type: "fragile",
        panics: Some(0),
    },
];

/// Measures all cases.
///
/// # Errors
/// If someone noticed what it must not notice.
pub(crate) async fn measure(bots: u32, inside: u32, half: Duration) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    for case in CASES {
        let server = serve::start(TICK_THREADS as usize, HISTORY)?;
        eprintln!("world-report: {}", case.name);
        let row = run(&server, &case, [bots, inside], half)
            .await
            .with_context(|| case.name)?;
        rows.push(row);
        server.stop()?;
    }
    Ok(rows)
}

async fn run(
    server: &ServerProcess,
    case: &Case,
    [bots, inside]: [u32; 2],
    half: Duration,
) -> anyhow::Result<Value> {
    // Half of the bots are in the shared worlds of both threads, half in own worlds.
    let shared = plan(server, "plaza", Rooms::Of(PER_ROOM), bots / 2, 2 * half);
    let own = plan(server, "walk", Rooms::Of(PER_ROOM), bots - bots / 2, 2 * half);
    let measures_at = Instant::now() + own.measures_from();
    let others = [shared, own].map(CrowdRun::start);
    let inside = plan(server, case.room_type, Rooms::Count(1), inside, 2 * half);
    let inside = CrowdRun::start(inside);
    let (stop, stopped) = watch::channel(false);
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        listeners.push(Listener::enter(server, case.room_type, stopped.clone()).await?);
    }

    sleep_until(measures_at.into()).await;
    let begin = Scrape::of(server)?;
    sleep_until((measures_at + half).into()).await;
    let threads = room_threads(server)?;
    let thread = thread_of(&threads, case.room_type)?;
    let at_fault = Scrape::of(server)?;
    let fault_at = Instant::now();
    let command = Command::custom("fail", &case.fault)?;
    let first = listeners.first().context("nobody is there")?;
    first.handle.send(command).await?;
    sleep_until((fault_at + half).into()).await;
    let end = Scrape::of(server)?;
    let panics = panics_of(server, case.room_type)?;
    ensure!(
        panics == case.panics,
        "panics of the world: {panics:?} instead of {:?}",
        case.panics
    );

    stop.send_replace(true);
    let mut stories = Vec::new();
    for listener in listeners {
        stories.push(listener.finish().await?);
    }
    let inside = inside.finish().await?;
    let mut reports = Vec::new();
    for run in others {
        reports.push(run.finish().await?);
    }
    check_stories(&stories, case)?;
    let elsewhere = other_worlds(&reports, &threads, thread, case)?;
    let pauses = |from: Instant, until: Instant| -> Vec<Vec<u128>> {
        let of = |story: &Story| {
            story
                .pauses(from, until)
                .iter()
                .map(Duration::as_millis)
                .collect()
        };
        stories.iter().map(of).collect()
    };
    let ticks = |thread: u64| {
        json!({
            "before": lateness(&begin, &at_fault, thread),
            "after": lateness(&at_fault, &end, thread),
        })
    };
    let connected: u32 = reports
        .iter()
        .chain([&inside])
        .map(|report| report.connected)
        .sum();
    Ok(json!({
        "what": case.name,
        "bots_elsewhere": bots,
        "bots_inside": inside.bots,
        "connected": connected as usize + stories.len(),
        "violations": 0,
        "lost": 0,
        "pauses_before_ms": pauses(measures_at, fault_at),
        "pauses_inside_ms": pauses(fault_at, fault_at + half),
        "elsewhere": elsewhere,
        "its_thread": ticks(thread),
        "other_thread": ticks(1 - thread),
    }))
}

/// Checks where the players in the world that failed are now.
fn check_stories(stories: &[Story], case: &Case) -> anyhow::Result<()> {
    for story in stories {
        let moved = story.rooms.last().map(String::as_str);
        if case.panics.is_some() {
            ensure!(
                story.left.is_empty() && moved.is_none_or(|room| room == case.room_type),
                "a player left its room: {story:?}"
            );
        } else {
            ensure!(
                moved == Some(SHELTER) && story.left.len() == 1,
                "a player is not in the fallback room: {:?} {:?}",
                story.rooms,
                story.left
            );
        }
    }
    Ok(())
}

/// Returns the longest times for which a room of another world stood still.
fn other_worlds(
    reports: &[Report],
    threads: &[(String, u64)],
    failing: u64,
    case: &Case,
) -> anyhow::Result<Value> {
    let mut longest = [Duration::ZERO; 2];
    for standstill in reports.iter().flat_map(|report| &report.room_standstills) {
        let thread = thread_of(threads, &standstill.room)?;
        let is_same = usize::from(thread == failing);
        longest[is_same] = longest[is_same].max(standstill.lasted);
        if thread != failing || case.fault != Fault::Hang {
            ensure!(
                standstill.lasted <= DEFAULT_MAX_STANDSTILL,
                "a world of thread {thread} stood still while one of thread {failing} failed: {standstill:?}"
            );
        }
    }
    let [other, same] = longest.map(|longest| longest.as_millis());
    Ok(json!({
        "longest_ms_without_a_tick_on_its_thread": same,
        "longest_ms_without_a_tick_on_the_other_thread": other,
    }))
}

/// Returns the tick thread of each room.
fn room_threads(server: &ServerProcess) -> anyhow::Result<Vec<(String, u64)>> {
    let mut threads = Vec::new();
    for world in server.worlds()? {
        let rooms = world.get("rooms").and_then(Value::as_array);
        let thread = world.get("thread").and_then(Value::as_u64);
        for room in rooms.into_iter().flatten() {
            let name = room.get("name").and_then(Value::as_str);
            threads.extend(name.map(str::to_owned).zip(thread));
        }
    }
    Ok(threads)
}

fn thread_of(threads: &[(String, u64)], room: &str) -> anyhow::Result<u64> {
    let found = threads.iter().find(|(name, _)| name == room);
    found
        .map(|(_, thread)| *thread)
        .with_context(|| format!("no world has the room {room}"))
}

/// Returns the panics of the world with a room, if there is one. Each must have led to a restart.
fn panics_of(server: &ServerProcess, room: &str) -> anyhow::Result<Option<u64>> {
    for world in server.worlds()? {
        let rooms = world.get("rooms").and_then(Value::as_array);
        let has_room = |held: &Value| held.get("name").and_then(Value::as_str) == Some(room);
        if rooms.is_some_and(|rooms| rooms.iter().any(has_room)) {
            let number = |name| world.get(name).and_then(Value::as_u64);
            let panics = number("panics").context("a world without panics")?;
            ensure!(number("restarts") == Some(panics), "a panic without a restart");
            return Ok(Some(panics));
        }
    }
    Ok(None)
}
