//! The ids of sessions, and the place of a session: the world whose player it controls.

use std::time::{SystemTime, UNIX_EPOCH};

use parlour_shared::ids::SessionId;
use parlour_tick::WorldId;

/// The maximum number of I/O threads: a set of them is 64 bits ([`IoThreads`]).
pub(crate) const MAX_IO_THREADS: usize = 64;
/// The maximum number of tick threads. More than a machine has cores make no sense, and each pair
/// of an I/O thread and a tick thread has a ring.
pub(crate) const MAX_TICK_THREADS: usize = 64;

/// A world, and the tick thread that steps it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WorldPlace {
    /// The number of the tick thread.
    pub(crate) thread: usize,
    /// The world.
    pub(crate) world: WorldId,
}

/// Returns a session id: `start << 34 | serial << 6 | thread`. It is an identity, and does not say
/// where the connection of the session is. `thread` is the I/O thread that opened the session, so
/// that two threads never make the same id, and the ids of one thread sort by age. Ids have 53
/// bits, because JSON numbers are exact only up to 2^53. A thread repeats its ids after 2^28
/// sessions, which takes three days at a thousand a second.
#[must_use]
pub(crate) fn session_id(start: u32, serial: u32, thread: usize) -> SessionId {
    debug_assert!(start < 1 << 19 && thread < MAX_IO_THREADS);
    let serial = serial % (1 << 28);
    SessionId((u64::from(start) << 34) | (u64::from(serial) << 6) | thread as u64)
}

/// Returns the 19 bits of a start time in session ids, in units of 16 s: they repeat after 97 days.
/// A server that restarts within 16 s of its start would repeat ids, so a server that needs
/// unique ids waits that long, or keeps no sessions over a restart.
#[must_use]
pub(crate) fn start_number(now: SystemTime) -> u32 {
    // A clock before 1970 is wrong: use 0.
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    (seconds / 16 % (1 << 19)) as u32
}

/// A set of I/O threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct IoThreads(u64);

impl IoThreads {
    /// Adds a thread.
    pub(crate) fn add(&mut self, thread: usize) {
        self.0 |= 1 << (thread % MAX_IO_THREADS);
    }

    /// Removes a thread.
    pub(crate) fn remove(&mut self, thread: usize) {
        self.0 &= !(1 << (thread % MAX_IO_THREADS));
    }

    /// Returns whether the set contains this thread.
    pub(crate) fn contains(self, thread: usize) -> bool {
        self.0 & (1 << (thread % MAX_IO_THREADS)) != 0
    }

    /// Returns whether the set contains all threads of a different one.
    pub(crate) fn contains_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Returns the threads that are in at least one of two sets.
    #[must_use]
    pub(crate) fn union(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Returns whether the set contains no thread.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the set contains exactly one thread.
    pub(crate) fn is_single(self) -> bool {
        self.0.is_power_of_two()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ids_of_one_thread_sort_by_age_and_ids_of_different_threads_differ() {
        let last = session_id(1, (1 << 28) - 1, 63);
        assert!(session_id(1, 2, 0) > session_id(1, 1, 63));
        assert!(session_id(2, 0, 0) > last, "a later start has higher ids");
        assert_ne!(session_id(1, 1, 0), session_id(1, 1, 1));
        assert_eq!(session_id((1 << 19) - 1, (1 << 28) - 1, 63).0, (1 << 53) - 1);
    }

    #[test]
    fn the_start_number_counts_16_seconds_in_19_bits() {
        let at = |seconds| start_number(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!((at(0), at(15), at(16)), (0, 0, 1));
        assert_eq!(at((16 << 19) + 40), 2);
        assert_eq!(start_number(UNIX_EPOCH - Duration::from_secs(1)), 0);
    }

    #[test]
    fn a_set_of_threads_has_each_thread_once() {
        let mut set = IoThreads::default();
        assert!(set.is_empty());
        set.add(63);
        set.add(63);
        assert!(set.contains(63) && !set.contains(0) && set.is_single());
        let mut other = set;
        other.add(0);
        assert!(other.contains_all(set) && !set.contains_all(other));
        assert!(!other.is_single());
        assert_eq!(set.union(other), other);
    }
}
