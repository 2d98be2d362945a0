//! Commands from the owner of a connection and from handles: in order, bounded, and safe to cancel.
#![cfg(feature = "connect")]

#[path = "support/peer.rs"]
mod peer;
mod support;

use std::time::Duration;

use parlour_client::{
    COMMAND_QUEUE, CodecError, Command, Connection, CustomError, Event, JoinError, MAX_UNREAD_EVENTS,
    Options, Refusal, SendError, TrySendError,
};
use parlour_shared::message::{ClientMessage, Pong, Refused, Scope, ServerMessage};
use peer::{Incoming, connected};
use support::{EPOCH, chat, encoded, enter_own, entered_with, map, snapshot};

async fn drive(connection: &mut Connection) -> ! {
    loop {
        connection.next_event().await.expect("open");
    }
}

#[tokio::test]
async fn a_handle_sends_while_the_owner_waits_for_events() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let (one, other) = (connection.handle(), connection.handle().clone());
    let talk = async {
        one.send(Command::say("one")).await.expect("open");
        tokio::task::yield_now().await;
        other.send(Command::say("other")).await.expect("open");
        let mut texts = Vec::new();
        for _ in 0..2 {
            match peer.message().await {
                ClientMessage::Chat(said) => texts.push((said.request, said.text)),
                other => panic!("{other:?}"),
            }
        }
        texts
    };
    let texts = tokio::select! {
        texts = talk => texts,
        _ = drive(&mut connection) => unreachable!("it never ends"),
    };
    assert_eq!(texts, [(1, "one".into()), (2, "other".into())]);
}

#[tokio::test]
async fn with_a_full_queue_a_handle_waits_or_returns_an_error() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let handle = connection.handle();
    for _ in 0..COMMAND_QUEUE {
        handle.try_send(Command::Ping).expect("there is room");
    }
    assert!(matches!(handle.try_send(Command::Leave), Err(TrySendError::Full)));
    let waiting = tokio::time::timeout(Duration::from_millis(20), handle.send(Command::Leave));
    assert!(waiting.await.is_err(), "it waits, and was cancelled");
    // The cancelled command is never sent.
    let read = async {
        for _ in 0..COMMAND_QUEUE {
            assert!(matches!(peer.message().await, ClientMessage::Ping { .. }));
        }
        handle.send(Command::Bye).await.expect("there is room again");
        assert!(matches!(peer.message().await, ClientMessage::Bye));
    };
    tokio::select! {
        () = read => {}
        _ = drive(&mut connection) => {}
    }
}

#[tokio::test]
async fn a_command_that_is_too_long_for_the_server_is_not_sent() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let long = || Command::say("x".repeat(16 * 1024));
    assert!(matches!(connection.send(long()).await, Err(SendError::TooLong)));
    assert!(matches!(
        connection.handle().send(long()).await,
        Err(SendError::TooLong)
    ));
    assert!(matches!(
        connection.handle().try_send(long()),
        Err(TrySendError::Send(SendError::TooLong))
    ));
    let error = connection.join("r".repeat(20_000)).await;
    assert!(matches!(error, Err(JoinError::TooLong)), "{error:?}");
    connection.send(Command::Leave).await.expect("open");
    assert!(matches!(
        peer.message().await,
        ClientMessage::Leave { request: 1 }
    ));
}

#[tokio::test]
async fn sending_waits_for_a_blocked_socket_and_may_be_cancelled() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let mut sent = 0_u32;
    let stuck = |number: u32| Command::say(format!("{number} {}", "x".repeat(15_000)));
    loop {
        let sending = tokio::time::timeout(Duration::from_millis(200), connection.send(stuck(sent + 1)));
        match sending.await {
            Ok(number) => assert_eq!(number.expect("open"), sent + 1),
            Err(_) => break,
        }
        sent += 1;
    }
    // All sent commands arrive whole and in order, and cancelled ones do not arrive.
    let handle = connection.handle();
    let read = async {
        for number in 1..=sent {
            match peer.message().await {
                ClientMessage::Chat(said) => assert_eq!(said.request, number),
                other => panic!("{other:?}"),
            }
        }
        handle.send(Command::Leave).await.expect("open");
        assert!(matches!(peer.message().await, ClientMessage::Leave { .. }));
    };
    tokio::select! {
        () = read => {}
        _ = drive(&mut connection) => {}
    }
    assert!(sent > 4, "only {sent} fit");
}

