//! The client without a socket: messages in, events out; commands in, messages out. Time is an
//! argument.

mod header;
mod receive;
mod resuming;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_shared::{
    codec::{self, SCHEMA},
    ids::{PlayerId, Slot, Tick},
    limits::PROTOCOL,
    message::{ClientMessage, Hello, Request, RoomEntered, StateEntry, Welcome},
    motion::{Position, Segment, WallGrid},
    snapshot::{PlayerIdentity, Snapshot},
    view::{Seen, View},
};

use crate::{
    command::Command,
    phase::PhaseLock,
    prediction::{Ground, Prediction, solid_bodies},
    sequence_check::StampChecker,
    ticks::TickClock,
};
use resuming::Resuming;

/// The maximum number of wall grids that the clients of a process share.
const MAX_SHARED_GRIDS: usize = 16;

/// The identity with which a client says hello.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The name that others see: 1 to 24 code points, as `parlour_shared::text::clean_name` returns
    /// it. If that returns an error, the server picks a name.
    pub name: String,
    /// The secret that identifies the player, or `None` for a guest.
    pub token: Option<String>,
}

/// Omits the token, which is a secret and must not appear in logs.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("token", &self.token.as_ref().map(|_| format_args!("..")))
            .finish()
    }
}

/// The room that a client is in.
#[derive(Clone, Debug)]
pub struct Room {
    /// The server's message on entering. The client keeps the state in it up to date.
    pub entered: RoomEntered,
    /// The map's walls, as a grid for the computation of motion.
    pub walls: Arc<WallGrid>,
    /// Whether the bodies of others can stop the player.
    pub(crate) has_solid_bodies: bool,
}

/// One player's side of the protocol. Pass each message of the server to [`Client::receive`], and
/// send the messages that [`Client::hello`] and [`Client::command`] write. Both are payloads of
/// binary WebSocket messages.
///
/// ```
/// use parlour_client::{Client, Command, Event, Settings};
/// use parlour_shared::{codec, message::{ServerMessage, Welcome}, motion::Direction};
/// use std::time::Instant;
///
/// let mut client = Client::new();
/// let mut out = Vec::new();
/// client.hello(&Settings { name: "Ada".into(), token: None }, &mut out);
/// // ... send `out`; the server answers:
/// let mut answer = Vec::new();
/// codec::encode(&ServerMessage::Welcome(Welcome::default()), &mut answer);
/// let received = client.receive(&answer, Instant::now())?;
/// assert_eq!(received.event, Event::Welcome);
///
/// out.clear();
/// client.command(Command::join("plaza"), Instant::now(), &mut out);
/// client.command(Command::walk(Direction::East), Instant::now(), &mut out);
/// # Ok::<(), parlour_client::Violation>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Client {
    welcome: Option<Welcome>,
    room: Option<Box<Room>>,
    view: View,
    /// The tick of this stay's last snapshot, if the client reads only headers.
    last_header: Option<Tick>,
    snapshot: Snapshot,
    prediction: Prediction,
    stamps: StampChecker,
    /// The clock of the current room. Empty outside of a room.
    ticks: TickClock,
    phase: PhaseLock,
    requests: Request,
    resuming: Resuming,
    ping: Option<(u32, Instant)>,
}

impl Client {
    /// Returns a client that has not sent anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the server's welcome, or `None` before it has arrived.
    #[must_use]
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// Returns the id by which others know the player, or `None` before the welcome.
    #[must_use]
    pub fn player(&self) -> Option<PlayerId> {
        self.welcome.as_ref().map(|welcome| welcome.player)
    }

    /// Returns the room that the player is in, or `None` outside of a room.
    #[must_use]
    pub fn room(&self) -> Option<&Room> {
        self.room.as_deref()
    }

    /// Shares the walls of rooms between many clients of a process. If `known` has equal walls, the
    /// client uses them and drops its copy; otherwise it adds its copy to `known`, up to 16. Call
    /// it after [`crate::Event::Entered`]. Clears the list of walls in [`Room::entered`], because
    /// the grid contains them.
    pub fn share_walls(&mut self, known: &mut Vec<Arc<WallGrid>>) {
        let Some(room) = &mut self.room else {
            return;
        };
        room.entered.map.walls = Vec::new();
        if let Some(same) = known.iter().find(|walls| **walls == room.walls) {
            room.walls = same.clone();
        } else if known.len() < MAX_SHARED_GRIDS {
            known.push(room.walls.clone());
        }
    }

