//! The client without its socket: messages in, events out; commands in, messages out; time is an argument.

use std::time::Instant;

use parlour_shared::{
    codec::{self, SCHEMA, SNAPSHOT_OPCODE},
    ids::{PlayerId, Slot, Tick},
    limits::PROTOCOL,
    message::{
        ChatSaid, ClientMessage, Hello, Request, RoomEntered, RoomLeft, Scope, ServerMessage, StateEntry,
        Welcome,
    },
    motion::{Position, Segment, WallGrid},
    snapshot::{MotionChange, Snapshot},
    view::{View, ViewError},
};

use crate::{
    command::Command,
    event::{Event, Received},
    prediction::{LAST_TICK, Prediction, Told},
    streams::{Stream, Streams},
    ticks::TickClock,
    violation::Violation,
};

/// Who a client wants to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The name that others see: 1 to 24 characters; empty: the server picks one.
    pub name: String,
    /// Who the client is; guests have none.
    pub token: Option<String>,
}

/// The room that a client is in.
#[derive(Clone, Debug)]
pub struct Room {
    /// What the server said on entering. The state in it is kept up to date.
    pub entered: RoomEntered,
    /// The map's walls, ready to move in.
    pub walls: WallGrid,
}

/// One player's side of the protocol. Give it each message of the server with [`Client::receive`], and send what
/// [`Client::hello`] and [`Client::command`] write; both are the payloads of binary WebSocket messages.
///
/// ```
/// use parlour_client_sim::{Client, Command, Event, Settings};
/// use parlour_shared::{codec, message::{ServerMessage, Welcome}, motion::Direction};
/// use std::time::Instant;
///
/// let mut client = Client::new();
/// let mut out = Vec::new();
/// client.hello(&Settings { name: "ada".into(), token: None }, &mut out);
/// // ... send `out`; the server answers:
/// let mut answer = Vec::new();
/// codec::encode(&ServerMessage::Welcome(Welcome::default()), &mut answer);
/// let received = client.receive(&answer, Instant::now())?;
/// assert_eq!(received.event, Event::Welcome);
///
/// out.clear();
/// client.command(Command::Join { room: "plaza".into() }, Instant::now(), &mut out);
/// client.command(Command::walk(Direction::East), Instant::now(), &mut out);
/// # Ok::<(), parlour_client_sim::Violation>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Client {
    welcome: Option<Welcome>,
    room: Option<Box<Room>>,
    view: View,
    last_tick: Option<Tick>,
    snapshot: Snapshot,
    prediction: Prediction,
    streams: Streams,
    ticks: TickClock,
    requests: Request,
    ping: Option<(u32, Instant)>,
}

impl Client {
    /// A client that has said nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the server said on opening the session; none before.
    #[must_use]
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// Who the player is to others.
    #[must_use]
    pub fn player(&self) -> Option<PlayerId> {
        self.welcome.as_ref().map(|welcome| welcome.player)
    }

    /// The room the player is in.
    #[must_use]
    pub fn room(&self) -> Option<&Room> {
        self.room.as_deref()
    }

