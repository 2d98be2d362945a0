//! Compares the inputs of two ticks, in words.

use std::collections::BTreeMap;

use parlour_shared::message::ClientMessage;
use parlour_tick::{Event, EventKind, TickInput};
use serde::Serialize;

use super::state::PlayerName;
use crate::replay::events;

/// The maximum number of listed differences.
const LISTED: usize = 64;

/// The difference between the events of one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventDifference {
    /// The session.
    pub session: u64,
    /// The player of the session before the tick, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub player: Option<PlayerName>,
    /// The room of the player.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Events that only the first recording has, in words.
    pub only_one: Vec<String>,
    /// Events that only the second has.
    pub only_other: Vec<String>,
    /// Whether both have the same events in a different order.
    pub order: bool,
}

/// Compares the inputs of two ticks, session by session.
pub(super) fn compare(one: &TickInput, other: &TickInput) -> Vec<EventDifference> {
    let mut sessions: BTreeMap<u64, [Vec<&Event>; 2]> = BTreeMap::new();
    for (side, input) in [one, other].into_iter().enumerate() {
        for event in &input.events {
            sessions.entry(event.session.0).or_default()[side].push(event);
        }
    }
    sessions
        .into_iter()
        .filter(|(_, [one, other])| one != other)
        .take(LISTED)
        .map(|(session, [one, other])| {
            let only_one = only(&one, &other);
            let only_other = only(&other, &one);
            EventDifference {
                session,
                player: None,
                room: None,
                order: only_one.is_empty() && only_other.is_empty(),
                only_one,
                only_other,
            }
        })
        .collect()
}

/// Returns the events that do not occur in `others`, or occur less often.
fn only(these: &[&Event], others: &[&Event]) -> Vec<String> {
    let mut left: Vec<&&Event> = others.iter().collect();
    let missing = these.iter().filter(|event| {
        let at = left.iter().position(|other| *other == *event);
        at.map(|at| left.swap_remove(at)).is_none()
    });
    missing.map(|event| in_words(&event.kind)).collect()
}

/// Describes an event with the details that distinguish similar messages.
fn in_words(kind: &EventKind) -> String {
    let text = events::in_words(kind);
    let EventKind::Message { early, message } = kind else {
        return text;
    };
    let seq = match message {
        ClientMessage::Move(step) => format!("move {}, ", step.seq),
        ClientMessage::Ping { nonce } => format!("nonce {nonce}, "),
        _ => String::new(),
    };
    format!(
        "{text} ({seq}{:.1} ms before the deadline)",
        events::early_ms(*early)
    )
}
