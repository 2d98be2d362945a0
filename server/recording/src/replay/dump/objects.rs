//! All objects after a tick.

use parlour_shared::ids::{ObjectId, PlayerId};
use parlour_sim::{CurrentPosition, Kind, Motion, Object, ObjectSlots, Owner, Room, Rooms, Simulation};
use serde_json::{Value, json};

use super::{Dump, Filter, Selection, components};
use crate::replay::{PlayerRoster, Run, display, kind_of};

const COLUMNS: &[&str] = &[
    "id",
    "kind",
    "room",
    "slot",
    "position",
    "moving",
    "owner",
    "components",
];

/// Returns the objects by id. The filter's player is their owner.
pub(super) fn objects(run: &mut Run<'_>, filter: &Filter) -> Dump {
    let roster = PlayerRoster::of(run.simulation());
    let simulation = run.simulation();
    let selection = Selection::of(roster.iter(), filter);
    let mut dump = selection.dump(COLUMNS);
    for id in ids(simulation, selection.room) {
        if let Some((json, texts)) = row(simulation, id, &selection, &roster) {
            dump.push(json, &texts);
        }
    }
    dump
}

/// Returns the ids of all objects, or those of one room, in order.
fn ids(simulation: &Simulation, room: Option<&str>) -> Vec<ObjectId> {
    let world = simulation.world();
    let named = |entity: &_| {
        let found = world.get::<Room>(*entity).map(|room| room.name.as_str());
        room.is_none_or(|room| found == Some(room))
    };
    let rooms = world.resource::<Rooms>().iter().filter(named);
    let slots = rooms.filter_map(|room| world.get::<ObjectSlots>(room));
    let objects = slots.flat_map(|slots| slots.iter().map(|(_, object)| object));
    let mut ids: Vec<ObjectId> = objects
        .filter_map(|object| Some(world.get::<Object>(object)?.id()))
        .collect();
    ids.sort_unstable();
    ids
}

type Texts = [(&'static str, String); 3];

/// Returns the row of an object, if the filter takes it.
fn row(
    simulation: &Simulation,
    id: ObjectId,
    selection: &Selection<'_>,
    roster: &PlayerRoster,
) -> Option<(Value, Texts)> {
    let (world, entity) = (simulation.world(), simulation.object(id)?);
    let object = world.get::<Object>(entity)?;
    let room = world.get::<Room>(object.room())?;
    let position = world.get::<CurrentPosition>(entity)?.0;
    let motion = world.get::<Motion>(entity)?;
    let owner = world.get::<Owner>(entity).and_then(Owner::player);
    if let Some(players) = &selection.players
        && !players.iter().any(|player| Some(player.id) == owner)
    {
        return None;
    }
    let kind = kind_of(simulation, object);
    let mut parts = simulation.show_entity(entity);
    let components = components::take(kind, |name| parts.remove(name));
    let texts = [
        ("position", display::place(position)),
        (
            "owner",
            owner.map_or_else(|| "-".to_owned(), |owner| name_of(owner, roster)),
        ),
        ("components", components::in_words(&components)),
    ];
    let json = json!({
        "id": id, "kind": kind.map(Kind::name), "room": room.name, "slot": object.slot(),
        "x_px": display::px(position.x), "y_px": display::px(position.y),
        "moving": display::object_moving(motion.segment().gait), "owner": owner.map(display::id),
        "components": components, "parts": parts,
    });
    Some((json, texts))
}

/// Returns the name of an owner, who may have left, with its id.
fn name_of(owner: PlayerId, roster: &PlayerRoster) -> String {
    match roster.player(owner) {
        Some(player) => roster.called(owner, &player.name),
        None => display::id(owner),
    }
}
