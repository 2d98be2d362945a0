//! Clients that read slowly and do not stop. One whose backlog shrinks stays, however long that
//! takes. One that falls ever further behind is closed, and reads why. One that paused is not sent
//! what is old by then.

use std::time::{Duration, Instant};

use parlour_shared::{
    codec::SNAPSHOT_OPCODE,
    message::{Chat, ClientMessage, Move},
    motion::Direction,
    snapshot::Snapshot,
};

use crate::support::{Client, Got, TIMEOUT, TestServer, start, start_with};

/// The size of their receive buffers.
const RECEIVE_BUFFER: usize = 16 * 1024;

fn chat(bytes: usize) -> ClientMessage {
    ClientMessage::Chat(Chat {
        text: "x".repeat(bytes),
        ..Chat::default()
    })
}

/// A player in the plaza with a small receive buffer.
fn slow_reader(server: &TestServer, receive_buffer: usize) -> Client {
    let mut client = Client::upgrade(server.dial_narrow(receive_buffer), "parlour.v1");
    client.hello("slow");
    client.join("plaza");
    client
}

fn players(server: &TestServer, count: usize) -> Vec<Client> {
    let player = |_| {
        let mut client = server.player("other");
        client.join("plaza");
        client
    };
    (0..count).map(player).collect()
}

/// Reads this many bytes a second, until a close frame comes or `is_enough`. Returns the code of
/// the close frame, or `None` if `is_enough` came first.
fn read_slowly(
    client: &mut Client,
    bytes_per_second: usize,
    mut is_enough: impl FnMut() -> bool,
) -> Option<Option<u16>> {
    const SLICE: Duration = Duration::from_millis(50);
    let mut next = Instant::now();
    while !is_enough() {
        for got in client.read_at_most(bytes_per_second / 20) {
            match got {
                Got::Close(code, _) => return Some(code),
                over @ (Got::End | Got::Reset) => panic!("{over:?} without a close frame"),
                _ => {}
            }
        }
        next += SLICE;
        std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
    }
    None
}

#[test]
fn a_client_whose_backlog_shrinks_stays() {
    let stall = Duration::from_millis(1500);
    let server = start_with(|options| options.edge.stall_timeout = stall);
    let mut slow = slow_reader(&server, 4096);
    // 300 KB at once.
    let mut others = players(&server, 15);
    for other in &mut others {
        for _ in 0..10 {
            other.say(&chat(2000));
        }
    }
    server.await_metric("parlour_messages_in_total{kind=\"chat\"}", 150.0);
    drop(others);
    server.await_metric("parlour_sessions", 1.0);
    let blocked = "parlour_blocked_connections";
    assert_eq!(server.metric(blocked), 1.0);
    let begin = Instant::now();
    let mut looked = begin;
    let code = read_slowly(&mut slow, 40_000, || {
        let look = looked.elapsed() > Duration::from_millis(500);
        if look {
            looked = Instant::now();
        }
        look && server.metric(blocked) == 0.0
    });
    assert_eq!(code, None, "closed after {:?}", begin.elapsed());
    assert!(
        begin.elapsed() > 2 * stall,
        "the backlog was too short for this test"
    );
    assert_eq!(server.metric("parlour_sessions"), 1.0);
    assert!(server.metric("parlour_holds_total") >= 1.0);
}

#[test]
fn a_client_that_falls_ever_further_behind_reads_why_it_is_closed() {
    let server = start();
    let mut slow = slow_reader(&server, RECEIVE_BUFFER);
    let mut others = players(&server, 13);
    let stop = Instant::now() + TIMEOUT;
    let mut talked = Instant::now();
    let code = read_slowly(&mut slow, 15_000, || {
        if talked.elapsed() > Duration::from_millis(110) {
            talked = Instant::now();
            others.iter_mut().for_each(|other| other.say(&chat(2000)));
        }
        Instant::now() > stop
    });
    assert_eq!(code, Some(Some(4001)));
}

#[test]
fn a_client_that_paused_is_not_sent_old_snapshots() {
    const PAUSE: Duration = Duration::from_secs(3);
    let server = start();
    let mut slow = slow_reader(&server, 4096);
    let mut others = players(&server, 60);
    // They turn every tick, so that every snapshot has changes.
    let begin = Instant::now();
    let mut east = false;
    while begin.elapsed() < PAUSE {
        east = !east;
        for other in &mut others {
            other.say(&ClientMessage::Move(Move {
                direction: if east { Direction::East } else { Direction::West },
                ..Move::default()
            }));
        }
        std::thread::park_timeout(Duration::from_millis(16));
    }
    let now = server.metric("parlour_tick") as u32;
    let mut old = 0;
    loop {
        let Got::Binary(payload) = slow.next() else {
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
        old += 1;
    }
    // When 40 players turned, it was 145 without a bound on unsent bytes, and 49 with it.
    assert!(old < 90, "{old} old snapshots of 180 ticks");
}
