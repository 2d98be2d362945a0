//! Tokens, tickets and guests, through real sockets and through the check itself.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod vectors;
