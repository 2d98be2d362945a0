//! The file format of recordings: what was written can be read again, and a damaged file never
//! returns anything else.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod damage;
mod full_disk;
mod golden;
mod header;
mod hostile;
mod index;
mod maps;
mod refused_writes;
mod round_trip;
mod size;
mod skipped;
mod support;
mod time;
