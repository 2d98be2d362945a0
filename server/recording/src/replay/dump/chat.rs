//! The chat of a window, and its listeners.

use parlour_shared::message::Scope;
use serde_json::json;

use super::{Dump, Selection};
use crate::replay::{
    PlayerRoster, Replay, ReplayError, ReplayedTick, Window, chat_heard::chat_heard, display,
};

const COLUMNS: &[&str] = &["tick", "time", "room", "id", "name", "to", "text"];

pub(super) fn chat(
    replay: &mut Replay,
    window: Window,
    selection: &Selection<'_>,
) -> Result<Dump, ReplayError> {
    let times = replay.times();
    let mut run = replay.run_to(window.before())?;
    let mut roster = PlayerRoster::of(run.simulation());
    let mut dump = selection.dump(COLUMNS);
    while let Some(ReplayedTick { tick, panic: None }) = run.next_up_to(window.to)? {
        roster.follow(&run);
        let wall_ms = times.at(tick);
        for heard in chat_heard(run.output()) {
            let chat = &heard.chat;
            let speaker = roster.player(chat.player);
            let listeners = heard.heard_by.iter().filter_map(|session| roster.get(*session));
            // The requested player spoke, or heard it.
            let mut concerned = listeners.clone().chain(speaker);
            if !concerned.any(|player| selection.takes(Some(player))) {
                continue;
            }
            let others = heard.heard_by.len().saturating_sub(1);
            let to = match chat.scope {
                Scope::Room => format!("room ({others})"),
                Scope::Near => {
                    let others_near = listeners.clone().filter(|player| player.id != chat.player);
                    let names = others_near.map(|player| roster.called(player.id, &player.name));
                    format!("near ({others}) {}", display::list(names))
                }
            };
            let texts = [
                ("tick", format!("t{}", tick.0)),
                ("time", display::time_of_day(wall_ms)),
                ("to", to.trim_end().to_owned()),
            ];
            let heard_by: Vec<_> = listeners
                .map(|player| {
                    json!({"id": display::id(player.id), "session": player.session, "name": player.name})
                })
                .collect();
            let json = json!({
                "tick": tick, "time": display::rfc3339(wall_ms), "room": speaker.and_then(|who| who.room.as_ref()),
                "id": display::id(chat.player), "name": chat.name, "scope": chat.scope, "text": chat.text,
                "heard_by": heard_by,
            });
            dump.push(json, &texts);
        }
    }
    Ok(dump)
}
