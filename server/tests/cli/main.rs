//! The `parlour` command as a process: help, exit codes, messages, signals.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

#[path = "../edge/support/client.rs"]
#[allow(dead_code, reason = "not all that its tests need is needed here")]
mod client;
mod config;
mod descriptors;
mod exits;
mod help;
mod maps;
mod process;
mod recording;
#[path = "../recording/replay.rs"]
mod replay;
mod signals;
mod stopped_process;
#[path = "../maps/tmx.rs"]
#[allow(dead_code, reason = "not all that its tests need is needed here")]
mod tmx;
