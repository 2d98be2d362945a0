//! The options of a server, and their defaults.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZero,
    path::PathBuf,
    time::Duration,
};

use parlour_recording::{RecordingOptions, replay::Logics};
use parlour_sim::{Logic, SimConfig};
use parlour_tick::Cadence;

use super::{AdminToken, AdminTokenError};
use crate::{
    auth::AuthOptions,
    bridge::route::MAX_TICK_THREADS,
    declarations::{Declarations, DeclaredTypes},
    edge::EdgeOptions,
    room_types::{RoomType, RoomTypeErrors, RoomTypes},
    secret::Secret,
};

/// The options of a server. [`ServerOptions::new`] returns the defaults.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The address for clients: HTTP, and WebSocket at `/ws`. Port 0: any free port.
    pub listen: SocketAddr,
    /// The address for metrics, health and the history. Without an [`Self::admin_token`], it must
    /// be a loopback address. Port 0: any free port.
    pub admin: SocketAddr,
    /// The token that requests to the admin port must have, except those for `/livez` and
    /// `/readyz`. `None`: only this machine can use the port.
    pub admin_token: Option<AdminToken>,
    /// The number of threads that serve connections, 1 to 64.
    pub io_threads: usize,
    /// The number of threads that step worlds, 1 to 64. [`Self::auto_tick_threads`] returns a
    /// number for this machine.
    pub tick_threads: usize,
    /// Whether the tick threads get real-time priority, if the system allows it.
    pub realtime: bool,
    /// The worlds: maps, default rules and limits. If its seed is 0, as [`SimConfig::new`] leaves
    /// it, the server takes a random seed at each start, and players get different ids each time.
    /// The log and each recording contain the seed.
    pub sim: SimConfig,
    /// The built-in logic: the game logic of all room types without their own. What it counts with
    /// the crate `metrics` appears in the metrics of this server ([`crate::MetricsRecorder`]).
    pub logic: Logic,
    /// The room types, in addition to those of the maps. [`Self::check_room_types`] checks them.
    pub room_types: Vec<RoomType>,
    /// How connections are admitted, timed and closed.
    pub edge: EdgeOptions,
    /// The rules for who may connect: tokens and guests.
    pub auth: AuthOptions,
    /// The time without a tick after which `/livez` answers 503.
    pub livez_timeout: Duration,
    /// How often viewers are sent snapshots. `None`: 60 times a second, and less under load.
    pub cadence: Option<Cadence>,
    /// Recordings and the history.
    pub recording: RecordingOptions,
    /// The directory in which worlds with rooms of durable types are kept while the process does
    /// not run. `None`: they are not kept.
    pub state: Option<PathBuf>,
}

impl ServerOptions {
    /// Returns the number of tick threads for this machine: the cores that this number of I/O
    /// threads leaves, and at least 1.
    #[must_use]
    pub fn auto_tick_threads(io_threads: usize) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        cores.saturating_sub(io_threads).clamp(1, MAX_TICK_THREADS)
    }

    /// Returns the defaults: only loopback addresses, one I/O thread and one tick thread, no game
    /// logic, and a history in memory.
    #[must_use]
    pub fn new(sim: SimConfig) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7373)),
            admin: SocketAddr::from((Ipv4Addr::LOCALHOST, 7374)),
            admin_token: None,
            io_threads: 1,
            tick_threads: 1,
            realtime: true,
            sim,
            logic: Logic::default(),
            room_types: Vec::new(),
            edge: EdgeOptions::default(),
            auth: AuthOptions::default(),
            livez_timeout: Duration::from_secs(10),
            cadence: None,
            recording: RecordingOptions::default(),
            state: None,
        }
    }

    /// Checks the room types, without starting anything.
    ///
    /// # Errors
    /// All mistakes in all types, with what to write instead.
    pub fn check_room_types(&self) -> Result<(), RoomTypeErrors> {
        self.checked_room_types().map(drop)
    }

    /// Returns the token of the admin port. `None`: only this machine can reach the port.
    ///
    /// # Errors
    /// [`AdminTokenError`]: other machines could reach the port without a token, or the file of the
    /// token cannot be read.
    pub fn check_admin_token(&self) -> Result<Option<Secret>, AdminTokenError> {
        let token = self.admin_token.as_ref().map(AdminToken::read).transpose()?;
        match token.is_none() && !self.admin.ip().to_canonical().is_loopback() {
            true => Err(AdminTokenError::Missing { address: self.admin }),
            false => Ok(token),
        }
    }

    /// Returns the game logic of all worlds, for replays of their recordings.
    #[must_use]
    pub fn logics(&self) -> Logics {
        let types = self.room_types.iter();
        types.fold(Logics::from(self.logic.clone()), |logics, one| {
            logics.with_type(one.name(), one.own_logic().cloned())
        })
    }

    /// Returns a warning if maps place objects that no room will have, because game logic declares
    /// no kinds of objects. `None` also if the room types have mistakes.
    #[must_use]
    pub fn left_out_objects(&self) -> Option<String> {
        self.checked_room_types().ok()?.left_out_objects()
    }

    /// Returns a warning if the directory for worlds is missing or has no use.
    #[must_use]
    pub fn unused_state(&self) -> Option<String> {
        let mut durable: Vec<&str> = self
            .room_types
            .iter()
            .filter_map(RoomType::durable_name)
            .collect();
        durable.sort_unstable();
        match (durable.is_empty(), &self.state) {
            (true, Some(_)) => Some(
                "no room type is durable, so no world will be saved in the directory of --state".to_owned(),
            ),
            (false, None) => Some(format!(
                "rooms of the durable types {} end with this process: name a directory for their worlds with --state DIR",
                durable.join(", ")
            )),
            _ => None,
        }
    }

    /// Returns what the game logic of a room type declares for clients. `None`: there is no such
    /// type, or the types have mistakes ([`Self::check_room_types`]).
    #[must_use]
    pub fn declarations(&self, room_type: &str) -> Option<Declarations> {
        DeclaredTypes::of(&self.checked_room_types().ok()?).get(room_type)
    }

    /// Returns the room types, with those of the maps.
    pub(crate) fn checked_room_types(&self) -> Result<RoomTypes, RoomTypeErrors> {
        RoomTypes::new(&self.sim, &self.logic, &self.room_types)
    }
}
