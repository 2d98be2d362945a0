//! What a player's client saw: its accumulated snapshots, and what changed in each.

use std::{collections::BTreeMap, mem};

use parlour_shared::{
    ids::{PlayerId, Tick},
    motion::Position,
    snapshot::Snapshot,
    view::{Seen, View},
};

use crate::replay::{PlayerRoster, words};

/// A client's view.
#[derive(Default)]
pub(super) struct ClientView {
    view: View,
    /// The names and skins of the other visible players.
    known: BTreeMap<PlayerId, (String, u16)>,
    /// Whether the next snapshot is the first in the room. Its players were already there, so they
    /// are not reported as coming near.
    fresh: bool,
}

impl ClientView {
    pub(super) fn enter_room(&mut self, stay: u8) {
        self.view.enter_room(stay);
        self.known.clear();
        self.fresh = true;
    }

    /// Describes all visible players except the viewer.
    pub(super) fn describe_others(
        &self,
        tick: Tick,
        own: PlayerId,
        here: Position,
        roster: &PlayerRoster,
    ) -> Vec<String> {
        let others = self.view.iter().filter(|(_, seen)| seen.player != own);
        others
            .map(|(_, seen)| describe(&seen, "", Some(here), tick, roster))
            .collect()
    }

    /// Returns the name of a visible player.
    pub(super) fn name(&self, player: PlayerId) -> Option<&str> {
        let mut all = self.view.iter();
        all.find(|(_, seen)| seen.player == player)
            .map(|(_, seen)| seen.name)
    }

    /// Applies a snapshot and describes what changed.
    pub(super) fn see(&mut self, snapshot: &Snapshot, own: PlayerId, roster: &PlayerRoster) -> Vec<String> {
        let tick = snapshot.tick;
        let arrival = if mem::take(&mut self.fresh) {
            ""
        } else {
            " come near"
        };
        if let Err(error) = self.view.apply(snapshot) {
            return vec![format!(
                "is sent a snapshot that does not match the ones before: {error}"
            )];
        }
        let all = || self.view.iter().map(|(_, seen)| seen);
        let here = all().find(|seen| seen.player == own);
        let here = here.map(|seen| seen.segment.at(tick));
        let mut gone = mem::take(&mut self.known);
        let (mut come, mut changed) = (Vec::new(), Vec::new());
        for seen in all().filter(|seen| seen.player != own) {
            let known = gone.remove(&seen.player);
            match &known {
                None => come.push(format!("sees {}", describe(&seen, arrival, here, tick, roster))),
                Some((name, skin)) if *skin != seen.skin => {
                    let name = roster.called(seen.player, name);
                    changed.push(format!("sees {name} put on skin {}", seen.skin));
                }
                Some(_) => {}
            }
            let name = known.map_or_else(|| seen.name.to_owned(), |(name, _)| name);
            self.known.insert(seen.player, (name, seen.skin));
        }
        let gone = gone
            .iter()
            .map(|(player, (name, _))| format!("no longer sees {}", roster.called(*player, name)));
        gone.chain(come).chain(changed).collect()
    }
}

/// Describes a visible player, where it is relative to the viewer, and how it moves.
fn describe(
    seen: &Seen<'_>,
    arrival: &str,
    here: Option<Position>,
    tick: Tick,
    roster: &PlayerRoster,
) -> String {
    let place = seen.segment.at(tick);
    let place = here.map_or_else(|| words::place(place), |here| words::offset(here, place));
    let (name, moving) = (
        roster.called(seen.player, seen.name),
        words::in_motion(seen.segment.gait),
    );
    format!("{name}{arrival}, {place}, {moving}")
}
