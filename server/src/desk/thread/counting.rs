//! The timeouts of the desk, its metrics, and the view for the admin port.

use std::{collections::BTreeMap, sync::PoisonError, time::Instant};

use super::{DeskView, desk_thread::DeskThread};
use crate::system_random;

impl DeskThread {
    pub(super) fn tick(&mut self, now: Instant) {
        let random = &mut system_random::random_bits;
        self.desk.tick(now, random, &mut self.actions);
        self.perform_all(now);
        let dropped = self.desk.dropped();
        let more = dropped.saturating_sub(self.dropped);
        self.metrics.edge.dropped_per_session.increment(more);
        self.dropped = dropped;
        self.count_types();
    }

    /// Sets the gauges of the room types.
    fn count_types(&self) {
        let (worlds, rooms) = (self.desk.worlds(), self.desk.rooms());
        let mut counts: BTreeMap<Option<&str>, (u32, u32, u32)> = BTreeMap::new();
        for world in &worlds {
            counts.entry(world.kind.room_type()).or_default().0 += 1;
        }
        for room in &rooms {
            let (_, count, players) = counts.entry(Some(room.status.room_type.as_str())).or_default();
            *count += 1;
            *players += room.status.players;
        }
        for (name, metrics) in self.types.all() {
            let (worlds, rooms, players) = counts.get(&name).copied().unwrap_or_default();
            metrics.worlds.set(worlds);
            metrics.rooms.set(rooms);
            metrics.players.set(players);
        }
    }

    pub(super) fn copy_view(&mut self) {
        let view = DeskView {
            worlds: self.desk.worlds(),
            rooms: self.desk.rooms(),
        };
        self.is_changed = false;
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
    }
}
