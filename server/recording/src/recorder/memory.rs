//! Bounds the memory of the histories of all worlds together.

use std::{collections::BTreeMap, time::Instant};

use parlour_tick::WorldId;

use super::{history::HistorySize, log_limit::LogLimit, world_state::WorldState};

/// The memory that all histories take, and how much they may take.
#[derive(Debug)]
pub(super) struct HistoryMemory {
    /// The maximum of all histories, in bytes. Their last stretches do not give way.
    pub(super) max_bytes: usize,
    /// The maximum of all last stretches, in bytes.
    pub(super) max_last_bytes: usize,
    pub(super) used: HistorySize,
    warned: LogLimit,
}

impl HistoryMemory {
    pub(super) fn new(max_bytes: usize, max_last_bytes: usize) -> Self {
        Self {
            max_bytes,
            max_last_bytes,
            used: HistorySize::default(),
            warned: LogLimit::default(),
        }
    }

    /// Notes that the history of a world had one size, and now has another.
    pub(super) fn changed(&mut self, before: HistorySize, now: HistorySize) {
        self.used.earlier = self.used.earlier - before.earlier + now.earlier;
        self.used.last = self.used.last - before.last + now.last;
    }

    /// Returns the bytes of all histories.
    pub(super) fn total(&self) -> usize {
        self.used.earlier + self.used.last
    }

    /// Drops what is over the limits. The world whose history before its last saved world is the
    /// largest loses the earliest stretch of it, until all fit. The last stretches have their own
    /// limit: over it, the largest is dropped, and that world cannot be recovered until it is
    /// saved again.
    pub(super) fn bound(&mut self, worlds: &mut BTreeMap<WorldId, WorldState>) {
        while self.total() > self.max_bytes && self.used.earlier > 0 {
            let Some(largest) = worlds.values_mut().max_by_key(|world| world.memory().earlier) else {
                return;
            };
            let before = largest.memory();
            if !largest.history.drop_earliest() {
                return;
            }
            self.changed(before, largest.memory());
        }
        while self.used.last > self.max_last_bytes {
            let Some(largest) = worlds.values_mut().max_by_key(|world| world.memory().last) else {
                return;
            };
            let before = largest.memory();
            if self.warned.allows(Instant::now()) {
                tracing::warn!(
                    world = largest.context.name,
                    bytes = before.last,
                    "the saved worlds are too large for the memory of recoveries: this world cannot be recovered until it is saved again"
                );
            }
            largest.history.clear();
            self.changed(before, largest.memory());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::recorder::{
        batch::samples::{saved_of, second_of},
        context::samples::world,
        history::History,
    };

    /// Returns worlds that were recorded for so many seconds, with a saved world every ten.
    fn recorded(seconds: [u32; 3]) -> (BTreeMap<WorldId, WorldState>, HistorySize) {
        let mut worlds = BTreeMap::new();
        let mut used = HistorySize::default();
        for (id, seconds) in (0..).zip(seconds) {
            let context = world(id, "w");
            let mut state = WorldState::new(context, History::new(Duration::MAX));
            for nth in 0..seconds {
                state.history.push(second_of(&state.context, nth * 60 + 1));
                if (nth + 1) % 10 == 0 {
                    state.history.push(saved_of(&state.context, (nth + 1) * 60));
                }
            }
            used.earlier += state.memory().earlier;
            used.last += state.memory().last;
            worlds.insert(WorldId(id), state);
        }
        (worlds, used)
    }

    fn seconds(worlds: &BTreeMap<WorldId, WorldState>) -> Vec<u32> {
        worlds.values().map(|world| world.history.len() / 60).collect()
    }

    #[test]
    fn the_largest_history_gives_way() {
        let (mut worlds, used) = recorded([15, 75, 35]);
        let mut memory = HistoryMemory::new(used.earlier + used.last, usize::MAX);
        memory.used = used;
        memory.bound(&mut worlds);
        assert_eq!(seconds(&worlds), [15, 75, 35], "all fit");
        memory.max_bytes -= 1;
        memory.bound(&mut worlds);
        assert_eq!(seconds(&worlds), [15, 65, 35]);
        memory.max_bytes = memory.max_bytes * 3 / 5;
        memory.bound(&mut worlds);
        assert_eq!(seconds(&worlds), [15, 25, 25]);
        memory.max_bytes = 0;
        memory.bound(&mut worlds);
        assert_eq!(seconds(&worlds), [5, 5, 5], "what a recovery needs stays");
        let sizes = worlds.values().map(WorldState::memory);
        assert_eq!(memory.used.last, sizes.map(|size| size.last).sum::<usize>());
        assert_eq!(memory.used.earlier, 0);
    }

    #[test]
    fn what_recoveries_need_has_a_limit_of_its_own() {
        let (mut worlds, used) = recorded([15, 79, 32]);
        let mut memory = HistoryMemory::new(usize::MAX, used.last - 1);
        memory.used = used;
        memory.bound(&mut worlds);
        assert_eq!(seconds(&worlds), [15, 0, 32]);
        assert_eq!(
            memory.used.last,
            worlds[&WorldId(0)].memory().last + worlds[&WorldId(2)].memory().last
        );
    }
}
