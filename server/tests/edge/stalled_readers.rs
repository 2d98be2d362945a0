//! Clients that stop reading. Fifty that never read again are closed with 4001 and delay neither
//! the tick nor other clients. One that reads again has missed nothing.

use std::{
    thread::park_timeout,
    time::{Duration, Instant},
};

use parlour_shared::{
    codec::{self, SNAPSHOT_OPCODE},
    message::{Chat, ClientMessage, ServerMessage},
    snapshot::Snapshot,
    view::View,
};
use parlour_testing::eventually;

use crate::support::{
    raw_client::{ConnectionEvent, RawClient, TIMEOUT},
    test_server::start,
};

const STALLED: usize = 50;

/// The size of the receive buffers of stalled clients.
const RECEIVE_BUFFER: usize = 4096;

const STALLED_CONNECTIONS: &str = "parlour_stalled_connections";

fn chat() -> ClientMessage {
    ClientMessage::Chat(Chat {
        text: "x".repeat(2000),
        ..Chat::default()
    })
}

/// Sends a ping and reads up to its pong. Every snapshot must be newer than `last_tick`.
fn ping_and_check_snapshots(client: &mut RawClient, last_tick: &mut u32) {
    client.send(&ClientMessage::Ping { nonce: 1 });
    loop {
        match client.next_event() {
            ConnectionEvent::Binary(payload) if payload[0] == SNAPSHOT_OPCODE => {
                let mut snapshot = Snapshot::default();
                snapshot.read(&payload).unwrap();
                assert!(snapshot.tick.0 > *last_tick);
                *last_tick = snapshot.tick.0;
            }
            ConnectionEvent::Binary(payload) => {
                if let ServerMessage::Pong(_) = codec::decode_server(&payload).unwrap() {
                    return;
                }
            }
            ConnectionEvent::Ping(_) => {}
            other => panic!("the client that reads received {other:?}"),
        }
    }
}

/// Reads to the end of a connection. Returns whether it has a close frame with 4001.
fn ends_with_4001(client: &mut RawClient) -> bool {
    loop {
        match client.next_event() {
            ConnectionEvent::Close(code, _) => return code == Some(4001),
            ConnectionEvent::End | ConnectionEvent::Reset => return false,
            _ => {}
        }
    }
}

#[test]
fn stalled_clients_are_closed_and_delay_nobody() {
    let server = start();
    let mut reader = server.player_in_plaza("reader");
    let mut stalled: Vec<RawClient> = (0..STALLED)
        .map(|_| {
            let stream = server.connect_with_receive_buffer(RECEIVE_BUFFER);
            let mut client = RawClient::upgrade(stream, "parlour.v1");
            client.hello("stalled");
            client.join("plaza");
            client
        })
        .collect();
    server.await_metric("parlour_players", STALLED as f64 + 1.0);

    // From here on they do not read, but chat: each is sent more than its outbox and the kernel
    // hold.
    let mut most_held: f64 = 0.0;
    let mut last_tick = 0;
    let begin = Instant::now();
    let closed = "parlour_closes_total{by=\"server\",code=\"4001\"}";
    while server.metric(closed) < STALLED as f64 {
        let round = Instant::now();
        assert!(
            begin.elapsed() < 2 * TIMEOUT,
            "closed {} of {STALLED}",
            server.metric(closed)
        );
        for client in &mut stalled {
            client.send(&chat());
        }
        ping_and_check_snapshots(&mut reader, &mut last_tick);
        most_held = most_held.max(server.metric("parlour_held_viewers"));
        let outbox = server.metric("parlour_outbox_bytes");
        // 256 KiB and one message each.
        assert!(
            outbox <= (STALLED * (256 + 3) * 1024) as f64,
            "{outbox} bytes wait"
        );
        park_timeout(Duration::from_millis(50).saturating_sub(round.elapsed()));
    }
    assert!(most_held > 0.0, "no viewer was held");
    server.await_metric("parlour_sessions", 1.0);
    // No tick number is missing. docs/promises.md has figures for how late ticks begin; no test
    // checks them. A tick may run between the two reads.
    eventually("as many ticks as the number of the last one", || {
        server.metric("parlour_ticks_total") == server.metric("parlour_tick")
    });
    assert_eq!(server.metric("parlour_drops_total{reason=\"io_lost\"}"), 0.0);

    // What can still be read of a connection are whole frames. The last one is the close frame,
    // unless the connection was cut off before.
    let with_code = stalled
        .iter_mut()
        .filter_map(|client| ends_with_4001(client).then_some(()))
        .count();
    assert!(with_code > 0, "no client could read 4001");
    drop(stalled);
    server.await_metric("parlour_connections", 1.0);
    server.await_metric("parlour_outbox_bytes", 0.0);
    server.await_metric(STALLED_CONNECTIONS, 0.0);
    assert_eq!(server.metric("parlour_held_viewers"), 0.0);
}

#[test]
fn a_client_that_stalls_and_reads_again_has_missed_nothing() {
    let server = start();
    let stream = server.connect_with_receive_buffer(RECEIVE_BUFFER);
    let mut stalled = RawClient::upgrade(stream, "parlour.v1");
    stalled.hello("stalled");
    let entered = stalled.join("plaza");
    let mut view = View::default();
    view.enter_room(entered.view);
    let mut others: Vec<RawClient> = (0..10).map(|_| server.player_in_plaza("other")).collect();
    // The others also read nothing, but their kernels have room.
    eventually("the server cannot send to the stalled client", || {
        for other in &mut others {
            other.send(&chat());
        }
        park_timeout(Duration::from_millis(20));
        server.metric(STALLED_CONNECTIONS) > 0.0
    });
    // No frame that waits mentions this player.
    let mut newcomer = server.player("newcomer");
    let newcomer_slot = newcomer.join("plaza").slot;
    eventually("the stalled client is held", || {
        server.metric("parlour_held_viewers") > 0.0
    });
    let mut seq = entered.seq;
    while view.get(newcomer_slot).is_none() || server.metric(STALLED_CONNECTIONS) > 0.0 {
        let ConnectionEvent::Binary(payload) = stalled.next_event() else {
            panic!("closed")
        };
        if payload[0] == SNAPSHOT_OPCODE {
            let mut snapshot = Snapshot::default();
            snapshot.read(&payload).unwrap();
            // Fails if the base of this snapshot was dropped.
            view.apply(&snapshot).unwrap();
        } else if let ServerMessage::Chat(said) = codec::decode_server(&payload).unwrap() {
            assert_eq!(said.stamp.seq, seq + 1, "a reliable message is missing");
            seq += 1;
        }
    }
    server.await_metric("parlour_held_viewers", 0.0);
}