    /// The player's slot in its room.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        self.room().map(|room| room.entered.slot)
    }

    /// The room's versioned state, in the order in which its keys became known.
    #[must_use]
    pub fn state(&self) -> &[StateEntry] {
        self.room().map_or(&[], |room| &room.entered.state)
    }

    /// Everyone whom the player sees, itself included.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The last snapshot that [`Self::receive`] took in.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The player's motion as the last snapshot left it.
    #[must_use]
    pub fn segment(&self) -> Option<Segment> {
        self.prediction.known()
    }

    /// Where the player is at a tick, commands included that the server has not answered yet.
    #[must_use]
    pub fn position_at(&self, tick: Tick) -> Option<Position> {
        self.prediction.position_at(&self.room()?.walls, tick)
    }

    /// The server's last tick that is over, estimated.
    #[must_use]
    pub fn tick_at(&self, now: Instant) -> Option<Tick> {
        self.ticks.at(now)
    }

    /// Writes the first message of a connection to the end of `out`.
    pub fn hello(&self, settings: &Settings, out: &mut Vec<u8>) {
        let hello = Hello {
            protocol: PROTOCOL,
            schema: SCHEMA,
            name: settings.name.clone(),
            token: settings.token.clone(),
            session: None,
            resume: None,
        };
        codec::encode(&ClientMessage::Hello(hello), out);
    }

    /// Writes a command's message to the end of `out`. The number returned comes back in the answer, or, for a
    /// walk, in the acknowledgement of a snapshot.
    pub fn command(&mut self, command: Command, now: Instant, out: &mut Vec<u8>) -> u32 {
        let number = match &command {
            Command::Walk { heading, at } => {
                // The tick that runs now is not over; a command sent now meets the one after it.
                let next = self.tick_at(now).unwrap_or_default().0.saturating_add(2);
                self.prediction.send(*heading, at.unwrap_or(Tick(next)))
            }
            Command::Bye => 0,
            _ => {
                self.requests = self.requests.wrapping_add(1);
                self.requests
            }
        };
        if command == Command::Ping {
            self.ping = Some((number, now));
        }
        codec::encode(&command.into_message(number), out);
        number
    }

    /// Takes in one message of the server.
    ///
    /// # Errors
    /// A [`Violation`] after which the client's state is of no use any more. Those one can go on after come with the event.
    pub fn receive(&mut self, message: &[u8], now: Instant) -> Result<Received, Violation> {
        let mut snapshot = std::mem::take(&mut self.snapshot);
        let received = self.receive_with(message, now, &mut snapshot);
        self.snapshot = snapshot;
        received
    }

    /// As [`Self::receive`], but unpacks snapshots into a buffer that many clients can share. It holds something new
    /// only after an [`Event::Snapshot`].
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn receive_with(
        &mut self,
        message: &[u8],
        now: Instant,
        snapshot: &mut Snapshot,
    ) -> Result<Received, Violation> {
        if message.first() == Some(&SNAPSHOT_OPCODE) {
            return self.take_snapshot(message, now, snapshot);
        }
        let message = codec::decode_server(message)?;
        if self.welcome.is_none() && !matches!(message, ServerMessage::Welcome(_) | ServerMessage::Closing(_))
        {
            return Err(Violation::BeforeWelcome);
        }
        match message {
            ServerMessage::Snapshot(_) => Err(Violation::SnapshotForm),
            ServerMessage::Welcome(welcome) => self.take_welcome(welcome, now),
            ServerMessage::RoomEntered(entered) => self.enter(entered),
            ServerMessage::RoomLeft(left) => self.leave(left),
            ServerMessage::Chat(said) => Ok(self.hear(said)),
            ServerMessage::StateChanged(changed) => {
                let violation = self
                    .streams
                    .check(Stream::Room, changed.stamp)
                    .err()
                    .map(Violation::from);
                if let Some(room) = &mut self.room {
                    changed
                        .entries
                        .iter()
                        .for_each(|entry| put(&mut room.entered.state, entry));
                }
                let event = Event::StateChanged(changed);
                Ok(Received { event, violation })
            }
            ServerMessage::Accepted(accepted) => Ok(Event::Accepted(accepted).into()),
            ServerMessage::Refused(refused) => Ok(Event::Refused(refused).into()),
            ServerMessage::Pong(pong) => {
                self.ticks.observe(pong.tick, now);
                let sent = self.ping.filter(|(nonce, _)| *nonce == pong.nonce);
                let rtt = sent.map_or_else(Default::default, |(_, at)| now.saturating_duration_since(at));
                Ok(Event::Pong { rtt }.into())
            }
            ServerMessage::Custom(said) => Ok(Event::Custom(said).into()),
            ServerMessage::Closing(closing) => Ok(Event::Closing(closing).into()),
        }
    }

    fn take_welcome(&mut self, welcome: Welcome, now: Instant) -> Result<Received, Violation> {
        if self.welcome.is_some() {
            return Err(Violation::SecondWelcome);
        }
        self.ticks.observe(welcome.tick, now);
        self.welcome = Some(welcome);
        Ok(Event::Welcome.into())
    }

    fn enter(&mut self, entered: RoomEntered) -> Result<Received, Violation> {
        if let Some(room) = &self.room {
            return Err(Violation::RoomOrder {
                present: Some(room.entered.epoch),
                told: entered.epoch,
            });
        }
        let Some(walls) = entered.map.wall_grid() else {
            return Err(Violation::Map(entered.map.name));
        };
        self.view.enter_room(entered.view);
        self.prediction.enter_room();
        self.streams.enter_room(entered.epoch, entered.seq);
        self.room = Some(Box::new(Room { entered, walls }));
        Ok(Event::Entered.into())
    }

    fn leave(&mut self, left: RoomLeft) -> Result<Received, Violation> {
        let present = self.room.take().map(|room| room.entered.epoch);
        self.streams.leave_room();
        if present != Some(left.epoch) {
            return Err(Violation::RoomOrder {
                present,
                told: left.epoch,
            });
        }
        Ok(Event::Left(left).into())
    }

    fn hear(&mut self, said: ChatSaid) -> Received {
        let stream = match said.scope {
            Scope::Room => Stream::Room,
            Scope::Near => Stream::Listener,
        };
        let violation = self.streams.check(stream, said.stamp).err().map(Violation::from);
        let event = Event::Chat(said);
        Received { event, violation }
    }

    fn take_snapshot(
        &mut self,
        bytes: &[u8],
        now: Instant,
        snapshot: &mut Snapshot,
    ) -> Result<Received, Violation> {
        let room = self.room.as_ref().ok_or(Violation::SnapshotOutside)?;
        snapshot.read(bytes)?;
        let tick = snapshot.tick;
        if tick > LAST_TICK {
            return Err(Violation::TickRange(tick));
        }
        // Ticks rise across stays, too, which the view of one stay cannot see.
        if let Some(last) = self.last_tick.filter(|&last| last >= tick) {
            return Err(ViewError::TickNotLater { last, got: tick }.into());
        }
        self.view.apply(snapshot)?;
        self.last_tick = Some(tick);
        self.ticks.observe(tick, now);
        let slot = room.entered.slot;
        let own = self.view.get(slot).ok_or(Violation::OwnMissing(tick))?;
        let own_update = snapshot.updates.iter().find(|update| update.slot == slot);
        let turned = match own_update.and_then(|update| update.motion) {
            Some(MotionChange::Turn { since, .. }) => Some(since),
            _ => None,
        };
        let told = Told {
            tick,
            ack: snapshot.ack,
            turned,
            segment: own.segment,
        };
        let (own, violation) = match self.prediction.confirm(&room.walls, &told) {
            Ok(agreement) => (Some(agreement), None),
            Err(mismatch) => (None, Some(mismatch.into())),
        };
        let ack = snapshot.ack;
        Ok(Received {
            event: Event::Snapshot { own, ack },
            violation,
        })
    }
}

/// Brings one key of a room's state up to date.
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
