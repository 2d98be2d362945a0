//! Starts a server: binds the ports, creates the world and the threads that record it, and then
//! starts the tick thread, the I/O threads and the admin thread. If a thread cannot be started,
//! those that run already are ended.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use parlour_recording::recorder::{self, HistoryHandle, RecorderThreads, WorldInfo};
use parlour_sim::SimConfig;
use parlour_tick::{Cadence, WorldId};

use super::{
    Server, ServerOptions, StartError,
    ports::Ports,
    threads::Threads,
    wiring::{SharedState, TickEnds, Wiring},
};
use crate::{
    BUILD,
    admin::Admin,
    bridge::{
        route::MAX_IO_THREADS,
        wake::{self, WakeEnd},
    },
    descriptors::{Descriptors, LimitTooLow},
    edge::Welcomes,
    failure::Failure,
    metrics::Metrics,
    playback::{Playback, PlaybackControl},
    recorded_world::{MAIN_WORLD, OPTION_NAMES, RecordedWorld},
    system_random,
    tick_loop::{MakeTicker, TickLoop},
};

/// The world to serve: live, or a playback.
struct ServedWorld {
    make: MakeTicker,
    /// The threads that record the world, if it is recorded.
    recorder: Option<RecorderThreads>,
    /// The control of the playback, for the admin port.
    playback: Option<PlaybackControl>,
    /// The thread that reads the recording of a playback.
    reader: Option<JoinHandle<()>>,
    seed: u64,
}

/// Starts a server with a new world.
pub(super) fn start(options: ServerOptions) -> Result<Server, StartError> {
    let mut sim = options.sim.clone();
    sim.seed = system_random::world_seed(sim.seed);
    let (logic, seed) = (options.logic.clone(), sim.seed);
    let recording = options.recording.clone();
    let welcomes = welcomes(&sim, Some(seed));
    start_with(options, welcomes, |_, metrics| {
        let (recorder, mut senders) =
            recorder::start(&recording, &OPTION_NAMES, 1, &metrics.recording, BUILD)?;
        let main = WorldInfo {
            id: WorldId(0),
            name: MAIN_WORLD.to_owned(),
            config: sim,
            logic,
        };
        let handle = recorder.handle();
        let sender = senders.pop().expect("one tick thread was asked for");
        let make: MakeTicker = Box::new(move || {
            let world = RecordedWorld::open(&handle, main, sender);
            Box::new(world.expect("it is the only world, and has a valid name"))
        });
        Ok(ServedWorld {
            make,
            recorder: Some(recorder),
            playback: None,
            reader: None,
            seed,
        })
    })
}

/// Starts a server that plays a recording back.
pub(super) fn start_playback(options: ServerOptions, playback: Playback) -> Result<Server, StartError> {
    let seed = playback.config().seed;
    let welcomes = welcomes(playback.config(), None);
    start_with(options, welcomes, |failure, _| {
        let (make, control, thread) = playback.start(failure)?;
        Ok(ServedWorld {
            make,
            recorder: None,
            playback: Some(control),
            reader: Some(thread),
            seed,
        })
    })
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
    serve: impl FnOnce(&Arc<Failure>, &Arc<Metrics>) -> Result<ServedWorld, StartError>,
) -> Result<Server, StartError> {
    let descriptors = Descriptors::raise();
    let ports = Ports::listen(options.listen, options.admin)?;
    let shared = SharedState::new(options.edge.clone(), descriptors, welcomes);
    let io_threads = options.io_threads.clamp(1, MAX_IO_THREADS);
    let wiring = Wiring::new(io_threads, &ports.public, &shared)?;
    let (admin_wake, admin_woken) = wake::pair()?;
    let enough = shared
        .descriptors
        .check(io_threads + 1, options.edge.max_connections);
    enough.map_err(|LimitTooLow { limit }| StartError::OpenFiles { limit })?;
    let served = serve(&shared.failure, &shared.metrics)?;

    let seed = served.seed;
    let tick_loop = tick_loop(&options, &shared, wiring.tick, served.playback.is_some());
    let history = served
        .recorder
        .as_ref()
        .map_or(HistoryHandle::closed(), RecorderThreads::history);
    let admin = admin(
        &options,
        &shared,
        ports.admin,
        (history.clone(), served.playback),
        admin_woken,
    );
    let (failure, recorder) = (Arc::clone(&shared.failure), shared.metrics.recorder().clone());

    // If a later thread cannot be started, dropping this ends those that run.
    let mut threads = Threads::new(shared, served.recorder, served.reader);
    threads.start_tick(tick_loop, served.make)?;
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

/// Returns the tick loop, which the tick thread runs.
fn tick_loop(options: &ServerOptions, shared: &SharedState, ends: TickEnds, is_playback: bool) -> TickLoop {
    TickLoop {
        inbound: ends.inbound,
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
