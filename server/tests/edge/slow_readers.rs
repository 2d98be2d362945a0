//! Clients that read slowly. One whose backlog shrinks stays connected, however long that takes.
//! One whose backlog grows is closed and reads 4001. One that pauses is not sent outdated
//! snapshots.

use std::{
    thread::park_timeout,
    time::{Duration, Instant},
};

use parlour_shared::{
    codec::SNAPSHOT_OPCODE,
    message::{Chat, ClientMessage, Move, MoveHeading},
    motion::Direction,
    snapshot::Snapshot,
};

use crate::support::{
    raw_client::{ConnectionEvent, RawClient, TIMEOUT},
    test_server::{TestServer, start, start_with},
};

fn chat(bytes: usize) -> ClientMessage {
    ClientMessage::Chat(Chat {
        text: "x".repeat(bytes),
        ..Chat::default()
    })
}

/// Returns a player in the plaza with a small receive buffer.
fn slow_reader(server: &TestServer, receive_buffer: usize) -> RawClient {
    let mut client = RawClient::upgrade(server.connect_with_receive_buffer(receive_buffer), "parlour.v1");
    client.hello("slow");
    client.join("plaza");
    client
}

fn players(server: &TestServer, count: usize) -> Vec<RawClient> {
    (0..count).map(|_| server.player_in_plaza("other")).collect()
}

/// Reads this many bytes a second until a close frame arrives or `is_done` returns true. Returns
/// the code of the close frame, or `None` if there was none.
fn read_slowly(
    client: &mut RawClient,
    bytes_per_second: usize,
    mut is_done: impl FnMut() -> bool,
) -> Option<Option<u16>> {
    const SLICE: Duration = Duration::from_millis(50);
    let mut next_read = Instant::now();
    while !is_done() {
        for event in client.read_at_most(bytes_per_second / 20) {
            match event {
                ConnectionEvent::Close(code, _) => return Some(code),
                end @ (ConnectionEvent::End | ConnectionEvent::Reset) => {
                    panic!("{end:?} without a close frame")
                }
                _ => {}
            }
        }
        next_read += SLICE;
        park_timeout(next_read.saturating_duration_since(Instant::now()));
    }
    None
}

#[test]
fn a_client_whose_backlog_shrinks_stays_connected() {
    let stall = Duration::from_millis(1500);
    let server = start_with(|options| options.edge.stall_timeout = stall);
    let mut slow = slow_reader(&server, 4096);
    // 15 clients send 10 chats of 2 KB each: 300 KB at once.
    let mut others = players(&server, 15);
    for other in &mut others {
        for _ in 0..10 {
            other.send(&chat(2000));
        }
    }
    server.await_metric("parlour_messages_in_total{kind=\"chat\"}", 150.0);
    drop(others);
    server.await_metric("parlour_sessions", 1.0);
    let stalled = "parlour_stalled_connections";
    assert_eq!(server.metric(stalled), 1.0);
    let start = Instant::now();
    let mut last_check = start;
    let code = read_slowly(&mut slow, 40_000, || {
        let is_due = last_check.elapsed() > Duration::from_millis(500);
        if is_due {
            last_check = Instant::now();
        }
        is_due && server.metric(stalled) == 0.0
    });
    assert_eq!(code, None, "closed after {:?}", start.elapsed());
    assert!(
        start.elapsed() > 2 * stall,
        "the backlog was too short for this test"
    );
    assert_eq!(server.metric("parlour_sessions"), 1.0);
    assert!(server.metric("parlour_holds_total") >= 1.0);
}

#[test]
fn a_client_whose_backlog_grows_reads_4001() {
    let server = start();
    let mut slow = slow_reader(&server, 16 * 1024);
    let mut others = players(&server, 13);
    let end = Instant::now() + TIMEOUT;
    let mut last_chat = Instant::now();
    let code = read_slowly(&mut slow, 15_000, || {
        if last_chat.elapsed() > Duration::from_millis(110) {
            last_chat = Instant::now();
            others.iter_mut().for_each(|other| other.send(&chat(2000)));
        }
        Instant::now() > end
    });
    assert_eq!(code, Some(Some(4001)));
}

#[test]
fn a_client_that_paused_is_not_sent_outdated_snapshots() {
    const PAUSE: Duration = Duration::from_secs(3);
    let server = start();
    let mut slow = slow_reader(&server, 4096);
    let mut others = players(&server, 60);
    // The others turn in every tick, so that every snapshot has changes.
    let start = Instant::now();
    let mut east = false;
    while start.elapsed() < PAUSE {
        east = !east;
        for other in &mut others {
            other.send(&ClientMessage::Move(Move {
                heading: MoveHeading::walk(if east { Direction::East } else { Direction::West }),
                ..Move::default()
            }));
        }
        park_timeout(Duration::from_millis(16));
    }
    let now = server.metric("parlour_tick") as u32;
    let mut outdated = 0;
    loop {
        let ConnectionEvent::Binary(payload) = slow.next_event() else {
            panic!("closed")
        };
        if payload[0] != SNAPSHOT_OPCODE {
            continue;
        }
        let mut snapshot = Snapshot::default();
        snapshot.read(&payload).unwrap();
        if snapshot.tick.0 >= now {
            break;
        }
        outdated += 1;
    }
    // With 40 players there were 145 without the bound on unsent bytes, and 49 with it.
    assert!(outdated < 90, "{outdated} outdated snapshots of 180 ticks");
}
