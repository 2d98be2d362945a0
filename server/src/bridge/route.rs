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

/// The number of bits that count sessions. Ids have 53 bits, because JSON numbers are exact only up
/// to 2^53.
const COUNTER_BITS: u32 = 47;

/// Returns a session id: `counter << 6 | thread`, where the counter is `start << 16` plus `serial`.
/// `thread` is the I/O thread that opened the session, so that two threads never make the same id,
/// and the ids of one thread sort by age.
///
/// The start is a time in units of 1/16 s, so a thread that opens at most 2^20 sessions a second
/// always has ids below those of a process that starts later. So ids stay unique over restarts,
/// until the counter repeats after 4 years.
#[must_use]
pub(crate) fn session_id(start: u32, serial: u64, thread: usize) -> SessionId {
    debug_assert!(start < 1 << 31 && thread < MAX_IO_THREADS);
    let counter = (u64::from(start) << 16).wrapping_add(serial) % (1 << COUNTER_BITS);
    SessionId(counter << 6 | thread as u64)
}

/// Returns the I/O thread that opened a session, which keeps it over its connections.
#[must_use]
pub(crate) fn thread_of(session: SessionId) -> usize {
    (session.0 % MAX_IO_THREADS as u64) as usize
}

/// Returns the start time in session ids: 31 bits, in units of 1/16 s.
#[must_use]
pub(crate) fn start_number(now: SystemTime) -> u32 {
    // A clock before 1970 is wrong: use 0.
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_millis() * 16 / 1000 % (1 << 31)) as u32
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
        assert!(session_id(1, 2, 0) > session_id(1, 1, 63));
        assert!(session_id(1, 1 << 16, 0) > session_id(1, (1 << 16) - 1, 63));
        assert_ne!(session_id(1, 1, 0), session_id(1, 1, 1));
        assert_eq!(thread_of(session_id(7, 9, 63)), 63);
        let last = session_id((1 << 31) - 1, (1 << 16) - 1, 63);
        assert_eq!(last.0, (1 << 53) - 1);
        assert_eq!(session_id((1 << 31) - 1, 1 << 16, 63), session_id(0, 0, 63));
    }

    #[test]
    fn a_process_that_starts_later_has_higher_ids_than_an_earlier_one_can_have_opened() {
        let at = |ms| start_number(UNIX_EPOCH + Duration::from_millis(ms));
        for begin in [0, 1, 1_796_000_000_003_u64] {
            for lifetime in [63, 1_000, 16_000, 3_600_000] {
                // A million sessions a second on one thread.
                let opened = lifetime * 1_000;
                let last = session_id(at(begin), opened, 63);
                let first = session_id(at(begin + lifetime), 1, 0);
                assert!(first > last, "begin {begin}, lifetime {lifetime}");
            }
        }
    }

    #[test]
    fn the_start_number_counts_sixteenths_of_a_second_in_31_bits() {
        let at = |ms| start_number(UNIX_EPOCH + Duration::from_millis(ms));
        assert_eq!((at(0), at(62), at(63), at(1000)), (0, 0, 1, 16));
        assert_eq!(at(((1 << 31) + 3) * 1000 / 16 + 1), 3);
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
