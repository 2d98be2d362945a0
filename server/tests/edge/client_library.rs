//! The Rust client library against this server.

use std::{collections::BTreeSet, time::Duration};

use parlour_client::{
    Advice, Command, ConnectError, Connection, Direction, Disconnected, Event, JoinError, Options, Refusal,
    Settings,
};
use parlour_sim::Logic;
use tokio::time::timeout;

use crate::{
    mood::{BEST, CheeredUp, HAS_NO_MOOD, MoodPlugin, SetMood},
    support::{
        raw_client::TIMEOUT,
        test_server::{TestServer, start, start_with},
    },
};

/// Returns options with which every violation of the protocol fails the test.
fn strict_options(name: &str) -> Options {
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
    Connection::open(&url(server), strict_options(name))
        .await
        .unwrap()
}

async fn open_in_plaza(server: &TestServer, name: &str) -> Connection {
    let mut connection = open(server, name).await;
    connection.join("plaza").await.unwrap();
    connection
}

/// Waits until `find` returns a value for an event.
async fn wait_for<T>(
    connection: &mut Connection,
    mut find: impl FnMut(&Connection, &Event) -> Option<T>,
) -> T {
    let find = async {
        loop {
            let event = connection.next_event().await.unwrap();
            if let Some(found) = find(connection, &event) {
                return found;
            }
        }
    };
    timeout(TIMEOUT, find).await.expect("no event in time")
}

/// Waits until the connection ends.
async fn wait_for_end(connection: &mut Connection) -> Disconnected {
    let end = async {
        loop {
            if let Err(end) = connection.next_event().await {
                return end;
            }
        }
    };
    timeout(TIMEOUT, end).await.expect("no end in time")
}

#[tokio::test]
async fn a_client_joins_walks_and_sees_its_neighbour_walk() {
    let server = start();
    let mut ann = open_in_plaza(&server, "ann").await;
    let mut bob = open_in_plaza(&server, "bob").await;
    // A player that enters the view of another while it walks is sent with its position of that
    // tick, not with that at which its walk began.
    wait_for(&mut ann, |ann, _| {
        let mut neighbours = ann.client().neighbours();
        neighbours
            .any(|(_, neighbour, _)| neighbour.name == "bob")
            .then_some(())
    })
    .await;
    bob.steer(Direction::East);
    let walked = wait_for(&mut ann, |ann, _| {
        let mut neighbours = ann.client().neighbours();
        let (_, _, bob) = neighbours.find(|(_, neighbour, _)| neighbour.name == "bob")?;
        (bob.segment.gait.heading.direction() == Some(Direction::East)).then_some(bob.segment.position)
    });
    let answered = wait_for(&mut bob, |bob, event| match event {
        Event::Snapshot { ack: Some(ack), .. } if ack.seq == 1 => Some(bob.client().segment()?.position),
        _ => None,
    });
    let (seen, own) = tokio::join!(walked, answered);
    assert_eq!(seen, own, "both clients know where the walk began");
    assert_eq!(bob.client().unacknowledged_walks(), 0);
    bob.close().await.unwrap();
}

