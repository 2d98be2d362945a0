//! A desk whose worlds are played by the test.

use std::time::{Duration, Instant};

use parlour_shared::{
    close::CloseCode,
    ids::{Epoch, PlayerId, SessionId, Tick},
    message::{Chat, ClientMessage, Join, JoinMode, LeaveReason, Property, Refusal, Request, ServerMessage},
};
use parlour_sim::{OptionSpec, RoomRules, RoomTypeConfig};
use parlour_tick::{Arrival, Report, Reservation, RoomStatus, WorldId};

use super::super::{
    Desk, DeskAction, DeskConfig, DeskEvent, DeskRoomType, JoinRate, ThawedWorlds, WorldEvent, WorldSharing,
    WorldState,
};
use crate::{
    bridge::{
        fault::Fault,
        link_state::{Flow, LinkState},
        reports::{LostKind, LostRequest},
        route::WorldPlace,
    },
    node_status::{WorldOrder, WorldRequestError},
};

/// The shared worlds of [`TestDesk::new`].
pub(super) const MAIN: WorldId = WorldId(1);
pub(super) const OFFICE: WorldId = WorldId(2);

pub(super) struct TestDesk {
    pub(super) desk: Desk,
    pub(super) now: Instant,
    /// What the desk wanted since the last call of [`Self::take`].
    actions: Vec<DeskAction>,
    numbers: Vec<u32>,
    random: u64,
}

/// An action without what a test does not look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Did {
    Arrive(WorldId),
    Depart(WorldId),
    Hold(WorldId),
    Release(WorldId),
    Join(WorldId, Join),
    /// A message with this request.
    Forward(WorldId, Request),
    Reserve(WorldId, Reservation),
    Create(WorldId, String),
    Take(WorldId),
    Rebuild(WorldId),
    Leave(WorldId),
    Enter(WorldPlace),
    End(WorldId),
    Accept(Request),
    Refuse(Request, Refusal),
    Left(Epoch, LeaveReason),
    Close(CloseCode),
    Place(WorldId, u32),
    Recall,
    Warn(&'static str),
}

pub(super) fn room_type(name: &str, worlds: WorldSharing, fallback: Option<&str>) -> DeskRoomType {
    DeskRoomType {
        config: RoomTypeConfig {
            rules: RoomRules {
                capacity: 3,
                ..RoomRules::default()
            },
            options: vec![OptionSpec::one_of("mode", ["fast", "other"])],
            ..RoomTypeConfig::new(name, "plaza")
        },
        worlds,
        fallback: fallback.map(str::to_owned),
        durable: worlds == WorldSharing::Own,
        joins: JoinRate::default(),
    }
}

pub(super) fn config() -> DeskConfig {
    DeskConfig {
        tick_threads: 1,
        types: vec![
            room_type("plaza", WorldSharing::Main, None),
            room_type("office", WorldSharing::Shared, Some("plaza")),
            room_type("tag", WorldSharing::Own, Some("plaza")),
            room_type("duel", WorldSharing::Own, None),
        ],
        skins: 4,
        max_rooms: 100,
        max_worlds: 100,
    }
}

impl TestDesk {
    /// Returns a desk whose shared worlds run.
    pub(super) fn new() -> Self {
        let mut desk = Self::with(config());
        desk.take();
        for world in [MAIN, OFFICE] {
            desk.created(world);
        }
        desk
    }

    pub(super) fn with(config: DeskConfig) -> Self {
        Self::of(|now, actions| Desk::new(config, ThawedWorlds::default(), now, actions))
    }

    pub(super) fn of(make: impl FnOnce(Instant, &mut Vec<DeskAction>) -> Desk) -> Self {
        let (mut actions, now) = (Vec::new(), Instant::now());
        let desk = make(now, &mut actions);
        Self {
            desk,
            now,
            actions,
            numbers: Vec::new(),
            random: 0,
        }
    }

