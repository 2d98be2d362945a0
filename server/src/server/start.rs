//! Starts a server: binds the ports, starts the threads that record, and then starts the tick
//! threads, the desk, which makes the worlds, the I/O threads and the admin thread. If a thread
//! cannot be started, those that run already are ended.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
    time::Instant,
};

use metrics::with_local_recorder;
use parlour_recording::recorder::{self, HistoryHandle, RecorderThreads, TickSender};
use parlour_sim::SimConfig;
use parlour_tick::{Cadence, WorldId};

use super::{
    Server, ServerOptions, StartError,
    ports::Ports,
    saving::WorldSaving,
    threads::Threads,
    wiring::{DeskEnds, SharedState, TickEnds, Wiring},
};
use crate::{
    BUILD,
    admin::Admin,
    auth,
    bridge::{
        route::{MAX_IO_THREADS, MAX_TICK_THREADS, WorldPlace},
        wake::{self, WakeEnd, WakeSender},
    },
    declarations::DeclaredTypes,
    descriptors::{Descriptors, LimitTooLow},
    desk::{Desk, DeskAction, DeskConfig, DeskStart, DeskView, MakeWorlds, Workers},
    edge::Welcomes,
    failure::Failure,
    freeze_order::FreezeOrder,
    metrics::{Metrics, RoomTypeMetrics},
    playback::{Playback, PlaybackControl},
    recorded_world::{LiveWorlds, OPTION_NAMES},
    room_types::RoomTypes,
    secret::Secret,
    system_random,
    thawing::thaw_all,
    tick_loop::TickLoop,
    ticker::Ticker,
    world_files::WorldFiles,
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
    /// The threads that record the worlds. `None`: a playback.
    recorder: Option<RecorderThreads>,
    /// The ends of the recorder, by tick thread.
    senders: Vec<TickSender>,
    /// The control of the playback, for the admin port.
    playback: Option<PlaybackControl>,
    /// The thread that reads the recording of a playback.
    reader: Option<JoinHandle<()>>,
    /// Saves the durable worlds at the end.
    saving: Option<WorldSaving>,
    declared: DeclaredTypes,
    types: RoomTypeMetrics,
    seed: u64,
}

/// Starts a server with new worlds.
pub(super) fn start(mut options: ServerOptions) -> Result<Server, StartError> {
    let mut sim = options.sim.clone();
    sim.seed = system_random::world_seed(sim.seed);
    let types = RoomTypes::new(&sim, &options.logic, &options.room_types)?;
    if let Some(warning) = types.left_out_objects() {
        tracing::warn!("{warning}");
    }
    for (room_type, hidden) in types.hidden_state() {
        match hidden.allowed {
            None => tracing::warn!(room_type, "{hidden}"),
            Some(_) => tracing::debug!(room_type, "{hidden}"),
        }
    }
    let seed = sim.seed;
    let recording = options.recording.clone();
    let welcomes = welcomes(&sim, types.names(), Some(seed));
    options.tick_threads = options.tick_threads.clamp(1, MAX_TICK_THREADS);
    let config = desk_config(&sim, &types, options.tick_threads);
    let directory = options.state.clone();
    let files = directory.as_deref().map(WorldFiles::open).transpose()?;
    if let Some(warning) = options.unused_state() {
        tracing::warn!("{warning}");
    }
    let saved = files.as_ref().map_or(Ok(Vec::new()), WorldFiles::read_all)?;
    if let Some(directory) = directory.filter(|_| saved.is_empty()) {
        tracing::info!(directory = %directory.display(), "there are no saved worlds");
    }
    let files = files.map(Arc::new);
    start_with(options, welcomes, |_, metrics| {
        // Game logic may create handles of its metrics when a world is made.
        let thawed = with_local_recorder(metrics.recorder(), || thaw_all(saved, &types))?;
        let (recorder, senders) = recorder::start(
            &recording,
            &OPTION_NAMES,
            config.tick_threads,
            &metrics.recording,
            BUILD,
        )?;
        let type_metrics = metrics.room_types(&types.names());
        let declared = DeclaredTypes::of(&types);
        let mut actions = Vec::new();
        let desk = Desk::new(config, thawed.known, Instant::now(), &mut actions);
        Ok(ServedWorlds {
            desk,
            actions,
            make: Some(Arc::new(LiveWorlds::new(
                types,
                recorder.handle(),
                files.clone(),
                thawed.waiting,
                thawed.epochs,
            ))),
            world: None,
            recorder: Some(recorder),
            senders,
            playback: None,
            reader: None,
            saving: files.map(|files| WorldSaving {
                files,
                order: Arc::default(),
            }),
            declared,
            types: type_metrics,
            seed,
        })
    })
}

/// Starts a server that plays a recording back. It has one tick thread.
pub(super) fn start_playback(mut options: ServerOptions, playback: Playback) -> Result<Server, StartError> {
    // A spectator has nothing that is worth keeping.
    options.edge.resume_timeout = Duration::ZERO;
    let seed = playback.config().seed;
    let mut names: Vec<String> = playback
        .config()
        .maps
        .iter()
        .map(|map| map.name.clone())
        .collect();
    names.sort_unstable();
    let welcomes = welcomes(playback.config(), names.clone(), None);
    options.tick_threads = 1;
    start_with(options, welcomes, move |failure, metrics| {
        let (ticker, control, thread) = playback.start(failure)?;
        Ok(ServedWorlds {
            desk: Desk::playback(PLAYBACK),
            actions: Vec::new(),
            make: None,
            world: Some((PLAYBACK, ticker)),
            recorder: None,
            senders: Vec::new(),
            playback: Some(control),
            reader: Some(thread),
            saving: None,
            declared: DeclaredTypes::default(),
            types: metrics.room_types(&names),
            seed,
        })
    })
}

