//! When a room existed in a recording. Saved worlds show it, and only the ticks between two that
//! differ are run.

use parlour_shared::ids::Tick;
use parlour_sim::{SavedState, Simulation, StableId};

use super::{Replay, ReplayError, recording_files::FilePosition, window_players::rooms_of};
use crate::format::Item;

impl Replay {
    /// Returns the first and the last tick of each time in which a room existed. A time between two
    /// saved worlds is missing, except at the end of the recording.
    ///
    /// # Errors
    /// [`ReplayError`] if the recording cannot be read or run.
    pub(super) fn room_times(&mut self, room: &str) -> Result<Vec<(Tick, Tick)>, ReplayError> {
        let Some((first, end)) = self.files.range() else {
            return Ok(Vec::new());
        };
        let world = self.fresh();
        let positions: Vec<FilePosition> = self.files.keyframes().collect();
        let mut times = Vec::new();
        let mut since = None;
        let (mut before, mut last_id) = (Tick(first.0 - 1), None);
        for position in positions {
            let Some((tick, id)) = self.saved_with(&world, position, room)? else {
                continue;
            };
            if tick < first {
                // The recording starts with this world.
                since = id.map(|_| first);
            } else if id != last_id {
                self.find_changes(room, before, tick, &mut since, &mut times)?;
            }
            (before, last_id) = (tick, id);
        }
        self.find_changes(room, before, end, &mut since, &mut times)?;
        times.extend(since.map(|since| (since, end)));
        Ok(times)
    }

    /// Returns the tick of a saved world, and the id of the room in it. A room that was removed and
    /// created again has a different id.
    fn saved_with(
        &mut self,
        world: &Simulation,
        position: FilePosition,
        room: &str,
    ) -> Result<Option<(Tick, Option<StableId>)>, ReplayError> {
        let Some(Item::Keyframe { tick, state }) = self.files.read_from(position).next().transpose()? else {
            return Ok(None);
        };
        let census = SavedState::parse(&state).map(|saved| world.census(&saved));
        let rooms = census.unwrap_or_default().rooms;
        let id = rooms.into_iter().find(|(_, name)| name == room).map(|(id, _)| id);
        Ok(Some((tick, id)))
    }

    /// Runs from one tick to a later one, and notes each time at which the room is created or
    /// removed.
    fn find_changes(
        &mut self,
        room: &str,
        from: Tick,
        to: Tick,
        since: &mut Option<Tick>,
        times: &mut Vec<(Tick, Tick)>,
    ) -> Result<(), ReplayError> {
        let makes_frames = self.ending().is_panic();
        let mut run = self.run_to(from)?;
        if !makes_frames {
            run.simulation_mut().mute();
        }
        while let Some(ran) = run.next_up_to(to)? {
            if ran.panic.is_some() {
                break;
            }
            let exists = rooms_of(run.simulation()).any(|name| name == room);
            match (*since, exists) {
                (None, true) => *since = Some(ran.tick),
                (Some(first), false) => {
                    times.push((first, Tick(ran.tick.0 - 1)));
                    *since = None;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
