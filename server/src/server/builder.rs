//! A server in one expression.

use std::sync::Arc;

use bevy_app::Plugin;
use parlour_shared::map::Map;
use parlour_sim::SimConfig;

use super::{Server, ServerOptions, StartError};
use crate::{
    maps,
    room_types::{RoomType, RoomTypeErrors},
};

/// Builds a server: [`Server::builder`].
///
/// ```no_run
/// use parlour::{RoomType, Server, maps};
/// # use bevy_app::{App, Plugin};
/// # struct Tag;
/// # impl Plugin for Tag { fn build(&self, _: &mut App) {} }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let server = Server::builder()
///         .maps(maps::load(Some("maps".as_ref()))?)
///         .room_type(RoomType::new("office").map("lobby").rules(|rules| rules.capacity = 20))
///         .room_type(
///             RoomType::new("tag")
///                 .map("plaza")
///                 .plugins(Tag)
///                 .own_world(),
///         )
///         .start()?;
///     server.run_until_signal()?;
///     Ok(())
/// }
/// ```
///
/// A program that reads its settings from a file, the environment and flags starts with those:
/// `ServerBuilder::from(settings.server_options(maps, skins))`.
#[derive(Clone, Debug)]
pub struct ServerBuilder {
    options: ServerOptions,
    /// Whether the maps were chosen. Otherwise the bundled ones are served.
    has_maps: bool,
}

impl Server {
    /// Returns a builder with the defaults: the bundled maps on 127.0.0.1:7373, no game logic, and
    /// the other defaults of [`ServerOptions::new`].
    #[must_use]
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            options: ServerOptions::new(SimConfig::new(Vec::new())),
            has_maps: false,
        }
    }
}

impl ServerBuilder {
    /// Sets the maps, from [`maps::load`].
    #[must_use]
    pub fn maps(mut self, maps: Vec<Arc<Map>>) -> Self {
        self.options.sim.maps = maps;
        self.has_maps = true;
        self
    }

    /// Adds a room type. Each map is also a room type, unless a type with its name is added.
    #[must_use]
    pub fn room_type(mut self, room_type: RoomType) -> Self {
        self.options.room_types.push(room_type);
        self
    }

    /// Adds to the built-in logic, the game logic of all room types without their own: a plugin, a
    /// function, or a closure `|app: &mut App| { .. }`.
    #[must_use]
    pub fn plugins(mut self, plugin: impl Plugin) -> Self {
        self.options.logic = std::mem::take(&mut self.options.logic).with(plugin);
        self
    }

    /// Changes other options, such as addresses, threads and the default rules.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut ServerOptions)) -> Self {
        let before = self.options.sim.maps.len();
        change(&mut self.options);
        self.has_maps |= self.options.sim.maps.len() != before;
        self
    }

    /// Checks the room types, without starting anything. [`Self::start`] does the same.
    ///
    /// # Errors
    /// All mistakes in all types, with what to write instead.
    pub fn check(&self) -> Result<(), RoomTypeErrors> {
        self.clone().options().check_room_types()
    }

    /// Returns the options of the server.
    #[must_use]
    pub fn options(mut self) -> ServerOptions {
        if !self.has_maps {
            self.options.sim.maps = maps::load(None).expect("a test checks the bundled maps");
        }
        self.options
    }

    /// Checks the room types, and starts the server.
    ///
    /// # Errors
    /// [`StartError`]: all mistakes in the room types together, before a port is bound or a thread
    /// is started. Then the errors of [`Server::start`].
    pub fn start(self) -> Result<Server, StartError> {
        Server::start(self.options())
    }
}

impl From<ServerOptions> for ServerBuilder {
    /// Starts with these options and their maps.
    fn from(options: ServerOptions) -> Self {
        Self {
            options,
            has_maps: true,
        }
    }
}
