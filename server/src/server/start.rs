//! Starting: everything that can fail is done before the first thread runs.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use parlour_sim::Simulation;
use parlour_tick::Cadence;

use super::{
    Server, ServerOptions, StartError,
    ports::Ports,
    threads::Threads,
    wiring::{Shared, TickEnds, Wiring},
};
use crate::{
    admin::Admin,
    bridge::{
        route::MAX_IO_THREADS,
        wake::{self, WakeEnd},
    },
    chance,
    descriptors::{Descriptors, TooFew},
    failure::Failure,
    metrics::Metrics,
    recording::live::{self, HistoryHandle, RecorderThreads},
    replay::{Console, Past},
    tick_loop::{MakeStage, TickLoop},
};

/// What is served.
struct Play {
    make: MakeStage,
    /// What records it.
    live: Option<RecorderThreads>,
    past: Option<Console>,
    past_thread: Option<JoinHandle<()>>,
    seed: u64,
}

/// Serves a world that begins now.
pub(super) fn start(options: ServerOptions) -> Result<Server, StartError> {
    let mut sim = options.sim.clone();
    sim.seed = chance::seed(sim.seed);
    // Clients are told the heartbeat that the edge keeps.
    sim.heartbeat_ms = heartbeat_ms(&options);
    let (logic, seed) = (options.logic.clone(), sim.seed);
    let recording = options.recording.clone();
    start_with(options, |_, metrics| {
        let (live, make): (_, MakeStage) = if recording.any() {
            let (live, make) = live::start(&recording, sim, logic, metrics)?;
            (Some(live), make)
        } else {
            (
                None,
                Box::new(move || Box::new(Simulation::with_plugins(sim, logic))),
            )
        };
        Ok(Play {
            make,
            live,
            past: None,
            past_thread: None,
            seed,
        })
    })
}

/// Serves one that was.
pub(super) fn serve_past(options: ServerOptions, past: Past) -> Result<Server, StartError> {
    let (heartbeat_ms, seed) = (heartbeat_ms(&options), past.config().seed);
    start_with(options, |failure, _| {
        let (make, console, thread) = past.raise(failure, heartbeat_ms)?;
        Ok(Play {
            make,
            live: None,
            past: Some(console),
            past_thread: Some(thread),
            seed,
        })
    })
}

fn heartbeat_ms(options: &ServerOptions) -> u32 {
    options.edge.heartbeat.as_millis().try_into().unwrap_or(u32::MAX)
}

/// Takes the ports, connects the threads, and then starts them in order.
fn start_with(
    options: ServerOptions,
    play: impl FnOnce(&Arc<Failure>, &Arc<Metrics>) -> Result<Play, StartError>,
) -> Result<Server, StartError> {
    let descriptors = Descriptors::raise();
    let ports = Ports::listen(options.listen, options.admin)?;
    let shared = Shared::new(options.edge.clone(), descriptors);
    let io_threads = options.io_threads.clamp(1, MAX_IO_THREADS);
    let wiring = Wiring::new(io_threads, &ports.public, &shared)?;
    let (admin_wake, admin_woken) = wake::pair()?;
    let enough = shared
        .descriptors
        .check(io_threads + 1, options.edge.max_connections);
    enough.map_err(|TooFew { limit }| StartError::OpenFiles { limit })?;
    let play = play(&shared.failure, &shared.metrics)?;

    let seed = play.seed;
    let tick_loop = tick_loop(&options, &shared, wiring.tick, play.past.is_some());
    let history = play
        .live
        .as_ref()
        .map_or(HistoryHandle::closed(), RecorderThreads::history);
    let admin = admin(
        &options,
        &shared,
        ports.admin,
        (history.clone(), play.past),
        admin_woken,
    );
    let (failure, recorder) = (Arc::clone(&shared.failure), shared.metrics.recorder().clone());

    // From here on they end when something fails half-way.
    let mut threads = Threads::new(shared, play.live, play.past_thread);
    threads.start_tick(tick_loop, play.make)?;
    threads.start_io(wiring.io)?;
    threads.start_admin(admin, admin_wake)?;
    tracing::info!(listen = %ports.public_addr, admin = %ports.admin_addr, io_threads, seed, "serving");
    Ok(Server {
        listen: ports.public_addr,
        admin: ports.admin_addr,
        failure,
        history,
        recorder,
        threads: Mutex::new(threads),
    })
}

/// What the tick thread runs.
fn tick_loop(options: &ServerOptions, shared: &Shared, ends: TickEnds, is_past: bool) -> TickLoop {
    TickLoop {
        inbound: ends.inbound,
        publisher: ends.publisher,
        loads: ends.loads,
        // Who looks on is told everything, and is none of those whom pressure makes wait.
        cadence: if is_past {
            Some(Cadence::Hz60)
        } else {
            options.cadence
        },
        // A jump through the past may keep its thread busy for long: nobody waits for its ticks.
        realtime: options.realtime && !is_past,
        metrics: Arc::clone(&shared.metrics),
        status: Arc::clone(&shared.status),
        stop: Arc::default(),
    }
}

/// What the admin thread runs.
fn admin(
    options: &ServerOptions,
    shared: &Shared,
    listener: TcpListener,
    (history, past): (HistoryHandle, Option<Console>),
    wake: WakeEnd,
) -> Admin {
    Admin {
        listener,
        metrics: Arc::clone(&shared.metrics),
        status: Arc::clone(&shared.status),
        failure: Arc::clone(&shared.failure),
        descriptors: Arc::clone(&shared.descriptors),
        edge: Arc::clone(&shared.edge),
        history,
        past,
        livez_timeout: options.livez_timeout,
        wake,
    }
}
