//! Thousands of bots in one process. They walk and chat, check every guarantee that a client can
//! check, and measure the server.
//!
//! ```no_run
//! use parlour_client_sim::bots::{self, Plan};
//!
//! # async fn load() -> Result<(), bots::PlanError> {
//! let plan = Plan { count: 100, ..Plan::default() };
//! let report = bots::run(plan, std::future::pending(), |progress| println!("{progress}")).await?;
//! assert!(report.is_clean(), "{report}");
//! # Ok(())
//! # }
//! ```
//!
//! # What is measured
//!
//! **Input-to-neighbour latency** runs from the intended moment of a turn to the moment at which a
//! neighbour has applied the snapshot with the turn. Each neighbour that sees a turn adds one
//! sample.
//!
//! * The clock starts at the *intended* moment, so a slow generator makes the latency worse, not
//!   better. **Generator lag** is the time from the intended to the actual moment.
//! * A bot repeats none of its last [`behaviour::DISTINCT`] headings, so a heading identifies a
//!   turn unless a neighbour missed that many in a row. Then the oldest match counts, which makes
//!   the latency worse.
//! * A turn that a newer one overtook on the server was never seen. It also adds a sample,
//!   whose time runs until the newer turn is seen, because until then the neighbour saw an outdated
//!   state.
//!   Otherwise a server that stops for two seconds would look fast, because most turns of that time
//!   are never seen. `turns_overtaken` counts such turns, and `turns_delivered` is the share of
//!   turns that were seen.
//! * A turn that has been unseen for a second or more at the end of the measurement counts with
//!   that time.
//!
//! **Standstill** is the longest time in which no bot in a room received a tick of it, over all
//! rooms in which there are bots. A server sends one to each client in a room at least every 65
//! ticks (1.08 s), so a run fails if the standstill is longer than the plan allows
//! ([`Plan::max_standstill`]). In a room in which nothing happens, the standstill is therefore
//! about a second. Each room counts its own ticks, so one room can stand still while others go on.
//! Time in which the bots' own threads stood still does not count, nor do bots that stall.
//!
//! **Age of the picture** also shows turns that have not arrived yet, which latency counts only
//! when a newer turn is seen or the measurement ends. At random moments of the measurement it
//! samples a random bot and one of its neighbours. The age is zero if the bot has seen all turns
//! that the neighbour intended so far, and otherwise the time since the oldest unseen one.
//!
//! **Phase lock** makes a bot act like a client that samples its keys once a tick. When the
//! schedule wants a turn, the bot waits until a turn that it sends then reaches the server just
//! before a tick begins ([`parlour_client::Client::next_sample`]). A client reads its keys at that
//! moment, so it becomes the intended moment of the turn. The wait before it is reported
//! separately, as `input_wait_ms`. A player does not press keys in time with ticks, so a player
//! experiences the sum of both.
//!
//! **Witnesses** are the bots that decode everything they receive. Only witnesses contribute to
//! latency, age and the share of delivered turns. All bots are witnesses unless the plan says
//! otherwise. The others send and receive as much, but read only the headers of snapshots
//! ([`parlour_client::Client::receive_header`]), so one machine can run thousands of clients.
//!
//! **Churn** makes bots leave, and new sessions replace them. This does not count as a
//! disconnect.
//!
//! **Stalled** bots stop reading once they are in their room, but continue to send. If the server
//! closes one, it counts as `clients_stalled_closed`, not as a disconnect. A bot that does not read
//! notices the close only when its socket refuses more data, so it is counted a moment late.
//!
//! **Violations** are those of [`parlour_client::Violation`]. They are counted from the first
//! connection on. All other figures are counted from the end of the settling time on.

pub mod behaviour;
mod bot;
mod churn;
mod connect;
mod event_loop;
mod group;
mod latency;
mod plan;
mod poller;
mod report;
mod roles;
mod run;
mod schedule;
mod standstill;
mod table;
mod tally;
mod thread;
mod violations;

pub use latency::{Registry, Sighting, Tracker};
pub use plan::{Behaviour, Plan, PlanError, Rooms};
pub use report::{Latency, Quantiles, Report};
pub use roles::Roles;
pub use run::{Progress, run};
pub use schedule::{Job, Schedule};
pub use standstill::{DEFAULT_MAX_STANDSTILL, PauseDetector, Standstill, TickWatch, WatchedRoom};
pub use violations::Violations;
