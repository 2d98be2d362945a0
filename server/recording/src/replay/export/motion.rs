//! Finds the players whose segment changed.

use std::{collections::BTreeMap, io};

use parlour_shared::{
    ids::{Epoch, PlayerId},
    motion::Segment,
};
use parlour_sim::{Motion, Player, Room, Rooms, Seats, Simulation};

/// The segments after the last tick.
#[derive(Default)]
pub(super) struct Motions {
    /// The room and segment of each player.
    known: BTreeMap<PlayerId, (Epoch, Segment)>,
}

impl Motions {
    /// Calls `report` for each segment that changed or is in a different room.
    pub(super) fn changes(
        &mut self,
        simulation: &Simulation,
        mut report: impl FnMut(&str, PlayerId, Segment) -> io::Result<()>,
    ) -> io::Result<()> {
        let world = simulation.world();
        let mut present = BTreeMap::new();
        for entity in world.resource::<Rooms>().occupied() {
            let (Some(room), Some(seats)) = (world.get::<Room>(entity), world.get::<Seats>(entity)) else {
                continue;
            };
            for seated in seats.players() {
                let (Some(player), Some(motion)) = (world.get::<Player>(seated), world.get::<Motion>(seated))
                else {
                    continue;
                };
                let now = (room.epoch, motion.segment());
                if self.known.get(&player.id) != Some(&now) {
                    report(&room.name, player.id, now.1)?;
                }
                present.insert(player.id, now);
            }
        }
        self.known = present;
        Ok(())
    }
}
