//! What happened to one object, from the state of the world after each tick.

use std::{collections::BTreeMap, io};

use parlour_shared::{
    ids::{ObjectId, PlayerId, Tick},
    motion::Segment,
};
use parlour_sim::{EntityKinds, Kind, Motion, Object, Owner, Room, Simulation};
use serde_json::Value;

use super::follower::Line;
use crate::replay::{
    PlayerRoster, Replay, ReplayedTick, ShowError, Window, display, kind_of, object_names::called,
};

/// Reports what happened to an object in a window: when it was spawned and despawned, how it moved,
/// how its replicated components changed, and to whom it belonged.
///
/// # Errors
/// [`ShowError`]. Everything before it was reported.
pub fn follow_object(
    replay: &mut Replay,
    object: ObjectId,
    window: Window,
    mut tell: impl FnMut(&Line) -> io::Result<()>,
) -> Result<(), ShowError> {
    let times = replay.times();
    let line = |tick: Tick, text: String| Line {
        wall_ms: times.at(tick),
        tick,
        text,
    };
    let mut run = replay.run_to(window.before())?;
    let mut roster = PlayerRoster::of(run.simulation());
    let mut known = ObjectState::of(run.simulation(), object);
    let mut found = known.is_some();
    if let Some(state) = &known {
        tell(&line(run.tick(), state.describe("is", run.tick(), &roster)))?;
    }
    while let Some(ReplayedTick { tick, panic }) = run.next_up_to(window.to)? {
        if let Some(message) = panic {
            let message = display::plain(&message);
            tell(&line(
                tick,
                format!("the tick panics, and is the last one: {message}"),
            ))?;
            break;
        }
        roster.follow(&run);
        let now = ObjectState::of(run.simulation(), object);
        found |= now.is_some();
        let texts = match (&known, &now) {
            (Some(before), Some(now)) => now.changes(before, &roster),
            (None, Some(now)) => vec![now.describe("is spawned", tick, &roster)],
            (Some(before), None) => vec![format!("{} is despawned", before.name)],
            (None, None) => Vec::new(),
        };
        for text in texts {
            tell(&line(tick, text))?;
        }
        known = now;
    }
    match found {
        true => Ok(()),
        false => Err(ShowError::NoMatch(format!(
            "there is no object {} in {window}",
            object.0
        ))),
    }
}

/// The object after a tick.
struct ObjectState {
    /// Its kind and id.
    name: String,
    room: String,
    segment: Segment,
    owner: Option<PlayerId>,
    /// Its replicated components, by name.
    components: BTreeMap<String, Value>,
}

impl ObjectState {
    fn of(simulation: &Simulation, id: ObjectId) -> Option<Self> {
        let (world, entity) = (simulation.world(), simulation.object(id)?);
        let object = world.get::<Object>(entity)?;
        let parts = simulation.show_entity(entity);
        let names = kind_of(simulation, object).map_or(&[][..], Kind::components);
        let components = names
            .iter()
            .filter_map(|name| Some((name.clone(), parts.get(name.as_str())?.clone())));
        Some(Self {
            name: called(world.resource::<EntityKinds>(), object.kind(), id),
            room: world.get::<Room>(object.room())?.name.clone(),
            segment: world.get::<Motion>(entity)?.segment(),
            owner: world.get::<Owner>(entity).and_then(Owner::player),
            components: components.collect(),
        })
    }

    /// Describes everything about it. `verb` follows its name, as in `chair 12 is`.
    fn describe(&self, verb: &str, tick: Tick, roster: &PlayerRoster) -> String {
        let mut text = format!(
            "{} {verb} in {} at {}, {}",
            self.name,
            display::plain(&self.room),
            display::place(self.segment.at(tick)),
            display::object_in_motion(self.segment.gait)
        );
        for (name, value) in &self.components {
            text += &format!("; {} {}", display::plain(name), shown(value));
        }
        if let Some(owner) = self.owner {
            text += &format!("; belongs to {}", owner_name(owner, roster));
        }
        text
    }

    /// Describes what is different from the tick before.
    fn changes(&self, before: &Self, roster: &PlayerRoster) -> Vec<String> {
        let mut changes = Vec::new();
        changes.extend(self.motion_since(before));
        for (name, value) in &self.components {
            match before.components.get(name) {
                Some(old) if old == value => {}
                Some(old) => changes.push(format!(
                    "has {} {}, no longer {}",
                    display::plain(name),
                    shown(value),
                    shown(old)
                )),
                None => changes.push(format!("gets {} {}", display::plain(name), shown(value))),
            }
        }
        let lost = before
            .components
            .keys()
            .filter(|name| !self.components.contains_key(*name));
        changes.extend(lost.map(|name| format!("loses {}", display::plain(name))));
        if self.owner != before.owner {
            changes.push(match self.owner {
                Some(owner) => format!("belongs to {}", owner_name(owner, roster)),
                None => "belongs to nobody".to_owned(),
            });
        }
        changes
            .iter()
            .map(|change| format!("{} {change}", self.name))
            .collect()
    }

    fn motion_since(&self, before: &Self) -> Option<String> {
        let (was, is) = (&before.segment, &self.segment);
        let place = display::place(is.position);
        let expected = was.at(is.since);
        let apart = expected
            .x
            .abs_diff(is.position.x)
            .max(expected.y.abs_diff(is.position.y));
        let open = was.gait.heading.velocity();
        // Something solid stops a body up to one tick's distance early.
        if apart > u32::from(open.x.unsigned_abs().max(open.y.unsigned_abs())) {
            let moving = display::object_in_motion(is.gait);
            return Some(format!("is put at {place}, {moving}"));
        }
        match was.gait == is.gait {
            true => None,
            false => Some(format!("{} from {place}", display::object_moving(is.gait))),
        }
    }
}

/// Returns a value as JSON, which has no control characters.
fn shown(value: &Value) -> String {
    display::plain(&value.to_string())
}

/// Returns the name of an owner, who may have left, with its id.
fn owner_name(owner: PlayerId, roster: &PlayerRoster) -> String {
    match roster.player(owner) {
        Some(player) => roster.called(owner, &player.name),
        None => format!("the player {}, who is not here", display::id(owner)),
    }
}
