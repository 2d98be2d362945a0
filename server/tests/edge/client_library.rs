//! The Rust client against this server, as a program uses it.

use std::{collections::BTreeSet, time::Duration};

use parlour_client::{
    Advice, Command, ConnectError, Connection, Direction, Disconnected, Event, JoinError, Options, Refusal,
    Settings,
};
use tokio::time::timeout;

use crate::support::{TIMEOUT, TestServer, start, start_with};

/// Returns options with which every broken promise of the server fails the test.
fn strict(name: &str) -> Options {
    Options {
        strict: true,
        timeout: TIMEOUT,
        ..Options::named(name)
    }
}

fn url(server: &TestServer) -> String {
    format!("ws://{}/ws", server.address())
}

async fn open(server: &TestServer, name: &str) -> Connection {
    Connection::open(&url(server), strict(name)).await.unwrap()
}

async fn in_room(server: &TestServer, name: &str) -> Connection {
    let mut connection = open(server, name).await;
    connection.join("plaza").await.unwrap();
    connection
}

/// Waits until `find` returns a value for an event.
async fn until<T>(connection: &mut Connection, mut find: impl FnMut(&Connection, &Event) -> Option<T>) -> T {
    let find = async {
        loop {
            let event = connection.next_event().await.unwrap();
            if let Some(found) = find(connection, &event) {
                return found;
            }
        }
    };
    timeout(TIMEOUT, find).await.expect("it happens")
}

async fn ended(connection: &mut Connection) -> Disconnected {
    let end = async {
        loop {
            if let Err(end) = connection.next_event().await {
                return end;
            }
        }
    };
    timeout(TIMEOUT, end).await.expect("it ends")
}

#[tokio::test]
async fn it_joins_walks_and_sees_its_neighbour_walk() {
    let server = start();
    let mut ann = in_room(&server, "ann").await;
    let mut bob = in_room(&server, "bob").await;
    bob.steer(Direction::East);
    let walked = until(&mut ann, |ann, _| {
        let mut neighbours = ann.client().neighbours();
        let (_, bob) = neighbours.find(|(_, neighbour)| neighbour.name == "bob")?;
        (bob.segment.gait.heading.direction == Direction::East).then_some(bob.segment.position)
    });
    let answered = until(&mut bob, |bob, event| match event {
        Event::Snapshot { ack: Some(ack), .. } if ack.seq == 1 => Some(bob.client().segment()?.position),
        _ => None,
    });
    let (seen, own) = tokio::join!(walked, answered);
    assert_eq!(seen, own, "both know where the walk began");
    assert_eq!(bob.client().unacknowledged_walks(), 0);
    bob.close().await.unwrap();
}

#[tokio::test]
async fn a_room_that_does_not_exist_is_refused_and_a_different_one_can_be_joined() {
    let server = start();
    let mut ann = open(&server, "ann").await;
    let refused = ann.join("moon").await;
    assert!(
        matches!(refused, Err(JoinError::Refused(Refusal::NoSuchRoom))),
        "{refused:?}"
    );
    ann.join("plaza").await.unwrap();
    assert_eq!(ann.client().room().unwrap().entered.room, "plaza");
    let again = ann.join("plaza").await;
    assert!(
        matches!(again, Err(JoinError::Refused(Refusal::AlreadyThere))),
        "{again:?}"
    );
}

#[tokio::test]
async fn requests_of_a_handle_are_answered_as_events() {
    let server = start();
    let mut ann = in_room(&server, "ann").await;
    let handle = ann.handle();
    tokio::spawn(async move {
        handle.send(Command::say("hello")).await.unwrap();
        handle.send(Command::SetSkin { skin: 999 }).await.unwrap();
    });
    let text = until(&mut ann, |_, event| match event {
        Event::Chat(said) => Some(said.text.clone()),
        _ => None,
    });
    assert_eq!(text.await, "hello");
    let refusal = until(&mut ann, |_, event| match event {
        Event::Refused(refused) => Some(refused.refusal.clone()),
        _ => None,
    });
    assert_eq!(refusal.await, Refusal::UnknownSkin);
}

#[tokio::test]
async fn a_full_server_is_tried_again_and_a_wrong_path_is_not() {
    let server = start_with(|options| options.edge.max_connections = 1);
    let _first = open(&server, "ann").await;
    let full = Connection::open(&url(&server), strict("bob")).await.unwrap_err();
    assert!(
        matches!(full, ConnectError::Refused { status: 503, .. }),
        "{full}"
    );
    assert!(full.reconnect_after().is_some());
    let server = start();
    let wrong = format!("ws://{}/game", server.address());
    let wrong = Connection::open(&wrong, strict("bob")).await.unwrap_err();
    assert!(
        matches!(wrong, ConnectError::Refused { status: 404, .. }),
        "{wrong}"
    );
    assert_eq!(wrong.reconnect_after(), None);
}

