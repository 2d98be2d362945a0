//! What one viewer was told.

use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::{SessionId, Slot, Tick},
    snapshot::Ack,
};
use parlour_tick::PaceLevel;

use super::record::Record;

/// Steps down whenever the connection takes no data: from 60 to 30, 20, 10 times a second.
const DOWN: u8 = 2;
/// Ticks without being held until it goes up by one: it takes 3 s from the last step to the first.
const RELIEF_TICKS: u32 = 30;

/// A player as someone who is sent snapshots.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) session: SessionId,
    pub(super) view: u8,
    /// Cannot take snapshots now.
    pub(super) held: bool,
    /// The tick of the last snapshot sent, which is what the next one builds on.
    pub(super) base: Option<Tick>,
    /// The last tick of which it knows everything it can see: without news there is no snapshot, but it is as
    /// good as told.
    pub(super) synced: Tick,
    /// When it had its turn last, whether there was news or not.
    pub(super) turn: Tick,
    /// Slots that its client knows.
    pub(super) known: FixedBitSet,
    /// Slots that its client knows, but whose player has left the room.
    pub(super) gone: FixedBitSet,
    /// How far it has gone down by itself, because its connection took no data.
    pub(super) own: PaceLevel,
    /// When it goes up again by a step.
    relief: Tick,
    /// Slots that were close and of which it was told more than of the others since [`Self::synced`].
    ahead: FixedBitSet,
    /// When what is close was looked at last.
    looked: Tick,
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
            synced: Tick(0),
            turn: Tick(0),
            known: none.clone(),
            gone: none.clone(),
            own: PaceLevel::FULL,
            relief: Tick(0),
            ahead: none,
            looked: Tick(0),
            ack: None,
            noted: None,
        }
    }

    pub(super) fn grow(&mut self, pool: usize) {
        self.known.grow(pool);
        self.gone.grow(pool);
        self.ahead.grow(pool);
    }

    /// Whether its connection takes data. If it took none, this viewer is told more seldom for a while.
    pub(super) fn hold(&mut self, held: bool, tick: Tick) {
        if held && !self.held {
            self.own = self.own.down(DOWN);
            self.relief = tick.after(RELIEF_TICKS);
        }
        self.held = held;
    }

    /// Goes up by a step if it has been long enough without being held.
    pub(super) fn recover(&mut self, tick: Tick) {
        if self.held {
            self.relief = tick.after(RELIEF_TICKS);
        } else if self.own != PaceLevel::FULL && tick >= self.relief {
            self.own = self.own.up();
            self.relief = tick.after(RELIEF_TICKS);
        }
    }

    /// A slot's player left.
    pub(super) fn lose(&mut self, slot: Slot) {
        if self.known.contains(slot.index()) {
            self.known.set(slot.index(), false);
            self.gone.insert(slot.index());
            self.ahead.set(slot.index(), false);
        }
    }

    /// Its client is taken to know nothing.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.gone.clear();
        self.ahead.clear();
    }

    /// A snapshot was written: its client knows all that is visible now.
    pub(super) fn told(&mut self, visible: &FixedBitSet, tick: Tick) {
        self.forget();
        self.known.union_with(visible);
        self.base = Some(tick);
        self.synced = tick;
        self.looked = tick;
        self.ack = None;
    }

    /// What a look at a slot that changed since [`Self::synced`] comes to: whether it is to be told now. What is far away
    /// waits.
    pub(super) fn notice(&mut self, slot: usize, record: &Record, is_nearby: bool) -> bool {
        let is_news = !self.ahead.contains(slot) || record.changed_since(self.looked);
        if is_news {
            self.ahead.set(slot, is_nearby);
        }
        is_news && is_nearby
    }

    /// All that is close was looked at, and told if there was news.
    pub(super) fn told_nearby(&mut self, has_news: bool, tick: Tick) {
        self.looked = tick;
        if has_news {
            self.base = Some(tick);
        }
    }

    /// Notes the last command applied; to be sent if it is another one than before.
    pub(super) fn note(&mut self, ack: Option<Ack>) {
        if ack != self.noted {
            self.noted = ack;
            self.ack = ack;
        }
    }
}
