//! A server for one test.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::Arc,
};

use parlour_server::{Server, ServerOptions};
use parlour_shared::{
    map::{Map, Spawn},
    motion::{Position, UNITS_PER_PX, WallGrid},
};
use parlour_sim::SimConfig;
use parlour_testing::eventually;
use rustix::net::{AddressFamily, SocketType, connect, socket, sockopt};

use super::{Client, TIMEOUT};

/// A server on free ports of loopback, with one open map, `plaza`.
pub(crate) struct TestServer {
    pub(crate) server: Server,
}

pub(crate) fn start() -> TestServer {
    start_with(|_| {})
}

pub(crate) fn start_with(change: impl FnOnce(&mut ServerOptions)) -> TestServer {
    let at = |tiles: i32| tiles * 32 * UNITS_PER_PX;
    let map = Map {
        name: "plaza".into(),
        walls: WallGrid::new(32, 32, 32),
        spawns: vec![Spawn {
            name: "default".into(),
            position: Position { x: at(16), y: at(16) },
        }],
        doors: Vec::new(),
    };
    let mut options = ServerOptions::new(SimConfig::new(vec![Arc::new(map)]));
    options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    options.admin = options.listen;
    // On a slow machine it may write a history by itself, which must not be beside the sources.
    let histories = concat!(env!("CARGO_TARGET_TMPDIR"), "/edge-histories");
    options.recording.history_directory = Some(histories.into());
    change(&mut options);
    TestServer {
        server: Server::start(options).unwrap(),
    }
}

impl TestServer {
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.listen_addr()
    }

    /// Opens a connection and sends nothing.
    pub(crate) fn dial(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream
    }

    /// Opens a connection with a small receive buffer, so that the server soon cannot send.
    pub(crate) fn dial_narrow(&self, receive_buffer: usize) -> TcpStream {
        let fd = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        sockopt::set_socket_recv_buffer_size(&fd, receive_buffer).unwrap();
        connect(&fd, &self.address()).unwrap();
        let stream = TcpStream::from(fd);
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream
    }

    /// Opens a WebSocket without a hello.
    pub(crate) fn websocket(&self, subprotocol: &str) -> Client {
        Client::upgrade(self.dial(), subprotocol)
    }

    /// Opens a session over the binary protocol.
    pub(crate) fn player(&self, name: &str) -> Client {
        let mut client = self.websocket("parlour.v1");
        client.hello(name);
        client
    }

    /// Sends a request to the public port. Returns the answer.
    pub(crate) fn request(&self, request: &str) -> String {
        exchange(self.dial(), request)
    }

    /// Sends a `GET` to the admin port. Returns the answer.
    pub(crate) fn admin(&self, path: &str) -> String {
        exchange(
            self.dial_admin(),
            &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        )
    }

    /// Opens a connection to the admin port and sends nothing.
    pub(crate) fn dial_admin(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.admin_addr()).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream
    }

    /// Returns the value of a metric, by its name with labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.admin("/metrics");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no metric {name}"))
            .parse()
            .unwrap()
    }

    /// Waits until a metric has a value.
    pub(crate) fn await_metric(&self, name: &str, value: f64) {
        eventually(name, || self.metric(name) == value);
    }
}

/// Sends a request. Returns the status of the answer.
pub(crate) fn status(mut stream: TcpStream, request: &str) -> u16 {
    let _ = stream.write_all(request.as_bytes());
    let mut line = [0; 12];
    stream.read_exact(&mut line).unwrap();
    let status = std::str::from_utf8(&line).unwrap().rsplit(' ').next();
    status.unwrap().parse().unwrap()
}

fn exchange(mut stream: TcpStream, request: &str) -> String {
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
