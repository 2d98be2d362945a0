//! The file format of recordings.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod damage;
mod full_disk;
mod golden;
mod header;
mod index;
mod maps;
mod order;
mod round_trip;
mod size;
mod support;
mod time;
