//! All players that are connected at some time in a window.

use std::collections::{BTreeMap, BTreeSet};

use parlour_shared::ids::SessionId;
use parlour_sim::{Room, Rooms, Simulation};

use super::{PlayerInfo, PlayerRoster, Replay, ReplayError, ReplayedTick, Window};

/// The players of a window.
#[derive(Clone, Debug, Default)]
pub struct WindowPlayers {
    people: BTreeMap<SessionId, PlayerInfo>,
    /// The sessions that were open before the first tick.
    first: Vec<SessionId>,
    /// The names of the rooms that existed at some time.
    rooms: BTreeSet<String>,
}

impl WindowPlayers {
    /// Runs the window once, without snapshots, because only a run shows the ids of players. A tick
    /// that cannot be run ends this early without an error: the caller reaches that tick again,
    /// after it has shown the earlier ones.
    ///
    /// # Errors
    /// [`ReplayError`] if the recording cannot be run to the window's start.
    pub fn of(replay: &mut Replay, window: Window) -> Result<Self, ReplayError> {
        let makes_frames = replay.ending().is_panic();
        let mut run = replay.run_to(window.before())?;
        if !makes_frames {
            run.simulation_mut().mute();
        }
        let mut roster = PlayerRoster::of(run.simulation());
        let there = roster.iter().map(|who| (who.session, who.clone()));
        let mut rooms: BTreeSet<String> = rooms_of(run.simulation()).collect();
        let mut people: BTreeMap<SessionId, PlayerInfo> = there.collect();
        let first = people.keys().copied().collect();
        while let Ok(Some(ReplayedTick { panic: None, .. })) = run.next_up_to(window.to) {
            let changes = roster.follow(&run);
            // A room is created by its first player.
            if !changes.is_empty() {
                rooms.extend(rooms_of(run.simulation()));
            }
            let here = changes.into_iter().filter_map(|change| change.after);
            people.extend(here.map(|who| (who.session, who)));
        }
        Ok(Self { people, first, rooms })
    }

    /// Returns all players.
    pub fn iter(&self) -> impl Iterator<Item = &PlayerInfo> {
        self.people.values()
    }

    /// Returns the names of the rooms.
    pub(super) fn rooms(self) -> BTreeSet<String> {
        self.rooms
    }

    /// Returns whether a player's session was open before the first tick.
    pub(super) fn is_there_at_first(&self, who: &PlayerInfo) -> bool {
        self.first.contains(&who.session)
    }
}

/// Returns the names of the rooms of a world.
pub(super) fn rooms_of(simulation: &Simulation) -> impl Iterator<Item = String> {
    let world = simulation.world();
    let rooms = world.resource::<Rooms>().iter();
    rooms.filter_map(|room| Some(world.get::<Room>(room)?.name.clone()))
}
