//! The JSON protocol, as a person would type it.

use std::{io::Read as _, io::Write as _, net::TcpStream};

use parlour_shared::{
    limits::SUBPROTOCOL_JSON,
    websocket::{
        Decoder, Limits, OpCode, Role, WebSocketEvent, encode_into,
        handshake::{ClientHandshake, ClientRequest},
    },
};
use serde_json::Value;

pub(crate) struct Json {
    stream: TcpStream,
    decoder: Decoder,
    got: std::collections::VecDeque<Value>,
}

impl Json {
    pub(crate) fn upgrade(stream: &mut TcpStream) -> Self {
        let request = ClientRequest {
            host: "localhost",
            path: "/ws",
            nonce: [7; 16],
            subprotocols: &[SUBPROTOCOL_JSON],
            headers: &[],
        };
        let (mut handshake, request) = ClientHandshake::start(&request).unwrap();
        stream.write_all(&request).unwrap();
        let limits = Limits {
            max_message: 4 << 20,
            max_fragments: 1,
        };
        let mut client = Self {
            stream: stream.try_clone().unwrap(),
            decoder: Decoder::new(Role::Client, limits),
            got: std::collections::VecDeque::new(),
        };
        loop {
            let mut bytes = [0; 1024];
            let count = stream.read(&mut bytes).unwrap();
            if let Some(accepted) = handshake.read(&bytes[..count]).unwrap() {
                client.feed(&mut bytes[accepted.consumed..count]);
                return client;
            }
        }
    }

    pub(crate) fn say(&mut self, text: &str) {
        let mut frame = Vec::new();
        encode_into(&mut frame, OpCode::Text, text.as_bytes(), Some([1, 2, 3, 4]));
        self.stream.write_all(&frame).unwrap();
    }

    /// Returns the next message of a kind.
    pub(crate) fn wait(&mut self, kind: &str) -> Value {
        loop {
            while let Some(message) = self.got.pop_front() {
                if let Some(body) = message.get(kind) {
                    return body.clone();
                }
            }
            let mut bytes = [0; 16 * 1024];
            let count = self.stream.read(&mut bytes).unwrap();
            assert!(count > 0, "closed before {kind}");
            self.feed(&mut bytes[..count]);
        }
    }

    fn feed(&mut self, mut bytes: &mut [u8]) {
        while let Some(event) = self.decoder.next(&mut bytes).unwrap() {
            if let WebSocketEvent::Text(text) = event {
                self.got.push_back(serde_json::from_str(text).unwrap());
            }
        }
    }
}
