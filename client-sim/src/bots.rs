//! Thousands of bots in one process: they walk and chat, check all guarantees that a client can
//! check, and measure.
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
//! **Input-to-neighbour latency** runs from the moment at which a bot's schedule wanted it to
//! change its heading to the moment at which a different bot has applied the snapshot with that
//! change: one sample for each bot that sees it. The clock starts at the *intended* moment, so a
//! generator that falls behind makes the latency worse, not better; **generator lag** (actual minus
//! intended) says by how much. A bot repeats none of its last [`behaviour::DISTINCT`] headings, so
//! a heading identifies a turn unless a neighbour missed that many in a row. In that case the
//! oldest match counts, which makes the latency worse. A turn that a neighbour never saw, because a
//! newer one overtook it on the server, is also a sample: it counts until the newer one is seen,
//! because until then the neighbour saw an outdated state. Without this rule a server that stands
//! still for two seconds would look fast, because most turns of that time are never seen.
//! `turns_overtaken` counts such turns, and `updates_delivered` is the share of turns that were
//! seen. A turn that has waited for a second or more when the measurement ends counts with that
//! time.
//!
//! **Standstill** is the longest stretch in which no bot of any thread received a tick. A server
//! sends one every second to each client in a room, so a run fails if the stretch is longer than
//! the plan allows ([`Plan::max_standstill`]). Time in which the bots' own threads stood still does
//! not count.
//!
//! **Age of the picture** measures the same from the other side, and also sees what latency misses:
//! at random moments of the measurement it picks a random bot and one of its neighbours. The age is
//! zero if the bot has seen all turns that the neighbour intended so far, and otherwise the time
//! since the oldest one that it has not seen.
//!
//! With **phase lock** a bot acts like a client that samples its keys once a tick: when its
//! schedule wants a turn, it waits for the moment from which the turn reaches the server just
//! before a tick begins ([`parlour_client::Client::next_sample`]). That is when a client reads its
//! input, so it becomes the intended moment, from which latency and generator lag are measured. The
//! wait before it is reported separately, as `input_wait_ms`: a player's finger does not know about
//! ticks, so a player feels the sum.
//!
//! **Witnesses** are the bots that decode everything they receive. Only they contribute to latency,
//! age and the share of delivered turns. All bots are witnesses unless a plan says otherwise. The
//! others send and receive as much, but read only the heads of snapshots
//! ([`parlour_client::Client::receive_header`]), so one machine can be thousands of clients without
//! decoding all their data.
//!
//! **Churn** makes bots say goodbye and new sessions replace them; that does not count as a
//! disconnect.
//!
//! **Stalled** bots stop reading once they are in their room, but continue to send. If the server
//! closes one, that counts as `clients_stalled_closed`, not as a disconnect. A bot that does not
//! read notices the close only when its socket refuses more data, so it is counted a moment late.
//!
//! **Violations** are those of [`parlour_client::Violation`]. They are counted from the first
//! connection on; everything else is counted from the end of the settling time on.

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
pub use standstill::{LONGEST_PAUSE, PauseDetector, Standstill, TickWatch};
pub use violations::Violations;
