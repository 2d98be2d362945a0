//! A server on free ports, and a client that can misbehave: blocking, and every byte in the test's
//! hands.

mod client;
mod server;

pub(crate) use client::{Client, Got, TIMEOUT, reset, upgrade_request};
pub(crate) use server::{TestServer, start, start_with, status};
