//! A tick thread with its worlds.

use std::collections::BTreeMap;

use parlour_shared::{
    ids::{SessionId, Tick},
    message::ClientMessage,
};
use parlour_tick::WorldId;

use super::{
    super::super::{
        action::WorldEvent,
        event::{DeskEvent, LostKind, LostRequest},
    },
    world::{Event, Mischief, ModelWorld, Output},
};

/// After this many rounds a tick starts anyway.
const ROUNDS: u32 = 3;

#[derive(Debug)]
pub(super) enum TickCommand {
    Start(WorldId),
    Restore(WorldId),
    End(WorldId),
    Event(WorldId, Event),
}

impl TickCommand {
    fn first(&self) -> Option<(SessionId, u32)> {
        match self {
            Self::Event(_, event) => Some((event.session, event.number)),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct TickThread {
    pub(super) number: usize,
    pub(super) slots: BTreeMap<WorldId, Slot>,
    /// The worlds that it dropped, and whether the desk wanted it.
    gone: BTreeMap<WorldId, bool>,
    /// From the last look at the rings of the I/O threads, or too late for the last tick.
    direct: Vec<(WorldId, Event)>,
    /// From the last look at the ring of the desk, or too late for the last tick.
    commands: Vec<TickCommand>,
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
    /// Sessions that sent something to a world that the desk had ended.
    pub(super) strays: Vec<SessionId>,
}

impl TickThread {
    /// Does the next part of a tick: empties the rings of the I/O threads, then that of the desk,
    /// and again until the desk has sent nothing more; then steps all worlds.
    ///
    /// A direct message is in its ring after the events of the desk that must precede it, and an
    /// event of the desk is in its ring after the direct messages that must precede it. So the
    /// events are complete when the last look at the desk's ring found nothing. After some rounds,
    /// what it found waits for the next tick, and so do the direct messages that must follow it.
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
            self.direct.append(from_io);
            return done;
        }
        self.ring_of_desk_is_next = false;
        self.commands.append(from_desk);
        self.rounds += 1;
        if !self.commands.is_empty() && self.rounds <= ROUNDS {
            for (world, event) in std::mem::take(&mut self.direct) {
                self.event(world, event, &mut done);
            }
            for command in std::mem::take(&mut self.commands) {
                self.command(command, &mut done);
            }
            return done;
        }
        self.rounds = 0;
        let late = self.commands.iter().rev().filter_map(TickCommand::first);
        let late: BTreeMap<SessionId, u32> = late.collect();
        let direct = std::mem::take(&mut self.direct);
        let waits = |event: &Event| {
            late.get(&event.session)
                .is_some_and(|first| event.number > *first)
        };
        let (waiting, direct) = direct.into_iter().partition(|(_, event)| waits(event));
        self.direct = waiting;
        for (world, event) in direct {
            self.event(world, event, &mut done);
        }
        self.tick(mischief, panics, &mut done);
        done
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.direct.is_empty()
            && self.commands.is_empty()
            && self
                .slots
                .values()
                .all(|slot| slot.inbox.is_empty() && !slot.fallen)
    }

    /// Drops a world for no reason.
    pub(super) fn lose(&mut self, world: WorldId) -> Done {
        let mut done = Done::default();
        self.end(world, false, &mut done);
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
            TickCommand::End(id) => self.end(id, true, done),
            TickCommand::Event(world, event) => self.event(world, event, done),
        }
    }

    fn end(&mut self, world: WorldId, wanted: bool, done: &mut Done) {
        let Some(slot) = self.slots.remove(&world) else {
            return;
        };
        self.gone.insert(world, wanted);
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
        let wanted = self
            .gone
            .get(&world)
            .expect("events are for worlds that there are or were");
        if *wanted && matches!(event.kind, WorldEvent::Message { .. } | WorldEvent::Arrive { .. }) {
            done.strays.push(event.session);
        }
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
