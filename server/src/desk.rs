//! The desk: knows which session is in which world, and seats people. A state machine without a
//! clock, thread or socket.
// The thread that runs it comes next.
#![allow(dead_code)]

mod action;
mod config;
mod event;
mod view;

use std::time::Instant;

pub(crate) use action::{DeskAction, WorldEvent};
pub(crate) use config::{DeskConfig, DeskRoomType, JoinRate, Worlds};
pub(crate) use event::{DeskEvent, LostKind, LostRequest};
pub(crate) use view::{RoomView, WorldState, WorldView};

use crate::bridge::route::WorldPlace;

/// The desk of a node.
#[derive(Debug)]
pub(crate) struct Desk {}

impl Desk {
    /// Returns a desk without sessions, and creates the shared worlds.
    pub(crate) fn new(_config: DeskConfig, _actions: &mut Vec<DeskAction>) -> Self {
        Self {}
    }

    /// Returns a desk that places every session in one world, for a playback. Joins and leaves are
    /// messages to that world.
    pub(crate) fn playback(_place: WorldPlace) -> Self {
        Self {}
    }

    /// Handles an event. `random` returns 64 bits from the system's random source.
    pub(crate) fn handle(
        &mut self,
        _event: DeskEvent,
        _now: Instant,
        _random: &mut dyn FnMut() -> u64,
        _actions: &mut Vec<DeskAction>,
    ) {
    }

    /// Handles timeouts. To be called about once per second.
    pub(crate) fn tick(
        &mut self,
        _now: Instant,
        _random: &mut dyn FnMut() -> u64,
        _actions: &mut Vec<DeskAction>,
    ) {
    }

    /// Returns the worlds, by id.
    pub(crate) fn worlds(&self) -> Vec<WorldView> {
        Vec::new()
    }

    /// Returns the rooms, by name.
    pub(crate) fn rooms(&self) -> Vec<RoomView> {
        Vec::new()
    }
}
