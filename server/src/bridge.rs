//! The only crossings between sockets, desk and worlds: rings, at which no side ever waits. Each
//! ring has one sender and one receiver.
//!
//! ```text
//! I/O thread  --inbound--->  tick thread    messages of placed sessions      one ring per pair
//! I/O thread  --forwarded->  desk           open, close, join, lobby         one per I/O thread
//! desk        --commands-->  tick thread    arrive, depart, start a world    one per tick thread
//! tick thread --reports--->  desk           departed, entered, panicked      one per tick thread
//! tick thread --outbound-->  I/O thread     one batch of frames per tick     one ring per pair
//! desk        --outbound-->  I/O thread     placements, refusals             one per I/O thread
//! ```
//!
//! What happens when a ring is full:
//!
//! | ring | size | when it is full |
//! |---|---|---|
//! | inbound | 16,384 events per I/O thread, over all its rings, and at least 4,096 in each | a message is dropped and counted. Holds and releases wait in a list of the I/O thread. While 1,024 wait, new connections are turned away, unless the tick thread stands still |
//! | forwarded | 8,192 events | the same. Openings, closes and recalls also wait |
//! | commands | 4,096 | the rest waits in a list of the desk. While 16,384 wait, messages are dropped and counted. Other commands are bounded by the sessions: at most five for each join |
//! | reports | 1,024 | the rest waits in a list of the tick thread. With 65,536, the desk is dead, and the server fails |
//! | outbound of a tick thread | 64 batches | at 8 waiting batches the viewers of the I/O thread are sent no snapshots. The last place of a full ring says that batches were lost, and the thread closes its sessions with 4001 |
//! | outbound of the desk | 65,536 items | its last place says that items were lost, and the thread closes its sessions with 4001 |
//!
//! With 4 I/O threads and 4 tick threads, the rings take 16 * 0.6 MB (inbound), 4 * 1.2 MB
//! (forwarded), 4 * 0.7 MB (commands), and less than 1 MB for the rest: 18 MB. With one of each,
//! they take 5 MB. The rings of the desk to the I/O threads add 2.6 MB of address space each, of
//! which almost nothing is ever used.
//!
//! # Order
//!
//! A session's events reach its world in the order in which they were sent, although they take two
//! ways. While a session is *placed*, its I/O thread sends its messages directly to its world.
//! Otherwise it sends them to the desk. It numbers the events of each session. The desk places a
//! session with the number of the last event that it has seen, and the I/O thread ignores a
//! placement with a different number than that of its own last event: newer events are then under
//! way to the desk. The desk also tells the world the number of the placement, after everything
//! that it sends to the world before. A direct event carries the number of its placement. If it
//! overtakes that placement, it waits for it on the tick thread.
//!
//! Holds and releases that wait while a ring is full may arrive late, or at a tick thread that the
//! world has left. So a placement also says whether the session is held, and a direct hold or
//! release counts only under the last placement.
//!
//! Frames reach a client in causal order although they come from several threads: see [`outbound`].

pub(crate) mod commands;
pub(crate) mod event_ring;
pub(crate) mod fault;
pub(crate) mod forwarded;
pub(crate) mod inbound;
pub(crate) mod io_load;
pub(crate) mod link_state;
pub(crate) mod outbound;
pub(crate) mod progress;
pub(crate) mod reports;
pub(crate) mod route;
pub(crate) mod session_map;
pub(crate) mod session_route;
pub(crate) mod tick_status;
pub(crate) mod wake;
