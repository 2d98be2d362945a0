//! A small world that obeys the rules of the seam: rooms with seats, reservations and doors.

use std::collections::BTreeMap;

use parlour_shared::{
    close::CloseCode,
    ids::{Epoch, SessionId, Slot, Tick},
    map::MapInfo,
    message::{
        Accepted, ClientMessage, Durability, Join, JoinMode, LeaveReason, Property, Refusal, Refused,
        Request, Reserved, RoomEntered, RoomLeft, ServerMessage,
    },
};
use parlour_tick::{Arrival, Report, Reservation, RoomStatus, WorldId};

use super::super::super::action::WorldEvent;
use crate::bridge::link_state::LinkState;

pub(super) const CAPACITY: u32 = 3;
const EMPTY_TICKS: u32 = 3;
const RESERVATION: u32 = 20;

/// An event of a session on its way to a world.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) session: SessionId,
    /// The placement under which it was sent directly.
    pub(super) placed: u32,
    pub(super) kind: WorldEvent,
}

#[derive(Clone, Debug)]
pub(crate) struct ModelWorld {
    pub(super) id: WorldId,
    pub(super) tick: u32,
    pub(super) guests: BTreeMap<SessionId, Guest>,
    pub(super) rooms: BTreeMap<String, ModelRoom>,
    epochs: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Guest {
    player: Arrival,
    pub(super) link: LinkState,
    pub(super) room: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct ModelRoom {
    pub(super) epoch: Epoch,
    locked: bool,
    private: bool,
    options: Vec<Property>,
    reserved: BTreeMap<String, (u32, u32)>,
    empty_since: u32,
    changed: bool,
}

#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) reports: Vec<Report>,
    pub(super) closes: Vec<(SessionId, CloseCode)>,
    pub(super) sent: Vec<(SessionId, ServerMessage)>,
    pub(super) delivered: Vec<(SessionId, ClientMessage)>,
    /// Messages of sessions that are not here.
    pub(super) strays: Vec<(SessionId, ClientMessage)>,
}

/// What happens by itself. `None`: nothing.
#[derive(Clone, Debug)]
pub(super) enum Mischief {
    Door { nth: usize, to: String },
    Eject { nth: usize },
    Kick { nth: usize },
    Lock { nth: usize },
    RefuseNext,
}

impl ModelWorld {
    pub(super) fn new(id: WorldId) -> Self {
        Self {
            id,
            tick: 0,
            guests: BTreeMap::new(),
            rooms: BTreeMap::new(),
            epochs: 0,
        }
    }

    pub(super) fn step(&mut self, events: Vec<Event>, mischief: Option<Mischief>) -> Output {
        self.tick += 1;
        let mut out = Output::default();
        let mut refuse = matches!(mischief, Some(Mischief::RefuseNext));
        self.expire();
        for event in events {
            self.handle(event, &mut refuse, &mut out);
        }
        self.misbehave(mischief, &mut out);
        self.finish(&mut out);
        out
    }

    fn handle(&mut self, event: Event, refuse: &mut bool, out: &mut Output) {
        let id = event.session;
        match event.kind {
            WorldEvent::Arrive { player, link, .. } => {
                let guest = Guest {
                    player,
                    link,
                    room: None,
                };
                assert!(self.guests.insert(id, guest).is_none(), "{id:?} arrived twice");
            }
            WorldEvent::Depart => {
                self.vacate(id, 0, LeaveReason::Moved, out);
                let guest = self.guests.remove(&id).expect("departs only where it is");
                out.reports.push(Report::Departed {
                    session: id,
                    player: guest.player,
                });
            }
            WorldEvent::Link(link) => {
                if let Some(guest) = self.guests.get_mut(&id) {
                    guest.link = link;
                }
            }
            WorldEvent::Reserve(reservation) => self.reserve(id, &reservation, refuse, out),
            WorldEvent::Message { message, .. } => {
                if !self.guests.contains_key(&id) {
                    out.strays.push((id, message));
                    return;
                }
                out.delivered.push((id, message.clone()));
                self.message(id, message, refuse, out);
            }
        }
    }

    fn message(&mut self, id: SessionId, message: ClientMessage, refuse: &mut bool, out: &mut Output) {
        let request = message.request();
        match message {
            ClientMessage::Join(join) => self.join(id, &join, refuse, out),
            ClientMessage::Leave { .. } => {
                if self.vacate(id, request, LeaveReason::Asked, out) {
                    out.reports.push(Report::LeftRoom { session: id });
                } else {
                    out.refuse_join(id, request, Refusal::NotInRoom);
                }
            }
            ClientMessage::Move(_) => {}
            ClientMessage::Reserve(_) => panic!("a reservation reached a world as a message"),
            _ if self.guests[&id].room.is_none() => out.refuse(id, request, Refusal::NotInRoom),
            _ => {
                let accepted = Accepted {
                    request,
                    tick: Tick(self.tick),
                    durability: Durability::L0,
                    stamp: None,
                };
                out.sent.push((id, ServerMessage::Accepted(accepted)));
            }
        }
    }

