//! Starts a server: binds the ports, starts the threads that record, and then starts the tick
//! threads, the desk, which makes the worlds, the I/O threads and the admin thread. If a thread
//! cannot be started, those that run already are ended.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use parlour_recording::recorder::{self, HistoryHandle, RecorderThreads};
use parlour_shared::limits::TICK_RATE;
use parlour_sim::SimConfig;
use parlour_tick::{Cadence, WorldId};

use super::{
    Server, ServerOptions, StartError,
    ports::Ports,
    threads::Threads,
    wiring::{DeskEnds, SharedState, TickEnds, Wiring},
};
use crate::{
    BUILD,
    admin::Admin,
    bridge::{
        route::{MAX_IO_THREADS, MAX_TICK_THREADS, WorldPlace},
        ticker::Ticker,
        wake::{self, WakeEnd, WakeSender},
    },
    descriptors::{Descriptors, LimitTooLow},
    desk::{
        Desk, DeskAction, DeskConfig, DeskRoomType, DeskStart, DeskView, JoinRate, MakeWorlds, Workers,
        Worlds,
    },
    edge::Welcomes,
    failure::Failure,
    metrics::Metrics,
    playback::{Playback, PlaybackControl},
    recorded_world::{LiveWorlds, OPTION_NAMES},
    system_random,
    tick_loop::TickLoop,
};

/// The maximum number of worlds of a node. Each has at least 0.25 MB.
const MAX_WORLDS: usize = 4096;

/// The place of the world of a playback.
const PLAYBACK: WorldPlace = WorldPlace {
    thread: 0,
    world: WorldId(1),
};

/// The worlds to serve: live, or a playback.
struct ServedWorlds {
    desk: Desk,
    /// What the desk wants at the start.
    actions: Vec<DeskAction>,
    /// Makes the worlds that the desk wants. `None`: there is only that of the playback.
    make: Option<Arc<dyn MakeWorlds>>,
    /// The world of a playback.
    world: Option<(WorldPlace, Box<dyn Ticker>)>,
    /// The threads that record the main world, if it is recorded.
    recorder: Option<RecorderThreads>,
    /// The control of the playback, for the admin port.
    playback: Option<PlaybackControl>,
    /// The thread that reads the recording of a playback.
    reader: Option<JoinHandle<()>>,
    seed: u64,
}

/// Starts a server with new worlds.
pub(super) fn start(mut options: ServerOptions) -> Result<Server, StartError> {
    let mut sim = options.sim.clone();
    sim.seed = system_random::world_seed(sim.seed);
    // The desk knows in which world the room behind a door is.
    sim.creates_rooms_for_doors = false;
    let (logic, seed) = (options.logic.clone(), sim.seed);
    let recording = options.recording.clone();
    let welcomes = welcomes(&sim, Some(seed));
    options.tick_threads = options.tick_threads.clamp(1, MAX_TICK_THREADS);
    let config = desk_config(&sim, options.tick_threads);
    start_with(options, welcomes, |_, metrics| {
        let (recorder, ticks) = if recording.any() {
            let (config, logic) = (sim.clone(), logic.clone());
            let started = recorder::start(
                &recording,
                &OPTION_NAMES,
                config,
                logic,
                &metrics.recording,
                BUILD,
            )?;
            (Some(started.0), Some(started.1))
        } else {
            (None, None)
        };
        let mut actions = Vec::new();
        let desk = Desk::new(config, Instant::now(), &mut actions);
        Ok(ServedWorlds {
            desk,
            actions,
            make: Some(Arc::new(LiveWorlds::new(sim, logic, ticks, None))),
            world: None,
            recorder,
            playback: None,
            reader: None,
            seed,
        })
    })
}

/// Starts a server that plays a recording back. It has one tick thread.
pub(super) fn start_playback(mut options: ServerOptions, playback: Playback) -> Result<Server, StartError> {
    let seed = playback.config().seed;
    let welcomes = welcomes(playback.config(), None);
    options.tick_threads = 1;
    start_with(options, welcomes, |failure, _| {
        let (ticker, control, thread) = playback.start(failure)?;
        Ok(ServedWorlds {
            desk: Desk::playback(PLAYBACK),
            actions: Vec::new(),
            make: None,
            world: Some((PLAYBACK, ticker)),
            recorder: None,
            playback: Some(control),
            reader: Some(thread),
            seed,
        })
    })
}

/// Returns what the desk must know. Each map is a room type with the built-in logic.
fn desk_config(sim: &SimConfig, tick_threads: usize) -> DeskConfig {
    let rules = &sim.rules;
    let every = Duration::from_secs(rules.rates.join.every_ticks.into()) / TICK_RATE;
    let room_type = |name: &str| DeskRoomType {
        name: name.to_owned(),
        worlds: Worlds::Main,
        capacity: rules.capacity,
        fallback: None,
        joins: JoinRate {
            burst: rules.rates.join.burst,
            every,
        },
    };
    DeskConfig {
        tick_threads,
        types: sim.maps.iter().map(|map| room_type(&map.name)).collect(),
        skins: sim.skins.len(),
        max_rooms: sim.max_rooms as usize,
        max_worlds: MAX_WORLDS,
    }
}

