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
//! neighbour missed that many in a row. Turns that a neighbour never saw, because a newer one overtook them
//! on the server, are no samples; they are counted as `turns_overtaken`.
//!
//! **Violations** are what [`crate::Violation`] lists. They are counted from the first connection on;
//! everything else from the end of the settling time on.

pub mod behaviour;
mod bot;
mod engine;
mod invariants;
mod latency;
mod opening;
mod plan;
mod report;
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
pub use report::{Latency, Quantiles, Report};
pub use run::{Progress, run};
pub use schedule::{Job, Schedule};
