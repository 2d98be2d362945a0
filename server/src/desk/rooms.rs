//! The rooms of the node: in which world each one is, and which have free seats.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use parlour_shared::message::Property;
use parlour_tick::{RoomStatus, WorldId};

/// All rooms, also those that a world is about to create. A name is in one world at a time.
#[derive(Debug, Default)]
pub(super) struct KnownRooms {
    by_name: BTreeMap<String, KnownRoom>,
    by_world: BTreeMap<WorldId, BTreeSet<String>>,
    /// For each type the rooms in which anybody may take a seat, fullest first.
    open: BTreeMap<String, BTreeSet<(Reverse<u32>, String)>>,
}

/// A room, as far as the desk knows it.
#[derive(Clone, Debug)]
pub(super) struct KnownRoom {
    pub(super) world: WorldId,
    /// The last report. `None`: the world has not created the room yet.
    pub(super) status: Option<RoomStatus>,
    /// Seats for which the world has been asked and has not answered.
    claims: u32,
    expected: ExpectedRoom,
}

/// What a room is expected to be until its world reports it.
#[derive(Clone, Debug, Default)]
pub(super) struct ExpectedRoom {
    pub(super) room_type: String,
    pub(super) capacity: u32,
    pub(super) private: bool,
    pub(super) options: Vec<Property>,
}

impl KnownRoom {
    fn room_type(&self) -> &str {
        &self.expected.room_type
    }

    fn taken(&self) -> u32 {
        let (players, reserved) = self
            .status
            .as_ref()
            .map_or((0, 0), |status| (status.players, status.reserved));
        players.saturating_add(reserved).saturating_add(self.claims)
    }

    fn capacity(&self) -> u32 {
        self.status
            .as_ref()
            .map_or(self.expected.capacity, |status| status.capacity)
    }

    fn free(&self) -> u32 {
        self.capacity().saturating_sub(self.taken())
    }

    fn is_open(&self) -> bool {
        let closed = self
            .status
            .as_ref()
            .map_or(self.expected.private, |status| status.locked || status.private);
        !closed && self.free() > 0
    }

    /// Whether the room publishes all of these properties. A room that does not exist yet is
    /// expected to publish its options.
    fn publishes(&self, options: &[Property]) -> bool {
        let published = self
            .status
            .as_ref()
            .map_or(&self.expected.options, |status| &status.properties);
        options.iter().all(|option| published.contains(option))
    }
}

impl KnownRooms {
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn get(&self, name: &str) -> Option<&KnownRoom> {
        self.by_name.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &KnownRoom)> {
        self.by_name.iter().map(|(name, room)| (name.as_str(), room))
    }

    /// Returns the number of rooms in a world, with those that it is about to create.
    pub(super) fn count_in(&self, world: WorldId) -> usize {
        self.by_world.get(&world).map_or(0, BTreeSet::len)
    }

    /// Returns the number of players in the rooms of a world.
    pub(super) fn players_in(&self, world: WorldId) -> u32 {
        let rooms = self.by_world.get(&world).into_iter().flatten();
        rooms
            .filter_map(|name| self.by_name.get(name)?.status.as_ref())
            .map(|status| status.players)
            .sum()
    }

    /// Returns the fullest room of a type with this many free seats that anybody may enter and that
    /// publishes these properties. `is_open` is given its name and its world.
    pub(super) fn fullest(
        &self,
        room_type: &str,
        seats: u32,
        options: &[Property],
        is_open: impl Fn(&str, WorldId) -> bool,
    ) -> Option<&str> {
        let open = self.open.get(room_type)?.iter();
        open.map(|(_, name)| name.as_str()).find(|name| {
            let room = self.by_name.get(*name);
            room.is_some_and(|room| {
                is_open(name, room.world) && room.free() >= seats && room.publishes(options)
            })
        })
    }

    /// Adds a room that the world will create when it handles the first claim. The caller claims
    /// seats in it next.
    pub(super) fn expect(&mut self, name: &str, world: WorldId, expected: ExpectedRoom) {
        self.insert(
            name.to_owned(),
            KnownRoom {
                world,
                status: None,
                claims: 0,
                expected,
            },
        );
    }

    /// Counts seats for which the room's world is asked.
    pub(super) fn claim(&mut self, name: &str, seats: u32) {
        self.change(name, |room| room.claims = room.claims.saturating_add(seats));
    }

    /// The world has answered: the seats are in its next report, or are free.
    pub(super) fn release(&mut self, name: &str, world: WorldId, seats: u32) {
        if self.is_in(name, world) {
            self.change(name, |room| room.claims = room.claims.saturating_sub(seats));
            self.forget_if_gone(name);
        }
    }

    /// Takes over the report of a world. Returns `false` if a room of that name is in a different
    /// world.
    pub(super) fn report(&mut self, world: WorldId, status: RoomStatus) -> bool {
        let name = status.room.clone();
        match self.by_name.get(&name) {
            Some(room) if room.world != world => return false,
            Some(_) => {}
            None => {
                let expected = ExpectedRoom {
                    room_type: status.room_type.clone(),
                    ..ExpectedRoom::default()
                };
                self.expect(&name, world, expected);
            }
        }
        self.change(&name, |room| room.status = Some(status));
        true
    }

    /// The world has removed the room. It is still expected if seats in it are claimed.
    pub(super) fn removed(&mut self, name: &str, world: WorldId) {
        if self.is_in(name, world) {
            self.change(name, |room| room.status = None);
            self.forget_if_gone(name);
        }
    }

    /// Forgets all rooms of a world.
    pub(super) fn forget_world(&mut self, world: WorldId) {
        for name in self.by_world.remove(&world).unwrap_or_default() {
            self.remove(&name);
        }
    }

    fn is_in(&self, name: &str, world: WorldId) -> bool {
        self.by_name.get(name).is_some_and(|room| room.world == world)
    }

    fn forget_if_gone(&mut self, name: &str) {
        let gone = |room: &KnownRoom| room.status.is_none() && room.claims == 0;
        if self.by_name.get(name).is_some_and(gone) {
            self.remove(name);
        }
    }

    /// Changes a room, and its place among the open ones.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut KnownRoom)) {
        if let Some(mut room) = self.remove(name) {
            change(&mut room);
            self.insert(name.to_owned(), room);
        }
    }

    fn insert(&mut self, name: String, room: KnownRoom) {
        if room.is_open() {
            let open = self.open.entry(room.room_type().to_owned()).or_default();
            open.insert((Reverse(room.taken()), name.clone()));
        }
        self.by_world.entry(room.world).or_default().insert(name.clone());
        self.by_name.insert(name, room);
    }

    fn remove(&mut self, name: &str) -> Option<KnownRoom> {
        let room = self.by_name.remove(name)?;
        if let Some(open) = self.open.get_mut(room.room_type()) {
            open.remove(&(Reverse(room.taken()), name.to_owned()));
        }
        if let Some(names) = self.by_world.get_mut(&room.world) {
            names.remove(name);
            if names.is_empty() {
                self.by_world.remove(&room.world);
            }
        }
        Some(room)
    }
}
