//! The protocol, ids, limits and motion that Parlour's server, simulation and clients share.
//!
//! Nothing here uses sockets, clocks, threads or files. To write a game client in Rust, use the
//! crate `parlour-client`, which builds on this one.
//!
//! | module | contents |
//! |---|---|
//! | [`message`] | the messages of clients and of the server, and the refusals |
//! | [`codec`] | encodes messages in binary and as JSON, and decodes them |
//! | [`json_forms`] | converts the values of game logic for JSON clients |
//! | [`snapshot`], [`view`] | packed snapshots, and the view that a client builds from them |
//! | [`motion`], [`map`] | positions, headings, segments and walls: exact motion in integers |
//! | [`ids`] | ticks, players, slots, sessions and epochs |
//! | [`limits`] | all limits of the protocol |
//! | [`close`], [`problem`] | close codes with their advice, and the bodies of HTTP errors |
//! | [`text`] | the rules for names, chat texts and keys |
//! | [`websocket`] | WebSocket framing and its handshake, without I/O |
//! | [`rng`] | seeded random streams |
//!
//! ```
//! use parlour_shared::{
//!     codec,
//!     message::{ClientMessage, Join},
//! };
//!
//! let join = ClientMessage::Join(Join::room(1, "plaza"));
//! let mut bytes = Vec::new();
//! codec::encode(&join, &mut bytes);
//! assert_eq!(codec::decode_client(&bytes)?, join);
//! assert_eq!(codec::from_json(r#"{"join":{"request":1,"room":"plaza"}}"#)?, join);
//! # Ok::<(), codec::CodecError>(())
//! ```
//!
//! `docs/protocol.md` in the repository describes the protocol for clients in any language, and
//! `docs/words.md` defines the terms.
#![forbid(unsafe_code)]

pub mod close;
pub mod codec;
pub mod ids;
pub mod json_forms;
pub mod limits;
pub mod map;
pub mod message;
pub mod motion;
pub mod problem;
pub mod rng;
pub mod snapshot;
pub mod text;
pub mod token_bucket;
pub mod view;
pub mod websocket;
