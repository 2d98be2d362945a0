//! The edge through real sockets: HTTP and WebSocket, valid and invalid input, limits, slow
//! clients, failures and the end of the server.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod address_rates;
mod admin;
mod admin_token;
mod client_library;
mod client_resumes;
mod close_codes;
mod close_reasons;
mod closing;
mod connection_limits;
mod failure_switch;
mod flood;
mod handshake;
mod heartbeat;
mod hello;
mod hello_deadline;
mod hosts_and_origins;
mod http_errors;
mod invalid_frames;
mod invalid_messages;
mod json_logic;
mod json_protocol;
mod logic_panic;
#[path = "../../sim/examples/mood.rs"]
#[allow(dead_code, reason = "only the plugin of the example is used here")]
mod mood;
mod neighbours;
mod placed_objects;
mod places_for_resuming;
mod plugins;
mod proxy_protocol;
mod resets;
mod response_headers;
mod resume;
mod seed;
mod server_failure;
mod slow_readers;
mod stalled_readers;
mod stopping;
#[path = "../support/mod.rs"]
mod support;
mod texts;
mod trusted_proxies;
mod typed_hello;
mod wait_and_signals;
