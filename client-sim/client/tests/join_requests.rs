//! Joins and reservations: the modes, options and tickets on the wire, and the answers.

#[cfg(feature = "connect")]
#[path = "support/peer.rs"]
mod peer;
mod support;

use parlour_client::{Command, JoinRequest, Property, Reserved};
use parlour_shared::{
    codec,
    message::{ClientMessage, Join, JoinMode, Reserve},
};
use support::Seat;

fn message(command: Command) -> ClientMessage {
    let (_, out) = Seat::welcomed().send(command);
    codec::decode_client(&out).expect("canonical")
}

fn join(room: impl Into<JoinRequest>) -> Join {
    match message(Command::join(room)) {
        ClientMessage::Join(join) => join,
        other => panic!("{other:?}"),
    }
}

#[cfg(feature = "connect")]
fn reserved(request: u32) -> Reserved {
    Reserved {
        request,
        room: "tag/4u0m2k9x7q1f8za".into(),
        ticket: "b2f07nq4zr8s1xk6y3w5cd".into(),
        expires_ms: 15_000,
    }
}

#[test]
fn each_request_has_its_mode() {
    let name = String::from("tag/blue");
    for (request, mode) in [
        (JoinRequest::from("tag/blue"), JoinMode::Enter),
        (JoinRequest::from(&name), JoinMode::Enter),
        (JoinRequest::from(name.clone()), JoinMode::Enter),
        (JoinRequest::enter("tag/blue"), JoinMode::Enter),
        (JoinRequest::existing("tag/blue"), JoinMode::Existing),
        (JoinRequest::new_room("tag/blue"), JoinMode::New),
        (JoinRequest::private("tag/blue"), JoinMode::Private),
        (JoinRequest::any("tag/blue"), JoinMode::Any),
    ] {
        let expected = Join {
            mode,
            ..Join::room(1, "tag/blue")
        };
        assert_eq!(join(request), expected);
    }
}

#[test]
fn an_option_replaces_one_with_the_same_key() {
    let request = JoinRequest::any("tag")
        .option("language", "en")
        .option("mode", "freeze")
        .option("language", "de");
    let option = |key: &str, value: &str| Property {
        key: key.into(),
        value: value.into(),
    };
    assert_eq!(
        join(request).options,
        [option("language", "de"), option("mode", "freeze")]
    );
}

#[test]
fn a_reserved_seat_is_taken_with_its_ticket() {
    let reserved = Reserved {
        room: "tag/x7".into(),
        ticket: "k3v9".into(),
        ..Reserved::default()
    };
    let expected = Join {
        ticket: Some("k3v9".into()),
        ..Join::room(1, "tag/x7")
    };
    assert_eq!(join(JoinRequest::with_ticket("tag/x7", "k3v9")), expected);
    assert_eq!(join(&reserved), expected);
    assert_eq!(join(reserved), expected);
}

#[test]
fn a_reservation_names_the_seats_and_the_room() {
    let command = Command::reserve(3, JoinRequest::private("tag").option("language", "de"));
    let expected = Reserve {
        request: 1,
        seats: 3,
        room: "tag".into(),
        mode: JoinMode::Private,
        options: vec![Property {
            key: "language".into(),
            value: "de".into(),
        }],
    };
    assert_eq!(message(command), ClientMessage::Reserve(expected));
}

#[cfg(feature = "connect")]
mod connected {
    use parlour_client::{Event, JoinError, Options, Refusal};
    use parlour_shared::{
        limits::MAX_PROPERTY_VALUE_BYTES,
        message::{Pong, Refused, RoomEntered, ServerMessage},
    };

    use super::{
        ClientMessage, JoinRequest,
        peer::connected,
        reserved,
        support::{encoded, map, room_entered},
    };

    #[tokio::test]
    async fn a_group_reserves_seats_and_joins_with_the_ticket() {
        let (mut connection, mut peer) = connected(Options::default()).await;
        let serve = async {
            let ClientMessage::Reserve(reserve) = peer.message().await else {
                panic!("no reservation")
            };
            assert_eq!((reserve.seats, reserve.room.as_str()), (2, "tag"));
            // The answer to an earlier reservation, and an unrelated event.
            peer.say(&encoded(&ServerMessage::Reserved(reserved(reserve.request + 9))))
                .await;
            peer.say(&encoded(&ServerMessage::Pong(Pong { nonce: 0 }))).await;
            peer.say(&encoded(&ServerMessage::Reserved(reserved(reserve.request))))
                .await;
            let ClientMessage::Join(join) = peer.message().await else {
                panic!("no join")
            };
            assert_eq!(join.ticket, Some(reserved(0).ticket));
            let entered = RoomEntered {
                request: join.request,
                room: join.room,
                ..room_entered(map())
            };
            peer.say(&encoded(&ServerMessage::RoomEntered(entered))).await;
        };
        let play = async {
            let reserved = connection.reserve(2, JoinRequest::private("tag")).await;
            let reserved = reserved.expect("there are seats");
            connection.join(&reserved).await.expect("a seat is reserved");
            assert_eq!(
                connection.client().room().map(|room| &room.entered.room),
                Some(&reserved.room)
            );
            reserved
        };
        let (given, ()) = tokio::join!(play, serve);
        // No event is lost.
        let mut events = Vec::new();
        while events.last() != Some(&Event::Entered) {
            events.push(connection.next_event().await.expect("open"));
        }
        assert!(
            matches!(&events[..], [Event::Reserved(_), Event::Pong { .. }, Event::Reserved(last), Event::Entered] if *last == given),
            "{events:?}"
        );
    }

    #[tokio::test]
    async fn a_refused_reservation_returns_the_refusal() {
        let (mut connection, mut peer) = connected(Options::default()).await;
        let serve = async {
            let ClientMessage::Reserve(reserve) = peer.message().await else {
                panic!("no reservation")
            };
            let refused = Refused {
                request: reserve.request,
                refusal: Refusal::RoomLocked,
            };
            peer.say(&encoded(&ServerMessage::Refused(refused))).await;
        };
        let (answer, ()) = tokio::join!(connection.reserve(2, "tag/blue"), serve);
        assert!(
            matches!(answer, Err(JoinError::Refused(Refusal::RoomLocked))),
            "{answer:?}"
        );
    }

    #[tokio::test]
    async fn options_that_do_not_fit_in_a_message_are_not_sent() {
        let (mut connection, mut peer) = connected(Options::default()).await;
        let with = |count: usize| {
            let value = "v".repeat(MAX_PROPERTY_VALUE_BYTES);
            (0..count).fold(JoinRequest::any("tag"), |request, at| {
                request.option(format!("{at:048}"), &value)
            })
        };
        let long = connection.join(with(64)).await;
        assert!(matches!(long, Err(JoinError::TooLong)), "{long:?}");
        let long = connection.reserve(2, with(64)).await;
        assert!(matches!(long, Err(JoinError::TooLong)), "{long:?}");
        let serve = async {
            let ClientMessage::Join(join) = peer.message().await else {
                panic!("no join")
            };
            assert_eq!((join.request, join.options.len()), (1, 8));
            let entered = RoomEntered {
                request: join.request,
                ..room_entered(map())
            };
            peer.say(&encoded(&ServerMessage::RoomEntered(entered))).await;
        };
        let (joined, ()) = tokio::join!(connection.join(with(8)), serve);
        joined.expect("there is room");
    }
}
