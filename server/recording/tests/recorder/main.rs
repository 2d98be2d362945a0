//! The recorder with live worlds, without a server: files of several worlds, and recoveries.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod files;
mod histories;
mod moving;
mod recovery;
mod shadow;
mod support;
