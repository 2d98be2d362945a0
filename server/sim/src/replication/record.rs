//! The replicated state of one slot, and when each part of it changed.

use parlour_shared::{
    ids::{PlayerId, Tick},
    limits::MAX_COMPONENT_BYTES,
    motion::Segment,
    snapshot::MAX_TURN_AGE,
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
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) player: PlayerId,
    pub(super) name: String,
    pub(super) segment: Segment,
    pub(super) skin: u16,
    /// By index, up to the highest one that was set. It uses no memory before the first one.
    components: Vec<EncodedComponent>,
    pub(super) motion_changed: Tick,
    /// The change of motion before the last one.
    motion_changed_before: Tick,
    /// Whether the current segment starts where the previous one was at that tick.
    continuous: bool,
    pub(super) skin_changed: Tick,
    /// The last change of any component.
    pub(super) components_changed: Tick,
}

impl Record {
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

    /// Copies a skin. Returns `false` if it is unchanged.
    pub(super) fn set_skin(&mut self, skin: u16, tick: Tick) -> bool {
        if skin == self.skin {
            return false;
        }
        self.skin = skin;
        self.skin_changed = tick;
        true
    }

    /// Copies an encoded component. No bytes mean that the entity does not have it. Returns `false`
    /// if it is unchanged.
    ///
    /// # Panics
    /// If the component is longer than a replicated component may be.
    pub(super) fn set_component(&mut self, index: usize, encoded: &[u8], tick: Tick) -> bool {
        assert!(
            encoded.len() <= MAX_COMPONENT_BYTES,
            "a replicated component has {} bytes; the limit is {MAX_COMPONENT_BYTES}",
            encoded.len()
        );
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
        self.motion_changed > base || self.skin_changed > base || self.components_changed > base
    }

    /// Returns whether a viewer that knows the state of `base` can compute the new segment from the
    /// turn alone. It can if it knows the previous segment, and the new segment starts on that one.
    pub(super) fn is_turn_since(&self, base: Tick, now: Tick) -> bool {
        self.continuous
            && self.motion_changed_before <= base
            && now.since(self.motion_changed) <= MAX_TURN_AGE
    }
}
