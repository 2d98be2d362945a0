//! Chooses the map, the rules and the options of a test room.

use std::sync::Arc;

use bevy_app::Plugin;
use parlour_shared::{
    map::Map,
    message::Property,
    motion::{Position, WallGrid},
};
use parlour_sim::{Logic, RoomRules, SimConfig};
use parlour_testing::maps::map;
use parlour_tick::WorldKind;

use super::{inputs::WorldPlan, test_room::TestRoom};
use crate::{
    desk::WorldSharing,
    maps::{self, BundledMaps},
    room_types::{RoomType, RoomTypes},
};

/// The name of the room, its type and its map, if the test does not choose them.
const ROOM: &str = "room";

/// Builds a [`TestRoom`]: [`TestRoom::builder`].
///
/// ```
/// use parlour::{RoomType, prelude::*, testing::TestRoom};
/// # struct Tag;
/// # impl Plugin for Tag { fn build(&self, _: &mut App) {} }
///
/// let mut room = TestRoom::builder()
///     .room_type(
///         RoomType::new("tag")
///             .map("plaza")
///             .plugins(Tag)
///             .option(OptionSpec::one_of("mode", ["classic", "freeze"])),
///     )
///     .option("mode", "freeze")
///     .rules(|rules| rules.capacity = 2)
///     .build();
/// room.join("Ada");
/// assert!(room.try_join("Bob").is_ok() && room.try_join("Eve").is_err());
/// ```
#[derive(Clone, Debug)]
pub struct TestRoomBuilder {
    room_type: RoomType,
    has_map: bool,
    maps: Vec<Arc<Map>>,
    options: Vec<Property>,
    seed: u64,
    checks_determinism: bool,
}

impl TestRoom {
    /// Makes a room with this game logic: a plugin, a function or a closure that takes the app. Its
    /// map is 2,000 x 2,000 px without walls, and players begin in the middle. [`Self::builder`]
    /// has other maps, rules and options.
    ///
    /// # Panics
    /// If the game logic cannot be built. The text says what to write.
    #[must_use]
    pub fn new(plugin: impl Plugin) -> Self {
        Self::builder().plugin(plugin).build()
    }

    /// Returns a builder with the defaults of [`Self::new`], and without game logic.
    #[must_use]
    pub fn builder() -> TestRoomBuilder {
        TestRoomBuilder::new()
    }
}

impl TestRoomBuilder {
    fn new() -> Self {
        Self {
            room_type: RoomType::new(ROOM),
            has_map: false,
            maps: Vec::new(),
            options: Vec::new(),
            seed: 0,
            checks_determinism: true,
        }
    }

    /// Takes the game logic, the rules, the maps and the options of a room type. Call it first: it
    /// replaces what was chosen before.
    #[must_use]
    pub fn room_type(mut self, room_type: RoomType) -> Self {
        self.room_type = room_type;
        self.has_map = true;
        self
    }

    /// Adds game logic: a plugin, a function or a closure that takes the app. May be called several
    /// times.
    #[must_use]
    pub fn plugin(mut self, plugin: impl Plugin) -> Self {
        self.room_type = self.room_type.plugins(plugin);
        self
    }

    /// Sets the map. The default is 2,000 x 2,000 px without walls, where all players begin in the
    /// middle.
    #[must_use]
    pub fn map(mut self, map: Map) -> Self {
        self.room_type = self.room_type.map(&map.name);
        self.has_map = true;
        self.maps.push(Arc::new(map));
        self
    }

    /// Sets the map to one of the bundled maps: `plaza`, `lobby` or `garden`.
    #[must_use]
    pub fn bundled_map(mut self, name: &str) -> Self {
        self.room_type = self.room_type.map(name);
        self.has_map = true;
        self
    }

    /// Changes the rules. They begin with those of a server, except that pairs of players are
    /// checked in every tick.
    #[must_use]
    pub fn rules(mut self, change: impl Fn(&mut RoomRules) + Send + Sync + 'static) -> Self {
        self.room_type = self.room_type.rules(change);
        self
    }

    /// Adds an option with which players join. The room type must declare it.
    #[must_use]
    pub fn option(mut self, key: &str, value: &str) -> Self {
        self.options.push(Property {
            key: key.to_owned(),
            value: value.to_owned(),
        });
        self
    }

    /// Sets the seed of random numbers. The default is 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Leaves out [`TestRoom::check_determinism`] at the end of the test, which takes about as long
    /// as the test itself.
    #[must_use]
    pub fn without_determinism_check(mut self) -> Self {
        self.checks_determinism = false;
        self
    }

    /// Makes the room. It exists once the first player joins.
    ///
    /// # Panics
    /// If the room type has mistakes, a map is neither bundled nor given, or the game logic cannot
    /// be built.
    #[must_use]
    pub fn build(self) -> TestRoom {
        let name = self.room_type.name().to_owned();
        let mut maps = self.maps;
        if !self.has_map {
            let middle = Position::from_px(1000, 1000);
            let open = map(&name, WallGrid::new(125, 125, 16), middle, Vec::new());
            maps.push(Arc::new(open));
        }
        add_bundled_maps(&mut maps, &self.room_type);
        let sim = SimConfig {
            seed: self.seed,
            rules: RoomRules {
                refresh_ticks: 1,
                ..RoomRules::default()
            },
            ..SimConfig::new(maps)
        };
        let types = RoomTypes::new(&sim, &Logic::default(), &[self.room_type])
            .unwrap_or_else(|errors| panic!("{errors}"));
        let kind = match types.worlds_of(&name) {
            Some(WorldSharing::Main) | None => WorldKind::Main,
            Some(_) => WorldKind::Shared {
                room_type: name.clone(),
            },
        };
        let plan = WorldPlan {
            config: types.sim_config(&kind),
            logic: types.logic(&kind),
        };
        TestRoom::start(plan, name, self.options, self.checks_determinism)
    }
}

/// Adds the bundled maps that a type names and that the test has not given.
fn add_bundled_maps(maps: &mut Vec<Arc<Map>>, room_type: &RoomType) {
    let mut wanted = room_type.map_names();
    wanted.retain(|wanted| maps.iter().all(|map| map.name != *wanted));
    wanted.retain(|wanted| BundledMaps::names().any(|name| name == wanted));
    if wanted.is_empty() {
        return;
    }
    let mut bundled = maps::load(None).expect("a test checks the bundled maps");
    bundled.retain(|map| wanted.contains(&map.name));
    maps.append(&mut bundled);
}
