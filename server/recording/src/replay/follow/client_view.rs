//! What a player's client saw: the sum of its snapshots, and what each of them changed.

use parlour_shared::{
    ids::{PlayerId, Tick},
    motion::Position,
    snapshot::Snapshot,
    view::{Seen, View},
};

use crate::replay::{Roster, words};

/// A client's view.
#[derive(Default)]
pub(super) struct ClientView {
    view: View,
    /// The next snapshot is the first of a stay: who is in it was there before.
    fresh: bool,
}

impl ClientView {
    pub(super) fn enter_room(&mut self, stay: u8) {
        self.view.enter_room(stay);
        self.fresh = true;
    }

    /// Everyone that is seen, but the viewer.
    pub(super) fn all(&self, tick: Tick, own: PlayerId, here: Position, roster: &Roster) -> Vec<String> {
        let others = self.view.iter().filter(|(_, seen)| seen.player != own);
        others.map(|(_, seen)| at(&seen, here, tick, roster)).collect()
    }

    /// The name of a player that is seen.
    pub(super) fn name(&self, player: PlayerId) -> Option<&str> {
        let mut all = self.view.iter();
        all.find(|(_, seen)| seen.player == player)
            .map(|(_, seen)| seen.name)
    }

    /// Takes in a snapshot, and gives what is new.
    pub(super) fn see(&mut self, snapshot: &Snapshot, own: PlayerId, roster: &Roster) -> Vec<String> {
        let mut news = Vec::new();
        let tick = snapshot.tick;
        // A full one tells everyone anew: who is known is no news.
        let known: Vec<(PlayerId, String)> = match snapshot.base {
            None => self
                .view
                .iter()
                .map(|(_, seen)| (seen.player, seen.name.to_owned()))
                .collect(),
            Some(_) => {
                let gone = snapshot.leaves.iter().filter_map(|slot| self.view.get(*slot));
                gone.map(|seen| (seen.player, seen.name.to_owned())).collect()
            }
        };
        let skins: Vec<(PlayerId, u16)> = snapshot
            .updates
            .iter()
            .filter_map(|update| Some((self.view.get(update.slot)?.player, update.skin?)))
            .collect();
        let fresh = std::mem::take(&mut self.fresh);
        if let Err(error) = self.view.apply(snapshot) {
            return vec![format!(
                "is sent a snapshot that does not fit what it knows: {error}"
            )];
        }
        let here = self
            .view
            .iter()
            .find(|(_, seen)| seen.player == own)
            .map(|(_, seen)| seen.segment.at(tick));
        for (player, name) in &known {
            if self.name(*player).is_none() && *player != own {
                news.push(format!("sees {} go out of sight", roster.called(*player, name)));
            }
        }
        for enter in snapshot.enters.iter().filter(|enter| enter.player != own) {
            if known.iter().any(|(player, _)| *player == enter.player) {
                continue;
            }
            let Some(seen) = self.view.get(enter.slot) else {
                continue;
            };
            let name = roster.called(enter.player, seen.name);
            let offset = here.map(|here| words::offset(here, seen.segment.at(tick)));
            let offset = offset.unwrap_or_else(|| words::place(enter.position));
            let comes = if fresh { "" } else { " come near" };
            news.push(format!(
                "sees {name}{comes}, {offset}, who {}",
                words::moving(seen.segment.gait)
            ));
        }
        for (player, skin) in skins.into_iter().filter(|(player, _)| *player != own) {
            let name = self.name(player).map(|name| roster.called(player, name));
            let name = name.unwrap_or_default();
            news.push(format!("sees {name} put on skin {skin}"));
        }
        news
    }
}

fn at(seen: &Seen<'_>, here: Position, tick: Tick, roster: &Roster) -> String {
    let offset = words::offset(here, seen.segment.at(tick));
    format!(
        "{}, {offset}, who {}",
        roster.called(seen.player, seen.name),
        words::moving(seen.segment.gait)
    )
}
