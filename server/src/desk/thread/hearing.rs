//! What arrives in the rings, from the admin port and from the workers becomes events of the desk.

use std::time::Instant;

use parlour_tick::WorldKind;

use super::{
    DeskEvent, KnownWorld, STANDS_AFTER, Workers,
    desk_thread::{DeskRings, DeskThread},
    workers::{BUILDER, Built},
};
use crate::{
    bridge::forwarded::{Forwarded, ForwardedKind},
    failure::{ServerFailure, TICK as TICK_THREAD},
    node_status::WorldRequest,
    system_random,
    ticker::{TickCommand, TickReport},
};

/// The events of one ring that are handled before the next ring is looked at.
const TURN: usize = 256;

impl DeskThread {
    /// Handles what waits in the rings. Returns whether more may wait.
    pub(super) fn drain(&mut self, rings: &mut DeskRings) -> bool {
        let mut more = false;
        for (io_thread, ring) in rings.io.iter_mut().enumerate() {
            let count = ring.slots();
            more |= count > TURN;
            for _ in 0..count.min(TURN) {
                let Ok(event) = ring.pop() else { break };
                self.take_forwarded(io_thread, event);
            }
        }
        for (thread, ring) in rings.reports.iter_mut().enumerate() {
            let count = ring.slots();
            more |= count > TURN;
            for _ in 0..count.min(TURN) {
                let Ok(report) = ring.pop() else { break };
                self.take_report(thread, report);
            }
        }
        for request in self.node.take_requests() {
            self.request(request);
        }
        self.freeze();
        while let Some(built) = self.workers.as_mut().and_then(Workers::next) {
            self.take_built(built);
        }
        self.metrics.desk.sessions.set(self.desk.sessions() as f64);
        more
    }

    /// Notes which tick threads finished no tick lately.
    pub(super) fn look_at_tick_threads(&mut self) {
        for thread in 0..self.standing.len() {
            let progress = self.status.thread(thread).progress();
            let stands = progress.has_begun() && progress.age() > STANDS_AFTER;
            if std::mem::replace(&mut self.standing[thread], stands) != stands {
                self.handle(DeskEvent::Standing { thread, stands });
            }
        }
    }

    fn take_forwarded(&mut self, io_thread: usize, event: Forwarded) {
        let Forwarded {
            session,
            number,
            kind,
        } = event;
        let event = match kind {
            ForwardedKind::Opened { player, grants } => DeskEvent::Opened {
                session,
                io_thread,
                player,
                grants,
            },
            ForwardedKind::Closed => DeskEvent::Closed { session, number },
            ForwardedKind::Link(link) => DeskEvent::Link {
                session,
                number,
                link,
            },
            ForwardedKind::Recalled => DeskEvent::Recalled { session, number },
            ForwardedKind::Message { arrived, message } => DeskEvent::Message {
                session,
                number,
                arrived,
                message,
            },
        };
        self.handle(event);
    }

