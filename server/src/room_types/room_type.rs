//! The declaration of a room type.

use std::{fmt, sync::Arc};

use bevy_app::Plugin;
use parlour_shared::limits::TICK_RATE;
use parlour_sim::{Logic, OptionSpec, RoomRules};

use super::type_places::TypePlaces;
use crate::{desk::WorldSharing, maps::DoorTarget};

/// A room type: the game logic, the rules and the map of rooms with this name. Clients join
/// `tag` or `tag/INSTANCE`.
///
/// ```
/// use parlour::{RoomType, Server};
/// use parlour_sim::OptionSpec;
/// # use bevy_app::{App, Plugin};
/// # struct Tag;
/// # impl Plugin for Tag { fn build(&self, _: &mut App) {} }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let builder = Server::builder()
///     // A quiet room without code, in the worlds that all such types share.
///     .room_type(RoomType::new("office").map("lobby").rules(|rules| rules.capacity = 20))
///     // A game. If it fails twice within 10 s, its players continue in the office.
///     .room_type(
///         RoomType::new("tag")
///             .map("plaza")
///             .plugins(Tag)
///             .option(OptionSpec::one_of("mode", ["classic", "freeze"]))
///             .own_world()
///             .fallback("office"),
///     );
/// builder.check()?;
/// # Ok(())
/// # }
/// ```
///
/// Nothing is checked here: [`crate::ServerBuilder::start`] reports the mistakes of all types at
/// once.
#[derive(Clone, Debug)]
pub struct RoomType {
    pub(super) name: String,
    pub(super) logic: Option<Logic>,
    pub(super) rules: Vec<RulesChange>,
    /// Empty: the map with the name of the type.
    pub(super) maps: Vec<String>,
    pub(super) options: Vec<OptionSpec>,
    pub(super) has_own_worlds: bool,
    pub(super) fallback: Option<String>,
    pub(super) is_durable: bool,
    /// The places of the declaration. `None`: code.
    pub(super) places: Option<TypePlaces>,
}

/// The ticks for which an empty room of a durable type stays, if its rules do not say otherwise: 10
/// minutes.
pub(super) const EMPTY_DURABLE_TICKS: u32 = 600 * TICK_RATE;
/// The minimum: one minute, in which players can come back after a restart.
pub(super) const MIN_EMPTY_DURABLE_TICKS: u32 = 60 * TICK_RATE;

/// A change of the default rules.
#[derive(Clone)]
pub(super) struct RulesChange(Arc<dyn Fn(&mut RoomRules) + Send + Sync>);

impl RoomType {
    /// Returns a type without game logic, with the rules of the node and the map of the same name.
    /// Its rooms are in the shared worlds of all types without their own logic. The name has 1 to
    /// 32 characters of `a-z 0-9 - _`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            logic: None,
            rules: Vec::new(),
            maps: Vec::new(),
            options: Vec::new(),
            has_own_worlds: false,
            fallback: None,
            is_durable: false,
            places: None,
        }
    }

    /// Adds game logic: a plugin, a function, or a closure `|app: &mut App| { .. }` that adds
    /// plugins, declarations and systems. The type then has its own worlds, in which the logic of
    /// [`crate::ServerOptions::logic`] does not run. It may run several times, once for each world.
    /// A second call adds to the first.
    #[must_use]
    pub fn plugins(mut self, plugin: impl Plugin) -> Self {
        self.logic = Some(self.logic.take().unwrap_or_default().with(plugin));
        self
    }

    /// Changes the rules, which start as those of the node.
    #[must_use]
    pub fn rules(mut self, change: impl Fn(&mut RoomRules) + Send + Sync + 'static) -> Self {
        self.rules.push(RulesChange(Arc::new(change)));
        self
    }

    /// Adds a map of the rooms, one of the maps of the server. Rooms have the first one, unless
    /// their option `map` chooses a different one. Without a call, the type has the map of its
    /// name.
    #[must_use]
    pub fn map(mut self, map: impl Into<String>) -> Self {
        self.maps.push(map.into());
        self
    }

    /// Declares an option that a client may give with the join that creates a room. Game logic
    /// reads it from [`parlour_sim::RoomOptions`]. A join with other options is refused with
    /// `bad_options`.
    #[must_use]
    pub fn option(mut self, option: OptionSpec) -> Self {
        self.options.push(option);
        self
    }

    /// Each room has its own world, which starts with the room, and ends when the room was removed.
    /// A panic in it ends no other room, and the node spreads the worlds over its tick threads. A
    /// world costs some hundred KB of memory. So it is for games with much logic, and not for
    /// thousands of quiet rooms.
    #[must_use]
    pub fn own_world(mut self) -> Self {
        self.has_own_worlds = true;
        self
    }

    /// Sets the room in which players continue if their world fails twice within 10 s. Without it,
    /// their connections are closed with 4104.
    #[must_use]
    pub fn fallback(mut self, room: impl Into<String>) -> Self {
        self.fallback = Some(room.into());
        self
    }

    /// Keeps the rooms while the process does not run, if [`crate::ServerOptions::state`] names a
    /// directory: their worlds are saved when the server stops, and go on when it starts. The
    /// players are gone then, and can come back by joining.
    ///
    /// An empty room of a durable type stays for at least 10 minutes, unless its rules say
    /// otherwise: [`parlour_sim::RoomRules::empty_ticks`]. It must stay for at least a minute.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.is_durable = true;
        self
    }

    /// Returns the name of the type.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the game logic of the type. `None`: it has the built-in logic.
    pub(crate) fn own_logic(&self) -> Option<&Logic> {
        self.logic.as_ref()
    }

    /// Returns the name of the type if it is durable.
    pub(crate) fn durable_name(&self) -> Option<&str> {
        self.is_durable.then_some(self.name.as_str())
    }

    /// Sets the places of the declaration, for errors.
    pub(crate) fn declared_at(mut self, places: TypePlaces) -> Self {
        self.places = Some(places);
        self
    }

    /// Returns the names of the maps, at least one.
    pub(crate) fn map_names(&self) -> Vec<String> {
        match self.maps.as_slice() {
            [] => vec![self.name.clone()],
            maps => maps.to_vec(),
        }
    }

    /// Returns the type as a target of doors, for [`crate::maps::load_catalogue`].
    #[must_use]
    pub fn door_target(&self) -> DoorTarget {
        DoorTarget {
            name: self.name.clone(),
            map: self.maps.first().unwrap_or(&self.name).clone(),
        }
    }

    /// Returns the rules of the type on a node with these rules.
    #[must_use]
    pub fn rules_on(&self, defaults: RoomRules) -> RoomRules {
        let mut rules = defaults;
        if self.is_durable {
            rules.empty_ticks = rules.empty_ticks.max(EMPTY_DURABLE_TICKS);
        }
        for RulesChange(change) in &self.rules {
            change(&mut rules);
        }
        rules
    }

    /// Returns the worlds in which the rooms are.
    pub(super) fn worlds(&self) -> WorldSharing {
        match (self.has_own_worlds, &self.logic) {
            (true, _) => WorldSharing::Own,
            (false, Some(_)) => WorldSharing::Shared,
            (false, None) => WorldSharing::Main,
        }
    }
}

impl fmt::Debug for RulesChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RulesChange(..)")
    }
}
