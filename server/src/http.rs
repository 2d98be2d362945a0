//! HTTP on both ports: the rules about hosts and web pages, routes, answers and errors.
//!
//! | module | holds |
//! |---|---|
//! | `policy` | the host names of the server, and the web pages that may use it |
//! | `router` | the form of a route table, and the search in it: 404, 405 with `Allow`, `HEAD` |
//! | `answer` | the form of answers |
//! | `problem` | the form of errors |
//! | `echo` | text of a client that an error repeats: escaped and bounded |
//! | `muted_socket` | a socket that discards the answers that hyper writes by itself |
//!
//! Each port has its table: `edge/http/routes.rs` and `admin/routes.rs`. A new route is one row and
//! one function there.

mod answer;
mod echo;
mod muted_socket;
mod policy;
mod problem;
mod router;

pub(crate) use answer::{Answer, json, switch, text};
pub(crate) use muted_socket::MutedSocket;
pub(crate) use policy::{Access, Destination, Policy, accepted_at, describe, is_passed_on};
pub use policy::{HostPattern, OriginPattern, PatternError};
pub(crate) use problem::{HttpProblem, ProblemKind};
pub(crate) use router::{Route, Routes, parameter};
