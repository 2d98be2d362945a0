//! All players with an open session, after a tick.

use std::collections::BTreeMap;

use parlour_shared::ids::{KindId, SessionId};
use parlour_sim::{CurrentPosition, EntityKinds, Motion, SavedState, Seat, Simulation, Skin};
use serde_json::{Map, Value, json};

use super::{Dump, Filter, Selection, components};
use crate::replay::{PlayerRoster, Run, display};

const COLUMNS: &[&str] = &[
    "id", "session", "name", "room", "slot", "position", "moving", "skin", "waiting",
];

pub(super) fn players(run: &mut Run<'_>, filter: &Filter) -> Dump {
    let roster = PlayerRoster::of(run.simulation());
    let mut parts = parts(run.simulation_mut());
    let simulation = run.simulation();
    let world = simulation.world();
    let kind = world.resource::<EntityKinds>().get(KindId::PLAYER);
    let selection = Selection::of(roster.iter(), filter);
    let mut dump = selection.dump(COLUMNS);
    // Without game logic, players have none.
    if kind.is_some_and(|kind| !kind.components().is_empty()) {
        dump.columns.push("components");
    }
    for player in roster.iter().filter(|player| selection.takes(Some(player))) {
        let mut parts = parts.remove(&player.session).unwrap_or_default();
        let components = components::take(kind, |name| parts.remove(name));
        let waiting = parts.get("moves_waiting").and_then(|queue| queue[1].as_array());
        let waiting = waiting.map_or(0, Vec::len);
        let entity = simulation.player(player.session);
        let seat = entity.and_then(|entity| world.get::<Seat>(entity));
        let position = entity.and_then(|entity| world.get::<CurrentPosition>(entity));
        let position = position.map(|position| position.0);
        let motion = entity.and_then(|entity| world.get::<Motion>(entity));
        let skin = entity.and_then(|entity| world.get::<Skin>(entity));
        let place = position.map_or_else(|| "-".to_owned(), display::place);
        let moves = motion.map(|motion| display::moving(motion.segment().gait));
        let dropped = if player.dropped { ", dropped" } else { "" };
        let moving = format!("{}{dropped}", moves.as_deref().unwrap_or("-"));
        let json = json!({
            "id": display::id(player.id), "session": player.session, "name": player.name, "room": player.room,
            "slot": seat.map(|seat| seat.slot),
            "x_px": position.map(|position| display::px(position.x)),
            "y_px": position.map(|position| display::px(position.y)),
            "moving": moves,
            "skin": skin.map_or(0, |skin| skin.0), "waiting": waiting, "dropped": player.dropped,
            "components": components, "parts": parts,
        });
        dump.push(
            json,
            &[
                ("position", place),
                ("moving", moving),
                ("components", components::in_words(&components)),
            ],
        );
    }
    dump
}

/// Returns everything that is saved of each player, including state that game logic declared.
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
