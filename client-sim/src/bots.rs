//! Thousands of bots in one process: they walk and talk, check every promise that a client can check, and
//! measure.
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
//! **Input-to-neighbour latency** runs from the moment at which a bot's schedule wanted it to change its
//! heading to the moment at which another bot has taken in the snapshot with that change; one sample for each
//! bot that sees it. The clock starts at the *intended* moment, so a generator that falls behind makes the
//! latency worse, not better, and **generator lag** (actual minus intended) says by how much. No bot repeats
//! any of its last [`behaviour::DISTINCT`] headings, so a heading names a turn without doubt unless a
//! neighbour missed that many in a row: then the oldest that fits is taken, which makes the latency worse. A turn that a
//! neighbour never saw, because a newer one overtook it on the server, is a sample, too: it counts until the newer one is
//! seen, for until then the neighbour saw a state that was out of date. Without that a server that stands still for two
//! seconds would look fast: most turns of that time are never seen. `turns_overtaken` counts them, and
//! `updates_delivered` is the share of those that were seen. A turn that waits for a second or more when the measurement
//! ends counts with that time.
//!
//! **Standstill** is the longest stretch in which no bot of any thread was shown a tick. A server shows one every second
//! to each client in a room, so a run fails if it is longer than the plan allows ([`Plan::max_standstill`]). If the bots'
//! own threads stood still, that time is no part of it.
//!
//! **Age of the picture** looks at the same from the other side, and misses nothing that latency does not see: at
//! moments all over the measurement one bot and one of its neighbours are picked by chance. The age is zero if
//! the bot has seen all turns that the neighbour intended so far, and else the time since the oldest one that it
//! has not.
//!
//! With **phase lock** a bot does as a client does that samples its keys once a tick: when its schedule wishes a
//! turn, it waits for the moment from which the turn reaches the server just before a tick begins
//! ([`parlour_client::Client::next_sample`]). The intended moment is then that moment, because it is when a client reads
//! its input; from there the latency runs, and the generator lag. The wait from the wish to that moment is told
//! apart, as `input_wait_ms`: a player's finger does not know about ticks, so what a player feels is the sum.
//!
//! **Witnesses** are the bots that decode all that they are sent, and only what they see is measured as latency,
//! age and share of delivered turns. All bots are witnesses unless a plan says otherwise. The others send and
//! receive as much, but look at the heads of snapshots only ([`parlour_client::Client::receive_head`]): so one machine can be
//! thousands of clients without being busy with what each of them makes of its data.
//!
//! **Churn** lets bots say goodbye and others come in their place, as new sessions; that is no disconnect.
//!
//! **Stalled** bots stop reading once they are in their room, but go on sending. If the server closes them, that is
//! counted as `clients_stalled_closed`, not as a disconnect. Whoever reads nothing sees the end of a connection by
//! the socket's refusal to take more, so it is counted a moment late.
//!
//! **Violations** are what [`parlour_client::Violation`] lists. They are counted from the first connection on;
//! everything else from the end of the settling time on.

pub mod behaviour;
mod bot;
mod churn;
mod engine;
mod invariants;
mod latency;
mod opening;
mod plan;
mod pulse;
mod report;
mod roles;
mod run;
mod schedule;
mod shard;
mod table;
mod tally;
mod wait;
mod worker;

pub use invariants::Violations;
pub use latency::{Registry, Sighting, Tracker};
pub use plan::{Behaviour, Plan, PlanError, Rooms};
pub use pulse::{Awake, LONGEST_PAUSE, Pulse, Standstill};
pub use report::{Latency, Quantiles, Report};
pub use roles::Roles;
pub use run::{Progress, run};
pub use schedule::{Job, Schedule};
