//! The mistakes in room types, with what to write instead.

use std::fmt;

use parlour_shared::{
    limits::{MAX_PROPERTIES, TICK_RATE},
    text::count,
};
use parlour_sim::RulesError;

use super::{MAX_ROOM_TYPES, TypePlaces};
use crate::maps::MAX_NAME_BYTES;

/// All mistakes in the room types of a server, at least one.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct RoomTypeErrors(pub Vec<RoomTypeError>);

/// One mistake in a room type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomTypeError {
    /// The name of the type.
    pub room_type: String,
    /// The place of the mistake, such as `parlour.toml:12`. `None`: code.
    pub place: Option<String>,
    /// What is wrong.
    pub fault: RoomTypeFault,
}

/// What is wrong with a room type. `write` is what to write instead, as in the place of the
/// declaration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomTypeFault {
    /// Rooms cannot have the name.
    #[error("the name must be 1 to {MAX_NAME_BYTES} characters of a-z, 0-9, - and _")]
    BadName,
    /// Two types have the same name.
    #[error("is declared twice: remove one of the two, or rename it")]
    Twice,
    /// There are too many types.
    #[error("is one more than the maximum of {MAX_ROOM_TYPES} declared types")]
    TooMany,
    /// A world of a different type has the name.
    #[error("the name is that of {of}: choose a different one, such as `{instead}`")]
    NameOfWorld {
        /// The world.
        of: String,
        /// A name that is possible.
        instead: String,
    },
    /// No map has the name of the type, and none was set.
    #[error("no map has the name of the type: set one with {write}; the maps are {maps}")]
    NeedsMap {
        /// How to set a map.
        write: String,
        /// The maps of the server.
        maps: String,
    },
    /// The map does not exist.
    #[error("the map {map:?} does not exist: {advice}")]
    NoSuchMap {
        /// The name.
        map: String,
        /// Advice.
        advice: String,
    },
    /// The rules cannot be used.
    #[error("the rules cannot be used: {0}")]
    Rules(RulesError),
    /// Empty rooms of a durable type are removed before players can come back.
    #[error(
        "is durable, but its empty rooms are removed after {} s. After a restart all rooms are empty until players come \
         back, so the minimum is 60 s: write {write}",
        .ticks / TICK_RATE
    )]
    DurableTooShort {
        /// A possible value.
        write: String,
        /// The ticks after which empty rooms are removed.
        ticks: u32,
    },
    /// A map is named twice.
    #[error("the map {0:?} is named twice")]
    MapTwice(String),
    /// A map places more objects than the rules allow.
    #[error(
        "the map {map:?} places {}, and the rule `max_objects` is {most}: raise the rule, or remove objects",
        count(*.placed, "object")
    )]
    TooManyObjects {
        /// The name of the map.
        map: String,
        /// The number of its objects.
        placed: usize,
        /// The rule.
        most: u32,
    },
    /// A map places an object of a kind that game logic does not declare.
    #[error(
        "the map {map:?} places the object {object} of class {class:?}, which is no kind of objects: {advice}"
    )]
    UnknownKind {
        /// The name of the map.
        map: String,
        /// The object: its name and place.
        object: String,
        /// Its class.
        class: String,
        /// Advice.
        advice: String,
    },
    /// A world with the game logic of the type cannot be built, or panics in its first ticks.
    #[error("{of} {}", .why.replace('\n', "\n    "))]
    Logic {
        /// Whose game logic it is.
        of: String,
        /// The panic: what is wrong, and what to write.
        why: String,
    },
    /// There are too many options.
    #[error("has {0} options; a join has at most {MAX_PROPERTIES}")]
    TooManyOptions(usize),
    /// An option cannot be used.
    #[error("the option {name:?} {why}")]
    Option {
        /// The name.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The fallback is not the name of a room.
    #[error("the fallback {0:?} is not the name of a room, which is TYPE or TYPE/INSTANCE")]
    FallbackNotRoom(String),
    /// The fallback belongs to a type that does not exist.
    #[error("the fallback {fallback:?} belongs to no room type: {advice}")]
    FallbackUnknown {
        /// The name of the room.
        fallback: String,
        /// Advice.
        advice: String,
    },
    /// The fallback belongs to the type itself, whose game logic has just failed.
    #[error(
        "the fallback {0:?} is a room of this type, whose game logic has failed then: name a room of a different type"
    )]
    FallbackItself(String),
}

impl RoomTypeFault {
    /// Returns the key of the configuration file that has the fault, as in [`TypePlaces`]. `None`:
    /// the whole section.
    pub(super) fn key(&self) -> Option<String> {
        let key = match self {
            Self::BadName => TypePlaces::NAME,
            Self::Twice | Self::TooMany | Self::NameOfWorld { .. } | Self::Rules(_) | Self::Logic { .. } => {
                return None;
            }
            Self::NeedsMap { .. } | Self::NoSuchMap { .. } | Self::MapTwice(_) => "map",
            Self::TooManyObjects { .. } | Self::UnknownKind { .. } => "map",
            Self::DurableTooShort { .. } => "room_empty_after",
            Self::TooManyOptions(_) => "options",
            Self::Option { name, .. } => return Some(TypePlaces::option_key(name)),
            Self::FallbackNotRoom(_) | Self::FallbackUnknown { .. } | Self::FallbackItself(_) => "fallback",
        };
        Some(key.to_owned())
    }
}

impl fmt::Display for RoomTypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            room_type,
            place,
            fault,
        } = self;
        if let Some(place) = place {
            write!(f, "{place}: ")?;
        }
        write!(f, "room type {room_type:?}: {fault}")
    }
}

impl fmt::Display for RoomTypeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in the room types:", count(self.0.len(), "mistake"))?;
        for error in &self.0 {
            write!(f, "\n  {error}")?;
        }
        Ok(())
    }
}

/// The text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for RoomTypeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
