//! A recording of known content, a server that plays it, and clients that watch.

mod json;
mod known_recording;
mod server;
mod spectator;

pub(crate) use json::Json;
pub(crate) use known_recording::{KnownRecording, LAST, RECORDING};
pub(crate) use server::PlaybackServer;
pub(crate) use spectator::Spectator;
