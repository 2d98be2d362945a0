//! The replicated state of one slot, and when each part of it changed.

use parlour_shared::{
    ids::{PlayerId, Tick},
    limits::{MAX_EXTRA_BYTES, MAX_EXTRAS},
    motion::Segment,
    snapshot::MAX_TURN_AGE,
};

/// An encoded component of a plugin. It is empty if the player does not have the component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extra {
    len: u8,
    bytes: [u8; MAX_EXTRA_BYTES],
}

impl Extra {
    /// # Panics
    /// If the component is longer than a replicated component may be.
    pub(super) fn new(encoded: &[u8]) -> Self {
        assert!(
            encoded.len() <= MAX_EXTRA_BYTES,
            "a replicated component has {} bytes; the limit is {MAX_EXTRA_BYTES}",
            encoded.len()
        );
        let mut bytes = [0; MAX_EXTRA_BYTES];
        bytes[..encoded.len()].copy_from_slice(encoded);
        Self {
            len: encoded.len() as u8,
            bytes,
        }
    }

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
    pub(super) extras: [Extra; MAX_EXTRAS],
    pub(super) motion_changed: Tick,
    /// The change of motion before the last one.
    motion_changed_before: Tick,
    /// Whether the current segment starts where the previous one was at that tick.
    continuous: bool,
    pub(super) skin_changed: Tick,
    pub(super) extras_changed: [Tick; MAX_EXTRAS],
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

    /// Copies a component of a plugin. Returns `false` if it is unchanged.
    pub(super) fn set_extra(&mut self, bit: usize, extra: Extra, tick: Tick) -> bool {
        if extra == self.extras[bit] {
            return false;
        }
        self.extras[bit] = extra;
        self.extras_changed[bit] = tick;
        true
    }

    /// Returns whether anything changed after a tick.
    pub(super) fn changed_since(&self, base: Tick) -> bool {
        self.motion_changed > base
            || self.skin_changed > base
            || self.extras_changed.iter().any(|&tick| tick > base)
    }

    /// Returns whether a viewer that knows the state of `base` can compute the new segment from the
    /// turn alone. It can if it knows the previous segment, and the new segment starts on that one.
    pub(super) fn is_turn_since(&self, base: Tick, now: Tick) -> bool {
        self.continuous
            && self.motion_changed_before <= base
            && now.since(self.motion_changed) <= MAX_TURN_AGE
    }
}
