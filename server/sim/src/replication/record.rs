//! The replicated state of one slot, and when each part of it changed.

use parlour_shared::{
    ids::{PlayerId, Tick},
    limits::MAX_COMPONENT_BYTES,
    motion::Segment,
    snapshot::{Identity, MAX_TURN_AGE, ObjectIdentity, PlayerIdentity},
};

/// An encoded component, and the tick at which it changed. It is empty if the entity does not have
/// the component.
#[derive(Clone, Copy, Debug)]
pub(super) struct EncodedComponent {
    pub(super) changed: Tick,
    len: u8,
    bytes: [u8; MAX_COMPONENT_BYTES],
}

impl EncodedComponent {
    const NONE: Self = Self {
        changed: Tick(0),
        len: 0,
        bytes: [0; MAX_COMPONENT_BYTES],
    };

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The state of a slot as last sent, and the tick at which each part of it changed.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) identity: Identity,
    pub(super) segment: Segment,
    /// By index, up to the highest one that was set. It uses no memory before the first one.
    components: Vec<EncodedComponent>,
    pub(super) motion_changed: Tick,
    /// The change of motion before the last one.
    motion_changed_before: Tick,
    /// Whether the current segment starts where the previous one was at that tick.
    continuous: bool,
    /// The last change of the skin of a player, or of the owner of an object.
    pub(super) identity_changed: Tick,
    /// The last tick in which the player dropped or resumed.
    pub(super) dropped_changed: Tick,
    /// The last change of any component.
    pub(super) components_changed: Tick,
}

impl Default for Record {
    /// Returns the record of a player whose id and name are not known yet.
    fn default() -> Self {
        Self {
            identity: Identity::Player(PlayerIdentity::default()),
            segment: Segment::default(),
            components: Vec::new(),
            motion_changed: Tick(0),
            motion_changed_before: Tick(0),
            continuous: false,
            identity_changed: Tick(0),
            dropped_changed: Tick(0),
            components_changed: Tick(0),
        }
    }
}

impl Record {
    /// Makes this the record of a new object. Keeps the memory for components.
    pub(super) fn restart(&mut self, object: ObjectIdentity) {
        let mut components = std::mem::take(&mut self.components);
        components.clear();
        *self = Self {
            identity: Identity::Object(object),
            components,
            ..Self::default()
        };
    }

    /// Copies the id and the name of a player.
    pub(super) fn set_player(&mut self, id: PlayerId, name: &str) {
        let Identity::Player(player) = &mut self.identity else {
            return;
        };
        // Only a new record has an empty name. Its player id cannot show this, because a valid id
        // may be 0.
        if player.player != id || player.name.is_empty() {
            player.player = id;
            name.clone_into(&mut player.name);
        }
    }

    /// Copies a segment. Returns `false` if it is unchanged.
    pub(super) fn set_segment(&mut self, segment: Segment, tick: Tick) -> bool {
        if segment == self.segment {
            return false;
        }
        self.continuous = segment.since == tick && segment.position == self.segment.at(tick);
        self.motion_changed_before = self.motion_changed;
        self.motion_changed = tick;
        self.segment = segment;
        true
    }

    /// Copies the skin of a player. Returns `false` if it is unchanged.
    pub(super) fn set_skin(&mut self, skin: u16, tick: Tick) -> bool {
        let Identity::Player(player) = &mut self.identity else {
            return false;
        };
        let changed = std::mem::replace(&mut player.skin, skin) != skin;
        if changed {
            self.identity_changed = tick;
        }
        changed
    }

    /// Copies whether a player is dropped. Returns `false` if that is unchanged.
    pub(super) fn set_dropped(&mut self, dropped: bool, tick: Tick) -> bool {
        let Identity::Player(player) = &mut self.identity else {
            return false;
        };
        let changed = std::mem::replace(&mut player.dropped, dropped) != dropped;
        if changed {
            self.dropped_changed = tick;
        }
        changed
    }

    /// Copies the owner of an object. Returns `false` if it is unchanged.
    pub(super) fn set_owner(&mut self, owner: Option<PlayerId>, tick: Tick) -> bool {
        let Identity::Object(object) = &mut self.identity else {
            return false;
        };
        let changed = std::mem::replace(&mut object.owner, owner) != owner;
        if changed {
            self.identity_changed = tick;
        }
        changed
    }

    /// Copies an encoded component. No bytes mean that the entity does not have it. Returns `false`
    /// if it is unchanged.
    /// The encoding has at most [`MAX_COMPONENT_BYTES`].
    pub(super) fn set_component(&mut self, index: usize, encoded: &[u8], tick: Tick) -> bool {
        let known = self.components.get(index);
        if encoded == known.map_or(&[][..], EncodedComponent::as_bytes) {
            return false;
        }
        if known.is_none() {
            self.components.resize(index + 1, EncodedComponent::NONE);
        }
        let component = &mut self.components[index];
        component.bytes[..encoded.len()].copy_from_slice(encoded);
        component.len = encoded.len() as u8;
        component.changed = tick;
        self.components_changed = tick;
        true
    }

    /// Returns the components that the entity has, with their indices.
    pub(super) fn components(&self) -> impl Iterator<Item = (usize, &EncodedComponent)> + Clone {
        let components = self.components.iter().enumerate();
        components.filter(|(_, component)| component.len > 0)
    }

    /// Returns the components that changed after a tick, with their indices. A removed one is
    /// empty.
    pub(super) fn components_since(
        &self,
        base: Tick,
    ) -> impl Iterator<Item = (usize, &EncodedComponent)> + Clone {
        let components = self.components.iter().enumerate();
        components.filter(move |(_, component)| component.changed > base)
    }

    /// Returns whether anything changed after a tick.
    pub(super) fn changed_since(&self, base: Tick) -> bool {
        self.motion_changed > base
            || self.identity_changed > base
            || self.components_changed > base
            || self.dropped_changed > base
    }

    /// Returns whether a viewer that knows the state of `base` can compute the new segment from the
    /// turn alone. It can if it knows the previous segment, and the new segment starts on that one.
    pub(super) fn is_turn_since(&self, base: Tick, now: Tick) -> bool {
        self.continuous
            && self.motion_changed_before <= base
            && now.since(self.motion_changed) <= MAX_TURN_AGE
    }
}
