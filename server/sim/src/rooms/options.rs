//! The options of a room, and the game logic that may refuse the room or narrow its rules.

use bevy_ecs::prelude::*;
use parlour_shared::{
    limits::MAX_PROPERTIES,
    message::{Property, Refusal},
};
use serde::{Deserialize, Serialize};

use crate::config::{RoomRules, whole_number};

/// The options with which a room was created. They fit the type's
/// [`OptionSpec`](crate::OptionSpec)s, and never change. An option that the join did not have is
/// absent.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomOptions(Vec<Property>);

impl RoomOptions {
    /// Sorts the options of a join. They must still be compared with the room's type.
    pub(super) fn new(options: &[Property]) -> Result<Self, Refusal> {
        let mut sorted = Self(options.to_vec());
        sorted.0.sort_unstable();
        sorted.is_canonical().then_some(sorted).ok_or(Refusal::BadOptions)
    }

    /// Returns whether there are not too many, in the order of their names, which differ.
    pub(super) fn is_canonical(&self) -> bool {
        self.0.len() <= MAX_PROPERTIES && self.0.is_sorted_by(|one, other| one.key < other.key)
    }

    /// Returns the value of an option.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let option = self.0.iter().find(|option| option.key == name);
        option.map(|option| option.value.as_str())
    }

    /// Returns the value of an option that is a whole number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        whole_number(self.get(name)?)
    }

    /// Returns the names and values of all options, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|option| (option.key.as_str(), option.value.as_str()))
    }

    pub(super) fn to_properties(&self) -> Vec<Property> {
        self.0.clone()
    }
}

/// A room that a player wants to create, for game logic that may refuse it or narrow its rules.
#[derive(Clone, Copy, Debug)]
pub struct NewRoom<'a> {
    /// The name of the room.
    pub name: &'a str,
    /// The name of its type.
    pub room_type: &'a str,
    /// Its options, which fit the type.
    pub options: &'a RoomOptions,
    /// Its rules, which follow from its type and options. A function may narrow them. A rule that
    /// it makes wider stays as it was, and so does [`RoomRules::refresh_ticks`].
    pub rules: RoomRules,
}

type AcceptRoom = Box<dyn Fn(&mut NewRoom<'_>) -> Result<(), u16> + Send + Sync>;

/// A player that wants to enter a room that exists, for game logic that may refuse it.
#[derive(Clone, Copy, Debug)]
pub struct Joining {
    /// The player.
    pub player: Entity,
    /// The room.
    pub room: Entity,
}

type MayJoin = Box<dyn Fn(&World, Joining) -> Result<(), u16> + Send + Sync>;

/// The functions of game logic that may refuse a new room or narrow its rules, and those that may
/// refuse a player, in the order in which they were added.
#[derive(Resource, Default)]
pub(crate) struct RoomChecks {
    rooms: Vec<AcceptRoom>,
    players: Vec<MayJoin>,
}

impl RoomChecks {
    pub(crate) fn add(&mut self, check: AcceptRoom) {
        self.rooms.push(check);
    }

    pub(crate) fn add_for_players(&mut self, check: MayJoin) {
        self.players.push(check);
    }

    /// Returns the refusal of the first function that refuses the player.
    pub(super) fn check_player(world: &World, player: Entity, room: Entity) -> Result<(), Refusal> {
        for check in &world.resource::<Self>().players {
            check(world, Joining { player, room }).map_err(|code| Refusal::Declined { code })?;
        }
        Ok(())
    }

    /// Returns the rules of the room, or the refusal of the first function that refuses it.
    pub(super) fn check(&self, mut room: NewRoom<'_>) -> Result<RoomRules, Refusal> {
        for check in &self.rooms {
            let rules = room.rules;
            check(&mut room).map_err(|code| Refusal::Declined { code })?;
            room.rules = room.rules.within(&rules);
        }
        Ok(room.rules)
    }
}
