//! A WebSocket client that lets a test control every byte.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use parlour_shared::{
    codec,
    limits::PROTOCOL,
    message::{ClientMessage, Hello, Join, Refusal, RoomEntered, ServerMessage, Welcome},
    websocket::{
        Decoder, Limits, OpCode, Role, WebSocketEvent, encode_into,
        handshake::{ClientHandshake, ClientRequest},
    },
};
use parlour_testing::encoded;
use serde_json::Value;

use super::http::read_head;

/// No wait takes this long, even on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// What a client receives from its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionEvent {
    Binary(Vec<u8>),
    Text(String),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    /// The server ended the connection.
    End,
    /// The server reset the connection.
    Reset,
}

/// A WebSocket client. It answers nothing by itself.
pub(crate) struct RawClient {
    stream: TcpStream,
    decoder: Decoder,
    events: VecDeque<ConnectionEvent>,
    is_json: bool,
}

fn client_request<'a>(subprotocols: &'a [&'a str], headers: &'a [(&'a str, &'a str)]) -> ClientRequest<'a> {
    ClientRequest {
        host: "localhost",
        path: "/ws",
        nonce: [7; 16],
        subprotocols,
        headers,
    }
}

/// Returns the bytes of an upgrade request.
pub(crate) fn upgrade_request(subprotocol: &str) -> Vec<u8> {
    let subprotocols = [subprotocol];
    ClientHandshake::start(&client_request(&subprotocols, &[]))
        .unwrap()
        .1
}

/// Returns the bytes of a masked frame.
pub(crate) fn masked_frame(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    encode_into(&mut frame, opcode, payload, Some([1, 2, 3, 4]));
    frame
}

/// Closes a connection so that the server sees a reset.
pub(crate) fn reset(stream: TcpStream) {
    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    drop(stream);
}

impl RawClient {
    pub(crate) fn upgrade(stream: TcpStream, subprotocol: &str) -> Self {
        Self::upgrade_with_headers(stream, subprotocol, &[])
    }

    /// Upgrades with more header lines, for example those of a proxy.
    pub(crate) fn upgrade_with_headers(
        mut stream: TcpStream,
        subprotocol: &str,
        headers: &[(&str, &str)],
    ) -> Self {
        let subprotocols = [subprotocol];
        let request = client_request(&subprotocols, headers);
        let (mut handshake, bytes) = ClientHandshake::start(&request).unwrap();
        stream.write_all(&bytes).unwrap();
        let head = read_head(&mut stream);
        let accepted = handshake.read(head.as_bytes()).unwrap();
        assert!(accepted.is_some(), "{head}");
        Self::after_upgrade(stream, subprotocol)
    }

    /// Creates a client on a connection whose handshake the test did.
    pub(crate) fn after_upgrade(stream: TcpStream, subprotocol: &str) -> Self {
        let limits = Limits {
            max_message: 4 << 20,
            max_fragments: 1,
        };
        Self {
            stream,
            decoder: Decoder::new(Role::Client, limits),
            events: VecDeque::new(),
            is_json: subprotocol.ends_with("json"),
        }
    }

    /// Returns the connection.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Sends a hello.
    pub(crate) fn send_hello(&mut self, name: &str) {
        self.send(&ClientMessage::Hello(Hello {
            protocol: PROTOCOL,
            name: name.into(),
            ..Hello::default()
        }));
    }

    /// Sends a hello and waits for the welcome.
    pub(crate) fn hello(&mut self, name: &str) -> Welcome {
        self.send_hello(name);
        self.wait_for(|message| match message {
            ServerMessage::Welcome(welcome) => Some(welcome),
            _ => None,
        })
    }

    /// Sends a hello over the JSON protocol and waits for the welcome.
    pub(crate) fn hello_in_json(&mut self, name: &str) -> Value {
        self.send_hello(name);
        self.wait_for_json("welcome", |_| true)
    }

    /// Joins a room and waits until the player is in it.
    pub(crate) fn join(&mut self, room: &str) -> RoomEntered {
        self.send(&ClientMessage::Join(Join::room(1, room)));
        self.wait_for(|message| match message {
            ServerMessage::RoomEntered(entered) => Some(entered),
            _ => None,
        })
    }

    /// Sends a message, in the form of the subprotocol.
    pub(crate) fn send(&mut self, message: &ClientMessage) {
        if self.is_json {
            self.send_text(&serde_json::to_string(message).unwrap());
        } else {
            self.send_frame(OpCode::Binary, &encoded(message));
        }
    }

    /// Sends a text frame.
    pub(crate) fn send_text(&mut self, text: &str) {
        self.send_frame(OpCode::Text, text.as_bytes());
    }

    /// Sends a whole frame.
    pub(crate) fn send_frame(&mut self, opcode: OpCode, payload: &[u8]) {
        self.send_bytes(&masked_frame(opcode, payload));
    }

