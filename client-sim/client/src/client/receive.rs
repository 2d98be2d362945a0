//! Applies the server's messages to the client.

use std::{sync::Arc, time::Instant};

use parlour_shared::{
    codec::{self, SNAPSHOT_OPCODE},
    ids::Slot,
    message::{
        Accepted, ChatSaid, Refused, Reserved, RoomEntered, RoomLeft, Scope, ServerMessage, StateEntry,
        Welcome,
    },
    snapshot::{MotionChange, Snapshot},
};

use super::{Client, Room};
use crate::{
    event::{Event, ReceivedEvent},
    prediction::{Ground, LAST_TICK, OwnMotion, solid_bodies, stops_players},
    sequence_check::StampStream,
    ticks::TickClock,
    violation::Violation,
};

impl Client {
    /// Applies one message of the server.
    ///
    /// # Errors
    /// A [`Violation`] after which the client's state is unusable. A violation that the client can
    /// survive is returned with the event.
    pub fn receive(&mut self, message: &[u8], now: Instant) -> Result<ReceivedEvent, Violation> {
        let mut snapshot = std::mem::take(&mut self.snapshot);
        let received = self.receive_with(message, now, &mut snapshot);
        self.snapshot = snapshot;
        received
    }

    /// Like [`Self::receive`], but decodes snapshots into a buffer that many clients can share. Its
    /// contents are valid only after an [`Event::Snapshot`].
    ///
    /// # Errors
    /// Those of [`Self::receive`].
    pub fn receive_with(
        &mut self,
        message: &[u8],
        now: Instant,
        snapshot: &mut Snapshot,
    ) -> Result<ReceivedEvent, Violation> {
        if message.first() == Some(&SNAPSHOT_OPCODE) {
            return self.take_snapshot(message, now, snapshot);
        }
        let message = codec::decode_server(message)?;
        let is_opening = matches!(message, ServerMessage::Welcome(_) | ServerMessage::Closing(_));
        if (self.welcome.is_none() || self.resuming.is_under_way) && !is_opening {
            return Err(Violation::BeforeWelcome);
        }
        if !is_opening && !matches!(message, ServerMessage::Pong(_)) {
            self.resuming.note_received();
        }
        match &message {
            ServerMessage::Accepted(Accepted { request, .. })
            | ServerMessage::Refused(Refused { request, .. })
            | ServerMessage::Reserved(Reserved { request, .. })
            | ServerMessage::RoomEntered(RoomEntered { request, .. })
            | ServerMessage::RoomLeft(RoomLeft { request, .. })
                if *request > 0 =>
            {
                self.resuming.note_answer(*request);
            }
            _ => {}
        }
        match message {
            ServerMessage::Snapshot(_) => Err(Violation::SnapshotForm),
            ServerMessage::Welcome(welcome) => self.take_welcome(welcome),
            ServerMessage::RoomEntered(entered) => self.enter(entered, now),
            ServerMessage::RoomLeft(left) => self.leave(left),
            ServerMessage::Chat(said) => Ok(self.hear(said)),
            ServerMessage::StateChanged(changed) => {
                let violation = self
                    .stamps
                    .check(StampStream::Room, changed.stamp)
                    .err()
                    .map(Violation::from);
                if let Some(room) = &mut self.room {
                    changed
                        .entries
                        .iter()
                        .for_each(|entry| put(&mut room.entered.state, entry));
                }
                let event = Event::StateChanged(changed);
                Ok(ReceivedEvent { event, violation })
            }
            ServerMessage::Accepted(accepted) => Ok(Event::Accepted(accepted).into()),
            ServerMessage::Refused(refused) => Ok(Event::Refused(refused).into()),
            ServerMessage::Pong(pong) => {
                let sent = self.ping.filter(|(nonce, _)| *nonce == pong.nonce);
                let rtt = sent.map_or_else(Default::default, |(_, at)| now.saturating_duration_since(at));
                Ok(Event::Pong { rtt }.into())
            }
            ServerMessage::Custom(said) => Ok(Event::Custom(said).into()),
            ServerMessage::Closing(closing) => Ok(Event::Closing(closing).into()),
            ServerMessage::Reserved(reserved) => Ok(Event::Reserved(reserved).into()),
        }
    }