#[tokio::test]
async fn a_rejected_token_is_not_tried_again() {
    let server = start();
    let options = Options {
        settings: Settings {
            name: "ann".into(),
            token: Some("secret".into()),
        },
        ..strict("")
    };
    let error = Connection::open(&url(&server), options).await.unwrap_err();
    let ConnectError::Disconnected(end) = &error else {
        panic!("{error}")
    };
    assert_eq!((end.code(), end.advice()), (Some(4401), Advice::Stop));
    assert_eq!(error.reconnect_after(), None);
}

#[tokio::test]
async fn a_server_that_stops_says_when_to_come_back() {
    let server = start();
    let mut ann = in_room(&server, "ann").await;
    let address = url(&server);
    let stop = tokio::task::spawn_blocking(move || server.server.stop());
    let end = ended(&mut ann).await;
    assert_eq!((end.code(), end.advice()), (Some(1012), Advice::Resume));
    let wait = end.reconnect_after().unwrap();
    assert!((500..2500).contains(&wait.as_millis()), "{wait:?}");
    stop.await.unwrap();
    let gone = Connection::open(&address, strict("ann")).await.unwrap_err();
    assert!(gone.reconnect_after().is_some(), "{gone}");
}

#[tokio::test]
async fn a_program_that_does_not_read_learns_why_it_was_closed_and_can_come_back() {
    let server = start_with(|options| {
        options.edge.outbox_bytes = 16 * 1024;
        options.edge.stall_timeout = Duration::from_secs(1);
    });
    let mut slow = in_room(&server, "slow").await;
    let talkers: Vec<_> = (0..10).map(|number| format!("talker {number}")).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for name in talkers {
        let mut talker = in_room(&server, &name).await;
        tasks.spawn(async move {
            loop {
                talker.send(Command::say("x".repeat(2000))).await.unwrap();
                // The rate limit refuses some, which is not a failure.
                let _ = timeout(Duration::from_millis(50), ended(&mut talker)).await;
            }
        });
    }
    let closed = "parlour_closes_total{by=\"server\",code=\"4001\"}";
    let is_closed = async {
        while server.metric(closed) == 0.0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(TIMEOUT, is_closed).await.expect("it is closed");
    let end = ended(&mut slow).await;
    // The close frame may have come too late for the socket of a program that reads nothing.
    assert!(end.code().is_none_or(|code| code == 4001), "{end}");
    assert_eq!(end.advice(), Advice::Resume);
    assert!(end.reconnect_after().is_some());
    in_room(&server, "slow").await;
    tasks.abort_all();
}

#[tokio::test]
async fn waiting_for_events_can_be_cancelled_at_any_time() {
    let server = start();
    let mut ann = in_room(&server, "ann").await;
    let mut bob = in_room(&server, "bob").await;
    let turns = [
        Direction::East,
        Direction::South,
        Direction::West,
        Direction::North,
    ];
    let mut heard = BTreeSet::new();
    let mut given_up = 0;
    for (number, direction) in turns.into_iter().cycle().take(40).enumerate() {
        bob.steer(direction);
        if number % 8 == 0 {
            bob.send(Command::say(number.to_string())).await.unwrap();
        }
        for connection in [&mut bob, &mut ann] {
            for _ in 0..50 {
                // `strict` notices any missing message.
                tokio::select! {
                    biased;
                    event = connection.next_event() => if let Event::Chat(said) = event.unwrap() {
                        heard.insert((connection.client().player(), said.text));
                    },
                    () = tokio::task::yield_now() => given_up += 1,
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while heard.len() < 10 {
        for connection in [&mut bob, &mut ann] {
            if let Ok(event) = timeout(Duration::from_millis(5), connection.next_event()).await
                && let Event::Chat(said) = event.unwrap()
            {
                heard.insert((connection.client().player(), said.text));
            }
        }
    }
    assert!(given_up > 0);
}

#[tokio::test]
async fn an_idle_connection_stays_open() {
    let server = start_with(|options| options.edge.heartbeat = Duration::from_secs(1));
    let mut ann = open(&server, "ann").await;
    let end = timeout(Duration::from_millis(3500), ended(&mut ann)).await;
    assert!(end.is_err(), "{end:?}");
    ann.close().await.unwrap();
}
