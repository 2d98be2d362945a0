//! The rooms there are after a tick.

use parlour_sim::{Room, RoomState, Rooms, Seats};
use serde_json::json;

use super::{Dump, Filter, Selection};
use crate::replay::{ReplayError, Roster, Run, Who, words};

const COLUMNS: &[&str] = &["epoch", "room", "map", "players", "empty since", "state"];

pub(super) fn rooms(run: &mut Run<'_>, filter: &Filter) -> Result<Dump, ReplayError> {
    let roster = Roster::of(run.simulation());
    let world = run.simulation().world();
    let selection = Selection::of(roster.iter(), filter);
    let mut dump = selection.dump(COLUMNS);
    for entity in world.resource::<Rooms>().iter() {
        let Some(room) = world.get::<Room>(entity) else {
            continue;
        };
        let holds = |players: &Vec<Who>| players.iter().any(|who| who.room.as_ref() == Some(&room.name));
        let named = selection.room.is_none_or(|name| name == room.name);
        if !named || !selection.players.as_ref().is_none_or(holds) {
            continue;
        }
        let players = world.get::<Seats>(entity).map_or(0, Seats::len);
        let entries = world
            .get::<RoomState>(entity)
            .map(RoomState::entries)
            .unwrap_or_default();
        let shown: Vec<String> = entries.iter().map(words::entry).collect();
        dump.rows.push(vec![
            room.epoch.0.to_string(),
            words::plain(&room.name),
            words::plain(&room.map.name),
            players.to_string(),
            room.empty_since
                .map_or_else(|| "-".to_owned(), |tick| format!("t{}", tick.0)),
            shown.join(", "),
        ]);
        dump.json.push(json!({
            "epoch": room.epoch, "room": room.name, "map": room.map.name, "players": players,
            "empty_since": room.empty_since, "messages": room.seq, "state": entries,
        }));
    }
    Ok(dump)
}
