//! A tick thread with its worlds.

use std::collections::{BTreeMap, BTreeSet};

use parlour_shared::{
    ids::{SessionId, Tick},
    message::ClientMessage,
};
use parlour_tick::WorldId;

use super::{
    super::super::{action::WorldEvent, event::DeskEvent},
    world::{Event, Mischief, ModelWorld, Output},
};
use crate::bridge::{
    fault::Fault,
    link_state::LinkState,
    reports::{LostKind, LostRequest},
};

#[derive(Debug)]
pub(super) enum TickCommand {
    Start(WorldId),
    Restore(WorldId),
    Take(WorldId),
    Leave(WorldId),
    Enter(Slot),
    End(WorldId),
    Event(WorldId, Event),
    Placed(WorldId, SessionId, u32, LinkState),
}

#[derive(Debug, Default)]
pub(super) struct TickThread {
    pub(super) number: usize,
    pub(super) slots: BTreeMap<WorldId, Slot>,
    /// The worlds that it dropped, and whether the desk wanted it.
    gone: BTreeMap<WorldId, bool>,
    /// The worlds that left for a different thread, with the last placement of each session.
    left: BTreeMap<WorldId, BTreeMap<SessionId, u32>>,
    /// Direct events whose placement is not known yet.
    overtaking: Vec<(WorldId, Event)>,
    /// The next part of a tick.
    part: u8,
    /// The commands of this tick.
    commands: usize,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) world: ModelWorld,
    pub(super) inbox: Vec<Event>,
    /// The last placement of each session.
    placed: BTreeMap<SessionId, u32>,
    pub(super) fallen: bool,
    /// The sessions whose arrival was lost in a panic.
    outside: BTreeSet<SessionId>,
}

/// What a tick thread hands out.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) events: Vec<DeskEvent>,
    pub(super) outputs: Vec<Output>,
    /// Sessions that sent something to a world that the desk had ended.
    pub(super) strays: Vec<SessionId>,
    /// Sessions that sent something to a world that has left for a different thread.
    pub(super) late: Vec<SessionId>,
    /// The worlds that left.
    pub(super) left: Vec<Slot>,
}

impl TickThread {
    /// Does the next part of a tick: counts the commands of the desk; takes the direct events,
    /// which include all that precede those commands; obeys the commands, and steps all worlds.
    ///
    /// A direct event waits for the placement under which it was sent, because the events that the
    /// desk sent before the placement come first.
    pub(super) fn advance(
        &mut self,
        from_io: &mut Vec<(WorldId, Event)>,
        from_desk: &mut Vec<TickCommand>,
        mischief: Option<Mischief>,
        panics: bool,
    ) -> Done {
        let mut done = Done::default();
        match self.part {
            0 => self.commands = from_desk.len(),
            1 => {
                for (world, event) in from_io.drain(..) {
                    self.direct(world, event, &mut done);
                }
            }
            _ => {
                for command in from_desk.drain(..self.commands) {
                    self.command(command, &mut done);
                }
                self.tick(mischief, panics, &mut done);
            }
        }
        self.part = (self.part + 1) % 3;
        done
    }

    fn direct(&mut self, world: WorldId, event: Event, done: &mut Done) {
        if !self.slots.contains_key(&world) && !self.gone.contains_key(&world) {
            let placed = self
                .left
                .get(&world)
                .and_then(|placed| placed.get(&event.session));
            if placed.is_some_and(|placed| event.placed <= *placed) {
                // A hold or release may have waited while the ring was full.
                if is_droppable(&event) {
                    done.late.push(event.session);
                }
            } else {
                // It overtook the world.
                self.overtaking.push((world, event));
            }
            return;
        }
        let placed = self
            .slots
            .get(&world)
            .and_then(|slot| slot.placed.get(&event.session));
        if self.slots.contains_key(&world) && placed.is_none_or(|placed| *placed < event.placed) {
            self.overtaking.push((world, event));
        } else if is_droppable(&event) || placed.is_none_or(|placed| *placed == event.placed) {
            self.event(world, event, done);
        }
    }

