//! HTTP on both ports: the rules about hosts and web pages, routes, answers and errors.
//!
//! | module | holds |
//! |---|---|
//! | `policy` | the host names of the server, and the web pages that may use it |
//! | `router` | route tables, and finding the route of a request: 404, 405 with `Allow`, `HEAD` |
//! | `answer` | successful answers |
//! | `cors` | which pages of other origins may read answers |
//! | `response_headers` | the headers that every response has |
//! | `problem` | error responses |
//! | `echo` | text from a client that an error quotes: escaped and bounded |
//! | `hyper_answer_filter` | a socket that discards the answers that hyper writes by itself |
//!
//! Each port has its table: `edge/http/routes.rs` and `admin/routes.rs`. A new route is one row and
//! one function there.

mod answer;
mod cors;
mod echo;
mod hyper_answer_filter;
mod policy;
mod problem;
mod response_headers;
mod router;

pub(crate) use answer::{Answer, json, switch, text};
pub(crate) use cors::{Sharing, preflight};
pub(crate) use hyper_answer_filter::HyperAnswerFilter;
pub(crate) use policy::{Access, Destination, Policy, accepted_at, describe, is_forwarded};
pub use policy::{HostPattern, OriginPattern, PatternError};
pub(crate) use problem::{HttpProblem, ProblemKind};
pub(crate) use response_headers::add_response_headers;
pub(crate) use router::{Route, Routes, optional_parameter, parameter, query_value, segment};
