//! What there is to tell of one slot, and since when.

use parlour_shared::{
    ids::{PlayerId, Tick},
    limits::{MAX_EXTRA_BYTES, MAX_EXTRAS},
    motion::Segment,
    snapshot::MAX_TURN_AGE,
};

/// A plugin's component, encoded; no bytes: the player has none.
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
            "a replicated component of {} bytes; {MAX_EXTRA_BYTES} are the limit",
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

/// The state of a slot as last told, and the tick at which each part of it changed.
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
    /// The last segment began where the one before it was.
    continuous: bool,
    pub(super) skin_changed: Tick,
    pub(super) extras_changed: [Tick; MAX_EXTRAS],
}

impl Record {
    /// Takes over a segment; false if it is the one already told.
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

    /// Takes over a skin; false if it is the one already told.
    pub(super) fn set_skin(&mut self, skin: u16, tick: Tick) -> bool {
        if skin == self.skin {
            return false;
        }
        self.skin = skin;
        self.skin_changed = tick;
        true
    }

    /// Takes over a plugin's component; false if it is the one already told.
    pub(super) fn set_extra(&mut self, bit: usize, extra: Extra, tick: Tick) -> bool {
        if extra == self.extras[bit] {
            return false;
        }
        self.extras[bit] = extra;
        self.extras_changed[bit] = tick;
        true
    }

    /// Whether anything changed after a tick.
    pub(super) fn changed_since(&self, base: Tick) -> bool {
        self.motion_changed > base
            || self.skin_changed > base
            || self.extras_changed.iter().any(|&tick| tick > base)
    }

    /// Whether a viewer who knows the state of `base` can work the new segment out from the turn alone: it knows
    /// the segment before, and the new one begins on it.
    pub(super) fn is_turn_since(&self, base: Tick, now: Tick) -> bool {
        self.continuous
            && self.motion_changed_before <= base
            && now.since(self.motion_changed) <= MAX_TURN_AGE
    }
}
