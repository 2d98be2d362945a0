//! A WebSocket client that lets the test control every byte.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use parlour_shared::{
    codec,
    limits::PROTOCOL,
    message::{ClientMessage, Hello, Join, RoomEntered, ServerMessage, Welcome},
    websocket::{
        Decoder, Limits, OpCode, Role, WebSocketEvent, encode_into,
        handshake::{ClientHandshake, ClientRequest},
    },
};

/// Longer than anything takes: a test that waits this long has failed.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// An item from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    Binary(Vec<u8>),
    Text(String),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    /// The connection ended cleanly.
    End,
    /// The connection was reset.
    Reset,
}

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    decoder: Decoder,
    got: VecDeque<Got>,
    text: bool,
}

/// Returns a handshake and its request.
pub(crate) fn upgrade_request(subprotocol: &str) -> (ClientHandshake, Vec<u8>) {
    let request = ClientRequest {
        host: "localhost",
        path: "/ws",
        nonce: [7; 16],
        subprotocols: &[subprotocol],
        headers: &[],
    };
    ClientHandshake::start(&request).unwrap()
}

/// Closes a connection so that the server sees a reset.
pub(crate) fn reset(stream: TcpStream) {
    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    drop(stream);
}

impl Client {
    pub(crate) fn upgrade(mut stream: TcpStream, subprotocol: &str) -> Self {
        let (mut handshake, request) = upgrade_request(subprotocol);
        stream.write_all(&request).unwrap();
        let mut client = Self::after_upgrade(stream, subprotocol);
        loop {
            let mut bytes = [0; 1024];
            let count = client.stream.read(&mut bytes).unwrap();
            assert!(count > 0, "the server hung up in the handshake");
            if let Some(accepted) = handshake.read(&bytes[..count]).unwrap() {
                client.feed(&mut bytes[accepted.consumed..count]);
                return client;
            }
        }
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
            got: VecDeque::new(),
            text: subprotocol.ends_with("json"),
        }
    }

    /// Says hello.
    pub(crate) fn hello_without_answer(&mut self, name: &str) {
        self.say(&ClientMessage::Hello(Hello {
            protocol: PROTOCOL,
            name: name.into(),
            ..Hello::default()
        }));
    }

    /// Says hello and waits for the welcome.
    pub(crate) fn hello(&mut self, name: &str) -> Welcome {
        self.hello_without_answer(name);
        self.wait(|message| match message {
            ServerMessage::Welcome(welcome) => Some(welcome),
            _ => None,
        })
    }

    /// Joins a room and waits until the player is in it.
    pub(crate) fn join(&mut self, room: &str) -> RoomEntered {
        self.say(&ClientMessage::Join(Join {
            request: 1,
            room: room.into(),
        }));
        self.wait(|message| match message {
            ServerMessage::RoomEntered(entered) => Some(entered),
            _ => None,
        })
    }

    /// Sends a message, in the form of the subprotocol.
    pub(crate) fn say(&mut self, message: &ClientMessage) {
        if self.text {
            let json = serde_json::to_string(message).unwrap();
            self.frame(OpCode::Text, json.as_bytes());
        } else {
            let mut payload = Vec::new();
            codec::encode(message, &mut payload);
            self.frame(OpCode::Binary, &payload);
        }
    }

    /// Sends a whole frame.
    pub(crate) fn frame(&mut self, opcode: OpCode, payload: &[u8]) {
        let mut frame = Vec::new();
        encode_into(&mut frame, opcode, payload, Some([1, 2, 3, 4]));
        self.raw(&frame);
    }

    /// Sends raw bytes. The server may have hung up: its last frames can still be read.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Returns the next item.
    pub(crate) fn next(&mut self) -> Got {
        loop {
            if let Some(got) = self.got.pop_front() {
                return got;
            }
            let mut bytes = vec![0; 64 * 1024];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Got::End,
                Ok(count) => self.feed(&mut bytes[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Got::Reset,
                Err(error) => panic!("nothing came: {error}"),
            }
        }
    }

    /// Reads once, at most this many bytes. Returns the items that they complete.
    pub(crate) fn read_at_most(&mut self, bytes: usize) -> Vec<Got> {
        let mut bytes = vec![0; bytes];
        match self.stream.read(&mut bytes) {
            Ok(0) => self.got.push_back(Got::End),
            Ok(count) => self.feed(&mut bytes[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => self.got.push_back(Got::Reset),
            Err(error) => panic!("nothing came: {error}"),
        }
        self.got.drain(..).collect()
    }

    /// Returns the next message that is not a snapshot.
    pub(crate) fn message(&mut self) -> ServerMessage {
        loop {
            match self.next() {
                Got::Binary(payload) if payload.first() == Some(&codec::SNAPSHOT_OPCODE) => {}
                Got::Binary(payload) => return codec::decode_server(&payload).unwrap(),
                Got::Text(text) => match serde_json::from_str(&text).unwrap() {
                    ServerMessage::Snapshot(_) => {}
                    message => return message,
                },
                Got::Ping(_) | Got::Pong(_) => {}
                over => panic!("expected a message, got {over:?}"),
            }
        }
    }

    /// Waits until `find` returns a value for a message.
    pub(crate) fn wait<T>(&mut self, mut find: impl FnMut(ServerMessage) -> Option<T>) -> T {
        loop {
            if let Some(found) = find(self.message()) {
                return found;
            }
        }
    }

    /// Reads up to the server's close frame. Returns its code.
    #[track_caller]
    pub(crate) fn closed(&mut self) -> u16 {
        self.closed_because().0
    }

    /// Reads up to the server's close frame. Returns its code and reason.
    #[track_caller]
    pub(crate) fn closed_because(&mut self) -> (u16, String) {
        loop {
            match self.next() {
                Got::Close(code, reason) => return (code.expect("a server sends a code"), reason),
                over @ (Got::End | Got::Reset) => panic!("no close frame but {over:?}"),
                _ => {}
            }
        }
    }

    fn feed(&mut self, mut bytes: &mut [u8]) {
        while let Some(event) = self.decoder.next(&mut bytes).unwrap() {
            self.got.push_back(match event {
                WebSocketEvent::Binary(payload) => Got::Binary(payload.to_vec()),
                WebSocketEvent::Text(text) => Got::Text(text.into()),
                WebSocketEvent::Ping(payload) => Got::Ping(payload.to_vec()),
                WebSocketEvent::Pong(payload) => Got::Pong(payload.to_vec()),
                WebSocketEvent::Close { code, reason } => Got::Close(code, reason.into()),
            });
        }
    }
}
