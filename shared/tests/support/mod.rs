//! Helpers for the tests of the wire format.
#![allow(dead_code, reason = "each test file uses its own part of this")]

pub(crate) mod golden;
pub(crate) mod naive;
pub(crate) mod typed;