    fn take_report(&mut self, thread: usize, report: TickReport) {
        match report {
            TickReport::World {
                world,
                reports,
                closes,
            } => self.handle(DeskEvent::World {
                world,
                reports,
                closes,
            }),
            TickReport::Panicked {
                world,
                tick,
                fault,
                lost,
                remains,
            } => {
                let name = self.name(world);
                let (system, why) = (fault.system.as_deref(), &fault.message);
                tracing::error!(%world, name, thread, tick = tick.0, system, why, "a world panicked");
                self.system_panics.count(system);
                if self.workers.is_none() {
                    // Nobody can rebuild the world of a playback, and there is nothing else.
                    self.failure.set(ServerFailure::Panicked {
                        thread: format!("{TICK_THREAD}{thread}"),
                        message: fault.to_string(),
                    });
                }
                self.types.of(self.room_type(world)).panics.increment(1);
                self.drop_elsewhere(remains);
                let is_ending = |this: &Self| this.known(world).is_none_or(KnownWorld::is_ending);
                let ended_before = is_ending(self);
                self.handle(DeskEvent::Panicked {
                    world,
                    tick,
                    fault,
                    lost,
                });
                if !ended_before && is_ending(self) {
                    self.freezing.lost(world, "it panicked too often");
                }
            }
            TickReport::Taken { world, tick, ticker } => {
                if let Some(ticker) = self.freezing.offer(world, ticker) {
                    self.drop_elsewhere(Some(ticker));
                    self.handle(DeskEvent::Taken { world, tick });
                }
            }
            TickReport::Ended { world, lost, ticker } => {
                self.drop_elsewhere(ticker);
                if self.desk.has_rooms(world) {
                    self.freezing.lost(world, "it has ended");
                } else {
                    self.freezing.emptied(world);
                }
                // Of a world that ended before, this is a late request.
                if let Some(known) = self.known(world).filter(|known| !known.dropped) {
                    tracing::info!(%world, name = known.name, thread, "a world ended");
                    self.types.of(known.kind.room_type()).ended.increment(1);
                    // Before the desk gives its name to a new world.
                    self.close(world);
                }
                self.handle(DeskEvent::Ended { world, lost });
            }
            TickReport::Restored { world } => {
                let name = self.name(world);
                tracing::warn!(%world, name, thread, "a world was rebuilt, and continues");
                self.types.of(self.room_type(world)).restarts.increment(1);
                self.handle(DeskEvent::Rebuilt { world, ok: true });
            }
            TickReport::Left { world, mut slot } => {
                if self.freezing.awaits(world)
                    && let Some(taken) = slot.take()
                {
                    self.take_report(thread, taken);
                }
                self.left = Some((thread, slot));
                self.handle(DeskEvent::Left { world });
                // Only a bug of the desk lets a world leave that it does not expect.
                if let Some((_, slot)) = self.left.take() {
                    self.take_report(thread, slot.end());
                }
            }
            TickReport::Overran { world, share } => {
                self.types.of(self.room_type(world)).overruns.increment(1);
                self.handle(DeskEvent::Overran { world, share });
            }
            TickReport::Load(load) => self.handle(DeskEvent::Load { thread, load }),
        }
    }

    /// Answers a request of the admin port.
    fn request(&mut self, request: WorldRequest) {
        let now = Instant::now();
        let random = &mut system_random::random_bits;
        let (world, order) = (&request.world, request.order);
        let result = self.desk.request(world, order, now, random, &mut self.actions);
        self.is_changed = true;
        request.answer(result);
        self.perform_all(now);
    }

    fn take_built(&mut self, built: Built) {
        match built {
            // The stop would not save it. The file of a saved world is still right.
            Built::Created(_, Ok(ticker)) if self.freezing.has_begun() => {
                self.drop_elsewhere(Some(ticker));
            }
            Built::Created(place, Ok(ticker)) => {
                self.start_world(place, ticker);
                self.handle(DeskEvent::Created {
                    world: place.world,
                    ok: Ok(()),
                });
            }
            Built::Created(place, Err(why)) => {
                let name = self.name(place.world);
                tracing::error!(world = %place.world, name, why, "a world cannot be made");
                let is_main = |known: &KnownWorld| known.kind == WorldKind::Main;
                if self.known(place.world).is_some_and(is_main) {
                    // Without it, nobody can join anything.
                    self.failure.set(ServerFailure::Panicked {
                        thread: BUILDER.to_owned(),
                        message: why.clone(),
                    });
                }
                self.handle(DeskEvent::Created {
                    world: place.world,
                    ok: Err(why),
                });
            }
            Built::Rebuilt(place, Ok(ticker)) => {
                let world = place.world;
                if let Some(ticker) = self.freezing.offer(world, ticker) {
                    self.command(place.thread, TickCommand::Restore { world, ticker });
                }
            }
            Built::Rebuilt(place, Err(why)) => {
                let name = self.name(place.world);
                tracing::error!(world = %place.world, name, why, "a world cannot be rebuilt");
                self.freezing.lost(place.world, &why);
                self.handle(DeskEvent::Rebuilt {
                    world: place.world,
                    ok: false,
                });
            }
        }
    }
}
