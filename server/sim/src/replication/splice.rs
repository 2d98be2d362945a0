//! Each viewer's frame: a header and the byte ranges of what it can see and what changed.

use bevy_ecs::prelude::*;
use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::{Slot, Tick},
    limits::{HEARTBEAT_TICKS, MAX_BASE_AGE},
    snapshot::{Builder, flags},
};

use super::{
    Replica,
    encode::{Arena, ones},
    record::Record,
    viewer::Viewer,
};
use crate::{
    clock::Clock,
    config::Interest,
    outbox::Outbox,
    output::{Lane, OutFrame, TickOutput},
    proximity::Proximity,
    rooms::{Rooms, Seats},
    simulation::Setup,
};

/// Writes the frames of this tick, room by room and slot by slot. Per viewer this is bit operations and copies.
pub(super) fn splice(
    mut rooms: Query<(&mut Replica, &Seats, &Proximity)>,
    directory: Res<Rooms>,
    clock: Res<Clock>,
    setup: Res<Setup>,
    mut outbox: ResMut<Outbox>,
) {
    for room in directory.occupied() {
        let Ok((mut replica, seats, proximity)) = rooms.get_mut(room) else {
            continue;
        };
        let Replica {
            records,
            viewers,
            changed,
            arena,
        } = &mut *replica;
        arena.begin(clock.tick, records.len());
        for (slot, viewer) in viewers.iter_mut().enumerate() {
            let Some(viewer) = viewer.as_mut().filter(|viewer| !viewer.held) else {
                continue;
            };
            let visible = match setup.rules.interest {
                Interest::All => seats.taken(),
                Interest::Near => match proximity.near(Slot(slot as u16)) {
                    Some(near) => near,
                    None => continue,
                },
            };
            let mut frame = Frame {
                viewer,
                visible,
                records,
                changed,
                arena,
                tick: clock.tick,
            };
            frame.write(&mut outbox.out);
        }
    }
}

/// One viewer's frame in the making.
struct Frame<'a> {
    viewer: &'a mut Viewer,
    visible: &'a FixedBitSet,
    records: &'a [Record],
    changed: &'a FixedBitSet,
    arena: &'a mut Arena,
    tick: Tick,
}

impl Frame<'_> {
    fn write(&mut self, out: &mut TickOutput) {
        let start = out.bytes.len() as u32;
        let base = self
            .viewer
            .base
            .filter(|&base| self.tick.since(base) <= MAX_BASE_AGE);
        match base {
            None => self.write_full(&mut out.bytes),
            Some(base) => {
                let delta = self.arena.delta(self.viewer.synced, self.records, self.changed);
                self.viewer.synced = self.tick;
                if !self.has_news(delta, base) {
                    return;
                }
                self.write_delta(delta, base, &mut out.bytes);
            }
        }
        self.viewer.told(self.visible, self.tick);
        let end = out.bytes.len() as u32;
        out.frames.push(OutFrame {
            session: self.viewer.session,
            lane: Lane::Snapshot,
            start,
            end,
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

    fn words(&self) -> (&[usize], &[usize], &[usize]) {
        (
            self.visible.as_slice(),
            self.viewer.known.as_slice(),
            self.viewer.gone.as_slice(),
        )
    }
}
