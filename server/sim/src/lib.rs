//! The world of Parlour: `step` turns one [`TickInput`] into one [`TickOutput`], and nothing else changes it.
//!
//! No socket, no clock, no thread, no file: time is the tick number, chance is seeded, and the same inputs give
//! the same hashes on every machine.
#![forbid(unsafe_code)]

mod config;
mod input;
mod output;

pub use config::{Interest, Rate, RateLimits, RoomRules, SimConfig};
pub use input::{Event, EventKind, TickInput};
pub use output::{Counts, Lane, OutFrame, RefusedCounts, TickOutput};