#[tokio::test]
async fn after_a_refused_join_a_different_room_can_be_joined() {
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
async fn the_answer_to_a_request_of_a_handle_is_an_event() {
    let server = start();
    let mut ann = open_in_plaza(&server, "ann").await;
    let handle = ann.handle();
    tokio::spawn(async move {
        handle.send(Command::say("hello")).await.unwrap();
        handle.send(Command::SetSkin { skin: 999 }).await.unwrap();
    });
    let text = wait_for(&mut ann, |_, event| match event {
        Event::Chat(said) => Some(said.text.clone()),
        _ => None,
    });
    assert_eq!(text.await, "hello");
    let refusal = wait_for(&mut ann, |_, event| match event {
        Event::Refused(refused) => Some(refused.refusal.clone()),
        _ => None,
    });
    assert_eq!(refusal.await, Refusal::UnknownSkin);
}

#[tokio::test]
async fn a_full_server_can_be_retried_and_a_wrong_path_cannot() {
    let server = start_with(|options| options.edge.max_connections = 1);
    let _ann = open(&server, "ann").await;
    let full = Connection::open(&url(&server), strict_options("bob"))
        .await
        .unwrap_err();
    assert!(
        matches!(full, ConnectError::Refused { status: 503, .. }),
        "{full}"
    );
    assert!(full.reconnect_after().is_some());
    let server = start();
    let wrong = format!("ws://{}/game", server.address());
    let wrong = Connection::open(&wrong, strict_options("bob")).await.unwrap_err();
    assert!(
        matches!(wrong, ConnectError::Refused { status: 404, .. }),
        "{wrong}"
    );
    assert_eq!(wrong.reconnect_after(), None);
}

#[tokio::test]
async fn a_rejected_token_cannot_be_retried() {
    let server = start();
    let options = Options {
        settings: Settings {
            name: "ann".into(),
            token: Some("secret".into()),
        },
        ..strict_options("")
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
    let mut ann = open_in_plaza(&server, "ann").await;
    let address = url(&server);
    let stop = tokio::task::spawn_blocking(move || server.inner.stop());
    let end = wait_for_end(&mut ann).await;
    assert_eq!((end.code(), end.advice()), (Some(1012), Advice::Resume));
    let wait = end.reconnect_after().unwrap();
    assert!((500..2500).contains(&wait.as_millis()), "{wait:?}");
    stop.await.unwrap();
    let gone = Connection::open(&address, strict_options("ann"))
        .await
        .unwrap_err();
    assert!(gone.reconnect_after().is_some(), "{gone}");
}

#[tokio::test]
async fn a_client_that_reads_no_events_is_closed_and_can_reconnect() {
    let server = start_with(|options| {
        options.edge.outbox_bytes = 16 * 1024;
        options.edge.stall_timeout = Duration::from_secs(1);
    });
    let mut slow = open_in_plaza(&server, "slow").await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..10 {
        let mut talker = open_in_plaza(&server, &format!("talker {number}")).await;
        tasks.spawn(async move {
            loop {
                talker.send(Command::say("x".repeat(2000))).await.unwrap();
                // Reads for 50 ms. The rate limit refuses some chats.
                let _ = timeout(Duration::from_millis(50), wait_for_end(&mut talker)).await;
            }
        });
    }
    let closed = "parlour_closes_total{by=\"server\",code=\"4001\"}";
    let is_closed = async {
        while server.metric(closed) == 0.0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(TIMEOUT, is_closed).await.expect("not closed in time");
    let end = wait_for_end(&mut slow).await;
    // The close frame may not have fitted into the socket of a program that reads nothing.
    assert!(end.code().is_none_or(|code| code == 4001), "{end}");
    assert_eq!(end.advice(), Advice::Resume);
    assert!(end.reconnect_after().is_some());
    open_in_plaza(&server, "slow").await;
    tasks.abort_all();
}

#[tokio::test]
async fn waiting_for_events_can_be_cancelled_at_any_time() {
    let server = start();
    let mut ann = open_in_plaza(&server, "ann").await;
    let mut bob = open_in_plaza(&server, "bob").await;
    let turns = [
        Direction::East,
        Direction::South,
        Direction::West,
        Direction::North,
    ];
    let mut chats = BTreeSet::new();
    let mut cancelled = 0;
    for (number, direction) in turns.into_iter().cycle().take(40).enumerate() {
        bob.steer(direction);
        if number % 8 == 0 {
            bob.send(Command::say(number.to_string())).await.unwrap();
        }
        for connection in [&mut bob, &mut ann] {
            for _ in 0..50 {
                // With the option `strict`, a missing message is an error.
                tokio::select! {
                    biased;
                    event = connection.next_event() => if let Event::Chat(said) = event.unwrap() {
                        chats.insert((connection.client().player(), said.text));
                    },
                    () = tokio::task::yield_now() => cancelled += 1,
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while chats.len() < 10 {
        for connection in [&mut bob, &mut ann] {
            if let Ok(event) = timeout(Duration::from_millis(5), connection.next_event()).await
                && let Event::Chat(said) = event.unwrap()
            {
                chats.insert((connection.client().player(), said.text));
            }
        }
    }
    assert!(cancelled > 0);
}

#[tokio::test]
async fn an_idle_connection_stays_open_beyond_the_heartbeat() {
    let server = start_with(|options| options.edge.heartbeat = Duration::from_secs(1));
    let mut ann = open(&server, "ann").await;
    let end = timeout(Duration::from_millis(3500), wait_for_end(&mut ann)).await;
    assert!(end.is_err(), "{end:?}");
    ann.close().await.unwrap();
}

#[tokio::test]
async fn a_client_sends_and_receives_custom_messages() {
    let server = start_with(|options| {
        options.logic = Logic::new(|app| {
            app.add_plugins(MoodPlugin);
        });
    });
    let mut ann = open(&server, "ann").await;
    let mut bob = open(&server, "bob").await;
    for (client, mood) in [(&mut ann, BEST), (&mut bob, 3)] {
        client.join("plaza").await.unwrap();
        // No mood to hide: the game logic declines.
        let hide = Command::custom("set_mood", &SetMood { mood: None }).unwrap();
        let declined = client.send(hide).await.unwrap();
        let set = Command::custom("set_mood", &SetMood { mood: Some(mood) }).unwrap();
        let accepted = client.send(set).await.unwrap();
        let refusal = wait_for(client, |_, event| match event {
            Event::Refused(refused) if refused.request == declined => Some(refused.refusal.clone()),
            _ => None,
        });
        assert_eq!(refusal.await, Refusal::Declined { code: HAS_NO_MOOD });
        wait_for(client, |_, event| {
            matches!(event, Event::Accepted(answer) if answer.request == accepted).then_some(())
        })
        .await;
    }
    let said = wait_for(&mut bob, |_, event| match event {
        Event::Custom(said) => Some(said.clone()),
        _ => None,
    })
    .await;
    assert_eq!(said.name, "cheered_up");
    assert_eq!(said.decode(), Ok(CheeredUp { mood: 4 }));
    assert!(said.decode::<(u8, u8)>().is_err(), "a body of one byte");
}
