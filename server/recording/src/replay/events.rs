//! The events of a tick, in words and as JSON.

use parlour_shared::{
    message::{ClientMessage, Scope, StateWrite},
    motion::Direction,
    text::count,
};
use parlour_tick::{Event, EventKind};
use serde_json::{Value, json};

use super::display::{direction, plain, quoted};

/// Describes an event of a session in words.
pub(super) fn in_words(kind: &EventKind) -> String {
    match kind {
        EventKind::Open { name } => format!("opens as {}", quoted(name)),
        EventKind::Close => "closes".to_owned(),
        EventKind::Hold => "stalls".to_owned(),
        EventKind::Release => "recovers".to_owned(),
        EventKind::Message { message, .. } => request(message),
    }
}

/// Returns an event as JSON, in the forms of the protocol.
pub(super) fn to_json(event: &Event) -> Value {
    let session = event.session;
    match &event.kind {
        EventKind::Open { name } => json!({"session": session, "kind": "open", "name": name}),
        EventKind::Close => json!({"session": session, "kind": "close"}),
        EventKind::Hold => json!({"session": session, "kind": "hold"}),
        EventKind::Release => json!({"session": session, "kind": "release"}),
        EventKind::Message { early, message } => json!({
            "session": session, "kind": "message", "early_ms": early_ms(*early), "message": message,
        }),
    }
}

/// Converts the earliness of a message from tenths of a millisecond.
pub(super) fn early_ms(tenths: i16) -> f64 {
    f64::from(tenths) / 10.0
}

/// Describes a client's request.
pub(super) fn request(message: &ClientMessage) -> String {
    match message {
        ClientMessage::Hello(_) => "hello".to_owned(),
        ClientMessage::Join(join) => format!("join {}", plain(&join.room)),
        ClientMessage::Leave { .. } => "leave".to_owned(),
        ClientMessage::Move(command) => {
            let heading = command.heading();
            let word = match (heading.direction, heading.sprint) {
                (Direction::Still, _) => "stand".to_owned(),
                (way, false) => format!("walk {}", direction(way)),
                (way, true) => format!("sprint {}", direction(way)),
            };
            match command.tick.0 {
                0 => word,
                tick => format!("{word} at t{tick}"),
            }
        }
        ClientMessage::Chat(chat) if chat.scope == Scope::Near => format!("say near {}", quoted(&chat.text)),
        ClientMessage::Chat(chat) => format!("say {}", quoted(&chat.text)),
        ClientMessage::SetSkin(skin) => format!("skin {}", skin.skin),
        ClientMessage::SetState(batch) => {
            let write = |write: &StateWrite| match &write.value {
                Some(value) => format!("{} = {}", plain(&write.key), quoted(value)),
                None => format!("delete {}", plain(&write.key)),
            };
            let writes: Vec<String> = batch.writes.iter().map(write).collect();
            format!("state {}", writes.join(", "))
        }
        ClientMessage::Custom(custom) => {
            format!("{} ({})", plain(&custom.name), count(custom.body.0.len(), "byte"))
        }
        ClientMessage::Ping { .. } => "ping".to_owned(),
        ClientMessage::Bye => "bye".to_owned(),
    }
}