    fn find_or_create(&mut self, join: &Join) -> Result<(), Refusal> {
        if self.rooms.contains_key(&join.room) {
            return Ok(());
        }
        if join.mode == JoinMode::Existing || join.ticket.is_some() {
            return Err(Refusal::NoSuchRoom);
        }
        assert!(
            matches!(join.mode, JoinMode::Enter | JoinMode::Private),
            "a world knows no {:?}",
            join.mode
        );
        if join.options.iter().any(|option| option.key == "bad") {
            return Err(Refusal::BadOptions);
        }
        self.epochs += 1;
        self.rooms.insert(
            join.room.clone(),
            ModelRoom {
                epoch: Epoch(self.id.0 * 1_000_000 + self.epochs),
                locked: false,
                private: join.mode == JoinMode::Private,
                options: join.options.clone(),
                reserved: BTreeMap::new(),
                empty_since: self.tick,
                changed: true,
            },
        );
        Ok(())
    }

    fn seat_for(&mut self, join: &Join, seats: u32, refuse: &mut bool) -> Result<(), Refusal> {
        if std::mem::take(refuse) {
            return Err(Refusal::Declined { code: 7 });
        }
        self.find_or_create(join)?;
        let players = self.players(&join.room);
        let room = self.rooms.get_mut(&join.room).expect("it exists");
        if let Some(ticket) = &join.ticket {
            let Some((left, _)) = room.reserved.get_mut(ticket) else {
                return Err(Refusal::BadTicket);
            };
            *left -= seats;
            if *left == 0 {
                room.reserved.remove(ticket);
            }
            room.changed = true;
            return Ok(());
        }
        if room.locked {
            return Err(Refusal::RoomLocked);
        }
        if players + room.held_back() + seats > CAPACITY {
            return Err(Refusal::RoomFull);
        }
        Ok(())
    }

    fn reserve(&mut self, id: SessionId, wish: &Reservation, refuse: &mut bool, out: &mut Output) {
        let (join, request) = (&wish.join, wish.join.request);
        match self.seat_for(join, u32::from(wish.seats), refuse) {
            Ok(()) => {
                let expires = self.tick + RESERVATION;
                let room = self.rooms.get_mut(&join.room).expect("it exists");
                let seats = (u32::from(wish.seats), expires);
                room.reserved.insert(wish.ticket.clone(), seats);
                room.changed = true;
                room.empty_since = self.tick;
                out.reports.push(Report::Reserved {
                    session: id,
                    ticket: wish.ticket.clone(),
                    room: join.room.clone(),
                });
                if wish.answer {
                    let reserved = Reserved {
                        request,
                        room: join.room.clone(),
                        ticket: wish.ticket.clone(),
                        expires_ms: 15_000,
                    };
                    out.sent.push((id, ServerMessage::Reserved(reserved)));
                }
            }
            Err(refusal) => out.refuse_join(id, request, refusal),
        }
    }

    fn join(&mut self, id: SessionId, join: &Join, refuse: &mut bool, out: &mut Output) {
        if self.guests[&id].room.as_ref() == Some(&join.room) {
            return out.refuse_join(id, join.request, Refusal::AlreadyThere);
        }
        if let Err(refusal) = self.seat_for(join, 1, refuse) {
            return out.refuse_join(id, join.request, refusal);
        }
        self.vacate(id, 0, LeaveReason::Moved, out);
        self.guests.get_mut(&id).expect("it is here").room = Some(join.room.clone());
        assert!(self.players(&join.room) <= CAPACITY);
        let room = self.rooms.get_mut(&join.room).expect("it exists");
        room.changed = true;
        let epoch = room.epoch;
        out.reports.push(Report::Entered {
            session: id,
            request: join.request,
            room: join.room.clone(),
            epoch,
        });
        out.sent.push((id, entered(join.request, &join.room, epoch)));
    }

    fn vacate(&mut self, id: SessionId, request: Request, reason: LeaveReason, out: &mut Output) -> bool {
        let Some(name) = self.guests.get_mut(&id).and_then(|guest| guest.room.take()) else {
            return false;
        };
        let empty = self.players(&name) == 0;
        let room = self.rooms.get_mut(&name).expect("a room with a player exists");
        room.changed = true;
        if empty {
            room.empty_since = self.tick;
        }
        let left = RoomLeft {
            request,
            epoch: room.epoch,
            reason,
        };
        out.sent.push((id, ServerMessage::RoomLeft(left)));
        true
    }

