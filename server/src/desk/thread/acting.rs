//! Performs the actions of the desk.

use parlour_tick::WorldId;

use super::{DeskAction, DeskEvent, WorldEvent, desk_thread::DeskThread};
use crate::{
    bridge::{commands::SessionCommand, outbound::DeskOutput, route::WorldPlace},
    ticker::{TickCommand, Ticker},
};

impl DeskThread {
    /// Performs an action. Returns its result if it is known immediately.
    pub(super) fn perform(&mut self, action: DeskAction) -> Option<DeskEvent> {
        match action {
            DeskAction::ToWorld {
                place,
                session,
                io_thread,
                event,
                ..
            } => {
                let command = TickCommand::Event {
                    world: place.world,
                    session,
                    io_thread,
                    kind: session_command(event),
                };
                self.command(place.thread, command);
            }
            DeskAction::Place {
                session,
                io_thread,
                place,
                number,
                link,
            } => {
                // The world first, so that it usually knows the placement before direct events
                // arrive.
                let command = TickCommand::Event {
                    world: place.world,
                    session,
                    io_thread,
                    kind: SessionCommand::Placed { number, link },
                };
                self.command(place.thread, command);
                let output = DeskOutput::Placed {
                    session,
                    place,
                    number,
                };
                self.publisher.send(io_thread, output);
            }
            DeskAction::Recall { session, io_thread } => {
                self.publisher.send(io_thread, DeskOutput::Recall { session });
            }
            DeskAction::Send {
                session,
                io_thread,
                message,
            } => {
                let message = Box::new(message);
                self.publisher
                    .send(io_thread, DeskOutput::Send { session, message });
            }
            DeskAction::Close {
                session,
                io_thread,
                code,
            } => {
                self.publisher
                    .send(io_thread, DeskOutput::Close { session, code });
            }
            DeskAction::Create { place, name, kind } => {
                let accepted = self
                    .workers
                    .as_mut()
                    .is_some_and(|workers| workers.create(place, name, kind));
                if !accepted {
                    return Some(DeskEvent::Created {
                        world: place.world,
                        ok: Err("too many worlds wait to be made".to_owned()),
                    });
                }
            }
            DeskAction::Rebuild { place, tick } => match &mut self.workers {
                Some(workers) => workers.rebuild(place, tick),
                None => {
                    return Some(DeskEvent::Rebuilt {
                        world: place.world,
                        ok: false,
                    });
                }
            },
            DeskAction::Leave { place } => {
                self.command(place.thread, TickCommand::Leave { world: place.world });
            }
            DeskAction::Enter { place } => self.let_enter(place),
            DeskAction::WarnLate { world, outcome } => {
                let name = self.name(world);
                tracing::warn!(%world, name, outcome, "a world makes its tick thread late");
            }
            DeskAction::Take { place } => {
                self.command(place.thread, TickCommand::Take { world: place.world });
            }
            DeskAction::End { place } => {
                self.command(place.thread, TickCommand::End { world: place.world });
            }
        }
        None
    }

    pub(super) fn start_world(&mut self, place: WorldPlace, ticker: Box<dyn Ticker>) {
        let world = place.world;
        tracing::debug!(%world, name = self.name(world), thread = place.thread, "a world starts");
        self.types.of(self.room_type(world)).created.increment(1);
        self.command(place.thread, TickCommand::Start { world, ticker });
    }

    fn let_enter(&mut self, place: WorldPlace) {
        let Some((from, slot)) = self.left.take() else {
            return;
        };
        let (world, name) = (place.world, self.name(place.world));
        tracing::info!(%world, name, from, to = place.thread, "a world moved to a different tick thread");
        self.types.of(self.room_type(world)).moved.increment(1);
        self.command(place.thread, TickCommand::Enter { slot });
    }

    /// Lets the recorder forget a world that is over. Its rooms are gone, so a later process must
    /// not continue them. Once worlds are being saved, the thread that ordered it decides which
    /// files stay: a world that ends because it cannot be saved keeps its last one.
    pub(super) fn close(&mut self, world: WorldId) {
        let removes_file = !self.freezing.has_begun();
        if let Some(workers) = &mut self.workers {
            workers.close(world, removes_file);
        }
    }

    /// Drops a world on a separate thread, because that may take a while.
    pub(super) fn drop_elsewhere(&mut self, world: Option<Box<dyn Ticker>>) {
        if let (Some(world), Some(workers)) = (world, &mut self.workers) {
            workers.discard(world);
        }
    }
}

fn session_command(event: WorldEvent) -> SessionCommand {
    match event {
        WorldEvent::Arrive { player, link } => SessionCommand::Arrive { player, link },
        WorldEvent::Depart => SessionCommand::Depart,
        WorldEvent::Link(link) => SessionCommand::Link(link),
        WorldEvent::Message { arrived, message } => SessionCommand::Message { arrived, message },
        WorldEvent::Reserve(reservation) => SessionCommand::Reserve(reservation),
    }
}
