//! The one crossing between sockets and world, in each direction: rings at which no side ever
//! waits.
//!
//! | queue | bound | when it is full |
//! |---|---|---|
//! | inbound, per I/O thread | [`inbound::RING`] events | a message is dropped and counted; opening, closing, holding and releasing wait in a list of the I/O thread, which takes no new connections until it is empty |
//! | outbound, per I/O thread | [`outbound::RING`] ticks | half-way its snapshots are held back; at the end the thread is told that it lost ticks and closes its connections with 4001 |

pub(crate) mod inbound;
pub(crate) mod io_load;
pub(crate) mod outbound;
pub(crate) mod route;
pub(crate) mod tick_status;
pub(crate) mod wake;
