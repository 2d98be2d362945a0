//! A recording of known content, a server that plays it, and clients that watch.

mod day;
mod house;
mod json;
mod spectator;

pub(crate) use day::{KnownRecording, LAST, RECORDING};
pub(crate) use house::PlaybackServer;
pub(crate) use json::Json;
pub(crate) use spectator::Spectator;
