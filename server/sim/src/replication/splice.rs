//! Each viewer's frame: a header and the byte ranges of what it can see and what changed.

use bevy_ecs::prelude::*;
use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::{SessionId, Slot, Tick},
    limits::{HEARTBEAT_TICKS, MAX_BASE_AGE},
    motion::UNITS_PER_PX,
    snapshot::{Builder, flags},
};

use super::{
    Replica,
    changes::Changes,
    encode::{Arena, ones},
    record::Record,
    viewer::Viewer,
    watchers::Watcher,
};
use crate::{
    clock::Clock,
    config::Interest,
    outbox::Outbox,
    output::{Lane, OutFrame, TickOutput},
    pace::Due,
    proximity::Proximity,
    requests::Inbox,
    rooms::{Room, Rooms, Seats},
    simulation::Setup,
};

/// Writes the frames of this tick, room by room and slot by slot, and those of watchers last. Per viewer this is bit operations and copies.
pub(super) fn splice(
    mut rooms: Query<(&mut Replica, &Seats, &Proximity)>,
    epochs: Query<&Room>,
    directory: Res<Rooms>,
    (clock, setup, inbox): (Res<Clock>, Res<Setup>, Res<Inbox>),
    mut outbox: ResMut<Outbox>,
) {
    let pace = inbox.input.pace;
    let close = i64::from(setup.rules.near_px) * i64::from(UNITS_PER_PX) / 2;
    let close_squared = close * close;
    for room in directory.occupied() {
        let Ok((mut replica, seats, proximity)) = rooms.get_mut(room) else {
            continue;
        };
        let epoch = epochs.get(room).map_or(0, |room| room.epoch.0);
        let Replica {
            records,
            viewers,
            changes,
            arena,
        } = &mut *replica;
        arena.begin(clock.tick, records.len());
        let out = &mut outbox.out;
        for (slot, viewer) in viewers.iter_mut().enumerate() {
            let Some(viewer) = viewer else { continue };
            viewer.recover(clock.tick);
            out.counts.viewers[pace.cadence(viewer.own) as usize] += 1;
            if viewer.held {
                out.counts.held += 1;
                continue;
            }
            let phase = epoch.wrapping_add(slot as u32);
            let told = viewer.base.and(Some(viewer.synced));
            let due = pace.due(viewer.own, phase, clock.tick, told);
            if due == Due::Nothing {
                continue;
            }
            let Some(visible) = visible(setup.rules.interest, Slot(slot as u16), seats, proximity) else {
                continue;
            };
            let mut frame = Frame {
                viewer,
                visible,
                records,
                changes,
                arena,
                tick: clock.tick,
            };
            if due == Due::Close {
                frame.write_close(Slot(slot as u16), close_squared, out);
            } else {
                frame.write(&mut out.bytes, &mut out.frames);
            }
        }
    }
    let Outbox { out, watchers } = &mut *outbox;
    watchers.serve(|watcher| {
        let Ok((mut replica, seats, proximity)) = rooms.get_mut(watcher.room) else {
            return false;
        };
        watch(
            watcher,
            (&mut replica, seats, proximity),
            setup.rules.interest,
            clock.tick,
            out,
        );
        true
    });
}

/// Between two ticks: writes the full snapshot of a watcher that was sent none yet. False if there is none to write.
pub(crate) fn show(world: &mut World, session: SessionId, out: &mut TickOutput) -> bool {
    let (tick, interest) = (
        world.resource::<Clock>().tick,
        world.resource::<Setup>().rules.interest,
    );
    world.resource_scope(|world, mut outbox: Mut<Outbox>| {
        let Some(watcher) = outbox.watchers.get_mut(session) else {
            return false;
        };
        let Ok(mut room) = world.get_entity_mut(watcher.room) else {
            return false;
        };
        let parts = room.get_components_mut::<(&mut Replica, &Seats, &Proximity)>();
        let Ok((mut replica, seats, proximity)) = parts else {
            return false;
        };
        watcher.viewer.base.is_none() && watch(watcher, (&mut replica, seats, proximity), interest, tick, out)
    })
}

/// Writes a watcher's frame; false if there is none to write.
fn watch(
    watcher: &mut Watcher,
    (replica, seats, proximity): (&mut Replica, &Seats, &Proximity),
    interest: Interest,
    tick: Tick,
    out: &mut TickOutput,
) -> bool {
    if watcher.viewer.held {
        return false;
    }
    let visible = match watcher.followed {
        None => Some(seats.taken()),
        Some(followed) => visible(interest, followed.slot, seats, proximity),
    };
    let Some(visible) = visible else { return false };
    replica.grow(seats.pool());
    let Replica {
        records,
        changes,
        arena,
        ..
    } = replica;
    // Nobody begins the arena of a room in which nobody is.
    arena.begin(tick, records.len());
    watcher.viewer.grow(records.len());
    let mut frame = Frame {
        viewer: &mut watcher.viewer,
        visible,
        records,
        changes,
        arena,
        tick,
    };
    let before = out.watched.len();
    frame.write(&mut out.bytes, &mut out.watched);
    out.watched.len() > before
}