    /// Returns the player's slot in its room, or `None` outside of a room or for a spectator.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        self.room()
            .map(|room| room.entered.slot)
            .filter(|&slot| slot != Slot::NOBODY)
    }

    /// Returns the room's versioned state, in the order in which the client received its keys.
    #[must_use]
    pub fn state(&self) -> &[StateEntry] {
        self.room().map_or(&[], |room| &room.entered.state)
    }

    /// Returns all visible players and objects, including the player itself.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Returns all visible players except the player itself.
    pub fn neighbours(&self) -> impl Iterator<Item = (Slot, &PlayerIdentity, Seen<'_>)> {
        let own = self.slot();
        self.view.players().filter(move |(slot, ..)| Some(*slot) != own)
    }

    /// Returns the last snapshot that [`Self::receive`] read.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Returns the player's motion as of the last snapshot, or `None` before the first snapshot of
    /// a stay.
    #[must_use]
    pub fn segment(&self) -> Option<Segment> {
        self.prediction.known()
    }

    /// Returns the predicted position of the player at a tick, including commands that the server
    /// has not acknowledged yet. Returns `None` outside of a room, and before the room's first
    /// snapshot.
    #[must_use]
    pub fn position_at(&self, tick: Tick) -> Option<Position> {
        let room = self.room()?;
        let Some(seen_at) = self.view.tick().filter(|_| room.has_solid_bodies) else {
            return self.prediction.position_at(room.walls.as_ref(), tick);
        };
        let bodies = solid_bodies(&room.entered.kinds, &self.view, room.entered.slot);
        let ground = Ground::among(&room.walls, &bodies, seen_at);
        self.prediction.position_at(ground, tick)
    }

    /// Returns the number of walks that the server has not acknowledged. If it keeps growing, the
    /// server drops them.
    #[must_use]
    pub fn unacknowledged_walks(&self) -> usize {
        self.prediction.unacknowledged()
    }

    /// Returns an estimate of the last completed tick of the room, or `None` outside of a room.
    /// Each room counts its own ticks: the estimate starts again in each room that the player
    /// enters.
    #[must_use]
    pub fn tick_at(&self, now: Instant) -> Option<Tick> {
        self.ticks.at(now)
    }

    /// Returns the next moment, not before `now`, at which to sample the input, and the tick to aim
    /// it at ([`Command::Walk`]`::at`). A walk that is sent at that moment arrives `lead` before
    /// that tick begins, so it waits as little as possible. The estimate improves with each
    /// acknowledged walk that was aimed at a tick, and starts again in each room.
    /// [`crate::DEFAULT_LEAD`] is enough for a connection with little jitter. Returns `None`
    /// outside of a room.
    ///
    /// ```
    /// # use parlour_client::{Client, Command, DEFAULT_LEAD};
    /// # use parlour_shared::message::MoveHeading;
    /// # use std::time::Instant;
    /// # fn wait_until(moment: Instant) {}
    /// # fn heading_of_keys() -> MoveHeading { MoveHeading::default() }
    /// # fn play(client: &mut Client, out: &mut Vec<u8>) {
    /// if let Some((moment, tick)) = client.next_sample(Instant::now(), DEFAULT_LEAD) {
    ///     wait_until(moment);
    ///     let heading = heading_of_keys();
    ///     client.command(Command::Walk { heading, at: Some(tick) }, Instant::now(), out);
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn next_sample(&self, now: Instant, lead: Duration) -> Option<(Instant, Tick)> {
        self.phase.next(now, lead, &self.ticks)
    }

    /// Appends the hello, the first message of a connection, to `out`. After the first connection,
    /// it resumes the session, if the welcome said that this is possible. Everything that was sent
    /// over the old connection and did not arrive is lost, apart from
    /// [requests](Self::unheard). A new session needs a new `Client`.
    pub fn hello(&mut self, settings: &Settings, out: &mut Vec<u8>) {
        let welcome = self.welcome.as_ref();
        let hello = Hello {
            protocol: PROTOCOL,
            schema: SCHEMA,
            name: settings.name.clone(),
            token: settings.token.clone(),
            session: welcome.and_then(|welcome| welcome.session.clone()),
            resume: welcome.and_then(|welcome| welcome.resume.clone()),
            received: self.resuming.received(),
        };
        if hello.session.is_some() {
            self.resuming.is_under_way = true;
            self.prediction.resume();
            self.phase.enter_room();
            self.ping = None;
        }
        codec::encode(&ClientMessage::Hello(hello), out);
    }

    /// Whether the session can be resumed over a new connection.
    #[must_use]
    pub fn can_resume(&self) -> bool {
        let welcome = self.welcome.as_ref();
        welcome.is_some_and(|welcome| welcome.session.is_some() && welcome.resume.is_some())
    }

    /// Returns the messages to send right after [`crate::Event::Resumed`]: requests that the server
    /// has not handled, because the old connection was lost. At most 64.
    pub fn unheard(&self) -> impl Iterator<Item = &[u8]> {
        let resumed = self.welcome.as_ref().and_then(|welcome| welcome.resumed);
        let heard = resumed.map(|resumed| resumed.heard);
        heard.into_iter().flat_map(|heard| self.resuming.unheard(heard))
    }

    /// Appends a message to `out` that says how many messages the client has received, if the
    /// server should know it: after 16 more messages. Until then the server keeps them, so call
    /// this after [`Self::receive`].
    pub fn acknowledge(&mut self, out: &mut Vec<u8>) {
        if let Some(received) = self.resuming.due_ack() {
            codec::encode(&ClientMessage::Ack { received }, out);
        }
    }

    /// Appends a command's message to `out`, and returns its number. The answer repeats the number.
    /// For a walk, the acknowledgement in a snapshot repeats it.
    pub fn command(&mut self, command: Command, now: Instant, out: &mut Vec<u8>) -> u32 {
        let number = match &command {
            Command::Walk { heading, at } => {
                // The current tick is still running; a command sent now reaches the tick after it.
                let next = self.tick_at(now).map(|tick| Tick(tick.0.saturating_add(2)));
                // Outside of a room there is no tick. The server drops such a command, unless the
                // player enters a room before it arrives.
                let expected = self.room.as_ref().and((*at).or(next));
                let number = self.prediction.send(*heading, expected);
                if let Some(tick) = *at {
                    self.phase.sent(number, tick, now);
                }
                number
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
        let is_request = !matches!(command, Command::Walk { .. });
        let is_numbered = !matches!(command, Command::Ping | Command::Bye);
        let begin = out.len();
        codec::encode(&command.into_message(number), out);
        if is_numbered {
            let request = is_request.then_some(number);
            self.resuming.note_sent(request, &out[begin..]);
        }
        number
    }
}
