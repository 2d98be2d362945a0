//! Live recording, with real servers and bots: the files can be read, replay to the same hashes and
//! stay within their bounds, and players never notice the recorder.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod automatic_history;
mod files;
mod full_disk;
mod replay;
mod requested_history;
mod shadow;
mod support;
