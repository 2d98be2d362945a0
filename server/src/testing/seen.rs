//! The world, and what each fake player sees of it.

use bevy_ecs::prelude::*;
use parlour_shared::{
    codec,
    ids::{KindId, PlayerId, Tick},
    motion::Position,
    view::Seen,
};
use parlour_sim::{EntityKinds, Motion, Object, ObjectSlots, Owner, Player, RoomState};
use serde::de::DeserializeOwned;

use super::{
    target::{TestObject, TestPlayer, TestTarget},
    test_room::TestRoom,
};

impl TestRoom {
    /// Returns a component of a player or an object, as it is in the world. `None`: it does not
    /// have it.
    #[must_use]
    pub fn component<C: Component>(&self, target: impl Into<TestTarget>) -> Option<&C> {
        let entity = target.into().entity(&self.world.sim)?;
        self.world().get::<C>(entity)
    }

    /// Returns a component of the room.
    ///
    /// # Panics
    /// If the room does not exist.
    #[must_use]
    #[track_caller]
    pub fn room_component<C: Component>(&self) -> Option<&C> {
        self.world().get::<C>(self.room())
    }

    /// Returns a resource.
    ///
    /// # Panics
    /// If there is no such resource.
    #[must_use]
    #[track_caller]
    pub fn resource<R: Resource>(&self) -> &R {
        let resource = self.world().get_resource::<R>();
        let name = std::any::type_name::<R>();
        resource.unwrap_or_else(|| {
            panic!("there is no resource {name}: call app.insert_resource(..) in the plugin")
        })
    }

    /// Returns the value of a key of the room's state. All players in the room have the same value.
    ///
    /// # Panics
    /// If the room does not exist.
    #[must_use]
    #[track_caller]
    pub fn state(&self, key: &str) -> Option<&str> {
        self.room_component::<RoomState>()?.get(key)
    }

    /// Returns the world, for all other questions.
    #[must_use]
    pub fn world(&self) -> &World {
        self.world.sim.world()
    }

    /// Returns the number of ticks so far.
    #[must_use]
    pub fn now(&self) -> Tick {
        self.world.now()
    }

    /// Returns the entity of a player or an object, for queries in [`Self::world`].
    ///
    /// # Panics
    /// If the session of the player is closed, or the object is despawned.
    #[must_use]
    #[track_caller]
    pub fn entity(&self, target: impl Into<TestTarget>) -> Entity {
        let target = target.into();
        let entity = target.entity(&self.world.sim);
        entity.unwrap_or_else(|| panic!("{} is not in the world any more", self.describe(target)))
    }

    /// Returns the position of a player or an object.
    ///
    /// # Panics
    /// If it is in no room.
    #[must_use]
    #[track_caller]
    pub fn position(&self, target: impl Into<TestTarget>) -> Position {
        let target = target.into();
        let motion = self.component::<Motion>(target);
        let motion = motion.unwrap_or_else(|| panic!("{} is in no room", self.describe(target)));
        motion.segment().at(self.now())
    }

    /// Returns whether a player is in a room.
    #[must_use]
    pub fn is_in_room(&self, player: TestPlayer) -> bool {
        self.room_of(player).is_some()
    }

    /// Returns the objects of a kind in the room, in the order of their slots.
    ///
    /// # Panics
    /// If the room does not exist, or no such kind is declared.
    #[must_use]
    #[track_caller]
    pub fn objects(&self, kind: &str) -> Vec<TestObject> {
        let Some(id) = self.world().resource::<EntityKinds>().find(kind) else {
            panic!(
                "there is no kind {kind}: call app.object_kind(ObjectKind::new(\"{kind}\")) in the plugin"
            );
        };
        let slots = self.room_component::<ObjectSlots>().into_iter();
        let objects = slots.flat_map(ObjectSlots::iter);
        objects
            .filter_map(|(_, entity)| self.world().get::<Object>(entity))
            .filter(|object| object.kind() == id)
            .map(|object| TestObject { id: object.id() })
            .collect()
    }

    /// Returns the only object of a kind in the room.
    ///
    /// # Panics
    /// As [`Self::objects`], or if there is not exactly one.
    #[must_use]
    #[track_caller]
    pub fn object(&self, kind: &str) -> TestObject {
        match self.objects(kind)[..] {
            [object] => object,
            ref objects => panic!(
                "the room has {} objects of the kind {kind}, not one: use `objects`",
                objects.len()
            ),
        }
    }

