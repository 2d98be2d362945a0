//! What one viewer was sent, and when.

use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::{SessionId, Slot, Tick},
    snapshot::Ack,
};
use parlour_tick::PaceLevel;

use super::record::Record;

/// Levels lost whenever the connection takes no data: from 60 to 30, 20, 10 times a second.
const DOWN: u8 = 2;
/// Ticks without being held until the level rises by one: it takes 3 s from the lowest level to the
/// full rate.
const RECOVER_TICKS: u32 = 30;

/// A player or watcher that is sent snapshots.
///
/// `base` is never newer than the newer of `full_at` and `nearby_at`, and none of these three ticks
/// is in the future. ARCHITECTURE.md, "The states of a viewer", shows how they move.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) session: SessionId,
    pub(super) view: u8,
    /// Whether it takes no snapshots now.
    pub(super) held: bool,
    /// The tick of the last snapshot sent: the next one is relative to it. `None` before the first,
    /// which is full.
    pub(super) base: Option<Tick>,
    /// The last full turn, with or without news. Its client knows everything that it could see at
    /// that tick.
    pub(super) full_at: Tick,
    /// The last nearby turn, or the last full one that had news.
    nearby_at: Tick,
    /// Slots that its client knows.
    pub(super) known: FixedBitSet,
    /// Slots that its client knows, but whose player has left the room.
    pub(super) gone: FixedBitSet,
    /// Slots that were nearby and sent since [`Self::full_at`]: its client knows more of them than
    /// of the others.
    ahead: FixedBitSet,
    /// How far its rate is reduced because its own connection took no data.
    pub(super) level: PaceLevel,
    /// When the level rises by one.
    recover_at: Tick,
    /// An acknowledgement that was not sent yet.
    pub(super) ack: Option<Ack>,
    /// The acknowledgement that was sent or noted last.
    noted: Option<Ack>,
}

impl Viewer {
    pub(super) fn new(session: SessionId, view: u8, pool: usize) -> Self {
        let none = FixedBitSet::with_capacity(pool);
        Self {
            session,
            view,
            held: false,
            base: None,
            full_at: Tick(0),
            nearby_at: Tick(0),
            known: none.clone(),
            gone: none.clone(),
            ahead: none,
            level: PaceLevel::FULL,
            recover_at: Tick(0),
            ack: None,
            noted: None,
        }
    }

    pub(super) fn grow(&mut self, pool: usize) {
        self.known.grow(pool);
        self.gone.grow(pool);
        self.ahead.grow(pool);
    }

    /// Sets whether its connection takes data. If it took none, this viewer's rate is reduced for a
    /// while.
    pub(super) fn hold(&mut self, held: bool, tick: Tick) {
        if held && !self.held {
            self.level = self.level.down(DOWN);
            self.recover_at = tick.after(RECOVER_TICKS);
        }
        self.held = held;
    }

    /// Raises the level by one if the viewer was not held for long enough.
    pub(super) fn recover(&mut self, tick: Tick) {
        if self.held {
            self.recover_at = tick.after(RECOVER_TICKS);
        } else if self.level != PaceLevel::FULL && tick >= self.recover_at {
            self.level = self.level.up();
            self.recover_at = tick.after(RECOVER_TICKS);
        }
    }

    /// Notes that the player of a slot left.
    pub(super) fn lose(&mut self, slot: Slot) {
        if self.known.contains(slot.index()) {
            self.known.set(slot.index(), false);
            self.gone.insert(slot.index());
            self.ahead.set(slot.index(), false);
        }
    }

    /// Assumes that its client knows nothing.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.gone.clear();
        self.ahead.clear();
    }

    /// Notes that a full turn wrote a snapshot: its client knows all that is visible now.
    pub(super) fn told(&mut self, visible: &FixedBitSet, tick: Tick) {
        self.forget();
        self.known.union_with(visible);
        self.base = Some(tick);
        self.full_at = tick;
        self.nearby_at = tick;
        self.ack = None;
    }

    /// Returns whether a slot that changed since [`Self::full_at`] must be sent now. Distant slots
    /// wait for the full turn.
    pub(super) fn notice(&mut self, slot: usize, record: &Record, is_nearby: bool) -> bool {
        let is_news = !self.ahead.contains(slot) || record.changed_since(self.nearby_at);
        if is_news {
            self.ahead.set(slot, is_nearby);
        }
        is_news && is_nearby
    }

    /// Notes that everything nearby was checked, and sent if it changed.
    pub(super) fn told_nearby(&mut self, has_news: bool, tick: Tick) {
        self.nearby_at = tick;
        if has_news {
            self.base = Some(tick);
        }
    }

    /// Notes the last applied command, which is sent if it differs from the one before.
    pub(super) fn note(&mut self, ack: Option<Ack>) {
        if ack != self.noted {
            self.noted = ack;
            self.ack = ack;
        }
    }
}
