//! The end of a connection: its cause, and whether and when to reconnect.
#![cfg(feature = "connect")]

#[path = "support/peer.rs"]
mod peer;
mod support;

use std::time::Duration;

use parlour_client::{Advice, Cause, CloseCode, Connection, Disconnected, Event, Options};
use parlour_shared::{limits::MAX_SERVER_FRAME, websocket::OpCode};
use peer::{Incoming, Peer, connected};
use support::{enter_own, entered_with, map, snapshot, welcome};
use tokio::io::AsyncWriteExt as _;

async fn ended(connection: &mut Connection) -> Disconnected {
    loop {
        if let Err(end) = connection.next_event().await {
            return end;
        }
    }
}

async fn closed_with(code: u16) -> Disconnected {
    let (mut connection, mut peer) = connected(Options::default()).await;
    peer.close(code, "because").await;
    let end = ended(&mut connection).await;
    assert_eq!(end.code(), Some(code));
    assert!(end.to_string().ends_with(&format!("{code}: because")), "{end}");
    end
}

#[tokio::test]
async fn the_range_of_a_close_code_decides_whether_to_reconnect() {
    for (code, advice) in [
        (1000, Advice::Stop),
        (1001, Advice::Resume),
        (1012, Advice::Resume),
        (4001, Advice::Resume),
        (4099, Advice::Resume),
        (4102, Advice::Reconnect),
        (4199, Advice::Reconnect),
        (4400, Advice::Stop),
        (4999, Advice::Stop),
    ] {
        let end = closed_with(code).await;
        assert_eq!(end.advice(), advice, "{code}");
        assert_eq!(end.reconnect_after().is_some(), advice != Advice::Stop, "{code}");
    }
}

#[tokio::test]
async fn the_server_sets_the_wait_before_reconnecting() {
    for (said, waits) in [
        (1234, Duration::from_millis(1234)),
        (u32::MAX, Duration::from_secs(600)),
    ] {
        let (mut connection, mut peer) = connected(Options::default()).await;
        peer.closing(CloseCode::ServiceRestart, said).await;
        peer.close(1012, CloseCode::ServiceRestart.reason()).await;
        assert!(matches!(connection.next_event().await, Ok(Event::Closing(_))));
        let end = ended(&mut connection).await;
        assert_eq!(end.reconnect_after(), Some(waits));
        assert!(
            matches!(peer.next().await, Incoming::Close(Some(1012))),
            "the close is answered"
        );
    }
}

#[tokio::test]
async fn without_advice_clients_reconnect_at_different_times() {
    let mut waits = std::collections::BTreeSet::new();
    for _ in 0..8 {
        let wait = closed_with(1012).await.reconnect_after().expect("it reconnects");
        assert!((500..2500).contains(&wait.as_millis()), "{wait:?}");
        waits.insert(wait);
    }
    assert!(waits.len() > 1, "all wait {waits:?}");
}

#[tokio::test]
async fn a_lost_connection_should_be_resumed() {
    let (mut connection, peer) = connected(Options::default()).await;
    drop(peer);
    let end = ended(&mut connection).await;
    assert!(matches!(end.cause(), Cause::Lost(_)), "{end}");
    assert_eq!((end.code(), end.advice()), (None, Advice::Resume));
    assert!(end.reconnect_after().is_some());
}

#[tokio::test]
async fn a_close_without_a_code_is_like_a_lost_connection() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    peer.frame(OpCode::Close, &[]).await;
    let end = ended(&mut connection).await;
    assert_eq!((end.code(), end.advice()), (Some(1005), Advice::Resume));
}

#[tokio::test]
async fn the_end_is_returned_again_and_handles_are_closed() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let handle = connection.handle();
    peer.close(1012, "").await;
    assert_eq!(ended(&mut connection).await.code(), Some(1012));
    assert_eq!(ended(&mut connection).await.code(), Some(1012));
    assert!(handle.is_closed());
    assert!(handle.send(parlour_client::Command::Leave).await.is_err());
    assert!(connection.send(parlour_client::Command::Leave).await.is_err());
}

#[tokio::test]
async fn as_a_stream_the_end_is_the_last_item() {
    use futures_util::StreamExt as _;
    let (connection, mut peer) = connected(Options::default()).await;
    peer.say(&entered_with(map())).await;
    peer.close(1012, "").await;
    let items: Vec<_> = connection.collect().await;
    assert!(
        matches!(&items[..], [Ok(Event::Entered), Err(end)] if end.code() == Some(1012)),
        "{items:?}"
    );
}