    /// Drops what waits for sessions that have closed.
    pub(super) fn forget(&mut self, closed: impl Fn(SessionId) -> bool) {
        self.overtaking.retain(|(_, event)| !closed(event.session));
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.overtaking.is_empty()
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
                    placed: BTreeMap::new(),
                    fallen: false,
                    outside: BTreeSet::new(),
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
            TickCommand::Take(id) => {
                if let Some(slot) = self.slots.get_mut(&id)
                    && !slot.fallen
                {
                    slot.fallen = true;
                    let tick = Tick(slot.world.tick + 1);
                    done.events.push(DeskEvent::Taken { world: id, tick });
                }
            }
            TickCommand::Leave(id) => {
                if self.slots.get(&id).is_some_and(|slot| !slot.fallen) {
                    let slot = self.slots.remove(&id);
                    let placed = slot.as_ref().map(|slot| slot.placed.clone());
                    self.left.insert(id, placed.unwrap_or_default());
                    done.left.extend(slot);
                    done.events.push(DeskEvent::Left { world: id });
                }
            }
            TickCommand::Enter(slot) => {
                self.left.remove(&slot.world.id);
                let before = self.slots.insert(slot.world.id, slot);
                assert!(before.is_none(), "a world is in one place");
            }
            TickCommand::End(id) => self.end(id, true, done),
            TickCommand::Event(world, event) => self.event(world, event, done),
            TickCommand::Placed(world, session, number, link) => {
                if let Some(slot) = self.slots.get_mut(&world) {
                    slot.placed.insert(session, number);
                    let kind = WorldEvent::Link(link);
                    let event = Event {
                        session,
                        placed: number,
                        kind,
                    };
                    self.event(world, event, done);
                }
                let waiting = std::mem::take(&mut self.overtaking);
                for (world, event) in waiting {
                    self.direct(world, event, done);
                }
            }
        }
    }

    fn end(&mut self, world: WorldId, wanted: bool, done: &mut Done) {
        let Some(slot) = self.slots.remove(&world) else {
            return;
        };
        self.gone.insert(world, wanted);
        let lost = lost(slot.inbox);
        done.events.push(DeskEvent::Ended { world, lost });
    }

    fn event(&mut self, world: WorldId, event: Event, done: &mut Done) {
        if let Some(slot) = self.slots.get_mut(&world) {
            match event.kind {
                WorldEvent::Arrive { .. } => drop(slot.outside.remove(&event.session)),
                WorldEvent::Reserve { .. } => {}
                _ if slot.outside.contains(&event.session) => return,
                _ => {}
            }
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
            done.events.push(DeskEvent::Ended { world, lost });
        }
    }

    fn tick(&mut self, mut mischief: Option<Mischief>, mut panics: bool, done: &mut Done) {
        for (id, slot) in &mut self.slots {
            if slot.fallen {
                continue;
            }
            let mut events = std::mem::take(&mut slot.inbox);
            events.sort_by_key(|event| event.session);
            if panics && !events.is_empty() {
                panics = false;
                slot.fallen = true;
                let (messages, controls): (Vec<_>, Vec<_>) = events.into_iter().partition(is_droppable);
                slot.inbox = controls;
                let arrivals = messages.iter().filter(|event| is_arrival(event));
                let arrivals: BTreeSet<_> = arrivals.map(|event| event.session).collect();
                slot.inbox.retain(|event| !arrivals.contains(&event.session));
                slot.outside.extend(arrivals);
                let lost = lost(messages);
                done.events.push(DeskEvent::Panicked {
                    world: *id,
                    tick: Tick(slot.world.tick + 1),
                    fault: Fault::default(),
                    lost,
                });
                continue;
            }
            let mut output = slot.world.step(events, mischief.take());
            let reports = std::mem::take(&mut output.reports);
            if !reports.is_empty() || !output.closes.is_empty() {
                done.events.push(DeskEvent::World {
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
        WorldEvent::Arrive { .. } | WorldEvent::Message { .. } | WorldEvent::Reserve(_)
    )
}

fn is_arrival(event: &Event) -> bool {
    matches!(event.kind, WorldEvent::Arrive { .. })
}

/// Lists the requests among events that nobody will handle.
fn lost(events: Vec<Event>) -> Vec<LostRequest> {
    let mut lost = Vec::new();
    for event in events {
        let (kind, request) = match event.kind {
            WorldEvent::Reserve(reservation) => (LostKind::Reserve, reservation.join.request),
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
            WorldEvent::Arrive { .. } => (LostKind::Arrival, 0),
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
