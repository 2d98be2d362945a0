//! The measurements, each with a server of its own.

use std::time::Duration;

use serde_json::json;

use crate::{
    bench::Bench,
    crowd::{Crowd, PER_ROOM, TURNS_PER_SECOND, Wave},
    metrics::Metrics,
    server::Server,
};

/// Connections per second at which a storm comes, and how many of it may be under way: the server
/// lets 256 of an address be without a hello.
const STORM_PER_SECOND: f64 = 2000.0;
const STORM_AT_ONCE: usize = 200;

/// Sessions in no room: memory of each, and CPU, which is the heartbeat's.
pub(crate) fn idle(bench: &Bench) -> anyhow::Result<()> {
    let server = bench.start_server()?;
    let mut crowd = Crowd::new(&server)?;
    crowd.run_for(bench.scale.rest)?;
    bench.say("CPU of a server that nobody is connected to");
    let cpu_before = cpu_us_per_s(&server, &mut crowd, bench.scale.watch)?;
    memory_step_by_step(bench, &server, &mut crowd, Kind::Idle)?;
    bench.say("CPU of a server with idle connections");
    let cpu = cpu_us_per_s(&server, &mut crowd, bench.scale.watch)?;
    let connections = bench.scale.idle.last().copied().unwrap_or(0);
    bench.tell(&json!({
        "what": "cpu per idle connection",
        "connections": connections,
        "us_per_s": (cpu - cpu_before) / connections as f64,
        "server_us_per_s": cpu,
        "server_without_us_per_s": cpu_before,
        "lost": crowd.lost(),
    }));
    end(crowd, server)
}

/// Players who stand in rooms: each is told once a second that it still does.
pub(crate) fn standing(bench: &Bench) -> anyhow::Result<()> {
    let server = bench.start_server()?;
    let mut crowd = Crowd::new(&server)?;
    let players = bench.scale.standing;
    bench.say("CPU of a server whose players stand");
    crowd.run_for(bench.scale.rest)?;
    let cpu_before = cpu_us_per_s(&server, &mut crowd, bench.scale.watch)?;
    crowd.open(Wave::of(players, true))?;
    crowd.run_for(bench.scale.rest)?;
    let cpu = cpu_us_per_s(&server, &mut crowd, bench.scale.watch)?;
    bench.tell(&json!({
        "what": "cpu per standing player",
        "connections": players,
        "per_room": PER_ROOM,
        "us_per_s": (cpu - cpu_before) / players as f64,
        "server_us_per_s": cpu,
        "server_without_us_per_s": cpu_before,
        "lost": crowd.lost(),
    }));
    end(crowd, server)
}

/// Players who walk in rooms: memory of each.
pub(crate) fn active(bench: &Bench) -> anyhow::Result<()> {
    let server = bench.start_server()?;
    let mut crowd = Crowd::new(&server)?;
    crowd.run_for(bench.scale.rest)?;
    memory_step_by_step(bench, &server, &mut crowd, Kind::Active)?;
    end(crowd, server)
}

/// How many connections a second get through handshake, hello and welcome.
pub(crate) fn accept_rate(bench: &Bench) -> anyhow::Result<()> {
    let server = bench.start_server()?;
    let mut crowd = Crowd::new(&server)?;
    let wave = Wave::of(bench.scale.accepted, false);
    bench.say(&format!("{} connections, as fast as can be", wave.count));
    let cpu_before = server.cpu_seconds()?;
    let took = crowd.open(wave)?.as_secs_f64();
    let cpu = server.cpu_seconds()? - cpu_before;
    bench.tell(&json!({
        "what": "accept rate",
        "connections": wave.count,
        "at_once": wave.at_once,
        "per_s": wave.count as f64 / took,
        "server_cpu_us_each": cpu * 1e6 / wave.count as f64,
    }));
    end(crowd, server)
}

/// Many join while others play: what becomes of the tick meanwhile.
pub(crate) fn join_storm(bench: &Bench) -> anyhow::Result<()> {
    let server = bench.start_server()?;
    let mut crowd = Crowd::new(&server)?;
    let (bystanders, joining) = (bench.scale.bystanders, bench.scale.storm);
    bench.say(&format!("{joining} join while {bystanders} walk"));
    crowd.open(Wave::of(bystanders, true))?;
    crowd.walk();
    crowd.run_for(bench.scale.rest)?;
    let before = Metrics::of(&server)?;
    let took = crowd.open(Wave {
        count: joining,
        join: true,
        at_once: STORM_AT_ONCE,
        per_second: STORM_PER_SECOND,
    })?;
    let after = Metrics::of(&server)?;
    let p99_ms = |name| after.quantile(&before, name, 0.99).map(|seconds| seconds * 1e3);
    bench.tell(&json!({
        "what": "join storm",
        "connections": joining,
        "bystanders": bystanders,
        "took_s": took.as_secs_f64(),
        "ticks": after.rise(&before, "parlour_ticks_total"),
        "lateness_p99_ms": p99_ms("parlour_tick_lateness_seconds"),
        "duration_p99_ms": p99_ms("parlour_tick_duration_seconds"),
        "skipped": after.rise(&before, "parlour_ticks_skipped_total"),
        "overruns": after.rise(&before, "parlour_tick_overruns_total"),
    }));
    end(crowd, server)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Idle,
    Active,
}

/// Lets more and more come, and tells after each step what each of them takes.
fn memory_step_by_step(bench: &Bench, server: &Server, crowd: &mut Crowd, kind: Kind) -> anyhow::Result<()> {
    let active = kind == Kind::Active;
    let (what, steps) = if active {
        ("memory per active connection", &bench.scale.active)
    } else {
        ("memory per idle connection", &bench.scale.idle)
    };
    let without = server.memory()?;
    let mut open = 0;
    for &connections in steps {
        bench.say(&format!("{what}, {connections} connections"));
        crowd.open(Wave::of(connections - open, active))?;
        open = connections;
        if active {
            crowd.walk();
        }
        crowd.run_for(bench.scale.rest)?;
        let with = server.memory()?;
        let mut result = json!({
            "what": what,
            "connections": connections,
            "bytes": (with as f64 - without as f64) / connections as f64,
            "server_bytes": with,
            "server_without_bytes": without,
            "lost": crowd.lost(),
        });
        if active {
            result["per_room"] = PER_ROOM.into();
            result["turns_per_second"] = TURNS_PER_SECOND.into();
        }
        bench.tell(&result);
    }
    Ok(())
}

/// Microseconds of CPU that the server takes per second.
fn cpu_us_per_s(server: &Server, crowd: &mut Crowd, watch: Duration) -> anyhow::Result<f64> {
    let before = server.cpu_seconds()?;
    crowd.run_for(watch)?;
    Ok((server.cpu_seconds()? - before) * 1e6 / watch.as_secs_f64())
}

/// The connections first: a server that stops waits a while for those who do not say goodbye.
fn end(crowd: Crowd, server: Server) -> anyhow::Result<()> {
    drop(crowd);
    server.stop()
}
