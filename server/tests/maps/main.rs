//! Maps: the bundled ones are good, hostile ones are refused with file, place and reason, nothing
//! panics.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod bundled;
mod chosen;
mod directory;
mod hostile;
mod mutations;
mod reach;
mod shape;
mod tmx;
