//! The declaration of a kind of objects.

use std::{fmt, sync::Arc};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::KindId,
    map::MapObject,
    message::EntityKind,
    motion::{BodySize, UNITS_PER_PX},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{declarations, declare_once};
use crate::{
    kinds::{EntityKinds, Kind, check_layer, layer_bits},
    movement,
    objects::{PlacedKinds, SpawnedObject, WhenPlaced},
    replication,
};

/// A kind of objects: doors, chairs, balls. Declare it with
/// [`SimulationApp::object_kind`](crate::SimulationApp::object_kind).
///
/// ```
/// # use bevy_ecs::prelude::*;
/// # use serde::{Deserialize, Serialize};
/// use parlour_sim::ObjectKind;
///
/// #[derive(Component, Serialize, Deserialize)]
/// struct Open(bool);
///
/// let door = ObjectKind::new("door")
///     .size_px(32, 8)
///     .near_px(300)
///     .with::<Open>("open");
/// ```
pub struct ObjectKind {
    described: EntityKind,
    near_px: Option<u32>,
    components: Vec<(&'static str, Declare)>,
    when_placed: Option<WhenPlaced>,
}

/// Declares a component of a kind.
type Declare = fn(&mut App, &'static str, KindId);

impl ObjectKind {
    /// Returns a kind with bodies of 16 x 16 px, which walls stop, and which stops nobody.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            described: EntityKind {
                name: name.to_owned(),
                half_x: BodySize::PLAYER.half_x,
                half_y: BodySize::PLAYER.half_y,
                ..EntityKind::default()
            },
            near_px: None,
            components: Vec::new(),
            when_placed: None,
        }
    }

    /// Sets the size of the bodies: 1 to 511 px along each axis.
    ///
    /// # Panics
    /// If the size is out of range.
    #[must_use]
    pub fn size_px(mut self, width: u32, height: u32) -> Self {
        let half = |px: u32| {
            let half = px * UNITS_PER_PX as u32 / 2;
            u16::try_from(half).ok().filter(|_| px > 0).unwrap_or_else(|| {
                panic!(
                    "{}: a body has 1 to 511 px along each axis, not {px}",
                    self.described.name
                )
            })
        };
        let (half_x, half_y) = (half(width), half(height));
        (self.described.half_x, self.described.half_y) = (half_x, half_y);
        self
    }

    /// Sets the distance up to which viewers see these objects. It replaces the near radius of the
    /// room: a bell is heard farther than a chair is seen. A room with the rule
    /// [`Interest::All`](crate::Interest::All) shows all objects.
    #[must_use]
    pub fn near_px(mut self, px: u32) -> Self {
        self.near_px = Some(px.clamp(1, 100_000));
        self
    }

    /// Sets the collision layer of the bodies, 0 to 31. The default is 0, which is also that of
    /// players unless [`SimulationApp::player_layer`](crate::SimulationApp::player_layer) changes
    /// it. The layer alone stops nobody: see [`Self::stopped_by`].
    ///
    /// # Panics
    /// If there is no such layer.
    #[must_use]
    pub fn layer(mut self, layer: u8) -> Self {
        self.described.layer = check_layer(layer);
        self
    }

    /// Lets the bodies of these layers stop these objects. An object that has
    /// [`Passable`](crate::Passable) stops nobody.
    ///
    /// # Panics
    /// If there is no such layer.
    #[must_use]
    pub fn stopped_by(mut self, layers: &[u8]) -> Self {
        self.described.stopped_by = layer_bits(layers);
        self
    }

    /// Lets the objects pass walls. The edge of the map still stops them.
    #[must_use]
    pub fn passes_walls(mut self) -> Self {
        self.described.passes_walls = true;
        self
    }

    /// Replicates a component of these objects to the viewers that see them, and makes it part of
    /// the state under this name. Its encoding has at most 64 bytes. A component without fields is
    /// a flag: viewers are sent whether the object has it. An object need not have the component.
    ///
    /// Several kinds, and players, may have the same component, always under the same name.
    #[must_use]
    pub fn with<C: Component + Serialize + DeserializeOwned>(mut self, name: &'static str) -> Self {
        self.components.push((name, declare_component::<C>));
        self
    }

    /// Adds components to the objects of this kind that a map places. Each new room of a map has
    /// its objects from the start, in the order of the map; this runs for each of them. It must
    /// depend on its argument only.
    ///
    /// ```
    /// # use bevy_ecs::prelude::*;
    /// # use serde::{Deserialize, Serialize};
    /// use parlour_sim::ObjectKind;
    ///
    /// #[derive(Component, Serialize, Deserialize)]
    /// struct Open(bool);
    ///
    /// let door = ObjectKind::new("door")
    ///     .with::<Open>("open")
    ///     .placed(|place, door| {
    ///         door.insert(Open(place.property("open") == Some("true")));
    ///     });
    /// ```
    #[must_use]
    pub fn placed(
        mut self,
        when_placed: impl Fn(&MapObject, &mut SpawnedObject<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.when_placed = Some(Arc::new(when_placed));
        self
    }

    pub(super) fn declare(self, app: &mut App) {
        if let Some(when_placed) = self.when_placed {
            let mut kinds = app.world_mut().resource_mut::<PlacedKinds>();
            kinds.add(&self.described.name, when_placed);
        }
        let kind = Kind {
            described: self.described,
            near_px: self.near_px,
        };
        if kind.described.stopped_by != 0 {
            movement::add_solid_bodies(app);
        }
        let kind = app.world_mut().resource_mut::<EntityKinds>().add(kind);
        for (name, declare) in self.components {
            declare(app, name, kind);
        }
    }
}

fn declare_component<C: Component + Serialize + DeserializeOwned>(
    app: &mut App,
    name: &'static str,
    kind: KindId,
) {
    declare_once::<C>(app, name);
    let index = app
        .world_mut()
        .resource_mut::<EntityKinds>()
        .add_component(kind, name);
    declarations::add_component::<C>(app, kind, name);
    replication::replicate_object_component::<C>(app, kind, index);
}

impl fmt::Debug for ObjectKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let components: Vec<_> = self.components.iter().map(|(name, _)| name).collect();
        formatter
            .debug_struct("ObjectKind")
            .field("described", &self.described)
            .field("near_px", &self.near_px)
            .field("components", &components)
            .finish()
    }
}
