//! Starting: everything that can fail is done before the first thread runs.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, atomic::AtomicBool},
    thread::JoinHandle,
};

use metrics::with_local_recorder;
use parlour_sim::Simulation;
use parlour_tick::Cadence;

use super::{
    Server, ServerOptions, StartError,
    threads::{Io, Threads},
};
use crate::{
    admin::Admin,
    bridge::{
        inbound, load::IoLoad, outbound::Publisher, route::MAX_IO_THREADS, tick_status::TickStatus, wake,
    },
    chance,
    descriptors::{Descriptors, TooFew},
    edge::{self, Closed, EdgeShared, IoStart},
    failure::{Failure, ServerFailure, TICK},
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

fn start_with(
    options: ServerOptions,
    play: impl FnOnce(&Arc<Failure>, &Arc<Metrics>) -> Result<Play, StartError>,
) -> Result<Server, StartError> {
    let descriptors = Arc::new(Descriptors::raise());
    let public = listen(options.listen, "--listen")?;
    let admin = listen(options.admin, "--admin")?;
    let (listen_addr, admin_addr) = (public.local_addr()?, admin.local_addr()?);
    edge::prepare_listener(&public)?;

    let metrics = Arc::new(Metrics::new());
    let status = Arc::new(TickStatus::new());
    let failure = Arc::new(Failure::default());
    let tick_stop = Arc::new(AtomicBool::new(false));
    let realtime = options.realtime;
    let io_threads = options.io_threads.clamp(1, MAX_IO_THREADS);
    let cadence = options.cadence;
    let max_connections = options.edge.max_connections;
    let livez_timeout = options.livez_timeout;
    let edge = Arc::new(EdgeShared::new(
        options.edge,
        Arc::clone(&descriptors),
        Arc::clone(&metrics),
        Arc::clone(&status),
        Arc::clone(&failure),
    ));

    let mut tick_wakes = Vec::new();
    let mut stop_wakes = Vec::new();
    let mut ends = Vec::new();
    for _ in 0..io_threads {
        let (sender, end) = wake::pair()?;
        stop_wakes.push(Arc::new(sender.try_clone()?));
        tick_wakes.push(sender);
        ends.push(end);
    }
    failure.wakes(stop_wakes.clone());
    let (publisher, outbound) = Publisher::new(tick_wakes);
    let mut inbound = Vec::new();
    let (mut starts, mut loads) = (Vec::new(), Vec::new());
    for (thread, (wake, outbound)) in ends.into_iter().zip(outbound).enumerate() {
        let (sender, receiver) = inbound::ring(metrics.edge.dropped_inbound_full.clone());
        inbound.push(receiver);
        let load = IoLoad::new();
        loads.push(Arc::clone(&load));
        starts.push(IoStart {
            thread,
            listener: public.try_clone()?,
            shared: Arc::clone(&edge),
            inbound: sender,
            outbound,
            wake,
            load,
        });
    }
    let (admin_wake, admin_end) = wake::pair()?;
    let enough = descriptors.check(io_threads + 1, max_connections);
    enough.map_err(|TooFew { limit }| StartError::OpenFiles { limit })?;

    let Play {
        make,
        live,
        past,
        past_thread,
        seed,
    } = play(&failure, &metrics)?;
    // A jump through the past may keep its thread busy for long: nobody waits for its ticks.
    let realtime = realtime && past.is_none();
    // Who looks on is told everything, and is none of those whom pressure makes wait.
    let cadence = if past.is_some() {
        Some(Cadence::Hz60)
    } else {
        cadence
    };
    let history = live
        .as_ref()
        .map_or(HistoryHandle::closed(), RecorderThreads::history);

    // From here on they end when something fails half-way.
    let mut threads = Threads {
        failure: Arc::clone(&failure),
        edge,
        status: Arc::clone(&status),
        io: Vec::new(),
        admin: None,
        tick_stop: Arc::clone(&tick_stop),
        tick: None,
        live,
        past: past_thread,
        report: None,
    };
    let tick_loop = TickLoop {
        inbound,
        publisher,
        loads,
        cadence,
        realtime,
        metrics: Arc::clone(&metrics),
        status: Arc::clone(&status),
        stop: tick_stop,
    };
    let recorder = metrics.recorder().clone();
    let server_recorder = recorder.clone();
    threads.tick = Some(failure.spawn(TICK, move || {
        // Game logic counts here; what it counts in a recording that is served goes nowhere.
        with_local_recorder(&recorder, || tick_loop.run(make))
    })?);
    for (start, wake) in starts.into_iter().zip(stop_wakes) {
        let name = format!("io-{}", start.thread);
        let failed = Arc::clone(&failure);
        let thread = failure.spawn(&name, move || {
            let thread = start.thread;
            edge::run(start).unwrap_or_else(|error| {
                failed.set(ServerFailure::failed(format!("io-{thread}"), error));
                Closed::default()
            })
        })?;
        threads.io.push(Io { wake, thread });
    }
    let admin = Admin {
        listener: admin,
        metrics,
        status,
        failure: Arc::clone(&failure),
        descriptors,
        edge: Arc::clone(&threads.edge),
        history: history.clone(),
        past,
        livez_timeout,
        wake: admin_end,
    };
    let failed = Arc::clone(&failure);
    let thread = failure.spawn("admin", move || {
        if let Err(error) = admin.run() {
            failed.set(ServerFailure::failed("admin", error));
        }
        Closed::default()
    })?;
    threads.admin = Some(Io {
        wake: Arc::new(admin_wake),
        thread,
    });
    tracing::info!(listen = %listen_addr, admin = %admin_addr, io_threads, seed, "serving");
    Ok(Server {
        listen: listen_addr,
        admin: admin_addr,
        failure,
        history,
        recorder: server_recorder,
        threads: Mutex::new(threads),
    })
}

fn listen(address: SocketAddr, flag: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|source| StartError::Listen {
            address,
            flag,
            source,
        })
}
