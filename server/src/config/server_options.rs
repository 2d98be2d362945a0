//! The options of a server from its settings.

use std::sync::Arc;

use parlour_shared::map::Map;
use parlour_sim::Logic;

use super::settings::Settings;
use crate::server::ServerOptions;

impl Settings {
    /// Returns the options of a server with these settings, maps and skins.
    #[must_use]
    pub fn server_options(&self, maps: Vec<Arc<Map>>, skins: Vec<String>) -> ServerOptions {
        ServerOptions {
            listen: self.listen,
            admin: self.admin,
            admin_token: self.admin_token(),
            io_threads: self.io_threads,
            tick_threads: self
                .tick_threads
                .unwrap_or_else(|| ServerOptions::auto_tick_threads(self.io_threads)),
            realtime: self.realtime,
            sim: self.sim(maps, skins),
            logic: Logic::default(),
            room_types: self.room_types.iter().map(|one| one.declare(self)).collect(),
            edge: self.edge.clone(),
            auth: self.auth.clone(),
            cadence: self.cadence,
            livez_timeout: self.livez_timeout,
            recording: self.recording.clone(),
            state: self.state.clone(),
        }
    }
}