#[tokio::test]
async fn a_protocol_violation_ends_the_connection_and_the_server_learns_of_it() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    peer.say(&welcome()).await;
    let end = ended(&mut connection).await;
    assert!(matches!(end.cause(), Cause::Violation(_)), "{end}");
    assert_eq!(end.advice(), Advice::Reconnect);
    assert!(matches!(peer.next().await, Incoming::Close(Some(1002))));
    let (mut connection, mut peer) = connected(Options::default()).await;
    peer.frame(OpCode::Text, b"{}").await;
    assert!(matches!(
        ended(&mut connection).await.cause(),
        Cause::Violation(_)
    ));
}

#[tokio::test]
async fn a_minor_violation_is_counted_or_ends_a_strict_connection() {
    for strict in [false, true] {
        let (mut connection, mut peer) = connected(Options {
            strict,
            ..Options::default()
        })
        .await;
        peer.say(&entered_with(map())).await;
        let stray = support::chat(parlour_shared::message::Scope::Room, support::EPOCH, 99);
        peer.say(&stray).await;
        assert_eq!(connection.next_event().await.expect("in order"), Event::Entered);
        match connection.next_event().await {
            Ok(event) => {
                assert!(!strict && matches!(event, Event::Chat(_)));
                let (count, last) = connection.violations();
                assert_eq!(
                    (count, last.map(parlour_client::Violation::kind)),
                    (1, Some("stamp"))
                );
            }
            Err(end) => assert!(strict && matches!(end.cause(), Cause::Violation(_)), "{end}"),
        }
    }
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_connection_before_it_uses_memory() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let mut header = vec![0x82, 127];
    header.extend((MAX_SERVER_FRAME as u64 + 1).to_be_bytes());
    peer.stream.write_all(&header).await.expect("taken");
    let end = ended(&mut connection).await;
    assert!(matches!(end.cause(), Cause::WebSocket(_)), "{end}");
    // The same message in two frames, each of which is allowed.
    let (mut connection, mut peer) = connected(Options::default()).await;
    let send = async {
        let half = vec![0; MAX_SERVER_FRAME / 2 + 1];
        for first in [0x02_u8, 0x80] {
            let mut frame = vec![first, 127];
            frame.extend((half.len() as u64).to_be_bytes());
            frame.extend(&half);
            if peer.stream.write_all(&frame).await.is_err() {
                return;
            }
        }
    };
    let (end, ()) = tokio::join!(ended(&mut connection), send);
    assert!(matches!(end.cause(), Cause::WebSocket(_)), "{end}");
}

#[tokio::test]
async fn a_silent_server_is_pinged_and_then_disconnected() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    tokio::time::pause();
    let started = tokio::time::Instant::now();
    let end = ended(&mut connection).await;
    let Cause::Silent(time) = end.cause() else {
        panic!("{end}")
    };
    assert_eq!((time.as_secs(), started.elapsed().as_secs()), (20, 20));
    assert!(end.reconnect_after().is_some());
    assert!(matches!(
        peer.message().await,
        parlour_shared::message::ClientMessage::Ping { .. }
    ));
}

#[tokio::test]
async fn pings_are_answered_while_waiting_for_events() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let pinged = async {
        peer.frame(OpCode::Ping, b"there?").await;
        let answer = peer.next().await;
        assert!(
            matches!(&answer, Incoming::Pong(payload) if payload == b"there?"),
            "{answer:?}"
        );
        peer.close(1000, "").await;
    };
    tokio::join!(ended(&mut connection), pinged);
}

#[tokio::test]
async fn a_goodbye_is_answered_or_times_out_after_five_seconds() {
    let (connection, mut peer) = connected(Options::default()).await;
    let answer = async {
        assert!(matches!(
            peer.message().await,
            parlour_shared::message::ClientMessage::Bye
        ));
        peer.close(1000, "goodbye").await;
    };
    let (closed, ()) = tokio::join!(connection.close(), answer);
    closed.expect("the server said goodbye");

    let (connection, _peer) = connected(Options::default()).await;
    tokio::time::pause();
    let started = tokio::time::Instant::now();
    let end = connection.close().await.expect_err("the server did not answer");
    assert!(matches!(end.cause(), Cause::Silent(_)), "{end}");
    assert_eq!(started.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn events_before_the_end_are_returned_first() {
    let (mut connection, mut peer): (_, Peer) = connected(Options::default()).await;
    peer.say(&entered_with(map())).await;
    let here = parlour_client::Position::from_px(100, 100);
    peer.say(&snapshot(1, 101, None, None, &[enter_own(here)])).await;
    peer.closing(CloseCode::Internal, 10).await;
    peer.close(1011, "").await;
    drop(peer);
    let mut events = Vec::new();
    while let Ok(event) = connection.next_event().await {
        events.push(event);
    }
    assert!(
        matches!(
            events[..],
            [Event::Entered, Event::Snapshot { .. }, Event::Closing(_)]
        ),
        "{events:?}"
    );
}
