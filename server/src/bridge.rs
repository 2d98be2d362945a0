//! The only crossing between sockets and world: rings, at which neither side ever waits. Each I/O
//! thread has one ring in each direction.
//!
//! * The inbound ring holds [`inbound::RING`] events. When it is full, a message is dropped and
//!   counted. The events that open, close, hold and release sessions wait in a list of the I/O
//!   thread. While the list is long, new connections are turned away.
//! * The outbound ring holds [`outbound::RING`] ticks. At [`outbound::BEHIND`] waiting ticks the
//!   viewers of the thread are sent no snapshots. When the ring is full, the last item says that
//!   ticks were lost, and the thread closes its sessions with 4001.

pub(crate) mod inbound;
pub(crate) mod io_load;
pub(crate) mod outbound;
pub(crate) mod route;
pub(crate) mod tick_status;
pub(crate) mod wake;
