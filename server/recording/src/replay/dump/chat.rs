//! What was said in a window, and who heard it.

use parlour_shared::message::Scope;
use serde_json::json;

use super::{Dump, Selection};
use crate::replay::{Ran, Replay, ReplayError, Roster, Window, chat_heard::chat_heard, words};

const COLUMNS: &[&str] = &["tick", "time", "room", "id", "who", "to", "text"];

pub(super) fn chat(
    replay: &mut Replay,
    window: Window,
    selection: &Selection<'_>,
) -> Result<Dump, ReplayError> {
    let times = replay.times();
    let mut run = replay.run_to(window.before())?;
    let mut roster = Roster::of(run.simulation());
    let mut dump = selection.dump(COLUMNS);
    while let Some(Ran { tick, panic: None }) = run.next_up_to(window.to)? {
        roster.follow(&run);
        for said in chat_heard(run.output()) {
            let speaker = roster.player(said.chat.player);
            let listeners = said.heard_by.iter().filter_map(|session| roster.get(*session));
            // The player asked for is the one who spoke, or one who heard it.
            let mut concerned = listeners.clone().chain(speaker);
            if !concerned.any(|who| selection.takes(Some(who))) {
                continue;
            }
            let room = speaker.and_then(|who| who.room.clone());
            let others = said.heard_by.len().saturating_sub(1);
            let to = match said.chat.scope {
                Scope::Room => format!("room ({others})"),
                Scope::Near => {
                    let names = listeners.clone().filter(|who| who.id != said.chat.player);
                    let names: Vec<String> = names
                        .take(5)
                        .map(|who| roster.called(who.id, &who.name))
                        .collect();
                    let more = if others > 5 { ", ..." } else { "" };
                    format!("near ({others}) {}{more}", names.join(", "))
                        .trim_end()
                        .to_owned()
                }
            };
            let wall_ms = times.at(tick);
            dump.rows.push(vec![
                format!("t{}", tick.0),
                words::time_of_day(wall_ms),
                room.clone().unwrap_or_default(),
                words::id(said.chat.player),
                words::plain(&said.chat.name),
                to,
                words::plain(&said.chat.text),
            ]);
            let heard_by: Vec<_> = listeners
                .map(|who| json!({"id": words::id(who.id), "session": who.session, "name": who.name}))
                .collect();
            dump.json.push(json!({
                "tick": tick, "time": words::rfc3339(wall_ms), "room": room,
                "id": words::id(said.chat.player), "name": said.chat.name, "scope": said.chat.scope,
                "text": said.chat.text, "heard_by": heard_by,
            }));
        }
    }
    Ok(dump)
}
