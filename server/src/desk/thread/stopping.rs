//! Saves the durable worlds when the server stops: takes each out of its tick thread, and passes it
//! to the threads that write files. The desk goes on meanwhile, but makes nothing new.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use parlour_shared::ids::Tick;

use super::{CommandSender, DeskEvent, Workers, desk_thread::DeskThread};
use crate::{bridge::route::WorldPlace, desk::WorldState, freeze_order::DurableWorld, ticker::TickCommand};

impl DeskThread {
    /// Begins to save the worlds, if that was ordered.
    pub(super) fn freeze(&mut self) {
        let Some(order) = self.freezing.take_order() else {
            return;
        };
        self.handle(DeskEvent::Stopping);
        let (mut waiting, mut untouched) = (BTreeMap::new(), self.desk.unmade_worlds().to_vec());
        for (world, state) in self.desk.durable_worlds() {
            match state {
                WorldState::Creating => untouched.push(world.name),
                WorldState::Ending => {}
                _ => _ = waiting.insert(world.world, world),
            }
        }
        let worlds: Vec<DurableWorld> = waiting.values().cloned().collect();
        order.begin(waiting, untouched);
        let Some(make) = self.workers.as_ref().map(Workers::worlds) else {
            return;
        };
        if let Err(error) = self.freezing.start_savers(&make, &order, worlds.len()) {
            for world in worlds {
                order.failed(world.world, format!("no thread can be started for it: {error}"));
            }
            return;
        }
        for world in worlds {
            self.take_to_save(&world);
        }
    }

    /// Takes a world out of its tick thread. If it is not there, the command has no effect: a world
    /// that is being rebuilt is saved as soon as it is rebuilt, and one that has just left for a
    /// different thread when it arrives at the desk.
    fn take_to_save(&mut self, durable: &DurableWorld) {
        let (world, thread) = (durable.world, durable.thread);
        let ended = self.commands.get(thread).is_none_or(CommandSender::is_abandoned);
        match (&mut self.workers, ended) {
            // The thread has panicked. The recorder has all its ticks.
            (Some(workers), true) => workers.rebuild(WorldPlace { thread, world }, Tick(0)),
            _ => self.command(thread, TickCommand::Take { world }),
        }
    }
}
