//! The client without its socket: messages in, events out; commands in, messages out; time is an argument.

mod head;
mod receive;

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
    snapshot::Snapshot,
    view::{Seen, View},
};

use crate::{
    command::Command, phase::PhaseLock, prediction::Prediction, stamps::StampChecker, ticks::TickClock,
};

/// How many different wall grids are shared, at most.
const MOST_SHARED: usize = 16;

/// The identity with which a client says hello.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The name that others see, 1 to 24 code points: what `parlour_shared::text::clean_name` makes of this. If it refuses it,
    /// the server picks one.
    pub name: String,
    /// The secret that proves who the player is; `None` for guests.
    pub token: Option<String>,
}

/// Without the token, which is a secret and must not get into logs.
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
    /// What the server said on entering. The state in it is kept up to date.
    pub entered: RoomEntered,
    /// The map's walls, ready to move in.
    pub walls: Arc<WallGrid>,
}

/// One player's side of the protocol. Give it each message of the server with [`Client::receive`], and send
/// what [`Client::hello`] and [`Client::command`] write; both are the payloads of binary WebSocket messages.
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
/// client.command(Command::Join { room: "plaza".into() }, Instant::now(), &mut out);
/// client.command(Command::walk(Direction::East), Instant::now(), &mut out);
/// # Ok::<(), parlour_client::Violation>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Client {
    welcome: Option<Welcome>,
    room: Option<Box<Room>>,
    view: View,
    last_tick: Option<Tick>,
    /// The tick of the last snapshot of this stay, if only heads are read.
    last_head: Option<Tick>,
    snapshot: Snapshot,
    prediction: Prediction,
    stamps: StampChecker,
    ticks: TickClock,
    phase: PhaseLock,
    requests: Request,
    ping: Option<(u32, Instant)>,
}

impl Client {
    /// A client that has not sent anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the server said on opening the session; `None` before.
    #[must_use]
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// The id by which others know the player.
    #[must_use]
    pub fn player(&self) -> Option<PlayerId> {
        self.welcome.as_ref().map(|welcome| welcome.player)
    }

    /// The room the player is in.
    #[must_use]
    pub fn room(&self) -> Option<&Room> {
        self.room.as_deref()
    }

    /// Lets many clients of a process share the walls of their rooms. If `known` has the same walls, the client uses those
    /// and drops its own; otherwise it adds its own to `known`, up to 16. Call it after [`crate::Event::Entered`]. The list
    /// of walls in [`Room::entered`] is dropped: the grid has them.
    pub fn share_walls(&mut self, known: &mut Vec<Arc<WallGrid>>) {
        let Some(room) = &mut self.room else {
            return;
        };
        room.entered.map.walls = Vec::new();
        if let Some(same) = known.iter().find(|walls| **walls == room.walls) {
            room.walls = same.clone();
        } else if known.len() < MOST_SHARED {
            known.push(room.walls.clone());
        }
    }

    /// The player's slot in its room; `None` outside of a room and for a client that only watches.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        self.room()
            .map(|room| room.entered.slot)
            .filter(|&slot| slot != Slot::NOBODY)
    }

    /// The room's versioned state, in the order in which its keys became known.
    #[must_use]
    pub fn state(&self) -> &[StateEntry] {
        self.room().map_or(&[], |room| &room.entered.state)
    }

    /// All players in sight, the player itself included.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The players in sight other than the player itself.
    pub fn neighbours(&self) -> impl Iterator<Item = (Slot, Seen<'_>)> {
        let own = self.slot();
        self.view.iter().filter(move |(slot, _)| Some(*slot) != own)
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

    /// How many walks the server has not acknowledged yet. If they become more and more, it drops them.
    #[must_use]
    pub fn unacknowledged_walks(&self) -> usize {
        self.prediction.unacknowledged()
    }

    /// The server's last completed tick, estimated.
    #[must_use]
    pub fn tick_at(&self, now: Instant) -> Option<Tick> {
        self.ticks.at(now)
    }

    /// When to sample the input next, not before `now`, and the tick to aim it at
    /// ([`Command::Walk`]`::at`): a walk that is sent then arrives `lead` before that tick begins, and takes
    /// effect as soon as it can. The more walks were acknowledged that were aimed at a tick, the better it is
    /// known; [`crate::DEFAULT_LEAD`] is enough on a quiet line. `None` before the welcome.
    ///
    /// ```
    /// # use parlour_client::{Client, Command, DEFAULT_LEAD};
    /// # use parlour_shared::motion::Heading;
    /// # use std::time::Instant;
    /// # fn wait_until(moment: Instant) {}
    /// # fn heading_of_keys() -> Heading { Heading::default() }
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

    /// Writes a command's message to the end of `out`. The number returned comes back in the answer, or, for
    /// a walk, in the acknowledgement of a snapshot.
    pub fn command(&mut self, command: Command, now: Instant, out: &mut Vec<u8>) -> u32 {
        let number = match &command {
            Command::Walk { heading, at } => {
                // The tick that runs now is not over; a command sent now meets the one after it.
                let next = self.tick_at(now).unwrap_or_default().0.saturating_add(2);
                let number = self.prediction.send(*heading, at.unwrap_or(Tick(next)));
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
        codec::encode(&command.into_message(number), out);
        number
    }
}
