//! Finds the room of a join, or plans a new one.

use bevy_ecs::prelude::*;
use parlour_shared::{
    message::{Join, JoinMode, Property, Refusal},
    text::RoomName,
};

use super::{
    options::{NewRoom, RoomChecks, RoomOptions},
    room::{RoomPlan, Rooms},
    room_catalogue::RoomCatalogue,
};

/// The room that a player wants to enter.
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    /// Options, if the room is created.
    pub(super) options: &'a [Property],
    /// Whether the room may exist already.
    pub(super) may_exist: bool,
    /// Whether the room may be created.
    pub(super) may_create: bool,
    /// Whether it is private, if it is created.
    pub(super) private: bool,
}

impl<'a> Wanted<'a> {
    /// Returns what a join asks for. The modes `new` and `any` need a node, which knows the rooms
    /// of all worlds and chooses names.
    pub(super) fn of_join(join: &'a Join) -> Result<Self, Refusal> {
        let (may_exist, may_create) = match join.mode {
            JoinMode::Enter => (true, true),
            JoinMode::Existing => (true, false),
            // The name has an instance: the node chose it, or a door out of a private room names
            // the room behind it, which exists if somebody went through before.
            JoinMode::Private if join.room.contains('/') => (true, true),
            JoinMode::Private | JoinMode::New | JoinMode::Any => return Err(Refusal::NoSuchRoom),
        };
        Ok(Self {
            name: &join.room,
            options: &join.options,
            may_exist,
            may_create,
            private: join.mode == JoinMode::Private,
        })
    }
}

/// Where the wanted room is.
pub(super) enum Place {
    Existing(Entity),
    New(Box<RoomPlan>),
}

/// Finds a room, or plans it. Game logic has accepted the plan.
pub(super) fn find(world: &World, wanted: &Wanted<'_>) -> Result<Place, Refusal> {
    let parsed = RoomName::parse(wanted.name).ok_or(Refusal::NoSuchRoom)?;
    let rooms = world.resource::<Rooms>();
    if let Some(room) = rooms.get(wanted.name) {
        let existing = Place::Existing(room);
        return wanted.may_exist.then_some(existing).ok_or(Refusal::NoSuchRoom);
    }
    let types = world.resource::<RoomCatalogue>();
    if !wanted.may_create || !types.contains(parsed.room_type) {
        return Err(Refusal::NoSuchRoom);
    }
    if rooms.len() as u32 >= rooms.max {
        return Err(Refusal::TooManyRooms);
    }
    let options = RoomOptions::new(wanted.options)?;
    let mut blueprint = types.blueprint(parsed.room_type, &options)?;
    blueprint.rules = world.resource::<RoomChecks>().check(NewRoom {
        name: wanted.name,
        room_type: parsed.room_type,
        options: &options,
        rules: blueprint.rules,
    })?;
    Ok(Place::New(Box::new(RoomPlan {
        name: wanted.name.to_owned(),
        blueprint,
        options,
        private: wanted.private,
    })))
}
