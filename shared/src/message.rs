//! The structured messages. The same types are used in binary and as JSON.
//!
//! Binary snapshots are packed by hand instead, see [`crate::snapshot`].

mod body;
mod client;
mod kind;
mod movement;
mod refusal;
mod server;

pub use body::Body;
pub use client::{
    Act, ActTarget, Authenticate, Chat, ClientMessage, Custom, Hello, Join, JoinMode, Property, Request,
    Reserve, Scope, SetSkin, SetState, StateWrite,
};
pub use kind::{ClientKind, RefusalClass, ServerKind};
pub use movement::{Move, MoveHeading};
pub use refusal::{KeyVersion, Refusal};
pub use server::{
    Accepted, ChatSaid, Closing, CustomSaid, Durability, EntityKind, LeaveReason, Pong, Refused, Reserved,
    Resumed, RoomEntered, RoomLeft, ServerMessage, Stamp, StateChanged, StateEntry, Welcome,
};
