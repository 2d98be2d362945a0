//! Helpers for the tests of the wire format.
#![allow(dead_code, reason = "each test file uses only some of the helpers")]

pub(crate) mod golden;
pub(crate) mod naive;
pub(crate) mod packed;
pub(crate) mod typed;
