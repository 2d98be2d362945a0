//! A server of one room in a separate thread, small enough to be obviously correct. It can violate
//! the protocol on request.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod step;

use std::{
    cell::RefCell,
    io::ErrorKind,
    net::SocketAddr,
    rc::Rc,
    sync::mpsc,
    time::{Duration, Instant},
};

use parlour_shared::{
    close::CloseCode,
    codec,
    ids::{Epoch, PlayerId, Slot, Tick},
    limits::{MAX_CLIENT_MESSAGE, MAX_FRAGMENTS},
    map::MapInfo,
    message::{
        ChatSaid, ClientMessage, Pong, Refusal, Refused, RoomEntered, Scope, ServerMessage, Stamp, Welcome,
    },
    motion::{Course, Heading, Position, WallGrid},
    snapshot::Ack,
    websocket::{
        Decoder, Limits, OpCode, Role, WebSocketEvent, encode_close, encode_into, handshake::accept_key,
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    time::{MissedTickBehavior, interval},
};

/// The fault of the server; most occur once, a second after its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Moves all players by a few units.
    Push,
    /// Skips a number in the room's stream.
    SkipStamp,
    /// Closes all connections.
    Close(CloseCode),
    /// Drops all connections.
    Drop,
    /// Refuses all joins.
    Full,
    /// Stands still for this long: runs no tick and sends no byte.
    Freeze(Duration),
}

const PERIOD: Duration = Duration::from_nanos(16_666_667);

struct Player {
    writer: OwnedWriteHalf,
    joined: bool,
    entered_at: Option<Tick>,
    course: Course,
    command: Option<Waiting>,
    ack: Option<Ack>,
    base: Option<Tick>,
    /// Whether a turn changed the segment at this tick. `None` if the segment did not change.
    change: Option<bool>,
}

/// A command that waits for its tick.
struct Waiting {
    tick: Tick,
    heading: Heading,
    ack: Ack,
}

struct State {
    tick: Tick,
    /// When that tick ran.
    ticked: Instant,
    walls: WallGrid,
    map: MapInfo,
    fault: Fault,
    /// Set after a standstill. For a while the clients then aim at ticks outside of the accepted
    /// window.
    has_frozen: bool,
    seq: u32,
    players: Vec<Option<Player>>,
}

/// Starts a server and returns the address of its WebSocket. It runs until the test's process ends.
pub(crate) fn start(fault: Fault) -> String {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async move {
            let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
                .await
                .unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            let map = MapInfo {
                width: 63,
                height: 63,
                ..super::map()
            };
            let walls = map.wall_grid().unwrap();
            let state = State {
                tick: Tick(1),
                ticked: Instant::now(),
                walls,
                map,
                fault,
                has_frozen: false,
                seq: 40,
                players: vec![],
            };
            let state = Rc::new(RefCell::new(state));
            tokio::task::spawn_local(tick(state.clone()));
            while let Ok((stream, _)) = listener.accept().await {
                tokio::task::spawn_local(serve(stream, state.clone()));
            }
        });
    });
    format!("ws://{}/ws", receiver.recv().unwrap())
}

async fn tick(state: Rc<RefCell<State>>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let start = Instant::now();
    loop {
        ticks.tick().await;
        let mut state = state.borrow_mut();
        state.step();
        if start.elapsed() > Duration::from_secs(1) {
            state.misbehave();
        }
    }
}

async fn serve(mut stream: TcpStream, state: Rc<RefCell<State>>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    let request = String::from_utf8(request).unwrap();
    let key = request
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
        .unwrap();
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: parlour.v1\r\n\r\n",
        accept_key(key)
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut reader, writer) = stream.into_split();
    let number = state.borrow_mut().open(writer);
    let limits = Limits {
        max_message: MAX_CLIENT_MESSAGE,
        max_fragments: MAX_FRAGMENTS,
    };
    let mut decoder = Decoder::new(Role::Server, limits);
    let mut buffer = vec![0; 4096];
    loop {
        let length = reader.read(&mut buffer).await.unwrap_or(0);
        if length == 0 || state.borrow().players[number].is_none() {
            break;
        }
        let mut rest = &mut buffer[..length];
        while let Ok(Some(event)) = decoder.next(&mut rest) {
            if let WebSocketEvent::Binary(message) = event {
                state
                    .borrow_mut()
                    .hear(number, codec::decode_client(message).unwrap());
            }
        }
    }
    state.borrow_mut().players[number] = None;
}

