//! What a player's client saw: the accumulated snapshots, and what changed in each.

use std::{collections::BTreeMap, mem};

use parlour_shared::{
    ids::{KindId, ObjectId, PlayerId, Tick},
    motion::{Position, Segment},
    snapshot::{PlayerIdentity, Snapshot},
    view::View,
};

use crate::replay::{PlayerRoster, display, object_names::called};
use parlour_sim::EntityKinds;

/// A client's view.
#[derive(Default)]
pub(super) struct ClientView {
    view: View,
    /// The other visible players, as they were in the last snapshot.
    known: BTreeMap<PlayerId, PlayerIdentity>,
    /// The visible objects.
    objects: BTreeMap<ObjectId, KindId>,
    /// Whether the next snapshot is the first of a stay. Its players were already there, so they
    /// are not reported as coming near.
    is_new_stay: bool,
}

impl ClientView {
    pub(super) fn enter_room(&mut self, stay: u8) {
        self.view.enter_room(stay);
        self.known.clear();
        self.objects.clear();
        self.is_new_stay = true;
    }

    /// Describes all visible players except the viewer.
    pub(super) fn describe_others(
        &self,
        tick: Tick,
        own: PlayerId,
        own_position: Position,
        roster: &PlayerRoster,
    ) -> Vec<String> {
        let others = self.view.players().filter(|(_, seen, _)| seen.player != own);
        others
            .map(|(_, seen, motion)| describe(seen, motion.segment, "", Some(own_position), tick, roster))
            .collect()
    }

    /// Returns the name of a visible player.
    pub(super) fn name(&self, player: PlayerId) -> Option<&str> {
        let (_, seen, _) = self.view.find_player(player)?;
        Some(&seen.name)
    }

    /// Applies a snapshot and describes what changed.
    pub(super) fn apply(
        &mut self,
        snapshot: &Snapshot,
        own: PlayerId,
        (roster, kinds): (&PlayerRoster, &EntityKinds),
    ) -> Vec<String> {
        let tick = snapshot.tick;
        let arrival = if mem::take(&mut self.is_new_stay) {
            ""
        } else {
            " come near"
        };
        if let Err(error) = self.view.apply(snapshot) {
            return vec![format!(
                "is sent a snapshot that does not match the ones before: {error}"
            )];
        }
        let viewer = self.view.find_player(own);
        let own_position = viewer.map(|(_, _, motion)| motion.segment.at(tick));
        let mut departed = mem::take(&mut self.known);
        let (mut arrivals, mut changes) = (Vec::new(), Vec::new());
        for (_, seen, motion) in self.view.players().filter(|(_, seen, _)| seen.player != own) {
            let known = departed.remove(&seen.player);
            let Some(mut known) = known else {
                arrivals.push(format!(
                    "sees {}",
                    describe(seen, motion.segment, arrival, own_position, tick, roster)
                ));
                self.known.insert(seen.player, seen.clone());
                continue;
            };
            if mem::replace(&mut known.skin, seen.skin) != seen.skin {
                let name = roster.called(seen.player, &known.name);
                changes.push(format!("sees {name} put on skin {}", seen.skin));
            }
            if mem::replace(&mut known.dropped, seen.dropped) != seen.dropped {
                let name = roster.called(seen.player, &known.name);
                let what = if seen.dropped { "drop" } else { "resume" };
                changes.push(format!("sees {name} {what}"));
            }
            self.known.insert(seen.player, known);
        }
        let departures = departed
            .iter()
            .map(|(player, known)| format!("no longer sees {}", roster.called(*player, &known.name)));
        let departures = departures.chain(arrivals).chain(changes);
        let mut texts: Vec<String> = departures.collect();
        texts.extend(self.apply_objects(own_position, tick, kinds));
        texts
    }

    /// Describes which objects appeared and which disappeared, in one line each: a room may have
    /// hundreds.
    fn apply_objects(
        &mut self,
        own_position: Option<Position>,
        tick: Tick,
        kinds: &EntityKinds,
    ) -> impl Iterator<Item = String> {
        let mut departed = mem::take(&mut self.objects);
        let mut arrivals = Vec::new();
        for (_, object, seen) in self.view.objects() {
            if departed.remove(&object.object).is_none() {
                let place = seen.segment.at(tick);
                let place =
                    own_position.map_or_else(|| display::place(place), |own| display::offset(own, place));
                arrivals.push(format!("{} ({place})", called(kinds, object.kind, object.object)));
            }
            self.objects.insert(object.object, object.kind);
        }
        let departures = departed.iter().map(|(id, kind)| called(kinds, *kind, *id));
        let departures = Some(display::list(departures)).filter(|names| !names.is_empty());
        let arrivals = Some(display::list(arrivals)).filter(|names| !names.is_empty());
        let departures = departures.map(|names| format!("no longer sees {names}"));
        departures
            .into_iter()
            .chain(arrivals.map(|names| format!("sees {names}")))
    }
}

/// Describes a visible player, where it is relative to the viewer, and how it moves.
fn describe(
    seen: &PlayerIdentity,
    segment: Segment,
    arrival: &str,
    own_position: Option<Position>,
    tick: Tick,
    roster: &PlayerRoster,
) -> String {
    let place = segment.at(tick);
    let place = own_position.map_or_else(|| display::place(place), |own| display::offset(own, place));
    let (name, moving) = (
        roster.called(seen.player, &seen.name),
        display::in_motion(segment.gait),
    );
    let dropped = if seen.dropped { ", dropped" } else { "" };
    format!("{name}{arrival}, {place}, {moving}{dropped}")
}
