//! The events of a tick, in words and as JSON.

use parlour_shared::{
    message::{ActTarget, ClientMessage, MoveHeading, Scope, StateWrite},
    motion::Direction,
    text::count,
};
use parlour_tick::{Event, EventKind};
use serde_json::{Value, json};

use super::display::{direction, id, plain, quoted};

/// Describes an event of a session in words.
pub(super) fn in_words(kind: &EventKind) -> String {
    match kind {
        EventKind::Arrive(arrival) => {
            let dropped = if arrival.dropped { ", dropped" } else { "" };
            format!("arrives as {}{dropped}", quoted(&arrival.name))
        }
        EventKind::Depart => "departs".to_owned(),
        EventKind::Reserve(reservation) => format!(
            "reserves {} in {}",
            count(reservation.seats, "seat"),
            plain(&reservation.join.room)
        ),
        EventKind::Hold => "stalls".to_owned(),
        EventKind::Release => "recovers".to_owned(),
        EventKind::Drop => "drops".to_owned(),
        EventKind::Resume { reset: false } => "resumes".to_owned(),
        EventKind::Resume { reset: true } => "resumes, and is sent its room again".to_owned(),
        EventKind::Message { message, .. } => request(message),
    }
}

/// Returns an event as JSON, in the forms of the protocol.
pub(super) fn to_json(event: &Event) -> Value {
    let session = event.session;
    match &event.kind {
        EventKind::Arrive(arrival) => {
            let mut arrive = json!({
                "session": session, "kind": "arrive", "player": id(arrival.player), "name": arrival.name,
                "skin": arrival.skin, "carried": arrival.carried.iter().map(|part| &part.name).collect::<Vec<_>>(),
            });
            if arrival.dropped {
                arrive["dropped"] = Value::Bool(true);
            }
            arrive
        }
        EventKind::Depart => json!({"session": session, "kind": "depart"}),
        EventKind::Reserve(reservation) => json!({
            "session": session, "kind": "reserve", "seats": reservation.seats,
            "join": reservation.join,
        }),
        EventKind::Hold => json!({"session": session, "kind": "hold"}),
        EventKind::Release => json!({"session": session, "kind": "release"}),
        EventKind::Drop => json!({"session": session, "kind": "drop"}),
        EventKind::Resume { reset } => json!({"session": session, "kind": "resume", "reset": reset}),
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
        ClientMessage::Reserve(reserve) => {
            format!(
                "reserve {} in {}",
                count(reserve.seats, "seat"),
                plain(&reserve.room)
            )
        }
        ClientMessage::Move(command) => {
            let word = match command.heading {
                MoveHeading::Keys {
                    direction: Direction::Still,
                    ..
                } => "stand".to_owned(),
                MoveHeading::Keys {
                    direction: way,
                    sprint: false,
                } => format!("walk {}", direction(way)),
                MoveHeading::Keys {
                    direction: way,
                    sprint: true,
                } => format!("sprint {}", direction(way)),
                MoveHeading::Angle { angle, speed } => format!("walk at angle {angle}, speed {speed}"),
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
            format!("{} ({})", plain(&custom.name), count(custom.body.len(), "byte"))
        }
        ClientMessage::Act(act) => {
            let target = match act.target {
                ActTarget::Object(object) => format!("object {}", object.0),
                ActTarget::Player(player) => format!("player {:08x}", player.0),
            };
            format!(
                "act {} on {target} ({})",
                plain(&act.name),
                count(act.body.len(), "byte")
            )
        }
        ClientMessage::Ping { .. } => "ping".to_owned(),
        ClientMessage::Bye => "bye".to_owned(),
        // Never the token. No server of this version records such a message.
        ClientMessage::Authenticate(_) => "authenticate".to_owned(),
        ClientMessage::Ack { received } => format!("ack {received}"),
    }
}