#[tokio::test]
async fn an_event_that_arrives_byte_by_byte_survives_repeated_cancelling() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let mut bytes = Vec::new();
    for message in [
        entered_with(map()),
        snapshot(
            1,
            101,
            None,
            None,
            &[enter_own(parlour_client::Position::from_px(99, 99))],
        ),
    ] {
        parlour_shared::websocket::encode_into(
            &mut bytes,
            parlour_shared::websocket::OpCode::Binary,
            &message,
            None,
        );
    }
    let mut events = Vec::new();
    for byte in bytes {
        tokio::io::AsyncWriteExt::write_all(&mut peer.stream, &[byte])
            .await
            .expect("taken");
        // Cancelled immediately, before and after the byte arrives.
        for _ in 0..2 {
            tokio::select! {
                biased;
                event = connection.next_event() => events.push(event.expect("open")),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    while events.len() < 2 {
        events.push(connection.next_event().await.expect("open"));
    }
    assert!(
        matches!(events[..], [Event::Entered, Event::Snapshot { .. }]),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_join_loses_no_event() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let serve = async {
        assert!(matches!(peer.message().await, ClientMessage::Join(join) if join.room == "test"));
        peer.say(&encoded(&ServerMessage::Pong(Pong { nonce: 0 }))).await;
        peer.say(&entered_with(map())).await;
    };
    let (joined, ()) = tokio::join!(connection.join("test"), serve);
    joined.expect("there is room");
    assert_eq!(connection.client().room().expect("inside").entered.room, "test");
    assert!(matches!(connection.next_event().await, Ok(Event::Pong { .. })));
    assert_eq!(connection.next_event().await.expect("open"), Event::Entered);
}

#[tokio::test]
async fn a_refused_join_returns_the_refusal() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let serve = async {
        let ClientMessage::Join(join) = peer.message().await else {
            panic!("no join")
        };
        let refusal = Refusal::RoomFull;
        let refused = Refused {
            request: join.request,
            refusal,
        };
        peer.say(&encoded(&ServerMessage::Refused(refused))).await;
    };
    let (joined, ()) = tokio::join!(connection.join("test"), serve);
    assert!(
        matches!(joined, Err(JoinError::Refused(Refusal::RoomFull))),
        "{joined:?}"
    );
}

#[tokio::test]
async fn a_join_without_an_answer_times_out() {
    let (mut connection, _peer) = connected(Options::default()).await;
    tokio::time::pause();
    let joined = connection.join("test").await;
    assert!(
        matches!(joined, Err(JoinError::TimedOut(time)) if time.as_secs() == 10),
        "{joined:?}"
    );
}

#[tokio::test]
async fn a_join_keeps_a_bounded_number_of_events_and_counts_consecutive_snapshots_as_one() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    peer.say(&entered_with(map())).await;
    let here = parlour_client::Position::from_px(99, 99);
    peer.say(&snapshot(1, 101, None, None, &[enter_own(here)])).await;
    for tick in 102..1000 {
        peer.say(&snapshot(1, tick, Some(tick - 1), None, &[])).await;
    }
    let flood = async {
        for seq in 41..41 + MAX_UNREAD_EVENTS as u32 {
            peer.say(&chat(Scope::Room, EPOCH, seq)).await;
        }
        let mut joins = 0;
        loop {
            match peer.next().await {
                Incoming::Message(ClientMessage::Join(_)) => joins += 1,
                Incoming::End => break,
                _ => {}
            }
        }
        assert_eq!(joins, 1, "a join without space for events is not sent");
    };
    let joins = async {
        // The join must have a different request number than the one that the room above answers.
        connection.send(Command::Ping).await.expect("open");
        let joined = connection.join("other").await;
        assert!(matches!(joined, Err(JoinError::TooManyEvents)), "{joined:?}");
        let again = connection.join("unsent").await;
        assert!(matches!(again, Err(JoinError::TooManyEvents)), "{again:?}");
        let mut events = Vec::new();
        for _ in 0..MAX_UNREAD_EVENTS {
            events.push(connection.next_event().await.expect("open"));
        }
        assert!(matches!(
            events[..3],
            [Event::Entered, Event::Snapshot { .. }, Event::Chat(_)]
        ));
        assert_eq!(connection.client().view().tick().map(|tick| tick.0), Some(999));
        drop(connection);
    };
    tokio::join!(flood, joins);
}

#[tokio::test]
async fn a_join_returns_the_error_that_ended_the_connection() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    peer.close(1012, "").await;
    let joined = connection.join("test").await;
    assert!(
        matches!(&joined, Err(JoinError::Disconnected(end)) if end.code() == Some(1012)),
        "{joined:?}"
    );
}

#[tokio::test]
async fn queued_commands_of_a_handle_are_sent_before_those_of_the_owner_and_before_the_goodbye() {
    let (mut connection, mut peer) = connected(Options::default()).await;
    let handle = connection.handle();
    handle.try_send(Command::say("first")).expect("there is room");
    connection.send(Command::say("second")).await.expect("open");
    handle.try_send(Command::say("third")).expect("there is room");
    let hear = async {
        let mut said = Vec::new();
        loop {
            match peer.message().await {
                ClientMessage::Chat(chat) => said.push(chat.text),
                ClientMessage::Bye => break,
                other => panic!("{other:?}"),
            }
        }
        peer.close(1000, "").await;
        said
    };
    let (closed, said) = tokio::join!(connection.close(), hear);
    closed.expect("a goodbye");
    assert_eq!(said, ["first", "second", "third"]);
}

#[test]
fn a_value_that_the_server_would_not_decode_is_not_a_custom_message() {
    let long = Command::custom("paint", &"x".repeat(1024));
    assert_eq!(long, Err(CustomError::TooLong(1027)), "the length takes 3 bytes");
    let longest = Command::custom("paint", &"x".repeat(1021)).expect("1024 bytes");
    assert!(matches!(longest, Command::Custom { body, .. } if body.len() == 1024));

    struct Unsized;
    impl serde::Serialize for Unsized {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serde::ser::SerializeSeq::end(serializer.serialize_seq(None)?)
        }
    }
    let unsized_sequence = Command::custom("paint", &Unsized);
    assert!(
        matches!(
            unsized_sequence,
            Err(CustomError::Codec(CodecError::NotEncodable(_)))
        ),
        "{unsized_sequence:?}"
    );
}
