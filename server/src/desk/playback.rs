//! The desk of a playback: one world for everybody.

use std::collections::BTreeMap;

use parlour_shared::ids::SessionId;

use super::{
    action::{DeskAction, WorldEvent},
    event::DeskEvent,
};
use crate::bridge::{link_state::LinkState, route::WorldPlace};

/// Places every session in one world, and forwards all that it sends.
#[derive(Debug)]
pub(super) struct PlaybackDesk {
    place: WorldPlace,
    /// The I/O thread of each open session, and whether its connection takes no data.
    sessions: BTreeMap<SessionId, (usize, LinkState)>,
}

impl PlaybackDesk {
    pub(super) fn new(place: WorldPlace) -> Self {
        Self {
            place,
            sessions: BTreeMap::new(),
        }
    }

    pub(super) fn handle(&mut self, event: DeskEvent, actions: &mut Vec<DeskAction>) {
        match event {
            DeskEvent::Opened {
                session,
                io_thread,
                player,
                ..
            } => {
                self.sessions.insert(session, (io_thread, LinkState::default()));
                let link = LinkState::default();
                let arrive = WorldEvent::Arrive { player, link };
                self.forward(session, arrive, actions);
                self.allow(session, 0, actions);
            }
            DeskEvent::Closed { session, .. } => {
                self.forward(session, WorldEvent::Depart, actions);
                self.sessions.remove(&session);
            }
            DeskEvent::Link {
                session,
                number,
                link,
            } => {
                if let Some((_, known)) = self.sessions.get_mut(&session) {
                    *known = link;
                }
                self.forward(session, WorldEvent::Link(link), actions);
                self.allow(session, number, actions);
            }
            DeskEvent::Message {
                session,
                number,
                arrived,
                message,
            } => {
                self.forward(session, WorldEvent::Message { arrived, message }, actions);
                self.allow(session, number, actions);
            }
            DeskEvent::World { closes, .. } => {
                for (session, _) in closes {
                    self.forward(session, WorldEvent::Depart, actions);
                    self.sessions.remove(&session);
                }
            }
            // It recalls nobody, and its world neither is made here nor ends.
            DeskEvent::Recalled { .. }
            | DeskEvent::Panicked { .. }
            | DeskEvent::Taken { .. }
            | DeskEvent::Left { .. }
            | DeskEvent::Stopping
            | DeskEvent::Overran { .. }
            | DeskEvent::Ended { .. }
            | DeskEvent::Rebuilt { .. }
            | DeskEvent::Created { .. }
            | DeskEvent::Standing { .. }
            | DeskEvent::Load { .. } => {}
        }
    }

    /// Returns the number of open sessions.
    pub(super) fn sessions(&self) -> usize {
        self.sessions.len()
    }

    fn forward(&self, session: SessionId, event: WorldEvent, actions: &mut Vec<DeskAction>) {
        if let Some(&(io_thread, _)) = self.sessions.get(&session) {
            actions.push(DeskAction::ToWorld {
                place: self.place,
                session,
                io_thread,
                event,
            });
        }
    }

    fn allow(&self, session: SessionId, number: u32, actions: &mut Vec<DeskAction>) {
        if let Some(&(io_thread, link)) = self.sessions.get(&session) {
            actions.push(DeskAction::Place {
                session,
                io_thread,
                place: self.place,
                number,
                link,
            });
        }
    }
}