    fn take_welcome(&mut self, welcome: Welcome) -> Result<ReceivedEvent, Violation> {
        let resumed = welcome.resumed;
        match (&self.welcome, resumed) {
            (None, _) => {}
            (Some(_), Some(resumed)) if self.resuming.is_under_way => {
                self.resuming.go_on(resumed);
                if resumed.reset {
                    self.room = None;
                    self.stamps.leave_room();
                    self.ticks = TickClock::default();
                }
            }
            (Some(_), _) => return Err(Violation::SecondWelcome),
        }
        self.resuming.is_under_way = false;
        self.welcome = Some(welcome);
        let event = resumed.map_or(Event::Welcome, |resumed| Event::Resumed { reset: resumed.reset });
        Ok(event.into())
    }

    fn enter(&mut self, entered: RoomEntered, now: Instant) -> Result<ReceivedEvent, Violation> {
        if let Some(room) = &self.room {
            return Err(Violation::RoomOrder {
                present: Some(room.entered.epoch),
                named: entered.epoch,
            });
        }
        let Some(walls) = entered.map.wall_grid() else {
            return Err(Violation::Map(entered.map.name));
        };
        self.view.enter_room(entered.view);
        self.last_header = None;
        // Each room counts its own ticks, so nothing learnt in the last one holds here.
        self.ticks = TickClock::default();
        self.ticks.observe(entered.tick, now);
        self.phase.enter_room();
        self.prediction.enter_room(&entered.speeds);
        self.stamps.enter_room(entered.epoch, entered.seq);
        let walls = Arc::new(walls);
        let has_solid_bodies = stops_players(&entered.kinds);
        self.room = Some(Box::new(Room {
            entered,
            walls,
            has_solid_bodies,
        }));
        Ok(Event::Entered.into())
    }

    fn leave(&mut self, left: RoomLeft) -> Result<ReceivedEvent, Violation> {
        let present = self.room.take().map(|room| room.entered.epoch);
        self.stamps.leave_room();
        self.ticks = TickClock::default();
        if present != Some(left.epoch) {
            return Err(Violation::RoomOrder {
                present,
                named: left.epoch,
            });
        }
        Ok(Event::Left(left).into())
    }

    fn hear(&mut self, said: ChatSaid) -> ReceivedEvent {
        let stream = match said.scope {
            Scope::Room => StampStream::Room,
            Scope::Near => StampStream::Listener,
        };
        let violation = self.stamps.check(stream, said.stamp).err().map(Violation::from);
        let event = Event::Chat(said);
        ReceivedEvent { event, violation }
    }

    fn take_snapshot(
        &mut self,
        bytes: &[u8],
        now: Instant,
        snapshot: &mut Snapshot,
    ) -> Result<ReceivedEvent, Violation> {
        let room = self.room.as_ref().ok_or(Violation::SnapshotOutside)?;
        snapshot.read(bytes)?;
        let tick = snapshot.tick;
        if tick > LAST_TICK {
            return Err(Violation::TickRange(tick));
        }
        self.view.apply(snapshot)?;
        self.ticks.observe(tick, now);
        let ack = snapshot.ack;
        if let Some(ack) = ack {
            self.phase.acknowledged(ack, now);
        }
        let slot = room.entered.slot;
        if slot == Slot::NOBODY {
            return Ok(Event::Snapshot { own: None, ack }.into());
        }
        let segment = self.view.segment(slot).ok_or(Violation::OwnMissing(tick))?;
        let own_update = snapshot.updates.iter().find(|update| update.slot == slot);
        let turned = match own_update.and_then(|update| update.motion) {
            Some(MotionChange::Turn { since, .. }) => Some(since),
            _ => None,
        };
        let reported = OwnMotion {
            tick,
            ack,
            turned,
            segment,
        };
        let bodies = room
            .has_solid_bodies
            .then(|| solid_bodies(&room.entered.kinds, &self.view, slot));
        let ground = match &bodies {
            Some(bodies) => Ground::among(&room.walls, bodies, tick),
            None => room.walls.as_ref().into(),
        };
        let (own, violation) = match self.prediction.confirm(ground, &reported) {
            Ok(agreement) => (Some(agreement), None),
            Err(mismatch) => (None, Some(mismatch.into())),
        };
        Ok(ReceivedEvent {
            event: Event::Snapshot { own, ack },
            violation,
        })
    }
}

/// Applies one entry to a room's state.
fn put(state: &mut Vec<StateEntry>, entry: &StateEntry) {
    match (
        state.iter().position(|known| known.key == entry.key),
        &entry.value,
    ) {
        (Some(at), Some(_)) => state[at].clone_from(entry),
        (Some(at), None) => drop(state.remove(at)),
        (None, Some(_)) => state.push(entry.clone()),
        (None, None) => {}
    }
}
