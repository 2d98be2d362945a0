//! What is lost with the events of a tick that never happens.

use parlour_shared::message::ClientMessage;
use parlour_tick::{Event, EventKind};

use crate::bridge::reports::{LostKind, LostRequest};

/// Returns the arrivals among these events, and the requests that expect an answer.
pub(crate) fn lost_requests(events: &[Event]) -> Vec<LostRequest> {
    let lost = |event: &Event| {
        let (request, kind) = match &event.kind {
            EventKind::Reserve(reservation) => (reservation.join.request, LostKind::Reserve),
            EventKind::Message { message, .. } => match message {
                ClientMessage::Join(join) => (join.request, LostKind::Join),
                ClientMessage::Leave { request } => (*request, LostKind::Other),
                ClientMessage::Chat(chat) => (chat.request, LostKind::Other),
                ClientMessage::SetSkin(skin) => (skin.request, LostKind::Other),
                ClientMessage::SetState(batch) => (batch.request, LostKind::Other),
                ClientMessage::Custom(custom) => (custom.request, LostKind::Other),
                ClientMessage::Act(act) => (act.request, LostKind::Other),
                ClientMessage::Reserve(reserve) => (reserve.request, LostKind::Other),
                ClientMessage::Hello(_)
                | ClientMessage::Move(_)
                | ClientMessage::Ping { .. }
                | ClientMessage::Authenticate(_)
                | ClientMessage::Ack { .. }
                | ClientMessage::Bye => return None,
            },
            EventKind::Arrive(_) => (0, LostKind::Arrival),
            EventKind::Depart
            | EventKind::Hold
            | EventKind::Release
            | EventKind::Drop
            | EventKind::Resume { .. } => return None,
        };
        Some(LostRequest {
            session: event.session,
            request,
            kind,
        })
    };
    events.iter().filter_map(lost).collect()
}

/// Returns the sessions with movement commands among these events, which are sorted. A client does
/// not wait for an answer to a command, and would not send its heading again.
pub(crate) fn lost_moves(events: &[Event]) -> Vec<LostRequest> {
    let is_move = |event: &&Event| {
        matches!(
            event.kind,
            EventKind::Message {
                message: ClientMessage::Move(_),
                ..
            }
        )
    };
    let mut sessions: Vec<_> = events.iter().filter(is_move).map(|event| event.session).collect();
    sessions.dedup();
    let lost = |session| LostRequest {
        session,
        request: 0,
        kind: LostKind::Move,
    };
    sessions.into_iter().map(lost).collect()
}
