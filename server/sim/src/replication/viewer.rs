//! What one viewer was told.

use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::{SessionId, Slot, Tick},
    snapshot::Ack,
};

/// A player as someone who is sent snapshots.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) session: SessionId,
    pub(super) stay: u8,
    /// Cannot take snapshots now.
    pub(super) held: bool,
    /// The tick of the last snapshot sent, which is what the next one builds on.
    pub(super) base: Option<Tick>,
    /// The last tick of which it knows everything it can see: without news there is no snapshot, but it is as
    /// good as told.
    pub(super) synced: Tick,
    /// Slots that its client knows.
    pub(super) known: FixedBitSet,
    /// Slots that its client knows, but whose player has left the room.
    pub(super) gone: FixedBitSet,
    /// An acknowledgement that was not sent yet.
    pub(super) ack: Option<Ack>,
    /// The acknowledgement that was sent or noted last.
    noted: Option<Ack>,
}

impl Viewer {
    pub(super) fn new(session: SessionId, stay: u8, pool: usize) -> Self {
        let none = FixedBitSet::with_capacity(pool);
        Self {
            session,
            stay,
            held: false,
            base: None,
            synced: Tick(0),
            known: none.clone(),
            gone: none,
            ack: None,
            noted: None,
        }
    }

    pub(super) fn grow(&mut self, pool: usize) {
        self.known.grow(pool);
        self.gone.grow(pool);
    }

    /// A slot's player left.
    pub(super) fn lose(&mut self, slot: Slot) {
        if self.known.contains(slot.index()) {
            self.known.set(slot.index(), false);
            self.gone.insert(slot.index());
        }
    }

    /// Its client is taken to know nothing.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.gone.clear();
    }

    /// A snapshot was written: its client knows all that is visible now.
    pub(super) fn told(&mut self, visible: &FixedBitSet, tick: Tick) {
        self.forget();
        self.known.union_with(visible);
        self.base = Some(tick);
        self.synced = tick;
        self.ack = None;
    }

    /// Notes the last command applied; to be sent if it is another one than before.
    pub(super) fn note(&mut self, ack: Option<Ack>) {
        if ack != self.noted {
            self.noted = ack;
            self.ack = ack;
        }
    }
}
