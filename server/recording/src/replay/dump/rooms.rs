//! The rooms after a tick.

use parlour_sim::{Room, RoomState, Rooms, Seats};
use serde_json::json;

use super::{Dump, Filter, Selection};
use crate::replay::{PlayerInfo, PlayerRoster, Run, display};

const COLUMNS: &[&str] = &["epoch", "room", "map", "players", "empty since", "state"];

pub(super) fn rooms(run: &mut Run<'_>, filter: &Filter) -> Dump {
    let roster = PlayerRoster::of(run.simulation());
    let world = run.simulation().world();
    let selection = Selection::of(roster.iter(), filter);
    let mut dump = selection.dump(COLUMNS);
    for entity in world.resource::<Rooms>().iter() {
        let Some(room) = world.get::<Room>(entity) else {
            continue;
        };
        let is_of = |player: &PlayerInfo| player.room.as_ref() == Some(&room.name);
        let holds = |players: &Vec<PlayerInfo>| players.iter().any(is_of);
        let named = selection.room.is_none_or(|name| name == room.name);
        if !named || !selection.players.as_ref().is_none_or(holds) {
            continue;
        }
        let players = world.get::<Seats>(entity).map_or(0, Seats::len);
        let state = world.get::<RoomState>(entity);
        let entries = state.map(RoomState::entries).unwrap_or_default();
        let shown: Vec<String> = entries.iter().map(display::entry).collect();
        let since = room.empty_since.map(|tick| format!("t{}", tick.0));
        let texts = [
            ("empty since", since.unwrap_or_else(|| "-".to_owned())),
            ("state", shown.join(", ")),
        ];
        let json = json!({
            "epoch": room.epoch, "room": room.name, "map": room.map.name, "players": players,
            "empty_since": room.empty_since, "messages": room.seq, "state": entries,
        });
        dump.push(json, &texts);
    }
    dump
}
