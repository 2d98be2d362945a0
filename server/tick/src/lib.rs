//! The input and output of a world's tick, as plain values.
//!
//! A world turns one [`TickInput`] into one [`TickOutput`]. The edge, the recorder and every test
//! communicate with a world only through these two types. This crate contains no world, so code
//! that depends only on this crate cannot touch one.
#![forbid(unsafe_code)]

mod arrival;
mod input;
mod output;
mod pace;
mod report;
mod world_id;

pub use arrival::{Arrival, Carried, Counters, player_id};
pub use input::{Event, EventKind, Reservation, TickInput};
pub use output::{Counts, Lane, OutFrame, RefusedCounts, TickOutput, UnknownMessage};
pub use pace::{Cadence, Pace, PaceLevel};
pub use report::{Report, RoomStatus};
pub use world_id::{WorldId, WorldKind};
