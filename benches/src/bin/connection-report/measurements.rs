//! The measurements, each with a separate server.

use std::time::Duration;

use parlour_benches::{scrape::Scrape, server_process::ServerProcess};
use serde_json::json;

use crate::{
    bench::Bench,
    connections::{Connections, PER_ROOM, TURNS_PER_SECOND, Wave},
};

/// Connects per second in a storm, and connections in progress at once. The server admits 256
/// connections without a hello per address.
const STORM_PER_SECOND: f64 = 2000.0;
const STORM_AT_ONCE: usize = 200;

/// Sessions without a room: memory of each, and CPU, which is the cost of the heartbeat.
pub(crate) fn idle(bench: &Bench) -> anyhow::Result<()> {
    let server = bench.start_server()?;
    let mut connections = Connections::new(&server)?;
    connections.run_for(bench.scale.rest)?;
    bench.log("CPU of a server without connections");
    let cpu_before = cpu_us_per_s(&server, &mut connections, bench.scale.watch)?;
    memory_step_by_step(bench, &server, &mut connections, ConnectionKind::Idle)?;
    bench.log("CPU of a server with idle connections");
    let cpu = cpu_us_per_s(&server, &mut connections, bench.scale.watch)?;
    let count = bench.scale.idle.last().copied().unwrap_or(0);
    bench.report(&json!({
        "what": "cpu per idle connection",
        "connections": count,
        "us_per_s": (cpu - cpu_before) / count as f64,
        "server_us_per_s": cpu,
        "server_without_us_per_s": cpu_before,
        "lost": connections.lost(),
    }));
    end(connections, server)
}

/// Standing players in rooms: each viewer still receives one snapshot per second.
pub(crate) fn standing(bench: &Bench) -> anyhow::Result<()> {
    let server = bench.start_server()?;
    let mut connections = Connections::new(&server)?;
    let players = bench.scale.standing;
    bench.log("CPU of a server with standing players");
    connections.run_for(bench.scale.rest)?;
    let cpu_before = cpu_us_per_s(&server, &mut connections, bench.scale.watch)?;
    connections.open(Wave::unlimited(players, true))?;
    connections.run_for(bench.scale.rest)?;
    let cpu = cpu_us_per_s(&server, &mut connections, bench.scale.watch)?;
    bench.report(&json!({
        "what": "cpu per standing player",
        "connections": players,
        "per_room": PER_ROOM,
        "us_per_s": (cpu - cpu_before) / players as f64,
        "server_us_per_s": cpu,
        "server_without_us_per_s": cpu_before,
        "lost": connections.lost(),
    }));
    end(connections, server)
}

/// Walking players in rooms: memory of each.
pub(crate) fn active(bench: &Bench) -> anyhow::Result<()> {
    let server = bench.start_server()?;
    let mut connections = Connections::new(&server)?;
    connections.run_for(bench.scale.rest)?;
    memory_step_by_step(bench, &server, &mut connections, ConnectionKind::Active)?;
    end(connections, server)
}

/// Connections per second that complete handshake, hello and welcome.
pub(crate) fn accept_rate(bench: &Bench) -> anyhow::Result<()> {
    let server = bench.start_server()?;
    let mut connections = Connections::new(&server)?;
    let wave = Wave::unlimited(bench.scale.accepted, false);
    bench.log(&format!("{} connections, as fast as possible", wave.count));
    let cpu_before = server.cpu_seconds()?;
    let took = connections.open(wave)?.as_secs_f64();
    let cpu = server.cpu_seconds()? - cpu_before;
    bench.report(&json!({
        "what": "accept rate",
        "connections": wave.count,
        "at_once": wave.at_once,
        "per_s": wave.count as f64 / took,
        "server_cpu_us_each": cpu * 1e6 / wave.count as f64,
    }));
    end(connections, server)
}

/// Many players join while others walk: lateness and duration of the tick meanwhile.
pub(crate) fn join_storm(bench: &Bench) -> anyhow::Result<()> {
    let server = bench.start_server()?;
    let mut connections = Connections::new(&server)?;
    let (bystanders, joining) = (bench.scale.bystanders, bench.scale.storm);
    bench.log(&format!("{joining} join while {bystanders} walk"));
    connections.open(Wave::unlimited(bystanders, true))?;
    connections.walk();
    connections.run_for(bench.scale.rest)?;
    // The measured server has one tick thread.
    let before = Scrape::of(&server)?.of_thread(0);
    let took = connections.open(Wave {
        count: joining,
        join: true,
        at_once: STORM_AT_ONCE,
        per_second: STORM_PER_SECOND,
    })?;
    let after = Scrape::of(&server)?.of_thread(0);
    let p99_ms = |name| after.quantile(&before, name, 0.99).map(|seconds| seconds * 1e3);
    bench.report(&json!({
        "what": "join storm",
        "connections": joining,
        "bystanders": bystanders,
        "took_s": took.as_secs_f64(),
        "ticks": after.increase(&before, "parlour_ticks_total"),
        "lateness_p99_ms": p99_ms("parlour_tick_lateness_seconds"),
        "duration_p99_ms": p99_ms("parlour_tick_duration_seconds"),
        "skipped": after.increase(&before, "parlour_ticks_skipped_total"),
        "overruns": after.increase(&before, "parlour_tick_overruns_total"),
    }));
    end(connections, server)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ConnectionKind {
    Idle,
    Active,
}

/// Opens connections step by step, and reports after each step the memory of each.
fn memory_step_by_step(
    bench: &Bench,
    server: &ServerProcess,
    connections: &mut Connections,
    kind: ConnectionKind,
) -> anyhow::Result<()> {
    let active = kind == ConnectionKind::Active;
    let (what, steps) = if active {
        ("memory per active connection", &bench.scale.active)
    } else {
        ("memory per idle connection", &bench.scale.idle)
    };
    let without = server.memory()?;
    let mut open = 0;
    for &count in steps {
        bench.log(&format!("{what}, {count} connections"));
        connections.open(Wave::unlimited(count - open, active))?;
        open = count;
        if active {
            connections.walk();
        }
        connections.run_for(bench.scale.rest)?;
        let with = server.memory()?;
        let mut result = json!({
            "what": what,
            "connections": count,
            "bytes": (with as f64 - without as f64) / count as f64,
            "server_bytes": with,
            "server_without_bytes": without,
            "lost": connections.lost(),
        });
        if active {
            result["per_room"] = PER_ROOM.into();
            result["turns_per_second"] = TURNS_PER_SECOND.into();
        }
        bench.report(&result);
    }
    Ok(())
}

/// Measures the server's CPU in microseconds per second.
fn cpu_us_per_s(
    server: &ServerProcess,
    connections: &mut Connections,
    watch: Duration,
) -> anyhow::Result<f64> {
    let before = server.cpu_seconds()?;
    connections.run_for(watch)?;
    Ok((server.cpu_seconds()? - before) * 1e6 / watch.as_secs_f64())
}

/// Drops the connections first, because a server that stops waits a while for open ones.
fn end(connections: Connections, server: ServerProcess) -> anyhow::Result<()> {
    drop(connections);
    server.stop()
}
