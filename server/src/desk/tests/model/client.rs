//! A client and its connection, as the I/O thread sees it.

use std::collections::BTreeMap;

use parlour_shared::{
    ids::Epoch,
    message::{ClientMessage, Refusal, Request, ServerMessage},
};

use crate::bridge::{link_state::LinkState, route::WorldPlace};

#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) io: usize,
    /// The number of its last event.
    pub(super) number: u32,
    /// The world to which its events go, and the number of the permission. `None`: to the desk.
    pub(super) direct: Option<(WorldPlace, u32)>,
    pub(super) link: LinkState,
    /// What the desk was last sent.
    pub(super) told_link: LinkState,
    pub(super) closed: bool,
    /// The last request. They are 1, 2, 3 and so on.
    pub(super) request: Request,
    /// The last message that a world or the lobby handled.
    pub(super) handled: Request,
    /// The requests that wait for an answer.
    pub(super) open: BTreeMap<Request, String>,
    pub(super) room: Option<Epoch>,
    pub(super) tickets: Vec<String>,
}

impl Client {
    /// A message was handled by a world or in the lobby.
    pub(super) fn handle(&mut self, message: &ClientMessage) {
        let request = match message {
            ClientMessage::Move(command) => command.seq,
            message => message.request(),
        };
        // Doors and fallbacks have no request.
        if request != 0 {
            self.handled_request(request);
        }
    }

    fn handled_request(&mut self, request: Request) {
        assert!(
            request > self.handled,
            "{request} was handled after {}: twice, or in the wrong order",
            self.handled
        );
        self.handled = request;
    }

    /// The client is sent a message, by the desk or by a world.
    pub(super) fn receive(&mut self, message: &ServerMessage, by_desk: bool) {
        let answers = match message {
            ServerMessage::RoomEntered(entered) => {
                assert_eq!(self.room, None, "entered a room while in a room");
                self.room = Some(entered.epoch);
                entered.request
            }
            ServerMessage::RoomLeft(left) => {
                assert_eq!(self.room, Some(left.epoch), "left a room in which it was not");
                self.room = None;
                left.request
            }
            ServerMessage::Accepted(accepted) => {
                if by_desk {
                    self.handled_request(accepted.request);
                }
                accepted.request
            }
            ServerMessage::Refused(refused) => {
                let in_lobby = matches!(refused.refusal, Refusal::NotInRoom | Refusal::UnknownSkin);
                if by_desk && in_lobby {
                    self.handled_request(refused.request);
                }
                refused.request
            }
            ServerMessage::Reserved(reserved) => {
                self.tickets.push(reserved.ticket.clone());
                reserved.request
            }
            other => panic!("unexpected {other:?}"),
        };
        if answers != 0 {
            let known = self.open.remove(&answers);
            assert!(known.is_some(), "request {answers} was answered twice");
        }
    }
}