    /// Returns the owner of an object. `None`: it has none.
    #[must_use]
    pub fn owner(&self, object: TestObject) -> Option<PlayerId> {
        self.component::<Owner>(object)?.player()
    }

    /// Returns whether a player sees a player or an object: it is near, or the rule `interest`
    /// shows everything. A dropped player sees nothing.
    #[must_use]
    pub fn sees(&self, viewer: TestPlayer, target: impl Into<TestTarget>) -> bool {
        self.seen_entity(viewer, target.into()).is_some()
    }

    /// Returns a replicated component of a player or an object, as the client of the viewer decoded
    /// it. `None`: the viewer does not see the target, or the target does not have the component.
    ///
    /// # Panics
    /// If the component is not replicated for players or for the kind of the object.
    #[must_use]
    #[track_caller]
    pub fn seen<C: Component + DeserializeOwned>(
        &self,
        viewer: TestPlayer,
        target: impl Into<TestTarget>,
    ) -> Option<C> {
        let target = target.into();
        let kind = match target {
            TestTarget::Player(_) => KindId::PLAYER,
            TestTarget::Object(_) => self.component::<Object>(target)?.kind(),
        };
        let index = self.index_of::<C>(kind);
        let seen = self.seen_entity(viewer, target)?;
        let component = seen.components.iter().find(|(found, _)| *found == index);
        component.map(|(_, bytes)| decode_component(bytes))
    }

    /// Returns the position of a player or an object on the screen of a viewer. `None`: the viewer
    /// does not see it.
    #[must_use]
    pub fn seen_position(&self, viewer: TestPlayer, target: impl Into<TestTarget>) -> Option<Position> {
        let seen = self.seen_entity(viewer, target.into())?;
        Some(seen.segment.at(self.now()))
    }

    fn seen_entity(&self, viewer: TestPlayer, target: TestTarget) -> Option<Seen<'_>> {
        let client = self.world.clients.get(&viewer.session)?;
        client.room.as_ref().filter(|_| !client.dropped)?;
        match target {
            TestTarget::Player(player) => {
                let (_, _, seen) = client.view.find_player(player.id())?;
                Some(seen)
            }
            TestTarget::Object(object) => {
                let mut objects = client.view.objects();
                let (_, _, seen) = objects.find(|(_, found, _)| found.object == object.id)?;
                Some(seen)
            }
        }
    }

    /// Returns the index of a component among those of a kind.
    #[track_caller]
    fn index_of<C: Component>(&self, kind: KindId) -> u8 {
        let kind = self.world().resource::<EntityKinds>().get(kind);
        let (kind, name) = (
            kind.expect("an entity has a kind"),
            self.world.sim.part_name::<C>(),
        );
        let index = kind
            .components()
            .iter()
            .position(|known| Some(known.as_str()) == name);
        let of = std::any::type_name::<C>();
        match (index, kind.name()) {
            (Some(index), _) => index as u8,
            (None, "player") => panic!(
                "players do not see the component {of} of players: call app.replicate::<{of}>(\"name\") in the plugin, or \
                 use `component` to read it from the world"
            ),
            (None, kind) => panic!(
                "players do not see the component {of} of the kind {kind}: add .with::<{of}>(\"name\") to the \
                 ObjectKind, or use `component` to read it from the world"
            ),
        }
    }

    fn describe(&self, target: TestTarget) -> String {
        match target {
            TestTarget::Player(player) => self.name(player).to_owned(),
            TestTarget::Object(object) => format!("object {}", object.id.0),
        }
    }

    /// Returns the name of a player by its id.
    pub(super) fn name_of(&self, id: PlayerId) -> Option<&str> {
        let players = self.inboxes.iter().zip(1..);
        let mut players = players.filter(|(_, session)| parlour_tick::player_id(0, *session) == id);
        players.next().map(|(inbox, _)| inbox.name.as_str())
    }

    /// Returns the players that are in the room, in the order of their slots, by name.
    #[must_use]
    pub fn players(&self) -> Vec<String> {
        let seats = self.room_component::<parlour_sim::Seats>().into_iter();
        let players = seats.flat_map(parlour_sim::Seats::iter);
        players
            .filter_map(|(_, player)| Some(self.world().get::<Player>(player)?.name.clone()))
            .collect()
    }
}

/// Decodes a replicated component.
fn decode_component<C: DeserializeOwned>(bytes: &[u8]) -> C {
    codec::decode_component(bytes)
        .unwrap_or_else(|error| panic!("the component {}: {error}", std::any::type_name::<C>()))
}
