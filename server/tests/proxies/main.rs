//! The addresses that proxies report: which are believed, and that no input causes a panic.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod forwarded;
mod proxy_header;
mod trusted;
