//! Two recordings side by side: planted sources of divergence are each named by tick, room, player,
//! component and system.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod chance;
mod files;
mod not_declared;
mod programs;
mod support;
