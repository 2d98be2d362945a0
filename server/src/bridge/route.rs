//! The parts of a session id: the I/O thread and the place in its table, so that no shared map is
//! needed.

use parlour_shared::ids::SessionId;
use parlour_tick::WorldId;

/// The maximum number of I/O threads: the number of the thread is the lowest byte of an id.
pub(crate) const MAX_IO_THREADS: usize = 64;
/// The maximum number of places in the table of one I/O thread: 24 bits.
pub(crate) const MAX_PLACES: usize = 1 << 24;

/// Where a world runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WorldPlace {
    /// The tick thread.
    pub(crate) thread: usize,
    /// The world.
    pub(crate) world: WorldId,
}

/// Returns a session id: `serial << 32 | place << 8 | thread`. The serial number rises with each
/// session of the thread, so an id never comes back, and ids of one thread sort by age.
#[must_use]
pub(crate) fn session_id(serial: u32, place: usize, thread: usize) -> SessionId {
    debug_assert!(place < MAX_PLACES && thread < MAX_IO_THREADS);
    SessionId((u64::from(serial) << 32) | ((place as u64) << 8) | thread as u64)
}

/// Returns the I/O thread of the session's connection.
#[must_use]
pub(crate) fn thread_of(session: SessionId) -> usize {
    (session.0 & 0xff) as usize
}

/// Returns the place in the table of that thread.
#[must_use]
pub(crate) fn place_of(session: SessionId) -> usize {
    ((session.0 >> 8) & 0x00ff_ffff) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_thread_and_place() {
        for (serial, place, thread) in [(0, 0, 0), (1, 2, 3), (u32::MAX, MAX_PLACES - 1, 63)] {
            let id = session_id(serial, place, thread);
            assert_eq!((place_of(id), thread_of(id)), (place, thread));
            assert_eq!(id.0 >> 32, u64::from(serial));
        }
    }

    #[test]
    fn later_sessions_have_higher_ids() {
        assert!(session_id(2, 0, 0) > session_id(1, MAX_PLACES - 1, 63));
    }
}
