//! A tick thread with its worlds.

use std::collections::{BTreeMap, BTreeSet};

use parlour_shared::message::ClientMessage;
use parlour_tick::WorldId;

use super::{
    super::super::{
        action::WorldEvent,
        event::{DeskEvent, LostKind, LostRequest},
    },
    world::{Event, Mischief, ModelWorld, Output},
};
use parlour_shared::ids::Tick;

/// After this many rounds a tick starts anyway.
const ROUNDS: u32 = 3;

#[derive(Debug)]
pub(super) enum TickCommand {
    Start(WorldId),
    Restore(WorldId),
    End(WorldId),
    Event(WorldId, Event),
}

#[derive(Debug, Default)]
pub(super) struct TickThread {
    pub(super) number: usize,
    pub(super) slots: BTreeMap<WorldId, Slot>,
    /// The worlds that it had.
    gone: BTreeSet<WorldId>,
    /// Commands that came too late for a tick.
    late: Vec<TickCommand>,
    rounds: u32,
    ring_of_desk_is_next: bool,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) world: ModelWorld,
    pub(super) inbox: Vec<Event>,
    pub(super) fallen: bool,
}

/// What a tick thread hands out.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) events: Vec<DeskEvent>,
    pub(super) outputs: Vec<Output>,
}

impl TickThread {
    /// Does the next part of a tick: empties the rings of the I/O threads, then that of the desk,
    /// and again until the desk has sent nothing more; then steps all worlds.
    ///
    /// A direct message is in its ring after the events of the desk that must precede it, and an
    /// event of the desk is in its ring after the direct messages that must precede it. So the
    /// events are complete when the last look at the desk's ring found nothing.
    pub(super) fn advance(
        &mut self,
        from_io: &mut Vec<(WorldId, Event)>,
        from_desk: &mut Vec<TickCommand>,
        mischief: Option<Mischief>,
        panics: bool,
    ) -> Done {
        let mut done = Done::default();
        if !self.ring_of_desk_is_next {
            self.ring_of_desk_is_next = true;
            for (world, event) in from_io.drain(..) {
                self.event(world, event, &mut done);
            }
            return done;
        }
        self.ring_of_desk_is_next = false;
        let mut commands = std::mem::take(&mut self.late);
        commands.append(from_desk);
        self.rounds += 1;
        if commands.is_empty() || self.rounds > ROUNDS {
            self.late = commands;
            self.rounds = 0;
            self.tick(mischief, panics, &mut done);
            return done;
        }
        for command in commands {
            self.command(command, &mut done);
        }
        done
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.late.is_empty()
            && self
                .slots
                .values()
                .all(|slot| slot.inbox.is_empty() && !slot.fallen)
    }

    /// Drops a world for no reason.
    pub(super) fn lose(&mut self, world: WorldId) -> Done {
        let mut done = Done::default();
        self.end(world, &mut done);
        done
    }

    fn command(&mut self, command: TickCommand, done: &mut Done) {
        match command {
            TickCommand::Start(id) => {
                let slot = Slot {
                    world: ModelWorld::new(id),
                    inbox: Vec::new(),
                    fallen: false,
                };
                self.slots.insert(id, slot);
                done.events.push(DeskEvent::Created {
                    world: id,
                    ok: Ok(()),
                });
            }
            TickCommand::Restore(id) => {
                if let Some(slot) = self.slots.get_mut(&id) {
                    slot.fallen = false;
                    done.events.push(DeskEvent::Rebuilt { world: id, ok: true });
                }
            }
            TickCommand::End(id) => self.end(id, done),
            TickCommand::Event(world, event) => self.event(world, event, done),
        }
    }

    fn end(&mut self, world: WorldId, done: &mut Done) {
        let Some(slot) = self.slots.remove(&world) else {
            return;
        };
        self.gone.insert(world);
        let lost = lost(slot.inbox);
        done.events.push(DeskEvent::Ended {
            thread: self.number,
            world,
            lost,
        });
    }

    fn event(&mut self, world: WorldId, event: Event, done: &mut Done) {
        if let Some(slot) = self.slots.get_mut(&world) {
            slot.inbox.push(event);
            return;
        }
        assert!(self.gone.contains(&world), "an event for a world that never was");
        let lost = lost(vec![event]);
        if !lost.is_empty() {
            done.events.push(DeskEvent::Ended {
                thread: self.number,
                world,
                lost,
            });
        }
    }

    fn tick(&mut self, mut mischief: Option<Mischief>, mut panics: bool, done: &mut Done) {
        for (id, slot) in &mut self.slots {
            if slot.fallen {
                continue;
            }
            let mut events = std::mem::take(&mut slot.inbox);
            events.sort_by_key(|event| (event.session, event.number));
            if panics && !events.is_empty() {
                panics = false;
                slot.fallen = true;
                let (messages, controls): (Vec<_>, Vec<_>) = events.into_iter().partition(is_droppable);
                slot.inbox = controls;
                let lost = lost(messages);
                done.events.push(DeskEvent::Panicked {
                    thread: self.number,
                    world: *id,
                    tick: Tick(slot.world.tick + 1),
                    why: String::new(),
                    lost,
                });
                continue;
            }
            let mut output = slot.world.step(events, mischief.take());
            let reports = std::mem::take(&mut output.reports);
            if !reports.is_empty() || !output.closes.is_empty() {
                done.events.push(DeskEvent::World {
                    thread: self.number,
                    world: *id,
                    reports,
                    closes: output.closes.clone(),
                });
            }
            done.outputs.push(output);
        }
    }
}

fn is_droppable(event: &Event) -> bool {
    matches!(
        event.kind,
        WorldEvent::Message { .. } | WorldEvent::Reserve { .. }
    )
}

/// Lists the requests among events that nobody will handle.
fn lost(events: Vec<Event>) -> Vec<LostRequest> {
    let mut lost = Vec::new();
    for event in events {
        let (kind, request) = match event.kind {
            WorldEvent::Reserve { reservation, .. } => (LostKind::Reserve, reservation.join.request),
            WorldEvent::Message { message, .. } => {
                let kind = match message {
                    ClientMessage::Join(_) => LostKind::Join,
                    _ => LostKind::Other,
                };
                let request = message.request();
                let answered = !matches!(message, ClientMessage::Move(_));
                if !answered {
                    continue;
                }
                (kind, request)
            }
            _ => continue,
        };
        lost.push(LostRequest {
            session: event.session,
            request,
            kind,
        });
    }
    lost
}