impl Player {
    fn send(&mut self, payload: &[u8]) {
        let mut frame = Vec::new();
        encode_into(&mut frame, OpCode::Binary, payload, None);
        self.write(&frame);
    }

    fn send_message(&mut self, message: &ServerMessage) {
        self.send(&super::encoded(message));
    }

    fn write(&mut self, bytes: &[u8]) {
        match self.writer.try_write(bytes) {
            Ok(written) => assert_eq!(written, bytes.len(), "the tests send little"),
            Err(error) => assert_ne!(error.kind(), ErrorKind::WouldBlock, "the tests send little"),
        }
    }
}

impl State {
    fn open(&mut self, writer: OwnedWriteHalf) -> usize {
        let place = Position::from_px(1000 + self.players.len() as i32 % 50, 1000);
        self.players.push(Some(Player {
            writer,
            joined: false,
            entered_at: None,
            course: Course::still(self.tick, place),
            command: None,
            ack: None,
            base: None,
            change: None,
        }));
        self.players.len() - 1
    }

    fn hear(&mut self, number: usize, message: ClientMessage) {
        let tick = self.tick;
        let Some(player) = &mut self.players[number] else {
            return;
        };
        match message {
            ClientMessage::Hello(_) => player.send_message(&ServerMessage::Welcome(Welcome {
                player: PlayerId(1000 + number as u32),
                skins: vec!["plain".into(), "red".into()],
                room_types: vec!["plaza".to_owned(), "test".to_owned()],
                ..Welcome::default()
            })),
            ClientMessage::Join(join) if self.fault == Fault::Full => {
                player.send_message(&ServerMessage::Refused(Refused {
                    request: join.request,
                    refusal: Refusal::RoomFull,
                }));
            }
            ClientMessage::Join(join) => {
                player.joined = true;
                player.send_message(&ServerMessage::RoomEntered(RoomEntered {
                    room_type: "test".into(),
                    properties: Vec::new(),
                    speeds: vec![640, 1024],
                    kinds: Vec::new(),
                    request: join.request,
                    room: join.room,
                    epoch: Epoch(1),
                    view: 1,
                    slot: Slot(number as u16),
                    tick,
                    capacity: 100,
                    interest_px: None,
                    near_px: 150,
                    seq: self.seq,
                    map: self.map.clone(),
                    state: vec![],
                }));
            }
            ClientMessage::Move(step) => {
                let next = self.ticked + PERIOD;
                let to_next = next.saturating_duration_since(Instant::now()).as_micros() as i64;
                let aimed = if step.tick == Tick(0) {
                    tick.after(1)
                } else {
                    step.tick
                };
                let ahead = i64::from(aimed.0) - i64::from(tick.0) - 1;
                let (aimed, ahead) = match self.has_frozen && !(-8..=16).contains(&ahead) {
                    true => (tick.after(1), 0),
                    false => (aimed, ahead),
                };
                assert!(
                    (-8..=16).contains(&ahead),
                    "an aim that no server accepts: {ahead} ticks ahead"
                );
                let early = (to_next + ahead * PERIOD.as_micros() as i64) / 100;
                player.command = Some(Waiting {
                    tick: aimed,
                    heading: step.heading.resolve(&[640, 1024]).unwrap_or_default(),
                    ack: Ack {
                        seq: step.seq,
                        early: early as i16,
                    },
                });
            }
            ClientMessage::Ping { nonce } => player.send_message(&ServerMessage::Pong(Pong { nonce })),
            ClientMessage::Chat(chat) if chat.scope == Scope::Room => self.say(&chat.text),
            ClientMessage::Bye => {
                let mut close = Vec::new();
                encode_close(&mut close, 1000, "goodbye", None);
                player.write(&close);
                self.players[number] = None;
            }
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        self.seq += 1;
        let said = ServerMessage::Chat(ChatSaid {
            stamp: Stamp {
                epoch: Epoch(1),
                seq: self.seq,
            },
            tick: self.tick,
            scope: Scope::Room,
            player: PlayerId(1),
            name: "someone".into(),
            text: text.into(),
        });
        for player in self.players.iter_mut().flatten().filter(|player| player.joined) {
            player.send_message(&said);
        }
    }
}
