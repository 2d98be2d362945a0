//! Takes over what a world reports.

use parlour_shared::ids::SessionId;
use parlour_tick::{Report, WorldId};

use super::{joining, travelling, turn::Turn, worlds::KnownWorld};

/// Handles the reports of a tick of a world, and the sessions that it closed.
pub(super) fn handle(turn: &mut Turn, world: WorldId, reports: Vec<Report>, closed: &[SessionId]) {
    // What an ending world reports is about rooms and seats that no longer exist.
    if !turn.state.worlds.get(world).is_some_and(KnownWorld::takes_events) {
        return;
    }
    for report in reports {
        handle_report(turn, world, report);
    }
    for id in closed {
        turn.remove(*id);
    }
}

fn handle_report(turn: &mut Turn, world: WorldId, report: Report) {
    match report {
        Report::Departed { session, player } => travelling::departed(turn, world, session, player),
        Report::Entered {
            session,
            request,
            room,
            epoch,
        } => joining::entered(turn, world, session, request, room, epoch),
        Report::Reserved {
            session,
            ticket,
            room,
        } => joining::reserved(turn, world, session, ticket, room),
        Report::JoinRefused { session, request } => joining::refused(turn, world, session, request),
        Report::LeftRoom { session } => joining::left(turn, world, session),
        Report::Door { session, room, spawn } => joining::at_door(turn, world, session, room, spawn),
        Report::Room(status) => {
            turn.state.rooms.report(world, status);
        }
        Report::RoomRemoved { room } => {
            turn.state.rooms.removed(&room, world);
            turn.unneeded.push_back(world);
        }
    }
}
