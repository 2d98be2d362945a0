//! Matches refusals to the events of a tick.

use parlour_shared::{
    codec,
    ids::SessionId,
    message::{ClientMessage, Refusal, Refused, ServerKind, ServerMessage},
};
use parlour_tick::{EventKind, Lane, TickInput, TickOutput};

/// Returns the refusal of each event of a tick, if any. A refusal contains the number of its
/// request. If several requests of a session have the same number (usually 0), the refusal belongs
/// to the first request that can be refused in this way, or for rate limits to the last.
pub(super) fn refusals(input: &TickInput, output: &TickOutput) -> Vec<Option<Refusal>> {
    let mut refusals = vec![None; input.events.len()];
    for frame in output.frames.iter().filter(|frame| frame.lane == Lane::Reliable) {
        let payload = output.payload(frame);
        if ServerKind::of(payload) != Some(ServerKind::Refused) {
            continue;
        }
        if let Ok(ServerMessage::Refused(refused)) = codec::decode_server(payload) {
            assign(input, frame.session, refused, &mut refusals);
        }
    }
    refusals
}

fn assign(input: &TickInput, session: SessionId, refused: Refused, refusals: &mut [Option<Refusal>]) {
    let fits = |nth: usize| {
        let event = &input.events[nth];
        let EventKind::Message { message, .. } = &event.kind else {
            return false;
        };
        event.session == session
            && message.request() == refused.request
            && can_be_refused(message, &refused.refusal)
            && refusals[nth].is_none()
    };
    let mut candidates = 0..input.events.len();
    let limited = matches!(refused.refusal, Refusal::RateLimited { .. });
    let nth = if limited {
        candidates.rfind(|nth| fits(*nth))
    } else {
        candidates.find(|nth| fits(*nth))
    };
    if let Some(nth) = nth {
        refusals[nth] = Some(refused.refusal);
    }
}

/// Returns whether the server can answer a message of this kind with this refusal.
fn can_be_refused(message: &ClientMessage, refusal: &Refusal) -> bool {
    use ClientMessage as Asked;
    match refusal {
        Refusal::RateLimited { .. } => !matches!(message, Asked::Hello(_) | Asked::Ping { .. } | Asked::Bye),
        Refusal::NoSuchRoom
        | Refusal::RoomFull
        | Refusal::TooManyRooms
        | Refusal::AlreadyThere
        | Refusal::RoomLocked
        | Refusal::BadOptions
        | Refusal::BadTicket
        | Refusal::Forbidden => matches!(message, Asked::Join(_)),
        Refusal::NotInRoom => !matches!(
            message,
            Asked::Hello(_) | Asked::Join(_) | Asked::Move(_) | Asked::Ping { .. } | Asked::Bye
        ),
        Refusal::UnknownSkin => matches!(message, Asked::SetSkin(_)),
        Refusal::BadText => matches!(message, Asked::Chat(_)),
        Refusal::BadState | Refusal::StateFull => matches!(message, Asked::SetState(_)),
        // Also the answer to a question about an older board.
        Refusal::StaleVersion { .. } => matches!(message, Asked::SetState(_) | Asked::Custom(_)),
        Refusal::UnknownMessage | Refusal::BadBody { .. } => {
            matches!(message, Asked::Custom(_) | Asked::Act(_))
        }
        Refusal::Declined { .. } => matches!(message, Asked::Custom(_) | Asked::Act(_) | Asked::Join(_)),
        Refusal::OutOfReach | Refusal::Taken => matches!(message, Asked::Act(_)),
        Refusal::NotYours => matches!(message, Asked::Act(_) | Asked::SetState(_)),
        // The node answers the requests of a tick that panicked.
        Refusal::WorldRestarted => false,
        Refusal::OutOfOrder => matches!(message, Asked::Hello(_)),
    }
}
