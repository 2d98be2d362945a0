//! A server in this process, for one test.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use parlour::{Server, ServerOptions};
use parlour_shared::motion::{Position, WallGrid};
use parlour_sim::SimConfig;
use parlour_testing::{eventually, maps::map, metric_value};
use rustix::net::{AddressFamily, SocketType, connect, socket, sockopt};

use super::{
    http,
    raw_client::{RawClient, TIMEOUT},
};

/// A server on free ports of loopback, with one open map, `plaza`.
pub(crate) struct TestServer {
    pub(crate) inner: Server,
}

pub(crate) fn start() -> TestServer {
    start_with(|_| {})
}

pub(crate) fn start_with(change: impl FnOnce(&mut ServerOptions)) -> TestServer {
    let spawn = Position::from_px(512, 512);
    let plaza = map("plaza", WallGrid::new(32, 32, 32), spawn, Vec::new());
    let mut options = ServerOptions::new(SimConfig::new(vec![Arc::new(plaza)]));
    options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    options.admin = options.listen;
    // An overrun on a slow machine writes a history: keep it out of the source tree.
    let histories = concat!(env!("CARGO_TARGET_TMPDIR"), "/test-server-histories");
    options.recording.history_directory = Some(histories.into());
    // A session ends with its connection, unless the test is about resuming it.
    options.edge.resume_timeout = Duration::ZERO;
    change(&mut options);
    TestServer {
        inner: Server::start(options).unwrap(),
    }
}

impl TestServer {
    pub(crate) fn address(&self) -> SocketAddr {
        self.inner.listen_addr()
    }

    /// Opens a connection to the public port and sends nothing.
    pub(crate) fn connect(&self) -> TcpStream {
        http::connect(self.address())
    }

    /// Opens a connection to the admin port and sends nothing.
    pub(crate) fn connect_admin(&self) -> TcpStream {
        http::connect(self.inner.admin_addr())
    }

    /// Opens a connection with a small receive buffer, so that the server soon cannot send.
    pub(crate) fn connect_with_receive_buffer(&self, bytes: usize) -> TcpStream {
        let fd = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        sockopt::set_socket_recv_buffer_size(&fd, bytes).unwrap();
        connect(&fd, &self.address()).unwrap();
        let stream = TcpStream::from(fd);
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream
    }

    /// Opens a WebSocket without a hello.
    pub(crate) fn websocket(&self, subprotocol: &str) -> RawClient {
        RawClient::upgrade(self.connect(), subprotocol)
    }

    /// Opens a session over the binary protocol.
    pub(crate) fn player(&self, name: &str) -> RawClient {
        let mut client = self.websocket("parlour.v1");
        client.hello(name);
        client
    }

    /// Opens a session over the binary protocol and joins the plaza.
    pub(crate) fn player_in_plaza(&self, name: &str) -> RawClient {
        let mut client = self.player(name);
        client.join("plaza");
        client
    }

    /// Sends a request to the public port. Returns the answer.
    pub(crate) fn request(&self, request: &str) -> String {
        http::exchange(self.connect(), request)
    }

    /// Sends a `GET` to the admin port. Returns the answer.
    pub(crate) fn get_admin(&self, path: &str) -> String {
        http::exchange(
            self.connect_admin(),
            &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        )
    }

    /// Waits until `/readyz` answers 200.
    pub(crate) fn await_ready(&self) {
        eventually("the server is ready", || {
            http::status_of(&self.get_admin("/readyz")) == 200
        });
    }

    /// Returns the value of a metric, by its name with labels. A metric of the tick threads is the
    /// sum over the threads.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        metric_value(&self.get_admin("/metrics"), name).unwrap_or_else(|| panic!("no metric {name}"))
    }

    /// Waits until a metric has a value.
    pub(crate) fn await_metric(&self, name: &str, value: f64) {
        eventually(name, || self.metric(name) == value);
    }
}
