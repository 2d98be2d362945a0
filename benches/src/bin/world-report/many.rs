//! Many rooms with few players: in worlds of their own, and in shared worlds.

use std::time::{Duration, Instant};

use parlour_benches::{scrape::Scrape, server_process::ServerProcess};
use parlour_client_sim::bots::Rooms;
use serde_json::{Value, json};
use tokio::time::sleep_until;

use crate::{
    crowd::{CrowdRun, plan},
    lateness::lateness,
    serve,
};

const TICK_THREADS: usize = 2;
/// The players of a world that exists while the others are created.
const WITNESSES: u32 = 20;

/// Measures both kinds of worlds.
///
/// # Errors
/// If a bot found a violation or lost its connection.
pub(crate) async fn measure(rooms: u32, per_room: u32, watch: Duration) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    for room_type in ["walk", "plaza"] {
        // The memory of a history grows with time.
        let server = serve::start(TICK_THREADS, Duration::ZERO)?;
        eprintln!("world-report: {rooms} rooms of the type {room_type}");
        rows.push(fill(&server, room_type, rooms, per_room, watch).await?);
        server.stop()?;
    }
    Ok(rows)
}

async fn fill(
    server: &ServerProcess,
    room_type: &str,
    rooms: u32,
    per_room: u32,
    watch: Duration,
) -> anyhow::Result<Value> {
    let bots = plan(server, room_type, Rooms::Of(per_room), rooms * per_room, watch);
    let lasts = bots.measures_from() + watch;
    let witnesses = plan(server, "sheltered", Rooms::Count(1), WITNESSES, lasts);
    let starts = Instant::now() + witnesses.measures_from();
    let witnesses = CrowdRun::start(witnesses);
    sleep_until(starts.into()).await;

    let (empty, memory) = (Scrape::of(server)?, server.memory()?);
    let measures_at = Instant::now() + bots.measures_from();
    let bots = CrowdRun::start(bots);
    sleep_until(measures_at.into()).await;
    let (full, cpu) = (Scrape::of(server)?, server.cpu_seconds()?);
    let worlds = server.worlds()?.len();
    sleep_until((measures_at + watch).into()).await;
    let (end, cpu) = (Scrape::of(server)?, server.cpu_seconds()? - cpu);
    let taken = server.memory()?.saturating_sub(memory);
    let (bots, witnesses) = (bots.finish().await?, witnesses.finish().await?);
    let while_created: Vec<Value> = (0..TICK_THREADS as u64)
        .map(|thread| lateness(&empty, &full, thread))
        .collect();
    let then: Vec<Value> = (0..TICK_THREADS as u64)
        .map(|thread| lateness(&full, &end, thread))
        .collect();
    Ok(json!({
        "what": format!("{rooms} rooms of {per_room} in {}", if room_type == "walk" { "own worlds" } else { "shared worlds" }),
        "worlds": worlds,
        "connected": bots.connected,
        "memory_bytes": taken,
        "memory_bytes_per_room": taken / u64::from(rooms),
        "cpu_share_of_a_core": cpu / watch.as_secs_f64(),
        "input_to_neighbour_p50_ms": bots.input_to_neighbour_ms.p50,
        "input_to_neighbour_p99_ms": bots.input_to_neighbour_ms.p99,
        "others_longest_ms_without_a_tick": witnesses.standstill.map(|longest| longest.lasted.as_millis()),
        "while_created": while_created,
        "then": then,
    }))
}
