//! Game logic that panics: the world stops, and every client is closed at once.

use std::{
    io::{Read as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use bevy_ecs::prelude::*;
use parlour_server::ServerOptions;
use parlour_shared::{
    close::CloseCode,
    message::{Closing, ServerMessage},
    websocket::OpCode,
};
use parlour_sim::{Clock, Logic, StepSet, TickSchedule};
use parlour_testing::eventually;

use crate::support::{Client, Got, TestServer, start_with, status, upgrade_request};

/// Much less than any time limit of a client, and much more than a busy machine takes.
const AT_ONCE: Duration = Duration::from_secs(3);

/// Game logic that panics in the next tick once it is lit.
#[derive(Clone, Default)]
pub(crate) struct Fuse {
    lit: Arc<AtomicBool>,
    /// The tick that panicked.
    tick: Arc<AtomicU32>,
}

impl Fuse {
    pub(crate) fn add_to(&self, options: &mut ServerOptions) {
        let fuse = self.clone();
        options.logic = Logic::new(move |app| {
            let fuse = fuse.clone();
            let burn = move |clock: Res<Clock>| {
                if fuse.lit.load(Ordering::Relaxed) {
                    fuse.tick.store(clock.tick.0, Ordering::Relaxed);
                    panic!("game logic that fails");
                }
            };
            app.add_systems(TickSchedule, burn.in_set(StepSet::Simulate));
        });
    }

    pub(crate) fn light(&self) {
        self.lit.store(true, Ordering::Relaxed);
    }
}

fn server_with_fuse(io_threads: usize) -> (TestServer, Fuse) {
    let fuse = Fuse::default();
    let server = start_with(|options| {
        options.io_threads = io_threads;
        fuse.add_to(options);
    });
    eventually("ready", || server.admin("/readyz").starts_with("HTTP/1.1 200 "));
    (server, fuse)
}

/// Reads up to the close frame: whether `closing` came before it, and the reason of the frame. It
/// must be 1011.
fn closed(client: &mut Client, read: impl Fn(Got) -> Option<ServerMessage>) -> (Option<Closing>, String) {
    let mut closing = None;
    loop {
        match client.next() {
            Got::Close(code, reason) => {
                assert_eq!(code, Some(1011));
                return (closing, reason);
            }
            over @ (Got::End | Got::Reset) => panic!("no close frame but {over:?}"),
            got => {
                if let Some(ServerMessage::Closing(message)) = read(got) {
                    closing = Some(message);
                }
            }
        }
    }
}

fn binary(got: Got) -> Option<ServerMessage> {
    match got {
        Got::Binary(payload) => parlour_shared::codec::decode_server(&payload).ok(),
        _ => None,
    }
}

fn json(got: Got) -> Option<ServerMessage> {
    match got {
        Got::Text(text) => serde_json::from_str(&text).ok(),
        _ => None,
    }
}

#[test]
fn everyone_is_closed_with_1011_at_once_also_before_the_hello() {
    let (server, fuse) = server_with_fuse(2);
    let mut players: Vec<Client> = (0..8).map(|_| server.player("ann")).collect();
    players[0].join("plaza");
    players[5].join("plaza");
    let mut by_hand = server.websocket("parlour.v1.json");
    by_hand.hello("bob");
    let mut silent: Vec<Client> = (0..4).map(|_| server.websocket("parlour.v1")).collect();

    let lit = Instant::now();
    fuse.light();
    for client in players.iter_mut().chain(&mut silent) {
        let (closing, reason) = closed(client, binary);
        let closing = closing.expect("a message before the close frame");
        assert_eq!(closing.code, CloseCode::Internal);
        assert!(closing.reconnect_after_ms >= 500);
        assert_eq!(reason, "the world stopped");
    }
    let (closing, reason) = closed(&mut by_hand, json);
    assert!(closing.is_some());
    assert_eq!(reason, "the world stopped");
    assert!(lit.elapsed() < AT_ONCE, "{:?}", lit.elapsed());
    assert_eq!(
        server.metric("parlour_closes_total{by=\"server\",code=\"1011\"}"),
        13.0
    );
    // An answer ends the connection, as usual.
    by_hand.frame(OpCode::Close, &1011_u16.to_be_bytes());
    assert_eq!(by_hand.next(), Got::End);
}

#[test]
fn new_connections_are_answered_503_with_the_reason() {
    let (server, fuse) = server_with_fuse(1);
    let mut begun = server.dial();
    let (_, request) = upgrade_request("parlour.v1");
    let (first, rest) = request.split_at(request.len() / 2);
    begun.write_all(first).unwrap();
    let mut ann = server.player("ann");
    fuse.light();
    assert_eq!(ann.closed(), 1011);

    // A connection in the middle of its request.
    assert_eq!(status(begun, std::str::from_utf8(rest).unwrap()), 503);
    // Later connections.
    for path in ["/ws", "/"] {
        let answer = server.request(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        assert!(
            answer.starts_with("HTTP/1.1 503 ")
                && answer.contains("\"detail\":\"the world stopped, try again later\""),
            "{answer}"
        );
    }
    assert_eq!(
        server.metric("parlour_rejects_total{class=\"server_failed\"}"),
        3.0
    );
}

#[test]
fn health_says_what_failed_and_the_report_has_the_last_tick() {
    let (server, fuse) = server_with_fuse(1);
    assert_eq!(server.server.failure(), None);
    fuse.light();
    let failure = server.server.wait().unwrap_err();
    assert_eq!(failure.to_string(), "thread tick panicked: game logic that fails");
    for path in ["/readyz", "/livez"] {
        let answer = server.admin(path);
        assert!(
            answer.starts_with("HTTP/1.1 503 ") && answer.contains(&format!("\"detail\":\"{failure}\"")),
            "{answer}"
        );
    }
    let report = server.server.stop();
    assert_eq!(report.tick.0 + 1, fuse.tick.load(Ordering::Relaxed));
    assert!(report.tick.0 > 0);
    assert_eq!(report.failure, Some(failure));
}

/// Connects and says hello in one breath; whether it was let in. It must hear 1011 or 503, and
/// soon.
fn comes_in(server: &TestServer) -> bool {
    let mut stream = server.dial();
    stream.set_read_timeout(Some(AT_ONCE)).unwrap();
    let (_, request) = upgrade_request("parlour.v1");
    stream.write_all(&request).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    if head.starts_with(b"HTTP/1.1 503 ") {
        return false;
    }
    let mut client = Client::after_upgrade(stream, "parlour.v1");
    client.hello_without_answer("ann");
    assert_eq!(client.closed(), 1011);
    true
}

#[test]
fn no_hello_is_left_unanswered_whenever_it_comes() {
    let (server, fuse) = server_with_fuse(2);
    thread::scope(|scope| {
        let coming: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    // Each connects again until it is turned away.
                    let mut times = 0;
                    while comes_in(&server) {
                        times += 1;
                    }
                    times
                })
            })
            .collect();
        server.await_metric("parlour_sessions", 8.0);
        fuse.light();
        for client in coming {
            assert!(client.join().unwrap() >= 1);
        }
    });
}