    fn players(&self, room: &str) -> u32 {
        let here = |guest: &&Guest| guest.room.as_deref() == Some(room);
        self.guests.values().filter(here).count() as u32
    }

    fn expire(&mut self) {
        let tick = self.tick;
        for room in self.rooms.values_mut() {
            let before = room.reserved.len();
            room.reserved.retain(|_, (_, expires)| *expires > tick);
            room.changed |= room.reserved.len() != before;
        }
    }

    fn misbehave(&mut self, mischief: Option<Mischief>, out: &mut Output) {
        let nth_guest = |world: &Self, nth: usize| {
            let in_room = world.guests.iter().filter(|(_, guest)| guest.room.is_some());
            let ids: Vec<_> = in_room.map(|(id, _)| *id).collect();
            (!ids.is_empty()).then(|| ids[nth % ids.len()])
        };
        match mischief {
            Some(Mischief::Door { nth, to }) => {
                if let Some(session) = nth_guest(self, nth) {
                    // A door into a room of this world opens by itself.
                    if self.rooms.contains_key(&to) {
                        let before = out.reports.len();
                        self.join(session, &Join::room(0, to), &mut false, out);
                        // The desk did not ask for this.
                        let refused = |report: &Report| matches!(report, Report::JoinRefused { .. });
                        if out.reports.last().is_some_and(refused) {
                            out.reports.truncate(before);
                        }
                    } else {
                        out.reports.push(Report::Door {
                            session,
                            room: to,
                            spawn: "in".to_owned(),
                        });
                    }
                }
            }
            Some(Mischief::Eject { nth }) => {
                if let Some(id) = nth_guest(self, nth) {
                    self.vacate(id, 0, LeaveReason::Ended, out);
                    out.reports.push(Report::LeftRoom { session: id });
                }
            }
            Some(Mischief::Kick { nth }) => {
                if let Some(id) = nth_guest(self, nth) {
                    out.closes.push((id, CloseCode::Forbidden));
                }
            }
            Some(Mischief::Lock { nth }) => {
                let count = self.rooms.len().max(1);
                if let Some(room) = self.rooms.values_mut().nth(nth % count) {
                    room.locked = !room.locked;
                    room.changed = true;
                }
            }
            Some(Mischief::RefuseNext) | None => {}
        }
    }

    fn finish(&mut self, out: &mut Output) {
        let names: Vec<String> = self.rooms.keys().cloned().collect();
        for name in names {
            let players = self.players(&name);
            let tick = self.tick;
            let room = self.rooms.get_mut(&name).expect("it exists");
            if players == 0 && room.reserved.is_empty() && tick - room.empty_since >= EMPTY_TICKS {
                self.rooms.remove(&name);
                out.reports.push(Report::RoomRemoved { room: name });
            } else if std::mem::take(&mut room.changed) {
                let reserved = room.held_back();
                assert!(players + reserved <= CAPACITY);
                out.reports.push(Report::Room(RoomStatus {
                    room_type: name.split('/').next().unwrap_or_default().to_owned(),
                    room: name,
                    players,
                    reserved,
                    capacity: CAPACITY,
                    locked: room.locked,
                    private: room.private,
                    properties: room.options.clone(),
                }));
            }
        }
    }
}

impl ModelRoom {
    fn held_back(&self) -> u32 {
        self.reserved.values().map(|(seats, _)| seats).sum()
    }
}

impl Output {
    fn refuse(&mut self, id: SessionId, request: Request, refusal: Refusal) {
        self.sent
            .push((id, ServerMessage::Refused(Refused { request, refusal })));
    }

    fn refuse_join(&mut self, id: SessionId, request: Request, refusal: Refusal) {
        self.refuse(id, request, refusal);
        self.reports.push(Report::JoinRefused { session: id, request });
    }
}

fn entered(request: Request, room: &str, epoch: Epoch) -> ServerMessage {
    ServerMessage::RoomEntered(RoomEntered {
        request,
        room: room.to_owned(),
        room_type: String::new(),
        epoch,
        view: 0,
        slot: Slot(0),
        tick: Tick(0),
        capacity: CAPACITY,
        interest_px: None,
        near_px: 0,
        seq: 0,
        map: MapInfo {
            name: String::new(),
            width: 0,
            height: 0,
            tile_px: 0,
            walls: Vec::new(),
            doors: Vec::new(),
        },
        state: Vec::new(),
        properties: Vec::new(),
        speeds: Vec::new(),
        kinds: Vec::new(),
    })
}
