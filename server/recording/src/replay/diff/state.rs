//! Compares two saved worlds: which parts of which players, rooms and objects differ, in words.

use std::collections::BTreeMap;

use parlour_shared::text::count;
use parlour_sim::{PlayerInfo, SavedPart, SavedState, Simulation, StableId};
use serde::Serialize;
use serde_json::Value;

use crate::replay::display;

/// The maximum number of listed parts. Further parts are only counted.
const LISTED: usize = 64;

/// A player, as reports refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlayerName {
    /// The name.
    pub name: String,
    /// Its id, hexadecimal.
    pub id: String,
    /// Its session.
    pub session: u64,
}

impl From<&PlayerInfo> for PlayerName {
    fn from(player: &PlayerInfo) -> Self {
        Self {
            name: player.name.clone(),
            id: display::id(player.id),
            session: player.session.0,
        }
    }
}

/// A part of the state that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartDifference {
    /// The declared name of the component or resource.
    pub component: String,
    /// Its owner: `player 0000abcd`, `room #3`, `object 12 (chair)`, `game entity 7`, or `the
    /// world`.
    pub owner: String,
    /// The player that owns it, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub player: Option<PlayerName>,
    /// The room that owns it, or that its player or object is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The value in the first world, or `None` if it has none.
    pub one: Option<Value>,
    /// The value in the second world, or `None` if it has none.
    pub other: Option<Value>,
}

/// The parts that differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PartDifferences {
    /// The parts, at most 64.
    #[serde(rename = "differ")]
    pub listed: Vec<PartDifference>,
    /// The number of further parts.
    pub more: usize,
}

/// Compares two saved worlds: players first, then rooms, then the rest. `world` provides the names
/// of the parts.
pub(super) fn compare(world: &Simulation, one: &[u8], other: &[u8]) -> PartDifferences {
    let (Ok(one), Ok(other)) = (SavedState::parse(one), SavedState::parse(other)) else {
        return PartDifferences::default();
    };
    let names: Vec<&str> = world.part_names().collect();
    let census = [&one, &other].map(|saved| world.census(saved));
    let mut parts = PartDifferences::default();
    let mut add = |id: Option<StableId>, tag: u8, values: [Option<&[u8]>; 2]| {
        if parts.listed.len() >= LISTED {
            parts.more += 1;
            return;
        }
        let [one, other] = values.map(|bytes| bytes.map(|bytes| show(world, tag, bytes)));
        let player = id.and_then(|id| census.iter().find_map(|census| census.players.get(&id)));
        let room = id.and_then(|id| census.iter().find_map(|census| census.rooms.get(&id)));
        let object = id.and_then(|id| census.iter().find_map(|census| census.objects.get(&id)));
        let owner = match (id, object) {
            (None, _) => "the world".to_owned(),
            (Some(id), None) => id.to_string(),
            (Some(id), Some(object)) => format!("{id} ({})", object.kind),
        };
        parts.listed.push(PartDifference {
            component: name(&names, tag),
            owner,
            player: player.map(PlayerName::from),
            room: player
                .and_then(|player| player.room.clone())
                .or_else(|| room.cloned())
                .or_else(|| object.map(|object| object.room.clone())),
            one,
            other,
        });
    };
    let mut ids: Vec<StableId> = one
        .entities
        .iter()
        .chain(&other.entities)
        .map(|entity| entity.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let none: &[SavedPart] = &[];
    for id in ids {
        let parts = [one.entity(id), other.entity(id)];
        let [ours, theirs] = parts.map(|entity| entity.map_or(none, |entity| entity.parts.as_slice()));
        each_difference(ours, theirs, |tag, values| add(Some(id), tag, values));
    }
    each_difference(&one.resources, &other.resources, |tag, values| {
        add(None, tag, values)
    });
    parts
}

/// Returns the names of the listed parts that differ, each once.
pub(super) fn changed(world: &Simulation, one: &[u8], other: &[u8]) -> Vec<String> {
    let mut names: Vec<String> = compare(world, one, other)
        .listed
        .into_iter()
        .map(|part| part.component)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Calls `differ` with each tag whose values differ, and with both values.
fn each_difference<'a>(
    one: &[SavedPart<'a>],
    other: &[SavedPart<'a>],
    mut differ: impl FnMut(u8, [Option<&'a [u8]>; 2]),
) {
    let mut values: BTreeMap<u8, [Option<&[u8]>; 2]> = BTreeMap::new();
    for (side, parts) in [one, other].into_iter().enumerate() {
        for part in parts {
            values.entry(part.tag).or_default()[side] = Some(part.bytes);
        }
    }
    values
        .into_iter()
        .filter(|(_, [one, other])| one != other)
        .for_each(|(tag, values)| differ(tag, values));
}

fn name(names: &[&str], tag: u8) -> String {
    let name = names.get(usize::from(tag));
    name.map_or_else(|| format!("part {tag}"), |name| (*name).to_owned())
}

fn show(world: &Simulation, tag: u8, bytes: &[u8]) -> Value {
    let shown = world.show_part(tag, bytes);
    shown.unwrap_or_else(|| Value::String(format!("{} that cannot be decoded", count(bytes.len(), "byte"))))
}
