//! The rooms that a token grants.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use parlour_shared::text::RoomName;

/// A pattern of room names.
///
/// | pattern | rooms |
/// |---|---|
/// | `*` | all |
/// | `plaza` | the room `plaza` |
/// | `plaza/7` | the room `plaza/7` |
/// | `plaza/*` | all rooms of the type `plaza`, with `plaza` itself |
/// | `plaza/team-*` | the rooms of the type `plaza` whose instance starts with `team-` |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomPattern(Pattern);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    All,
    Room(String),
    /// The type, and the start of the instance.
    Instances {
        room_type: String,
        start: String,
    },
}

/// The text is not a pattern of room names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pattern of rooms is *, TYPE, TYPE/INSTANCE, TYPE/* or TYPE/START*")]
pub struct RoomPatternError;

impl FromStr for RoomPattern {
    type Err = RoomPatternError;

    fn from_str(text: &str) -> Result<Self, RoomPatternError> {
        let pattern = match (text, text.strip_suffix('*')) {
            ("*", _) => Pattern::All,
            (_, None) if RoomName::parse(text).is_some() => Pattern::Room(text.to_owned()),
            (_, Some(start)) => {
                let (room_type, instance) = start.split_once('/').ok_or(RoomPatternError)?;
                // The pattern is valid if it matches some valid name.
                let shortest = match instance {
                    "" => room_type,
                    _ => start,
                };
                RoomName::parse(shortest).ok_or(RoomPatternError)?;
                Pattern::Instances {
                    room_type: room_type.to_owned(),
                    start: instance.to_owned(),
                }
            }
            _ => return Err(RoomPatternError),
        };
        Ok(Self(pattern))
    }
}

impl fmt::Display for RoomPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Pattern::All => f.write_str("*"),
            Pattern::Room(name) => f.write_str(name),
            Pattern::Instances { room_type, start } => write!(f, "{room_type}/{start}*"),
        }
    }
}

impl RoomPattern {
    /// Returns whether a room with this name matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match &self.0 {
            Pattern::All => true,
            Pattern::Room(room) => room == name,
            Pattern::Instances { room_type, start } => {
                let (of_type, instance) = name.split_once('/').unwrap_or((name, ""));
                of_type == room_type && instance.starts_with(start.as_str())
            }
        }
    }

    /// Returns whether all rooms of a type match.
    #[must_use]
    pub fn matches_type(&self, name: &str) -> bool {
        match &self.0 {
            Pattern::All => true,
            Pattern::Room(_) => false,
            Pattern::Instances { room_type, start } => room_type == name && start.is_empty(),
        }
    }
}

/// The rooms that the user of a session may join. The I/O thread of the connection replaces them
/// when the client sends a newer token, and the desk reads them at each join.
#[derive(Clone, Debug)]
pub(crate) struct RoomGrants(Arc<Mutex<Arc<[RoomPattern]>>>);

impl RoomGrants {
    /// Returns the grants with these patterns. `None`: all rooms.
    pub(crate) fn new(rooms: Option<Vec<RoomPattern>>) -> Self {
        Self(Arc::new(Mutex::new(patterns(rooms))))
    }

    /// Replaces the patterns.
    pub(crate) fn replace(&self, rooms: Option<Vec<RoomPattern>>) {
        // Poison can be ignored: the value is replaced as a whole.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = patterns(rooms);
    }

    /// Returns whether the user may join the room with this name.
    pub(crate) fn room(&self, name: &str) -> bool {
        self.current().iter().any(|pattern| pattern.matches(name))
    }

    /// Returns whether the user may join all rooms of a type.
    pub(crate) fn room_type(&self, name: &str) -> bool {
        self.current().iter().any(|pattern| pattern.matches_type(name))
    }

    fn current(&self) -> Arc<[RoomPattern]> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn patterns(rooms: Option<Vec<RoomPattern>>) -> Arc<[RoomPattern]> {
    rooms.unwrap_or_else(|| vec![RoomPattern(Pattern::All)]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(pattern: &str) -> Vec<&'static str> {
        let pattern: RoomPattern = pattern.parse().unwrap();
        let names = ["plaza", "plaza/1", "plaza/team-a", "plaza2", "lobby/team-a"];
        names.into_iter().filter(|name| pattern.matches(name)).collect()
    }

    #[test]
    fn a_pattern_matches_one_room_or_the_rooms_of_a_type() {
        assert_eq!(matched("*").len(), 5);
        assert_eq!(matched("plaza"), ["plaza"]);
        assert_eq!(matched("plaza/1"), ["plaza/1"]);
        assert_eq!(matched("plaza/*"), ["plaza", "plaza/1", "plaza/team-a"]);
        assert_eq!(matched("plaza/team-*"), ["plaza/team-a"]);
    }

    #[test]
    fn only_a_pattern_for_all_rooms_of_a_type_matches_the_type() {
        let matches = |pattern: &str| pattern.parse::<RoomPattern>().unwrap().matches_type("plaza");
        assert!(matches("*") && matches("plaza/*"));
        for other in ["plaza", "plaza/1", "plaza/1*", "lobby/*"] {
            assert!(!matches(other), "{other}");
        }
    }

    #[test]
    fn other_texts_are_not_patterns_and_patterns_are_printed_as_they_were() {
        for wrong in [
            "",
            "plaza*",
            "*/1",
            "/*",
            "**",
            "plaza/**",
            "Plaza",
            "plaza/1/2",
            "pl*za",
            "a b",
        ] {
            assert!(wrong.parse::<RoomPattern>().is_err(), "{wrong}");
        }
        for pattern in ["*", "plaza", "plaza/1", "plaza/*", "plaza/team-*"] {
            assert_eq!(pattern.parse::<RoomPattern>().unwrap().to_string(), pattern);
        }
    }

    #[test]
    fn grants_are_replaced_for_all_who_hold_them() {
        let grants = RoomGrants::new(None);
        let at_the_desk = grants.clone();
        assert!(at_the_desk.room("plaza") && at_the_desk.room_type("plaza"));
        grants.replace(Some(vec!["lobby".parse().unwrap()]));
        assert!(!at_the_desk.room("plaza") && at_the_desk.room("lobby"));
        grants.replace(Some(Vec::new()));
        assert!(!at_the_desk.room("lobby"));
    }
}
