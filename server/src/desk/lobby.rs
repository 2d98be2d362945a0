//! Answers the requests of sessions that are in no world.

use parlour_shared::{
    ids::{SessionId, Tick},
    message::{Accepted, ClientMessage, Durability, Refusal, ServerMessage, SetSkin},
};

use super::turn::Turn;

/// Answers a message that is not a join or a reservation.
pub(super) fn answer(turn: &mut Turn, id: SessionId, message: &ClientMessage) {
    let now = turn.now;
    let Some(session) = turn.session(id) else { return };
    // There is no place in which to move.
    if matches!(message, ClientMessage::Move(_)) {
        return;
    }
    let answer = session.limits.other(now).and_then(|()| match message {
        ClientMessage::SetSkin(skin) => set_skin(turn, id, *skin),
        ClientMessage::Hello(_) => Err(Refusal::OutOfOrder),
        // The edge empties an invalid text.
        ClientMessage::Chat(chat) if chat.text.is_empty() => Err(Refusal::BadText),
        _ => Err(Refusal::NotInRoom),
    });
    if let Err(refusal) = answer {
        turn.refuse_request(id, message.request(), refusal);
    }
}

fn set_skin(turn: &mut Turn, id: SessionId, wish: SetSkin) -> Result<(), Refusal> {
    if usize::from(wish.skin) >= turn.state.config.skins {
        return Err(Refusal::UnknownSkin);
    }
    if let Some(session) = turn.session(id) {
        session.player.skin = wish.skin;
    }
    let accepted = Accepted {
        request: wish.request,
        // The lobby has no ticks.
        tick: Tick(0),
        durability: Durability::L0,
        stamp: None,
    };
    turn.send(id, ServerMessage::Accepted(accepted));
    Ok(())
}
