//! In a playback everybody is in one world, which handles joins and leaves itself.

use std::time::Instant;

use parlour_shared::{
    ids::SessionId,
    message::{ClientMessage, Join},
};
use parlour_tick::{Arrival, WorldId};

use super::super::{Desk, DeskAction, DeskEvent, WorldEvent};
use crate::bridge::route::WorldPlace;

#[test]
fn every_session_is_placed_at_once_and_everything_is_forwarded() {
    let place = WorldPlace {
        thread: 0,
        world: WorldId(1),
    };
    let mut desk = Desk::playback(place);
    let (session, now) = (SessionId(7), Instant::now());
    let mut handle = |event| {
        let mut actions = Vec::new();
        desk.handle(event, now, &mut || 0, &mut actions);
        actions
    };
    let opened = handle(DeskEvent::Opened {
        session,
        io_thread: 2,
        player: Arrival::default(),
        grants: None,
    });
    assert!(matches!(
        opened[..],
        [
            DeskAction::ToWorld {
                io_thread: 2,
                event: WorldEvent::Arrive { .. },
                ..
            },
            DeskAction::Place { number: 0, .. }
        ]
    ));
    let joined = handle(DeskEvent::Message {
        session,
        number: 1,
        arrived: now,
        message: ClientMessage::Join(Join::room(1, "plaza")),
    });
    assert!(matches!(
        joined[..],
        [
            DeskAction::ToWorld {
                event: WorldEvent::Message { .. },
                ..
            },
            DeskAction::Place { number: 1, .. }
        ]
    ));
    let closed = handle(DeskEvent::Closed { session, number: 2 });
    assert!(matches!(
        closed[..],
        [DeskAction::ToWorld {
            event: WorldEvent::Depart,
            ..
        }]
    ));
}
