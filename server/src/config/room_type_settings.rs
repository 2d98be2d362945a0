//! A room type of the configuration file, as plain values.

use parlour_sim::OptionSpec;

use crate::room_types::TypePlaces;

/// A room type of the file.
#[derive(Clone, Debug)]
pub struct RoomTypeSettings {
    /// The name.
    pub name: String,
    /// The names of the maps. Empty: the map with the name of the type.
    pub maps: Vec<String>,
    /// The rules that differ from those of the node, as the names and values of settings.
    pub(super) rules: Vec<(&'static str, String)>,
    /// The options of its rooms.
    pub options: Vec<OptionSpec>,
    /// Whether each room has its own world.
    pub own_world: bool,
    /// The room in which players continue if their world fails.
    pub fallback: Option<String>,
    /// Whether rooms are kept over a restart of the process.
    pub durable: bool,
    /// The lines of the section and of its keys.
    pub(super) places: TypePlaces,
}

impl RoomTypeSettings {
    /// Returns a type without changes.
    pub(super) fn new(name: String, places: TypePlaces) -> Self {
        Self {
            name,
            maps: Vec::new(),
            rules: Vec::new(),
            options: Vec::new(),
            own_world: false,
            fallback: None,
            durable: false,
            places,
        }
    }

    /// Returns the value of a rule that the type changes, as the setting of that name prints it.
    #[must_use]
    pub fn rule(&self, name: &str) -> Option<&str> {
        let found = self.rules.iter().find(|(rule, _)| *rule == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The places do not count: a printed file has the same types in other lines.
impl PartialEq for RoomTypeSettings {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            name,
            maps,
            rules,
            options,
            own_world,
            fallback,
            durable,
            places: _,
        } = self;
        (name, maps, rules, options) == (&other.name, &other.maps, &other.rules, &other.options)
            && (own_world, fallback, durable) == (&other.own_world, &other.fallback, &other.durable)
    }
}

impl Eq for RoomTypeSettings {}