/// Returns what welcomes contain. `seed` is that of the ids of players.
fn welcomes(config: &SimConfig, seed: Option<u64>) -> Welcomes {
    let mut room_types: Vec<String> = config.maps.iter().map(|map| map.name.clone()).collect();
    room_types.sort_unstable();
    Welcomes {
        skins: config.skins.clone(),
        room_types,
        seed,
        players: Default::default(),
    }
}

/// Binds the ports, connects the threads, and starts them in order.
fn start_with(
    options: ServerOptions,
    welcomes: Welcomes,
    serve: impl FnOnce(&Arc<Failure>, &Arc<Metrics>) -> Result<ServedWorlds, StartError>,
) -> Result<Server, StartError> {
    let descriptors = Descriptors::raise();
    let ports = Ports::listen(options.listen, options.admin)?;
    let tick_threads = options.tick_threads;
    let shared = SharedState::new(options.edge.clone(), tick_threads, descriptors, welcomes);
    let io_threads = options.io_threads.clamp(1, MAX_IO_THREADS);
    let wiring = Wiring::new(io_threads, tick_threads, &ports.public, &shared)?;
    let (admin_wake, admin_woken) = wake::pair()?;
    let enough = shared
        .descriptors
        .check(io_threads + 1, options.edge.max_connections);
    enough.map_err(|LimitTooLow { limit }| StartError::OpenFiles { limit })?;
    let mut served = serve(&shared.failure, &shared.metrics)?;

    let seed = served.seed;
    let (playback, reader) = (served.playback.take(), served.reader.take());
    let recorder = served.recorder.take();
    let is_playback = playback.is_some();
    let tick_loops: Vec<TickLoop> = wiring
        .ticks
        .into_iter()
        .enumerate()
        .map(|(thread, ends)| tick_loop(&options, &shared, thread, ends, is_playback))
        .collect();
    let history = recorder
        .as_ref()
        .map_or(HistoryHandle::closed(), RecorderThreads::history);
    let admin = admin(
        &options,
        &shared,
        ports.admin,
        (history.clone(), playback),
        admin_woken,
    );
    let view = Arc::<Mutex<DeskView>>::default();
    let (failure, metrics) = (Arc::clone(&shared.failure), shared.metrics.recorder().clone());
    let (desk, desk_wake) = desk(served, wiring.desk, view, &shared)?;

    // If a later thread cannot be started, dropping this ends those that run.
    let mut threads = Threads::new(shared, recorder, reader);
    for tick_loop in tick_loops {
        threads.start_tick(tick_loop)?;
    }
    threads.start_desk(desk, desk_wake)?;
    threads.start_io(wiring.io)?;
    threads.start_admin(admin, admin_wake)?;
    tracing::info!(
        listen = %ports.public_addr,
        admin = %ports.admin_addr,
        io_threads,
        tick_threads,
        seed,
        "serving"
    );
    Ok(Server {
        listen: ports.public_addr,
        admin: ports.admin_addr,
        failure,
        history,
        recorder: metrics,
        threads: Mutex::new(threads),
    })
}

/// Returns the loop that a tick thread runs.
fn tick_loop(
    options: &ServerOptions,
    shared: &SharedState,
    thread: usize,
    ends: TickEnds,
    is_playback: bool,
) -> TickLoop {
    TickLoop {
        thread,
        inbound: ends.inbound,
        commands: ends.commands,
        reports: ends.reports,
        publisher: ends.publisher,
        loads: ends.loads,
        // Spectators are sent every snapshot, whatever the load.
        cadence: if is_playback {
            Some(Cadence::Hz60)
        } else {
            options.cadence
        },
        // A tick of a playback may take long after a jump, and no player waits for it.
        realtime: options.realtime && !is_playback,
        metrics: Arc::clone(&shared.metrics),
        status: Arc::clone(&shared.status),
        stop: Arc::default(),
    }
}

/// Returns what the desk thread runs with, and the sender that wakes it. Starts the threads that
/// make its worlds.
fn desk(
    served: ServedWorlds,
    ends: DeskEnds,
    view: Arc<Mutex<DeskView>>,
    shared: &SharedState,
) -> std::io::Result<(DeskStart, WakeSender)> {
    let workers = match &served.make {
        Some(make) => Some(Workers::start(
            make,
            &ends.wake,
            &shared.metrics,
            &shared.failure,
        )?),
        None => None,
    };
    let start = DeskStart {
        desk: served.desk,
        actions: served.actions,
        world: served.world,
        io: ends.io,
        ticks: ends.ticks,
        publisher: ends.publisher,
        wake: ends.woken,
        workers,
        view,
        metrics: Arc::clone(&shared.metrics),
        failure: Arc::clone(&shared.failure),
        stop: Arc::default(),
    };
    Ok((start, ends.wake))
}

/// Returns the admin port, which the admin thread runs.
fn admin(
    options: &ServerOptions,
    shared: &SharedState,
    listener: TcpListener,
    (history, playback): (HistoryHandle, Option<PlaybackControl>),
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
        playback,
        livez_timeout: options.livez_timeout,
        wake,
    }
}