    pub(super) fn handle(&mut self, event: DeskEvent) {
        let random = &mut self.random;
        let mut next = || {
            *random += 1;
            parlour_shared::rng::mix(*random)
        };
        self.desk.handle(event, self.now, &mut next, &mut self.actions);
    }

    /// Opens a session.
    pub(super) fn open(&mut self) -> SessionId {
        let session = SessionId(self.numbers.len() as u64);
        self.numbers.push(0);
        let player = Arrival::new(PlayerId(session.0 as u32), "Ada".to_owned());
        self.handle(DeskEvent::Opened {
            session,
            io_thread: 0,
            player,
            grants: None,
        });
        session
    }

    /// Returns the next number of a session.
    fn number(&mut self, session: SessionId) -> u32 {
        let number = &mut self.numbers[session.0 as usize];
        *number += 1;
        *number
    }

    pub(super) fn message(&mut self, session: SessionId, message: ClientMessage) {
        let (number, arrived) = (self.number(session), self.now);
        self.handle(DeskEvent::Message {
            session,
            number,
            arrived,
            message,
        });
    }

    pub(super) fn chat(&mut self, session: SessionId, request: Request) {
        let chat = Chat {
            request,
            text: "hello".to_owned(),
            ..Chat::default()
        };
        self.message(session, ClientMessage::Chat(chat));
    }

    pub(super) fn join(&mut self, session: SessionId, request: Request, room: &str) {
        self.message(session, ClientMessage::Join(Join::room(request, room)));
    }

    pub(super) fn join_mode(&mut self, session: SessionId, request: Request, room: &str, mode: JoinMode) {
        let join = Join {
            mode,
            ..Join::room(request, room)
        };
        self.message(session, ClientMessage::Join(join));
    }

    pub(super) fn leave(&mut self, session: SessionId, request: Request) {
        self.message(session, ClientMessage::Leave { request });
    }

    pub(super) fn hold(&mut self, session: SessionId, held: bool) {
        let number = self.number(session);
        self.handle(DeskEvent::Link {
            session,
            number,
            link: LinkState::default().held(held),
        });
    }

    pub(super) fn recalled(&mut self, session: SessionId) {
        let number = self.number(session);
        self.handle(DeskEvent::Recalled { session, number });
    }

    pub(super) fn close(&mut self, session: SessionId) {
        let number = self.number(session);
        self.handle(DeskEvent::Closed { session, number });
    }

    pub(super) fn created(&mut self, world: WorldId) {
        self.handle(DeskEvent::Created { world, ok: Ok(()) });
    }

    pub(super) fn reports(&mut self, world: WorldId, reports: Vec<Report>) {
        self.handle(DeskEvent::World {
            world,
            reports,
            closes: Vec::new(),
        });
    }

    pub(super) fn panicked(&mut self, world: WorldId, tick: u32, lost: Vec<LostRequest>) {
        self.handle(DeskEvent::Panicked {
            world,
            tick: Tick(tick),
            fault: Fault::default(),
            lost,
        });
    }

    pub(super) fn restart(&mut self, name: &str) -> Result<(), WorldRequestError> {
        self.request(name, WorldOrder::Restart)
    }

    pub(super) fn request(&mut self, name: &str, order: WorldOrder) -> Result<(), WorldRequestError> {
        let actions = &mut self.actions;
        self.desk.request(name, order, self.now, &mut || 0, actions)
    }

    pub(super) fn ended(&mut self, world: WorldId) {
        self.handle(DeskEvent::Ended {
            world,
            lost: Vec::new(),
        });
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        let random = &mut self.random;
        self.desk.tick(self.now, &mut || *random, &mut self.actions);
    }

    /// Opens a session and lets it enter a room of a world that runs. Returns it placed there.
    pub(super) fn open_in(&mut self, world: WorldId, room: &str) -> SessionId {
        let session = self.open();
        self.join(session, 1, room);
        self.reports(world, vec![entered(session, 1, room), status(room, 1)]);
        assert_eq!(self.take().last(), Some(&Did::Place(world, 1)));
        session
    }

