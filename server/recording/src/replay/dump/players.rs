//! Everyone with an open session, as they are after a tick.

use std::collections::BTreeMap;

use parlour_shared::ids::SessionId;
use parlour_sim::{Motion, Position, SavedState, Seat, Simulation, Skin};
use serde_json::{Map, Value, json};

use super::{Dump, Filter, Selection};
use crate::replay::{ReplayError, Roster, Run, Who, words};

const COLUMNS: &[&str] = &[
    "id", "session", "name", "room", "slot", "position", "moving", "skin", "waiting",
];

pub(super) fn players(run: &mut Run<'_>, filter: &Filter) -> Result<Dump, ReplayError> {
    let roster = Roster::of(run.simulation());
    let mut parts = parts(run.simulation_mut());
    let selection = Selection::of(roster.iter(), filter);
    let mut dump = selection.dump(COLUMNS);
    for who in roster.iter().filter(|who| selection.takes(Some(who))) {
        let parts = parts.remove(&who.session).unwrap_or_default();
        let (row, json) = player(run.simulation(), who, parts);
        dump.rows.push(row);
        dump.json.push(json);
    }
    Ok(dump)
}

fn player(simulation: &Simulation, who: &Who, parts: Map<String, Value>) -> (Vec<String>, Value) {
    let (world, entity) = (simulation.world(), simulation.player(who.session));
    let seat = entity.and_then(|entity| world.get::<Seat>(entity));
    let position = entity
        .and_then(|entity| world.get::<Position>(entity))
        .map(|position| position.0);
    let segment = entity
        .and_then(|entity| world.get::<Motion>(entity))
        .map(Motion::segment);
    let skin = entity
        .and_then(|entity| world.get::<Skin>(entity))
        .map_or(0, |skin| skin.0);
    let waiting = parts
        .get("moves_waiting")
        .and_then(|queue| queue[1].as_array())
        .map_or(0, Vec::len);
    let none = || "-".to_owned();
    let row = vec![
        words::id(who.id),
        who.session.0.to_string(),
        words::plain(&who.name),
        who.room.clone().unwrap_or_else(none),
        seat.map_or_else(none, |seat| seat.slot.0.to_string()),
        position.map_or_else(none, words::place),
        segment.map_or_else(none, |segment| words::moving(segment.gait)),
        skin.to_string(),
        waiting.to_string(),
    ];
    let json = json!({
        "id": words::id(who.id), "session": who.session, "name": who.name, "room": who.room,
        "slot": seat.map(|seat| seat.slot),
        "x_px": position.map(|position| words::px(position.x)),
        "y_px": position.map(|position| words::px(position.y)),
        "moving": segment.map(|segment| words::moving(segment.gait)),
        "skin": skin, "waiting": waiting, "parts": parts,
    });
    (row, json)
}

/// All that is saved of each player, also what game logic declared.
fn parts(simulation: &mut Simulation) -> BTreeMap<SessionId, Map<String, Value>> {
    let mut saved = Vec::new();
    simulation.save(&mut saved);
    let names: Vec<&str> = simulation.part_names().collect();
    let Ok(state) = SavedState::parse(&saved) else {
        return BTreeMap::new();
    };
    let players = simulation.census(&state).players;
    let entities = state.entities.iter();
    let parts = entities.filter_map(|entity| {
        let shown = entity.parts.iter().filter_map(|part| {
            let name = names.get(usize::from(part.tag))?;
            Some(((*name).to_owned(), simulation.show_part(part.tag, part.bytes)?))
        });
        Some((players.get(&entity.id)?.session, shown.collect()))
    });
    parts.collect()
}