/// Returns what the desk must know.
fn desk_config(sim: &SimConfig, types: &RoomTypes, tick_threads: usize) -> DeskConfig {
    DeskConfig {
        tick_threads,
        types: types.desk_types(),
        skins: sim.skins.len(),
        max_rooms: sim.max_rooms as usize,
        max_worlds: MAX_WORLDS,
    }
}

/// Returns what welcomes contain. `seed` is that of the ids of players.
fn welcomes(config: &SimConfig, room_types: Vec<String>, seed: Option<u64>) -> Welcomes {
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
    let mut auth = auth::prepare(&options.auth, options.listen)?;
    let admin_token = options.check_admin_token()?;
    let descriptors = Descriptors::raise();
    let ports = Ports::listen(options.listen, options.admin)?;
    let tick_threads = options.tick_threads;
    let io_threads = options.io_threads.clamp(1, MAX_IO_THREADS);
    let threads = (tick_threads, io_threads);
    let shared = SharedState::new(options.edge.clone(), threads, descriptors, welcomes, &auth);
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
    let saving = served.saving.take();
    let order = saving.as_ref().map(|saving| Arc::clone(&saving.order));
    let senders = std::mem::take(&mut served.senders);
    let tick_loops: Vec<TickLoop> = wiring
        .ticks
        .into_iter()
        .zip(
            senders
                .into_iter()
                .map(Some)
                .chain(std::iter::repeat_with(|| None)),
        )
        .enumerate()
        .map(|(thread, (ends, recorder))| tick_loop(&options, &shared, thread, ends, recorder))
        .collect();
    let history = recorder
        .as_ref()
        .map_or(HistoryHandle::closed(), RecorderThreads::history);
    let view = Arc::<Mutex<DeskView>>::default();
    let admin = admin(
        &options,
        admin_token,
        &shared,
        ports.admin,
        (history.clone(), playback, Arc::clone(&view)),
        std::mem::take(&mut served.declared),
        admin_woken,
    );
    let (failure, metrics) = (Arc::clone(&shared.failure), shared.metrics.recorder().clone());
    let (desk, desk_wake) = desk(served, wiring.desk, view, order, &shared)?;

    // If a later thread cannot be started, dropping this ends those that run.
    let mut threads = Threads::new(shared, recorder, reader, saving);
    for tick_loop in tick_loops {
        threads.start_tick(tick_loop)?;
    }
    threads.start_desk(desk, desk_wake)?;
    let guests = auth.guests;
    if let Some(service) = auth.service.take() {
        tracing::info!(keys = service.keys(), guests, "tokens are verified");
        threads.start_auth(service)?;
    }
    threads.start_io(wiring.io)?;
    threads.start_admin(admin, admin_wake)?;
    tracing::info!(
        listen = %ports.public_addr,
        admin = %ports.admin_addr,
        io_threads,
        tick_threads,
        seed,
        guests,
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
    recorder: Option<TickSender>,
) -> TickLoop {
    let is_playback = recorder.is_none();
    TickLoop {
        thread,
        inbound: ends.inbound,
        commands: ends.commands,
        reports: ends.reports,
        publisher: ends.publisher,
        recorder,
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
        node: Arc::clone(&shared.node),
        stop: Arc::default(),
    }
}

/// Returns what the desk thread runs with, and the sender that wakes it. Starts the threads that
/// make its worlds.
fn desk(
    served: ServedWorlds,
    ends: DeskEnds,
    view: Arc<Mutex<DeskView>>,
    freeze: Option<Arc<FreezeOrder>>,
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
    shared.node.wakes_desk(ends.wake.try_clone()?);
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
        types: served.types,
        node: Arc::clone(&shared.node),
        status: Arc::clone(&shared.status),
        freeze,
        metrics: Arc::clone(&shared.metrics),
        failure: Arc::clone(&shared.failure),
        stop: Arc::default(),
    };
    Ok((start, ends.wake))
}

/// Returns the admin port, which the admin thread runs.
fn admin(
    options: &ServerOptions,
    token: Option<Secret>,
    shared: &SharedState,
    listener: TcpListener,
    (history, playback, view): (HistoryHandle, Option<PlaybackControl>, Arc<Mutex<DeskView>>),
    types: DeclaredTypes,
    wake: WakeEnd,
) -> Admin {
    Admin {
        listener,
        token,
        metrics: Arc::clone(&shared.metrics),
        status: Arc::clone(&shared.status),
        failure: Arc::clone(&shared.failure),
        descriptors: Arc::clone(&shared.descriptors),
        edge: Arc::clone(&shared.edge),
        node: Arc::clone(&shared.node),
        view,
        history,
        playback,
        types,
        livez_timeout: options.livez_timeout,
        wake,
    }
}
