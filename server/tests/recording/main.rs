//! Live recording, through real servers with real bots: what is written reads back, runs again to
//! the same hashes, keeps to its bounds, and never disturbs who plays.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod asked;
mod by_itself;
mod files;
mod full_disk;
mod replay;
mod shadow;
mod support;
