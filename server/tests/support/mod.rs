//! Helpers of several test programs. Each program includes this module and uses a part of it.
#![allow(dead_code, reason = "no test program uses all of it")]

pub(crate) mod http;
pub(crate) mod proxy;
pub(crate) mod raw_client;
pub(crate) mod test_server;
