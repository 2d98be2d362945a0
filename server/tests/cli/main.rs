//! The command `parlour` as a process: help, configuration, exit codes, messages and signals.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod admin_token;
mod banner;
mod config;
mod descriptors;
mod durable;
mod exit_codes;
mod help;
mod maps;
mod new_project;
mod own_program;
mod process;
mod recording;
#[path = "../recording/replay.rs"]
mod replay;
mod rooms;
mod signals;
#[path = "../maps/small_map.rs"]
#[allow(dead_code, reason = "other test programs use more of it")]
mod small_map;
mod stopped_process;
#[path = "../support/mod.rs"]
mod support;
