//! A room, and the directory of all rooms.

use std::{collections::BTreeMap, sync::Arc};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, Tick},
    map::{Map, MapInfo},
    message::Stamp,
    motion::WallGrid,
    text::shortened_room_name,
};
use serde::{Deserialize, Serialize};

use super::{
    life::RoomEvents,
    listing::{ChangedRooms, RoomListing},
    options::RoomOptions,
    room_catalogue::Blueprint,
    seats::Seats,
};
use crate::{
    clock::Clock,
    config::RoomRules,
    state::{StableEntity, StableId},
};

/// A simulated space.
#[derive(Component, Clone, Debug)]
#[require(StableId, Seats, RoomOptions, RoomListing)]
pub struct Room {
    /// Its name, `TYPE` or `TYPE/INSTANCE`.
    pub name: String,
    /// The name of its type.
    pub room_type: Arc<str>,
    /// Its map.
    pub map: Arc<Map>,
    /// The map without its walls, for bodies that pass walls.
    pub(crate) open_ground: WallGrid,
    /// The description of the map for clients.
    pub(crate) info: Arc<MapInfo>,
    /// Its rules, which follow from its type, its options and game logic.
    pub(crate) rules: RoomRules,
    /// The number of this room among all rooms created so far. A room that is created again gets a
    /// new number.
    pub epoch: Epoch,
    /// The number of messages to everyone in the room so far.
    pub seq: u32,
    /// The tick in which the room became empty, or was created. `None` if it has a player.
    pub empty_since: Option<Tick>,
    /// Whether only clients that know the name may enter.
    pub private: bool,
}

impl Room {
    /// Returns the rules of the room: those of its type, narrowed by its options and by game logic
    /// ([`crate::SimulationApp::accept_room`]). They never change.
    #[must_use]
    pub fn rules(&self) -> &RoomRules {
        &self.rules
    }

    /// Returns the name for errors and logs. That of a private room is shortened: the name is the
    /// invitation to the room.
    pub(super) fn shown_name(&self) -> String {
        match self.private {
            true => shortened_room_name(&self.name),
            false => self.name.clone(),
        }
    }

    /// Returns the stamp of the next message to everyone in the room.
    pub(crate) fn stamp(&mut self) -> Stamp {
        self.seq += 1;
        Stamp {
            epoch: self.epoch,
            seq: self.seq,
        }
    }
}

/// All rooms.
#[derive(Resource, Debug)]
pub struct Rooms {
    pub(super) by_name: BTreeMap<String, Entity>,
    /// The rooms with a player in them, and those whose last player left in this tick or, before
    /// `StepSet::React`, in the previous one. A tick handles only these: a thousand empty rooms
    /// cost nothing.
    pub(super) occupied: BTreeMap<Epoch, Entity>,
    /// The empty rooms, by the tick at which something is due for them. A room that has a player
    /// again may still be here.
    pub(super) due: BTreeMap<(Tick, Epoch), Entity>,
    pub(super) max: u32,
}

impl Rooms {
    pub(crate) fn new(max: u32) -> Self {
        Self {
            by_name: BTreeMap::new(),
            occupied: BTreeMap::new(),
            due: BTreeMap::new(),
            max,
        }
    }

    /// Returns the room of that name, if it exists.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Entity> {
        self.by_name.get(name).copied()
    }

    /// Returns all rooms, by name.
    pub fn iter(&self) -> impl Iterator<Item = Entity> {
        self.by_name.values().copied()
    }

    /// Returns the rooms that have a player, and those whose last player left in this tick or,
    /// before `StepSet::React`, in the previous one. They are in the order of their creation.
    pub fn occupied(&self) -> impl Iterator<Item = Entity> + Clone {
        self.occupied.values().copied()
    }

    /// Returns the number of rooms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Returns whether there is no room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

/// The epoch of the newest room: the number of rooms created so far, plus
/// [`SimConfig::first_epoch`](crate::SimConfig::first_epoch).
#[derive(Resource, Debug, Serialize, Deserialize)]
pub(crate) struct RoomsCreated(u32);

impl RoomsCreated {
    pub(super) fn after(epoch: u32) -> Self {
        Self(epoch)
    }
}

/// What other features do with each new room, in the order in which they were added. Not with the
/// rooms of a loaded world.
#[derive(Resource, Clone, Debug, Default)]
pub(super) struct NewRoomSteps(Vec<fn(&mut World, Entity)>);

/// Lets a feature do something with each new room, before anyone enters it.
pub(crate) fn when_created(app: &mut App, step: fn(&mut World, Entity)) {
    app.world_mut().resource_mut::<NewRoomSteps>().0.push(step);
}

/// A room that may be created: everything was checked.
pub(super) struct RoomPlan {
    pub(super) name: String,
    pub(super) blueprint: Blueprint,
    pub(super) options: RoomOptions,
    pub(super) private: bool,
}

/// Returns a grid of the same size without walls, which takes no memory.
pub(super) fn open_ground(map: &Map) -> WallGrid {
    let (width, height) = map.walls.size();
    WallGrid::new(width, height, map.walls.tile_px())
}

/// Creates a room.
pub(super) fn create(world: &mut World, plan: RoomPlan) -> Entity {
    let mut created = world.resource_mut::<RoomsCreated>();
    created.0 += 1;
    let epoch = Epoch(created.0);
    let tick = world.resource::<Clock>().tick;
    let room = Room {
        name: plan.name.clone(),
        room_type: plan.blueprint.room_type,
        open_ground: open_ground(&plan.blueprint.map),
        map: plan.blueprint.map,
        info: plan.blueprint.info,
        rules: plan.blueprint.rules,
        epoch,
        seq: 0,
        empty_since: Some(tick),
        private: plan.private,
    };
    let listing = RoomListing::new(plan.options.to_properties());
    let entity = world
        .spawn((room, StableId::room(epoch), plan.options, listing))
        .id();
    let mut rooms = world.resource_mut::<Rooms>();
    rooms.by_name.insert(plan.name, entity);
    rooms.due.insert((tick.after(1), epoch), entity);
    world.resource_mut::<ChangedRooms>().note(entity);
    let room = StableEntity {
        id: StableId::room(epoch),
        entity,
    };
    world.resource_mut::<RoomEvents>().created(room);
    for step in world.resource::<NewRoomSteps>().clone().0 {
        step(world, entity);
    }
    entity
}
