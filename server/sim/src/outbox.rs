//! The reliable lane: structured messages of this tick.

use bevy_ecs::prelude::*;
use parlour_shared::{
    close::CloseCode,
    codec,
    ids::SessionId,
    message::{Accepted, Durability, Request, ServerMessage, Stamp},
};
use parlour_tick::{Lane, OutFrame, TickOutput};

/// The output of this tick so far, on loan to the world for a step. Game logic writes
/// [`crate::Answer`] and [`crate::ToPlayers`] instead, because systems that use the outbox need an
/// order between them, and independent plugins cannot define one.
#[derive(Resource, Debug, Default)]
pub(crate) struct Outbox {
    /// In a box, because Bevy reserves memory for 64 values of each type of resource.
    pub(crate) out: Box<TickOutput>,
}

impl Outbox {
    /// Sends a message to one session. Returns the place of its bytes, for more receivers.
    pub(crate) fn send(&mut self, session: SessionId, message: &ServerMessage) -> Encoded {
        self.broadcast(std::iter::once(session), message)
    }

    /// Sends a message to several sessions. It is encoded once.
    pub(crate) fn broadcast(
        &mut self,
        sessions: impl IntoIterator<Item = SessionId>,
        message: &ServerMessage,
    ) -> Encoded {
        let start = self.out.bytes.len() as u32;
        codec::encode(message, &mut self.out.bytes);
        let end = self.out.bytes.len() as u32;
        let encoded = Encoded { start, end };
        self.out
            .frames
            .extend(sessions.into_iter().map(|session| encoded.frame(session)));
        encoded
    }

    /// Sends an encoded message also to watchers.
    pub(crate) fn send_to_watchers(
        &mut self,
        watchers: impl IntoIterator<Item = SessionId>,
        message: Encoded,
    ) {
        self.out
            .watched
            .extend(watchers.into_iter().map(|session| message.frame(session)));
    }

    /// Accepts a request. Request 0 gets no answer.
    pub(crate) fn accept(&mut self, session: SessionId, request: Request, stamp: Option<Stamp>) {
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

    /// Asks the edge to close a session after its messages.
    pub(crate) fn close(&mut self, session: SessionId, code: CloseCode) {
        if !self.out.closes.iter().any(|(closing, _)| *closing == session) {
            self.out.closes.push((session, code));
        }
    }
}

/// The place of a message in the bytes of the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoded {
    start: u32,
    end: u32,
}

impl Encoded {
    fn frame(self, session: SessionId) -> OutFrame {
        OutFrame {
            session,
            lane: Lane::Reliable,
            start: self.start,
            end: self.end,
        }
    }
}
