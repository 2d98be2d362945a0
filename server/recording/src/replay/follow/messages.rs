//! Describes the messages from and to a client.

use parlour_shared::{
    codec,
    ids::PlayerId,
    message::{ChatSaid, ClientMessage, LeaveReason, Refusal, Scope, ServerMessage},
    text::count,
};

use super::follow_subject::FollowSubject;
use crate::replay::{PlayerRoster, display};

/// Describes a request that no answer reports.
pub(super) fn describe_sent(message: &ClientMessage) -> Option<String> {
    match message {
        ClientMessage::Custom(custom) => {
            let name = display::quoted(&custom.name);
            Some(format!("sends {name} ({})", count(custom.body.len(), "byte")))
        }
        ClientMessage::Act(act) => {
            let name = display::quoted(&act.name);
            Some(format!("acts {name} ({})", count(act.body.len(), "byte")))
        }
        ClientMessage::Bye => Some("says goodbye".to_owned()),
        _ => None,
    }
}

/// What is known of the tick besides the message.
pub(super) struct TickContext<'a> {
    pub(super) roster: &'a PlayerRoster,
    /// Where the player is.
    pub(super) place: Option<String>,
    /// Whether the player asked to enter a room in this tick. If not, it went through a door.
    pub(super) joins: bool,
    /// The refusals that were already reported with their requests.
    pub(super) refused: &'a [Refusal],
}

/// Describes a reliable message.
pub(super) fn describe_received(
    payload: &[u8],
    followed: &mut FollowSubject,
    context: &TickContext<'_>,
) -> Option<String> {
    let message = match codec::decode_server(payload) {
        Ok(message) => message,
        Err(error) => return Some(format!("is sent a message that cannot be read: {error}")),
    };
    match message {
        ServerMessage::RoomEntered(entered) => {
            followed.view.enter_room(entered.view);
            let verb = if context.joins {
                "enters"
            } else {
                "goes through a door into"
            };
            let place = context.place.as_deref().unwrap_or_default();
            Some(
                format!("{verb} {} {place}", display::plain(&entered.room))
                    .trim_end()
                    .to_owned(),
            )
        }
        ServerMessage::RoomLeft(left) => {
            let room = followed.who.room.as_deref().unwrap_or("the room");
            (left.reason == LeaveReason::Asked).then(|| format!("leaves {}", display::plain(room)))
        }
        ServerMessage::Chat(chat) => Some(heard(&chat, chat.player == followed.who.id, context.roster)),
        ServerMessage::StateChanged(changed) => {
            let entries: Vec<String> = changed.entries.iter().map(display::entry).collect();
            let by = changed.player.map_or_else(
                || "game logic".to_owned(),
                |player| name(player, followed, context.roster),
            );
            Some(format!(
                "sees the room's state change: {}, by {by}",
                entries.join(", ")
            ))
        }
        ServerMessage::Refused(refused) if !context.refused.contains(&refused.refusal) => Some(format!(
            "is sent a refusal: {}",
            display::refusal(&refused.refusal)
        )),
        ServerMessage::Custom(custom) => {
            let by = custom
                .player
                .map(|player| format!(" by {}", name(player, followed, context.roster)));
            let (by, bytes) = (by.unwrap_or_default(), count(custom.body.len(), "byte"));
            Some(format!("is sent {}{by} ({bytes})", display::quoted(&custom.name)))
        }
        ServerMessage::Closing(closing) => {
            Some(format!("is sent a closing message: {}", closing.code.reason()))
        }
        ServerMessage::Reserved(reserved) => {
            Some(format!("is sent a ticket for {}", display::plain(&reserved.room)))
        }
        ServerMessage::Snapshot(_)
        | ServerMessage::Accepted(_)
        | ServerMessage::Refused(_)
        | ServerMessage::Welcome(_)
        | ServerMessage::Pong(_) => None,
    }
}

fn heard(chat: &ChatSaid, own: bool, roster: &PlayerRoster) -> String {
    let text = display::quoted(&chat.text);
    let name = roster.called(chat.player, &chat.name);
    match (own, chat.scope) {
        (true, Scope::Room) => format!("says to the room: {text}"),
        (true, Scope::Near) => format!("says to those near: {text}"),
        (false, Scope::Room) => format!("hears {name}: {text}"),
        (false, Scope::Near) => format!("hears {name} nearby: {text}"),
    }
}

/// Returns the name of a player as the client knows it, or else as the world does.
fn name(player: PlayerId, followed: &FollowSubject, roster: &PlayerRoster) -> String {
    let seen = followed.view.name(player);
    let name = seen.or_else(|| roster.player(player).map(|who| who.name.as_str()));
    name.map_or_else(|| display::id(player), |name| roster.called(player, name))
}
