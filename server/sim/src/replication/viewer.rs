//! The state of a viewer: what it was sent, and when.

use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::{SessionId, Slot, Tick},
    snapshot::Ack,
};
use parlour_tick::{Cadence, PaceLevel};

use super::{known_players::KnownPlayers, record::Record};

/// The number of levels by which the pace of a viewer drops each time it is held: from 60 to 30,
/// 20, 10 times a second.
const DOWN: u8 = 2;
/// The number of ticks without a hold after which the level rises by one. It takes 3 s from the
/// lowest level to full pace.
const RECOVER_TICKS: u32 = 30;

/// A player or watcher that is sent snapshots.
///
/// `base` is never newer than the newer of `full_at` and `nearby_at`, and none of these three ticks
/// is in the future. ARCHITECTURE.md, "The states of a viewer", shows how they move.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) session: SessionId,
    pub(super) view: u8,
    /// Whether the viewer is sent no snapshots because its connection accepts no data.
    pub(super) held: bool,
    /// The tick of the last snapshot sent, to which the next one is relative. `None` before the
    /// first snapshot, which is full.
    pub(super) base: Option<Tick>,
    /// The last full tick, with or without changes. The client knows everything that was visible at
    /// that tick.
    pub(super) full_at: Tick,
    /// The last nearby tick, or the last full tick with a change.
    nearby_at: Tick,
    /// The players that the client knows.
    pub(super) players: KnownPlayers,
    /// The objects that the client knows since [`Self::full_at`], by slot. They may have left the
    /// room.
    pub(super) known_objects: Vec<Slot>,
    /// The pace level of this viewer. It drops when the connection accepts no data.
    pub(super) level: PaceLevel,
    /// The tick at which the level rises by one.
    recover_at: Tick,
    /// An acknowledgement that was not sent yet.
    pub(super) ack: Option<Ack>,
    /// The acknowledgement that was sent or noted last.
    noted: Option<Ack>,
}

impl Viewer {
    pub(super) fn new(session: SessionId, view: u8, slot_count: usize) -> Self {
        Self {
            session,
            view,
            held: false,
            base: None,
            full_at: Tick(0),
            nearby_at: Tick(0),
            players: KnownPlayers::new(slot_count),
            known_objects: Vec::new(),
            level: PaceLevel::FULL,
            recover_at: Tick(0),
            ack: None,
            noted: None,
        }
    }

    /// Sets whether the viewer is held. Each new hold lowers its pace for a while.
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

    /// Resets the viewer to a client that knows nothing.
    pub(super) fn forget(&mut self) {
        self.full_at = Tick(0);
        self.known_objects.clear();
        self.players.clear();
    }

    /// Notes the ticks after `after` that were skipped, in which nothing was sent: the state is as
    /// if they had run, at cadences `full` and `nearby`.
    pub(super) fn note_skipped(
        &mut self,
        after: Tick,
        now: Tick,
        phase: u32,
        (full, nearby): (Cadence, Cadence),
    ) {
        if self.held {
            self.recover_at = now.after(RECOVER_TICKS);
        } else if self.base.is_some() {
            let is_full = |turn: u32| turn.is_multiple_of(full.every_ticks());
            if let Some(tick) = last_due((after, now), phase, full, |_| false) {
                self.full_at = tick;
            }
            if nearby < full
                && let Some(tick) = last_due((after, now), phase, nearby, is_full)
            {
                self.nearby_at = tick;
            }
        }
    }

    /// Notes that a full tick wrote a snapshot: the client now knows all visible players. The
    /// objects that it knows are noted separately.
    pub(super) fn note_full_tick(&mut self, visible: &FixedBitSet, tick: Tick) {
        self.players.replace(visible);
        self.base = Some(tick);
        self.full_at = tick;
        self.nearby_at = tick;
        self.ack = None;
    }

    /// Returns whether a nearby tick must send a slot that changed since [`Self::full_at`], and
    /// notes that it does. Distant slots wait for the full tick.
    pub(super) fn take_nearby_change(&mut self, slot: usize, record: &Record, is_nearby: bool) -> bool {
        let is_news = !self.players.is_ahead(slot) || record.changed_since(self.nearby_at);
        if is_news {
            self.players.set_ahead(slot, is_nearby);
        }
        is_news && is_nearby
    }

    /// Notes that a nearby tick sent all nearby changes.
    pub(super) fn note_nearby_tick(&mut self, has_news: bool, tick: Tick) {
        self.nearby_at = tick;
        if has_news {
            self.base = Some(tick);
        }
    }

    /// Notes the last applied command. Its acknowledgement is sent if the command is new.
    pub(super) fn note(&mut self, ack: Option<Ack>) {
        if ack != self.noted {
            self.noted = ack;
            self.ack = ack;
        }
    }
}

/// Returns the last tick of a range, after `after`, in which a cadence is due and `unless` is not.
fn last_due(
    (after, now): (Tick, Tick),
    phase: u32,
    cadence: Cadence,
    unless: impl Fn(u32) -> bool,
) -> Option<Tick> {
    // The slowest cadence is every sixth tick, and a tick that is due for two repeats as often.
    let first = now.0.saturating_sub(2 * Cadence::Hz10.every_ticks()).max(after.0) + 1;
    (first..=now.0)
        .rev()
        .find(|tick| {
            let turn = tick.wrapping_add(phase);
            turn.is_multiple_of(cadence.every_ticks()) && !unless(turn)
        })
        .map(Tick)
}
