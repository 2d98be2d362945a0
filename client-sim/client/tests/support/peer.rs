//! The server's end of one connection, controlled by the test.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "each test file uses only some of the helpers")]

use std::net::Ipv4Addr;

use crate::support;
use parlour_client::{ConnectError, Connection, Options};
use parlour_shared::{
    close::CloseCode,
    codec,
    limits::{MAX_CLIENT_MESSAGE, MAX_FRAGMENTS},
    message::{ClientMessage, Closing, ServerMessage},
    websocket::{
        Decoder, Limits, OpCode, Role, WebSocketEvent, encode_close, encode_into, handshake::accept_key,
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A message or frame of the client.
#[derive(Debug)]
pub(crate) enum Incoming {
    Message(ClientMessage),
    Pong(Vec<u8>),
    Close(Option<u16>),
    /// The client closed the socket.
    End,
}

pub(crate) struct Peer<S = TcpStream> {
    pub(crate) stream: S,
    decoder: Decoder,
    input: Vec<u8>,
}

/// Returns a listener on a free port, and its address for clients.
pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("ws://{}/ws", listener.local_addr().unwrap());
    (listener, address)
}

/// Returns a client that was welcomed, and the server's end.
pub(crate) async fn connected(options: Options) -> (Connection, Peer) {
    let (listener, address) = listen().await;
    let (connection, peer) = tokio::join!(Connection::open(&address, options), async {
        let mut peer = Peer::upgraded(listener.accept().await.unwrap().0).await;
        peer.welcome().await;
        peer
    });
    (connection.expect("the server answers"), peer)
}

/// Returns the error of a client whose server writes this answer and closes the socket.
pub(crate) async fn answered(answer: &[u8]) -> ConnectError {
    let (listener, address) = listen().await;
    let (connection, ()) = tokio::join!(Connection::open(&address, Options::default()), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        stream.write_all(answer).await.unwrap();
    });
    connection.expect_err("this is not a welcome")
}

async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(request).unwrap()
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// Accepts the HTTP upgrade.
    pub(crate) async fn upgraded(mut stream: S) -> Self {
        let request = request(&mut stream).await;
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
        let limits = Limits {
            max_message: MAX_CLIENT_MESSAGE,
            max_fragments: MAX_FRAGMENTS,
        };
        Self {
            stream,
            decoder: Decoder::new(Role::Server, limits),
            input: Vec::new(),
        }
    }

    /// Waits for the hello and answers it.
    pub(crate) async fn welcome(&mut self) {
        assert!(matches!(
            self.next().await,
            Incoming::Message(ClientMessage::Hello(_))
        ));
        self.say(&support::welcome()).await;
    }

    pub(crate) async fn say(&mut self, message: &[u8]) {
        self.frame(OpCode::Binary, message).await;
    }

    pub(crate) async fn frame(&mut self, opcode: OpCode, payload: &[u8]) {
        let mut frame = Vec::new();
        encode_into(&mut frame, opcode, payload, None);
        self.stream.write_all(&frame).await.unwrap();
    }

    pub(crate) async fn close(&mut self, code: u16, reason: &str) {
        let mut frame = Vec::new();
        encode_close(&mut frame, code, reason, None);
        self.stream.write_all(&frame).await.unwrap();
    }

    /// Sends a closing message: the close code that follows, and the wait before reconnecting.
    pub(crate) async fn closing(&mut self, code: CloseCode, reconnect_after_ms: u32) {
        let closing = Closing {
            code,
            reconnect_after_ms,
        };
        self.say(&support::encoded(&ServerMessage::Closing(closing)))
            .await;
    }

    /// Returns the next message or frame of the client.
    pub(crate) async fn next(&mut self) -> Incoming {
        loop {
            let mut rest = &mut self.input[..];
            let before = rest.len();
            let sent = self.decoder.next(&mut rest).unwrap().map(|event| match event {
                WebSocketEvent::Binary(message) => Incoming::Message(codec::decode_client(message).unwrap()),
                WebSocketEvent::Pong(payload) => Incoming::Pong(payload.to_vec()),
                WebSocketEvent::Close { code, .. } => Incoming::Close(code),
                other => panic!("a client never sends {other:?}"),
            });
            let used = before - rest.len();
            self.input.drain(..used);
            if let Some(sent) = sent {
                return sent;
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes).await {
                Ok(0) | Err(_) => return Incoming::End,
                Ok(length) => self.input.extend_from_slice(&bytes[..length]),
            }
        }
    }

    /// Returns the next message of the client.
    pub(crate) async fn message(&mut self) -> ClientMessage {
        match self.next().await {
            Incoming::Message(message) => message,
            other => panic!("expected a message, not {other:?}"),
        }
    }
}
