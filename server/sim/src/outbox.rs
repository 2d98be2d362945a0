//! The reliable lane: structured messages on their way out.

use bevy_ecs::prelude::*;
use parlour_shared::{
    close::CloseCode,
    codec,
    ids::SessionId,
    message::{Accepted, Durability, Refusal, Refused, Request, ServerMessage, Stamp},
};
use parlour_tick::{Lane, OutFrame, TickOutput};

use crate::replication::Watchers;

/// The output of this tick so far. Game logic writes [`crate::Answer`] and [`crate::ToPlayer`] instead: a system that
/// takes the outbox needs an order to every other one that does, which plugins that do not know each other cannot give.
#[derive(Resource, Debug, Default)]
pub struct Outbox {
    pub(crate) out: TickOutput,
    /// Who is sent things beside the players.
    pub(crate) watchers: Watchers,
}

impl Outbox {
    /// Sends a message to one session.
    pub fn send(&mut self, session: SessionId, message: &ServerMessage) {
        self.broadcast(std::iter::once(session), message);
    }

    /// Sends a message to several sessions; it is encoded once.
    pub fn broadcast(&mut self, sessions: impl IntoIterator<Item = SessionId>, message: &ServerMessage) {
        self.address(None, sessions, message);
    }

    /// Sends a message to all sessions in a room, and to those who watch it.
    pub(crate) fn tell_room(
        &mut self,
        room: Entity,
        sessions: impl IntoIterator<Item = SessionId>,
        message: &ServerMessage,
    ) {
        self.address(Some(room), sessions, message);
    }

    /// Sends a near-me chat to those who watch through a listener's eyes, in a stream of their own. Leaves another stamp
    /// in it.
    pub(crate) fn tell_followers(&mut self, listener: SessionId, said: &mut ServerMessage) {
        for (watcher, seq) in self.watchers.hearing_near(listener) {
            if let ServerMessage::Chat(said) = said {
                said.stamp.seq = seq;
            }
            self.out.tell_watcher(watcher, said);
        }
    }

    fn address(
        &mut self,
        room: Option<Entity>,
        sessions: impl IntoIterator<Item = SessionId>,
        message: &ServerMessage,
    ) {
        let start = self.out.bytes.len() as u32;
        codec::encode(message, &mut self.out.bytes);
        let end = self.out.bytes.len() as u32;
        let frame = |session| OutFrame {
            session,
            lane: Lane::Reliable,
            start,
            end,
        };
        let before = self.out.frames.len();
        self.out.frames.extend(sessions.into_iter().map(frame));
        let told = &self.out.frames[before..];
        let was_told = |session| told.iter().any(|frame| frame.session == session);
        let hearing = self.watchers.hearing(message, room, was_told);
        self.out.watched.extend(hearing.map(frame));
    }

    /// Tells a session that a request was done. Request 0 means that it does not care.
    pub fn accept(&mut self, session: SessionId, request: Request, stamp: Option<Stamp>) {
        if request != 0 {
            let accepted = Accepted {
                request,
                tick: self.out.tick,
                durability: Durability::L0,
                stamp,
            };
            self.send(session, &ServerMessage::Accepted(accepted));
        }
    }

    /// Tells a session that a request was not done, and counts it.
    pub fn refuse(&mut self, session: SessionId, request: Request, refusal: Refusal) {
        self.out.counts.refused.add(refusal.class());
        self.send(session, &ServerMessage::Refused(Refused { request, refusal }));
    }

    /// Asks the edge to close a session after what was sent to it.
    pub fn close(&mut self, session: SessionId, code: CloseCode) {
        if !self.out.closes.iter().any(|(closing, _)| *closing == session) {
            self.out.closes.push((session, code));
        }
    }
}
