//! Obeys the commands of the desk.

use std::time::Instant;

use parlour_shared::ids::SessionId;
use parlour_tick::{Event, EventKind, WorldId};

use super::{totals::add_sizes, world_slots::WorldSlots};
use crate::{
    bridge::commands::SessionCommand,
    metrics::Counter,
    ticker::{TickCommand, TickReport, WorldSlot, lost_requests},
};

impl WorldSlots {
    /// Obeys a command of the desk.
    pub(super) fn obey(&mut self, command: TickCommand, deadline: Instant, dropped: &Counter) {
        match command {
            TickCommand::Start { world, ticker } => {
                self.insert(WorldSlot::new(world, ticker, self.behind));
            }
            TickCommand::Restore { world, ticker } => {
                let unused = match self.get(world) {
                    Some(slot) => slot.restore(ticker),
                    None => Some(ticker),
                };
                self.reports.push(match unused {
                    None => TickReport::Restored { world },
                    // Only a bug of the desk restores a world that runs, or that is not here.
                    ticker => TickReport::Ended {
                        world,
                        lost: Vec::new(),
                        ticker,
                    },
                });
            }
            TickCommand::Leave { world } => self.let_leave(world),
            TickCommand::Enter { slot } => self.let_enter(*slot),
            TickCommand::Take { world } => self.taking.push(world),
            TickCommand::End { world } => {
                let at = self.slots.binary_search_by_key(&world, |slot| slot.id);
                match at {
                    Ok(at) => self.ending.push(self.slots.remove(at)),
                    Err(_) => self.reports.push(TickReport::Ended {
                        world,
                        lost: Vec::new(),
                        ticker: None,
                    }),
                }
            }
            TickCommand::Event {
                world,
                session,
                io_thread,
                kind,
            } => self.session_command((world, session, io_thread), kind, deadline, dropped),
        }
    }

    fn session_command(
        &mut self,
        (world, session, io_thread): (WorldId, SessionId, usize),
        kind: SessionCommand,
        deadline: Instant,
        dropped: &Counter,
    ) {
        let Some(slot) = self.get(world) else {
            self.refuse_late(world, session, kind);
            return;
        };
        let WorldSlot { guests, input, .. } = slot;
        match kind {
            SessionCommand::Arrive { player, link } => {
                guests.arrive(session, player, io_thread, link, input);
            }
            SessionCommand::Depart => guests.depart(session, input),
            SessionCommand::Link(link) => guests.set_link(session, link, input),
            // Its arrival was lost in a panic, which the desk did not know yet.
            SessionCommand::Message { .. } if guests.is_outside(session) => {}
            SessionCommand::Message { arrived, message } => {
                slot.take_message(session, arrived, message, deadline, dropped);
            }
            SessionCommand::Reserve(reservation) => {
                slot.take_reservation(session, io_thread, reservation);
            }
            SessionCommand::Placed { number, link } => {
                guests.place(session, number);
                guests.set_link(session, link, input);
                if !self.overtaking.is_empty() {
                    self.take_overtaking(world, session, deadline, dropped);
                }
            }
        }
    }

    fn insert(&mut self, slot: WorldSlot) {
        let at = self.slots.partition_point(|other| other.id < slot.id);
        self.slots.insert(at, slot);
    }

    /// Takes a world out with everything that belongs to it. One that waits to be restored stays:
    /// the desk knows it, or has a report of it under way.
    fn let_leave(&mut self, world: WorldId) {
        if let Ok(at) = self.slots.binary_search_by_key(&world, |slot| slot.id)
            && !self.slots[at].is_broken()
        {
            self.leaving.push(self.slots.remove(at));
        }
    }

    /// Takes over a world from a different tick thread.
    fn let_enter(&mut self, mut slot: WorldSlot) {
        slot.guests.change_thread(self.behind, &mut slot.input);
        // What it used on the other thread does not count here.
        slot.take_used();
        add_sizes(&mut self.total, &slot.counts);
        self.insert(slot);
    }

    /// Reports the request in a command for a world that has ended meanwhile.
    fn refuse_late(&mut self, world: WorldId, session: SessionId, kind: SessionCommand) {
        let kind = match kind {
            SessionCommand::Message { message, .. } => EventKind::Message { early: 0, message },
            SessionCommand::Reserve(reservation) => EventKind::Reserve(reservation),
            SessionCommand::Arrive { .. }
            | SessionCommand::Depart
            | SessionCommand::Link(_)
            | SessionCommand::Placed { .. } => return,
        };
        let lost = lost_requests(&[Event { session, kind }]);
        if !lost.is_empty() {
            self.reports.push(TickReport::Ended {
                world,
                lost,
                ticker: None,
            });
        }
    }

    /// Adds the direct events that overtook the placement of their session.
    fn take_overtaking(&mut self, world: WorldId, session: SessionId, deadline: Instant, dropped: &Counter) {
        for event in self.overtaking.take(world, session) {
            // Events under a later placement continue to wait.
            if let Some(event) = self.take_in(event, deadline, dropped) {
                self.overtaking.push(event, dropped);
            }
        }
    }
}
