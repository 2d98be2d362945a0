//! Doors between worlds, as a client sees them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use parlour_benches::server_process::ServerProcess;
use parlour_client::{Command, Connection, Direction, Event, shared::limits::TICK_RATE};
use parlour_client_sim::bots::Rooms;
use serde_json::{Value, json};
use tokio::{task::spawn, time::sleep_until};

use crate::{
    crowd::{CrowdRun, plan},
    games::Count,
    player::{self, Story},
    serve,
};

/// Players that walk through doors at the same time, each between two worlds of its own.
const TRAVELLERS: usize = 20;
/// The ticks in which no door opens for a player that came through one.
const SHUT_TICKS: u32 = 60;
const TICK_THREADS: usize = 2;
const HISTORY: Duration = Duration::from_secs(60);
const PER_ROOM: u32 = 25;
/// The bots are stopped when the players are done.
const LONG: Duration = Duration::from_secs(3600);

/// The time of one crossing.
#[derive(Clone, Copy, Debug)]
struct Crossing {
    /// From the last snapshot of the old room to the first one of the new room.
    between_snapshots: Duration,
    /// From the message that the player left to the first snapshot.
    after_leaving: Duration,
}

/// Measures crossings without and with bots.
///
/// # Errors
/// If a player found a violation or lost its connection.
pub(crate) async fn measure(crossings: usize, bots: u32) -> anyhow::Result<Vec<Value>> {
    let server = serve::start(TICK_THREADS, HISTORY)?;
    let idle = series(&server, crossings, 0).await?;
    let halves = [("plaza", bots / 2), ("walk", bots - bots / 2)];
    let plans = halves.map(|(room_type, count)| plan(&server, room_type, Rooms::Of(PER_ROOM), count, LONG));
    let measures_at = Instant::now() + plans[1].measures_from();
    let runs = plans.map(CrowdRun::start);
    sleep_until(measures_at.into()).await;
    let busy = series(&server, crossings, bots).await?;
    for run in runs {
        run.stop().await?;
    }
    server.stop()?;
    Ok(vec![idle, busy])
}

async fn series(server: &ServerProcess, crossings: usize, bots: u32) -> anyhow::Result<Value> {
    let each = crossings.div_ceil(TRAVELLERS);
    let mut travellers = Vec::new();
    for number in 0..TRAVELLERS {
        let mut connection = player::open(server).await?;
        connection.join(format!("east/{number}").as_str()).await?;
        connection.send(Command::custom("count", &Count)?).await?;
        travellers.push(spawn(travel(connection, each)));
    }
    let mut all = Vec::new();
    for traveller in travellers {
        all.extend(traveller.await??);
    }
    Ok(json!({
        "what": "door into a different world",
        "bots": bots,
        "crossings": all.len(),
        "ticks_between_snapshots": ticks(all.iter().map(|crossing| crossing.between_snapshots)),
        "ticks_after_leaving": ticks(all.iter().map(|crossing| crossing.after_leaving)),
    }))
}

/// Walks through doors to and fro.
async fn travel(mut connection: Connection, crossings: usize) -> anyhow::Result<Vec<Crossing>> {
    let mut found = Vec::new();
    let mut story = Story::default();
    let mut direction = Direction::East;
    // The first room is also left for the second, so that both worlds exist when it counts.
    for number in 0..crossings + 2 {
        wait_for_doors(&mut connection, &mut story).await?;
        connection.send(Command::walk(direction)).await?;
        let (mut left, mut last) = (None, None);
        let crossing = loop {
            let event = connection.next_event().await?;
            let is_snapshot = story.add(&connection, &event);
            match event {
                Event::Left(_) => {
                    last = story.heard.last().map(|heard| heard.at);
                    left = Some(Instant::now());
                }
                Event::Refused(refused) => anyhow::bail!("a door is closed: {refused:?}"),
                _ => {}
            }
            if let (true, Some(left), Some(last)) = (is_snapshot, left, last) {
                let now = Instant::now();
                break Crossing {
                    between_snapshots: now - last,
                    after_leaving: now - left,
                };
            }
        };
        if number >= 2 {
            found.push(crossing);
        }
        story.check()?;
        ensure!(story.left.len() == number + 1, "a player left twice: {story:?}");
        story.heard.clear();
        direction = match direction {
            Direction::East => Direction::West,
            _ => Direction::East,
        };
    }
    connection.close().await.context("a player lost its connection")?;
    Ok(found)
}

/// Waits until doors open for a player that came through one.
async fn wait_for_doors(connection: &mut Connection, story: &mut Story) -> anyhow::Result<()> {
    let room = connection.client().room().context("a player is in no room")?;
    let opens = room.entered.tick.0 + SHUT_TICKS;
    while connection.client().snapshot().tick.0 < opens {
        let event = connection.next_event().await?;
        story.add(connection, &event);
    }
    Ok(())
}

/// Returns quantiles in ticks.
fn ticks(times: impl Iterator<Item = Duration>) -> Value {
    let mut ticks: Vec<f64> = times
        .map(|time| time.as_secs_f64() * f64::from(TICK_RATE))
        .collect();
    ticks.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (ticks.len() as f64 * share) as usize;
        ticks.get(index.min(ticks.len().saturating_sub(1))).copied()
    };
    json!({ "p50": at(0.5), "p99": at(0.99), "max": at(1.0) })
}
