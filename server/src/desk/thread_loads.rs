//! The tick threads, and which of them a world gets.

use std::collections::BTreeSet;

/// The load that a new world is assumed to add to a thread until the thread reports its load again.
const NEW_WORLD: f32 = 0.002;

/// The load below which a thread without guests is free for a world that makes its thread late.
const FREE: f32 = 0.1;

/// The load to which such a world may bring a thread with guests. A thread is late from a load of 1
/// on, and a measured load is an average over a second.
const HALF_FULL: f32 = 0.5;

/// All tick threads.
#[derive(Debug)]
pub(super) struct ThreadLoads(Vec<ThreadLoad>);

/// A tick thread.
#[derive(Clone, Copy, Debug, Default)]
struct ThreadLoad {
    guests: usize,
    worlds: usize,
    /// The share of its time that it worked in the last second.
    load: f32,
    /// Whether it finished no tick lately. Its load is of the time before.
    stands: bool,
}

impl ThreadLoads {
    /// Returns this number of threads without worlds.
    pub(super) fn new(threads: usize) -> Self {
        Self(vec![ThreadLoad::default(); threads.max(1)])
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the number of sessions in the worlds of a thread.
    pub(super) fn guests(&self, thread: usize) -> usize {
        self.0[thread].guests
    }

    /// Counts a new world.
    pub(super) fn add_new_world(&mut self, thread: usize) {
        self.add_world(thread, 0);
        self.0[thread].load += NEW_WORLD;
    }

    /// Counts a world with its guests that needs this share of a thread. The next load that the
    /// thread reports contains it.
    pub(super) fn add_busy_world(&mut self, thread: usize, guests: usize, share: f32) {
        self.add_world(thread, guests);
        if share.is_finite() {
            self.0[thread].load += share;
        }
    }

    /// Counts a world with its guests.
    fn add_world(&mut self, thread: usize, guests: usize) {
        self.0[thread].worlds += 1;
        self.0[thread].guests += guests;
    }

    /// Forgets a world with its guests.
    pub(super) fn remove_world(&mut self, thread: usize, guests: usize) {
        self.0[thread].worlds -= 1;
        self.0[thread].guests -= guests;
    }

    pub(super) fn add_guest(&mut self, thread: usize) {
        self.0[thread].guests += 1;
    }

    pub(super) fn remove_guest(&mut self, thread: usize) {
        self.0[thread].guests -= 1;
    }

    /// Sets the measured load of a thread.
    pub(super) fn set_load(&mut self, thread: usize, load: f32) {
        if let Some(thread) = self.0.get_mut(thread)
            && load.is_finite()
        {
            thread.load = load;
        }
    }

    /// Returns the average share of a thread that a world on it needs beside the one that needs
    /// this share.
    pub(super) fn share_beside(&self, thread: usize, share: f32) -> f32 {
        let thread = self.0[thread];
        let others = thread.worlds.saturating_sub(1).max(1);
        ((thread.load - share) / others as f32).max(NEW_WORLD)
    }

    /// Sets whether a thread stands still.
    pub(super) fn set_standing(&mut self, thread: usize, stands: bool) {
        if let Some(thread) = self.0.get_mut(thread) {
            thread.stands = stands;
        }
    }

    /// Returns whether a thread stands still and others do not, so that nothing new belongs there.
    pub(super) fn is_avoided(&self, thread: usize) -> bool {
        self.0[thread].stands && !self.0.iter().all(|thread| thread.stands)
    }

    /// Returns the thread with the fewest sessions in its worlds, of those that tick.
    pub(super) fn emptiest(&self) -> usize {
        let threads = self.0.iter().enumerate();
        threads
            .min_by_key(|(at, thread)| (thread.stands, thread.guests, *at))
            .map_or(0, |(at, _)| at)
    }

    /// Returns the thread with the least load, and of several the one with the fewest worlds, of
    /// those that tick.
    pub(super) fn idlest(&self) -> usize {
        let threads = self.0.iter().enumerate();
        threads
            .min_by(|(_, one), (_, other)| {
                let by_load = one.load.total_cmp(&other.load);
                let of_ticking = by_load.then(one.worlds.cmp(&other.worlds));
                one.stands.cmp(&other.stands).then(of_ticking)
            })
            .map_or(0, |(at, _)| at)
    }

    /// Returns the thread with the least load on which a world that needs this share of a thread
    /// delays nobody: it ticks, and has no guests, or much room. Not one of `except`.
    pub(super) fn with_room(&self, share: f32, except: &BTreeSet<usize>) -> Option<usize> {
        let has_room = |thread: &ThreadLoad| {
            let is_free = thread.guests == 0 && thread.load < FREE;
            !thread.stands && (is_free || thread.load + share < HALF_FULL)
        };
        let threads = self.0.iter().enumerate();
        threads
            .filter(|(at, thread)| !except.contains(at) && has_room(thread))
            .min_by(|(_, one), (_, other)| one.load.total_cmp(&other.load))
            .map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_that_needs_a_whole_thread_goes_where_nobody_is() {
        let mut threads = ThreadLoads::new(4);
        for (thread, load) in [(0, 1.2), (1, 0.01), (2, 0.09), (3, 0.2)] {
            threads.set_load(thread, load);
        }
        let present = BTreeSet::from([0]);
        assert_eq!(threads.with_room(1.1, &present), Some(1));
        threads.add_guest(1);
        assert_eq!(threads.with_room(1.1, &present), Some(2));
        assert_eq!(threads.with_room(1.1, &BTreeSet::from([0, 2])), None);
        threads.set_load(2, 0.1);
        assert_eq!(threads.with_room(1.1, &present), None, "something works there");
    }

    #[test]
    fn a_thread_that_stands_still_gets_nothing_unless_all_do() {
        let mut threads = ThreadLoads::new(3);
        for (thread, load) in [(0, 0.0), (1, 0.3), (2, 0.2)] {
            threads.set_load(thread, load);
        }
        (0..2).for_each(|_| threads.add_guest(1));
        threads.add_guest(2);
        let none = BTreeSet::new();
        let chosen = |threads: &ThreadLoads| {
            let room = threads.with_room(0.1, &none);
            (threads.emptiest(), threads.idlest(), room, threads.is_avoided(0))
        };
        assert_eq!(chosen(&threads), (0, 0, Some(0), false));
        threads.set_standing(0, true);
        assert_eq!(chosen(&threads), (2, 2, Some(2), true));
        threads.set_standing(2, true);
        assert_eq!(chosen(&threads), (1, 1, Some(1), true));
        threads.set_standing(1, true);
        assert_eq!(chosen(&threads), (0, 0, None, false));
        threads.set_standing(0, false);
        assert_eq!(chosen(&threads), (0, 0, Some(0), false));
    }

    #[test]
    fn a_thread_with_a_busy_world_is_not_free_before_its_next_report_either() {
        let mut threads = ThreadLoads::new(2);
        let present = BTreeSet::from([0]);
        assert_eq!(threads.with_room(0.9, &present), Some(1));
        threads.add_busy_world(1, 0, 0.9);
        assert_eq!(threads.with_room(0.9, &present), None);
        threads.set_load(1, 0.0);
        assert_eq!(threads.with_room(0.9, &present), Some(1));
    }

    #[test]
    fn a_small_world_goes_where_much_room_is() {
        let mut threads = ThreadLoads::new(3);
        for (thread, load) in [(0, 1.2), (1, 0.3), (2, 0.4)] {
            threads.set_load(thread, load);
            threads.add_guest(thread);
        }
        let present = BTreeSet::from([0]);
        assert_eq!(threads.with_room(0.1, &present), Some(1));
        assert_eq!(threads.with_room(0.3, &present), None);
    }
}
