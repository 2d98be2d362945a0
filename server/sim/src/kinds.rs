//! The kinds of entities in the rooms of a world. Kind 0 is that of all players. Game logic
//! declares the others, which are kinds of objects.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::KindId,
    limits::{MAX_COMPONENTS, MAX_KINDS},
    message::EntityKind,
    motion::BodySize,
};
use serde::{Serialize, Serializer};

use crate::state;

/// All kinds, by [`KindId`].
#[derive(Resource, Debug)]
pub struct EntityKinds {
    list: Vec<Kind>,
    /// The layers whose bodies stop bodies of some kind: bit n stands for layer n.
    stopping: u32,
}

/// The maximum number of collision layers.
const MAX_LAYERS: u8 = 32;

/// A kind of entities.
#[derive(Clone, Debug)]
pub struct Kind {
    /// What clients receive about the kind.
    pub(crate) described: EntityKind,
    /// The radius of interest in pixels. `None`: the near radius of the room.
    pub(crate) near_px: Option<u32>,
}

impl Kind {
    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.described.name
    }

    /// Returns the names of its replicated components, by index.
    #[must_use]
    pub fn components(&self) -> &[String] {
        &self.described.components
    }

    /// Returns the distance in pixels up to which viewers see these objects, or `None` if that is
    /// the near radius of the room.
    #[must_use]
    pub fn near_px(&self) -> Option<u32> {
        self.near_px
    }

    /// Returns the size of its bodies.
    #[must_use]
    pub fn size(&self) -> BodySize {
        BodySize {
            half_x: self.described.half_x,
            half_y: self.described.half_y,
        }
    }

    /// Returns the collision layer of its bodies, 0 to 31.
    #[must_use]
    pub fn layer(&self) -> u8 {
        self.described.layer
    }

    /// Returns whether the bodies of a kind stop bodies of this kind.
    #[must_use]
    pub fn is_stopped_by(&self, other: &Self) -> bool {
        self.described.stopped_by >> (other.described.layer % MAX_LAYERS) & 1 != 0
    }

    /// Returns whether the bodies of some layer stop bodies of this kind.
    pub(crate) fn is_stopped_by_bodies(&self) -> bool {
        self.described.stopped_by != 0
    }

    /// Returns whether walls do not stop its bodies.
    #[must_use]
    pub fn passes_walls(&self) -> bool {
        self.described.passes_walls
    }
}

/// Returns the bits of some layers.
///
/// # Panics
/// If there is no such layer.
pub(crate) fn layer_bits(layers: &[u8]) -> u32 {
    let bit = |bits, &layer| bits | 1 << check_layer(layer);
    layers.iter().fold(0, bit)
}

/// Returns the layer.
///
/// # Panics
/// If there is no such layer.
pub(crate) fn check_layer(layer: u8) -> u8 {
    assert!(
        layer < MAX_LAYERS,
        "collision layers are 0 to {}, not {layer}",
        MAX_LAYERS - 1
    );
    layer
}

impl EntityKinds {
    /// Returns whether bodies of this kind stop bodies of any kind.
    #[must_use]
    pub fn is_solid(&self, kind: KindId) -> bool {
        let layer = self.get(kind).map(Kind::layer);
        layer.is_some_and(|layer| self.stopping >> (layer % MAX_LAYERS) & 1 != 0)
    }

    /// Returns whether bodies can stop bodies in this world.
    pub(crate) fn have_solids(&self) -> bool {
        self.stopping != 0
    }

    /// Sets the collision layer of players.
    pub(crate) fn set_player_layer(&mut self, layer: u8) {
        self.list[usize::from(KindId::PLAYER.0)].described.layer = check_layer(layer);
    }

    /// Adds layers whose bodies stop players.
    pub(crate) fn stop_players_by(&mut self, layers: &[u8]) {
        let players = &mut self.list[usize::from(KindId::PLAYER.0)].described;
        let layers = layer_bits(layers);
        players.stopped_by |= layers;
        self.stopping |= layers;
    }

    /// Returns the kind with a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<KindId> {
        let at = self.list.iter().position(|kind| kind.name() == name)?;
        Some(KindId(at as u8))
    }

    /// Returns a kind.
    #[must_use]
    pub fn get(&self, kind: KindId) -> Option<&Kind> {
        self.list.get(usize::from(kind.0))
    }

    /// Returns all kinds. The first one is that of players.
    pub fn iter(&self) -> impl Iterator<Item = (KindId, &Kind)> {
        let kinds = self.list.iter().enumerate();
        kinds.map(|(at, kind)| (KindId(at as u8), kind))
    }

    /// Returns what clients receive about all kinds.
    pub(crate) fn described(&self) -> Vec<EntityKind> {
        self.list.iter().map(|kind| kind.described.clone()).collect()
    }

    /// Adds a kind.
    ///
    /// # Panics
    /// If the name is taken, or there are 256 kinds.
    pub(crate) fn add(&mut self, kind: Kind) -> KindId {
        let name = kind.name();
        assert!(
            self.find(name).is_none(),
            "two kinds have the name {name}: choose different names"
        );
        assert!(
            self.list.len() < MAX_KINDS,
            "at most {MAX_KINDS} kinds with that of players; {name} is one too many"
        );
        self.stopping |= kind.described.stopped_by;
        self.list.push(kind);
        KindId((self.list.len() - 1) as u8)
    }

    /// Adds a replicated component to a kind. Returns its index.
    ///
    /// # Panics
    /// If the kind has this component already, or 16 components.
    pub(crate) fn add_component(&mut self, kind: KindId, name: &str) -> usize {
        let Kind { described, .. } = &mut self.list[usize::from(kind.0)];
        assert!(
            described.components.iter().all(|known| known != name),
            "the component {name} of {} is replicated twice",
            described.name
        );
        let index = described.components.len();
        assert!(
            index < MAX_COMPONENTS,
            "at most {MAX_COMPONENTS} components of {} can be replicated; {name} is one too many",
            described.name
        );
        described.components.push(name.to_owned());
        index
    }
}

/// The names. A saved world can be loaded only by a world with the same kinds, because saved
/// objects have numbers of kinds.
impl Serialize for EntityKinds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.list.iter().map(Kind::name))
    }
}

fn restore(names: Vec<String>, world: &World) -> Option<EntityKinds> {
    let declared = world.resource::<EntityKinds>();
    let known = declared.list.iter().map(Kind::name);
    known.eq(names.iter().map(String::as_str)).then(|| EntityKinds {
        list: declared.list.clone(),
        stopping: declared.stopping,
    })
}

pub(crate) fn plugin(app: &mut App) {
    let described = EntityKind {
        name: "player".into(),
        half_x: BodySize::PLAYER.half_x,
        half_y: BodySize::PLAYER.half_y,
        ..EntityKind::default()
    };
    let players = Kind {
        described,
        near_px: None,
    };
    app.insert_resource(EntityKinds {
        list: vec![players],
        stopping: 0,
    });
    state::resource_as::<EntityKinds, _>(app, "kinds", |kinds, fold| fold.value(kinds), restore);
}
