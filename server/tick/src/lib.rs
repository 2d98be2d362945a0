//! What goes into a tick of a world and what comes out of it, as plain values.
//!
//! A world turns one [`TickInput`] into one [`TickOutput`]. The edge, the recorder and every test
//! speak to a world through these two types only. This crate contains no world, so code that
//! depends on it alone cannot touch one.
#![forbid(unsafe_code)]

mod input;
mod output;
mod pace;

pub use input::{Event, EventKind, TickInput};
pub use output::{Counts, Lane, OutFrame, RefusedCounts, TickOutput};
pub use pace::{Cadence, Pace, PaceLevel};