/// The slots that the player in a slot sees.
fn visible<'a>(
    interest: Interest,
    slot: Slot,
    seats: &'a Seats,
    proximity: &'a Proximity,
) -> Option<&'a FixedBitSet> {
    match interest {
        Interest::All => Some(seats.taken()),
        Interest::Near => proximity.near(slot),
    }
}

/// One viewer's frame in the making.
pub(super) struct Frame<'a> {
    pub(super) viewer: &'a mut Viewer,
    pub(super) visible: &'a FixedBitSet,
    pub(super) records: &'a [Record],
    pub(super) changes: &'a Changes,
    pub(super) arena: &'a mut Arena,
    pub(super) tick: Tick,
}

impl Frame<'_> {
    fn write(&mut self, bytes: &mut Vec<u8>, frames: &mut Vec<OutFrame>) {
        let start = bytes.len() as u32;
        let base = self
            .viewer
            .base
            .filter(|&base| self.tick.since(base) <= MAX_BASE_AGE);
        match base {
            None => self.write_full(bytes),
            Some(base) => {
                let delta = self.delta();
                self.viewer.synced = self.tick;
                if !self.has_news(delta, base) {
                    return;
                }
                self.write_delta(delta, base, bytes);
            }
        }
        self.viewer.told(self.visible, self.tick);
        self.finish(start, bytes, frames);
    }

    /// The updates since what the viewer knows.
    pub(super) fn delta(&mut self) -> usize {
        self.arena
            .delta(self.viewer.synced, self.records, self.changes, self.visible)
    }

    /// The bytes from `start` on are the frame.
    pub(super) fn finish(&self, start: u32, bytes: &[u8], frames: &mut Vec<OutFrame>) {
        frames.push(OutFrame {
            session: self.viewer.session,
            lane: Lane::Snapshot,
            start,
            end: bytes.len() as u32,
        });
    }

    /// Whether anything must be said: a change, an acknowledgement, or a sign of life.
    fn has_news(&self, delta: usize, base: Tick) -> bool {
        let changed = self.arena.get(delta).changed.as_slice();
        let (visible, known, gone) = self.words();
        self.viewer.ack.is_some()
            || self.tick.since(base) >= HEARTBEAT_TICKS
            || (0..visible.len()).any(|word| {
                visible[word] != known[word] || gone[word] != 0 || visible[word] & changed[word] != 0
            })
    }

    fn write_full(&mut self, bytes: &mut Vec<u8>) {
        self.viewer.forget();
        let mut builder = Builder::begin(bytes, self.viewer.stay, self.tick, None, self.viewer.ack);
        builder.section(flags::ENTERS, |out| self.write_enters(out));
    }

    /// All three sections are decided by what the client knew before this frame.
    fn write_delta(&mut self, delta: usize, base: Tick, bytes: &mut Vec<u8>) {
        let mut builder = Builder::begin(bytes, self.viewer.stay, self.tick, Some(base), self.viewer.ack);
        builder.section(flags::LEAVES, |out| self.write_leaves(out));
        builder.section(flags::ENTERS, |out| self.write_enters(out));
        builder.section(flags::UPDATES, |out| {
            let (visible, known, _) = self.words();
            self.arena
                .copy_updates(delta, |word| visible[word] & known[word], out)
        });
    }

    fn write_leaves(&self, out: &mut Vec<u8>) -> u16 {
        let mut count = 0;
        let (visible, known, gone) = self.words();
        for slot in ones(visible.len(), |word| gone[word] | known[word] & !visible[word]) {
            out.extend_from_slice(&(slot as u16).to_le_bytes());
            count += 1;
        }
        count
    }

    fn write_enters(&mut self, out: &mut Vec<u8>) -> u16 {
        let mut count = 0;
        let (visible, known) = (self.visible.as_slice(), self.viewer.known.as_slice());
        for slot in ones(visible.len(), |word| visible[word] & !known[word]) {
            self.arena.copy_enter(slot, self.records, out);
            count += 1;
        }
        count
    }

    pub(super) fn words(&self) -> (&[usize], &[usize], &[usize]) {
        (
            self.visible.as_slice(),
            self.viewer.known.as_slice(),
            self.viewer.gone.as_slice(),
        )
    }
}