    /// Returns the state of a world, if it is known.
    pub(super) fn state(&self, world: WorldId) -> Option<WorldState> {
        let worlds = self.desk.worlds();
        worlds
            .into_iter()
            .find(|view| view.world == world)
            .map(|view| view.state)
    }

    pub(super) fn take(&mut self) -> Vec<Did> {
        self.actions.drain(..).map(did).collect()
    }
}

fn did(action: DeskAction) -> Did {
    match action {
        DeskAction::ToWorld { place, event, .. } => match event {
            WorldEvent::Arrive { .. } => Did::Arrive(place.world),
            WorldEvent::Depart => Did::Depart(place.world),
            WorldEvent::Link(link) if link.flow == Flow::Held => Did::Hold(place.world),
            WorldEvent::Link(_) => Did::Release(place.world),
            WorldEvent::Message {
                message: ClientMessage::Join(join),
                ..
            } => Did::Join(place.world, join),
            WorldEvent::Message { message, .. } => Did::Forward(place.world, message.request()),
            WorldEvent::Reserve(reservation) => Did::Reserve(place.world, *reservation),
        },
        DeskAction::Create { place, name, .. } => Did::Create(place.world, name),
        DeskAction::Take { place } => Did::Take(place.world),
        DeskAction::Rebuild { place, .. } => Did::Rebuild(place.world),
        DeskAction::Leave { place } => Did::Leave(place.world),
        DeskAction::Enter { place } => Did::Enter(place),
        DeskAction::End { place } => Did::End(place.world),
        DeskAction::Send { message, .. } => match message {
            ServerMessage::Accepted(accepted) => Did::Accept(accepted.request),
            ServerMessage::Refused(refused) => Did::Refuse(refused.request, refused.refusal),
            ServerMessage::RoomLeft(left) => Did::Left(left.epoch, left.reason),
            other => panic!("the desk sent {other:?}"),
        },
        DeskAction::Close { code, .. } => Did::Close(code),
        DeskAction::Place { place, number, .. } => Did::Place(place.world, number),
        DeskAction::Recall { .. } => Did::Recall,
        DeskAction::WarnLate { outcome, .. } => Did::Warn(outcome),
    }
}

pub(super) fn entered(session: SessionId, request: Request, room: &str) -> Report {
    Report::Entered {
        session,
        request,
        room: room.to_owned(),
        epoch: Epoch(7),
    }
}

pub(super) fn refused(session: SessionId, request: Request) -> Report {
    Report::JoinRefused { session, request }
}

pub(super) fn departed(session: SessionId) -> Report {
    Report::Departed {
        session,
        player: Arrival::new(PlayerId(session.0 as u32), "Ada".to_owned()),
    }
}

/// A report of an open room with a capacity of 3.
pub(super) fn status(room: &str, players: u32) -> Report {
    Report::Room(room_status(room, players))
}

pub(super) fn room_status(room: &str, players: u32) -> RoomStatus {
    RoomStatus {
        room: room.to_owned(),
        room_type: room.split('/').next().unwrap_or_default().to_owned(),
        players,
        capacity: 3,
        ..RoomStatus::default()
    }
}

pub(super) fn lost(session: SessionId, request: Request, kind: LostKind) -> LostRequest {
    LostRequest {
        session,
        request,
        kind,
    }
}

pub(super) fn property(key: &str, value: &str) -> Property {
    Property {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

/// Returns the only reservation among the actions.
pub(super) fn reservation(did: &[Did]) -> Reservation {
    let found: Vec<_> = did
        .iter()
        .filter_map(|did| match did {
            Did::Reserve(_, reservation) => Some(reservation.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(found.len(), 1, "{did:?}");
    found.into_iter().next().expect("there is one")
}

/// The report that seats are reserved.
pub(super) fn reserved(session: SessionId, reservation: &Reservation) -> Report {
    Report::Reserved {
        session,
        ticket: reservation.ticket.clone(),
        room: reservation.join.room.clone(),
    }
}
