//! What is in a session id: the I/O thread and the place in its table, so that nobody needs a shared map.

use parlour_shared::ids::SessionId;

/// I/O threads at most: the thread's number is the lowest byte of an id.
pub(crate) const MAX_IO_THREADS: usize = 64;
/// Places in the table of one I/O thread, 24 bits.
pub(crate) const MAX_PLACES: usize = 1 << 24;

/// A session id: `serial << 32 | place << 8 | thread`. The serial number rises with each session of the thread, so
/// an id never comes back, and on one thread sorting by id is sorting by age.
#[must_use]
pub(crate) fn session_id(serial: u32, place: usize, thread: usize) -> SessionId {
    debug_assert!(place < MAX_PLACES && thread < MAX_IO_THREADS);
    SessionId((u64::from(serial) << 32) | ((place as u64) << 8) | thread as u64)
}

/// The I/O thread that holds the session's connection.
#[must_use]
pub(crate) fn thread_of(session: SessionId) -> usize {
    (session.0 & 0xff) as usize
}

/// The place in the thread's table.
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