    /// Sends raw bytes. Ignores errors: the server may have closed, and its last frames can still
    /// be read.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Waits for the next event.
    #[track_caller]
    pub(crate) fn next_event(&mut self) -> ConnectionEvent {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            self.read(64 * 1024);
        }
    }

    /// Reads once, at most this many bytes. Returns the events that they complete.
    #[track_caller]
    pub(crate) fn read_at_most(&mut self, bytes: usize) -> Vec<ConnectionEvent> {
        self.read(bytes);
        self.events.drain(..).collect()
    }

    #[track_caller]
    fn read(&mut self, most: usize) {
        let mut bytes = vec![0; most];
        match self.stream.read(&mut bytes) {
            Ok(0) => self.events.push_back(ConnectionEvent::End),
            Ok(count) => self.decode(&mut bytes[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                self.events.push_back(ConnectionEvent::Reset);
            }
            Err(error) => panic!("nothing was received: {error}"),
        }
    }

    fn decode(&mut self, mut bytes: &mut [u8]) {
        while let Some(event) = self.decoder.next(&mut bytes).unwrap() {
            self.events.push_back(match event {
                WebSocketEvent::Binary(payload) => ConnectionEvent::Binary(payload.to_vec()),
                WebSocketEvent::Text(text) => ConnectionEvent::Text(text.into()),
                WebSocketEvent::Ping(payload) => ConnectionEvent::Ping(payload.to_vec()),
                WebSocketEvent::Pong(payload) => ConnectionEvent::Pong(payload.to_vec()),
                WebSocketEvent::Close { code, reason } => ConnectionEvent::Close(code, reason.into()),
            });
        }
    }

    /// Waits for the next message that is not a snapshot.
    #[track_caller]
    pub(crate) fn next_message(&mut self) -> ServerMessage {
        loop {
            match self.next_event() {
                ConnectionEvent::Binary(payload) if payload.first() == Some(&codec::SNAPSHOT_OPCODE) => {}
                ConnectionEvent::Binary(payload) => return codec::decode_server(&payload).unwrap(),
                ConnectionEvent::Text(text) => match serde_json::from_str(&text).unwrap() {
                    ServerMessage::Snapshot(_) => {}
                    message => return message,
                },
                ConnectionEvent::Ping(_) | ConnectionEvent::Pong(_) => {}
                end => panic!("expected a message, received {end:?}"),
            }
        }
    }

    /// Waits until `find` returns a value for a message.
    #[track_caller]
    pub(crate) fn wait_for<T>(&mut self, mut find: impl FnMut(ServerMessage) -> Option<T>) -> T {
        loop {
            if let Some(found) = find(self.next_message()) {
                return found;
            }
        }
    }

    /// Waits for a JSON message of a kind, snapshots included, whose body `accept` accepts. Returns
    /// the body.
    #[track_caller]
    pub(crate) fn wait_for_json(&mut self, kind: &str, accept: impl Fn(&Value) -> bool) -> Value {
        loop {
            let text = match self.next_event() {
                ConnectionEvent::Text(text) => text,
                ConnectionEvent::Ping(_) | ConnectionEvent::Pong(_) => continue,
                other => panic!("expected {kind}, received {other:?}"),
            };
            let message: Value = serde_json::from_str(&text).unwrap();
            if let Some(body) = message.get(kind).filter(|body| accept(body)) {
                return body.clone();
            }
        }
    }

    /// Waits for the answer to a request. Returns the number of the request, and `None` if it was
    /// accepted.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> (u32, Option<Refusal>) {
        self.wait_for(|message| match message {
            ServerMessage::Accepted(accepted) => Some((accepted.request, None)),
            ServerMessage::Refused(refused) => Some((refused.request, Some(refused.refusal))),
            _ => None,
        })
    }

    /// Sends the message `ping` and waits for its `pong`.
    #[track_caller]
    pub(crate) fn ping(&mut self) {
        self.send(&ClientMessage::Ping { nonce: 77 });
        self.wait_for(|message| match message {
            ServerMessage::Pong(pong) => (pong.nonce == 77).then_some(()),
            _ => None,
        });
    }

    /// Waits for the close frame. Returns its code.
    #[track_caller]
    pub(crate) fn close_code(&mut self) -> u16 {
        self.close_code_and_reason().0
    }

    /// Waits for the close frame. Returns its code and reason.
    #[track_caller]
    pub(crate) fn close_code_and_reason(&mut self) -> (u16, String) {
        loop {
            match self.next_event() {
                ConnectionEvent::Close(code, reason) => {
                    return (code.expect("a server sends a code"), reason);
                }
                end @ (ConnectionEvent::End | ConnectionEvent::Reset) => {
                    panic!("no close frame, but {end:?}")
                }
                _ => {}
            }
        }
    }
}
