//! A client that lost its connection comes back as the same player, and misses nothing.

use std::time::Duration;

use parlour_shared::{
    codec,
    limits::PROTOCOL,
    message::{Chat, ClientMessage, Hello, Scope, ServerMessage, Welcome},
    snapshot,
    websocket::OpCode,
};
use parlour_testing::{eventually, generous_rules};

use crate::support::{
    raw_client::{ConnectionEvent, RawClient, reset},
    test_server::{TestServer, start_with},
};

/// A client that counts what it receives, and can come back.
struct Player {
    client: RawClient,
    welcome: Welcome,
    received: u32,
}

impl Player {
    fn open(server: &TestServer, name: &str) -> Self {
        let mut client = server.websocket("parlour.v1");
        let welcome = client.hello(name);
        Self {
            client,
            welcome,
            received: 0,
        }
    }

    fn in_plaza(server: &TestServer, name: &str) -> Self {
        let mut player = Self::open(server, name);
        player.client.join("plaza");
        player.received += 1;
        player
    }

    /// The hello with which the player comes back.
    fn hello(&self) -> Hello {
        Hello {
            protocol: PROTOCOL,
            session: self.welcome.session.clone(),
            resume: self.welcome.resume.clone(),
            received: self.received,
            ..Hello::default()
        }
    }

    /// Loses the connection, and returns what is needed to come back.
    fn lose(self) -> Lost {
        let hello = self.hello();
        reset(self.client.into_stream());
        Lost { hello }
    }

    fn next(&mut self) -> ServerMessage {
        let message = self.client.next_message();
        self.received += u32::from(!matches!(message, ServerMessage::Pong(_)));
        message
    }

    fn next_chat(&mut self) -> String {
        loop {
            if let ServerMessage::Chat(said) = self.next() {
                return said.text;
            }
        }
    }

    fn say(&mut self, text: &str) {
        self.client.send(&chat(text));
    }

    fn ack(&mut self) {
        let received = self.received;
        self.client.send(&ClientMessage::Ack { received });
    }
}

struct Lost {
    hello: Hello,
}

impl Lost {
    fn resume(self, server: &TestServer) -> Player {
        let mut client = server.websocket("parlour.v1");
        client.send(&ClientMessage::Hello(self.hello));
        let ServerMessage::Welcome(welcome) = client.next_message() else {
            panic!("no welcome");
        };
        let received = welcome.resumed.expect("it is resumed").received;
        Player {
            client,
            welcome,
            received,
        }
    }
}

fn chat(text: &str) -> ClientMessage {
    ClientMessage::Chat(Chat {
        request: 0,
        scope: Scope::Room,
        text: text.into(),
    })
}

fn close_code(server: &TestServer, hello: Hello) -> u16 {
    let mut client = server.websocket("parlour.v1");
    client.send(&ClientMessage::Hello(hello));
    client.close_code()
}

fn start() -> TestServer {
    start_with(|options| {
        options.sim.rules = generous_rules();
        options.edge.resume_timeout = Duration::from_secs(120);
    })
}

fn await_dropped(server: &TestServer, count: f64) {
    server.await_metric("parlour_dropped_sessions", count);
}

#[test]
fn a_client_comes_back_as_the_same_player_and_misses_no_message() {
    let server = start();
    let ann = Player::in_plaza(&server, "ann");
    let mut bob = Player::in_plaza(&server, "bob");
    let before = ann.welcome.clone();
    assert_eq!(before.resume_ms, 120_000);
    let lost = ann.lose();
    await_dropped(&server, 1.0);
    for text in ["one", "two", "three"] {
        bob.say(text);
        assert_eq!(bob.next_chat(), text);
    }
    let mut ann = lost.resume(&server);
    let resumed = ann.welcome.resumed.unwrap();
    assert!(!resumed.reset);
    // The join.
    assert_eq!((resumed.heard, resumed.received), (1, 1));
    assert_eq!(
        (ann.welcome.player, &ann.welcome.name),
        (before.player, &before.name)
    );
    assert_eq!(ann.welcome.session, before.session);
    assert_ne!(ann.welcome.resume, before.resume);
    for text in ["one", "two", "three"] {
        assert_eq!(ann.next_chat(), text);
    }
    ann.say("back");
    assert_eq!(bob.next_chat(), "back");
    assert_eq!(server.metric("parlour_sessions"), 2.0);
    await_dropped(&server, 0.0);
    assert_eq!(server.metric("parlour_resumes_total{result=\"resumed\"}"), 1.0);
}

#[test]
fn the_first_snapshot_of_a_new_connection_is_full() {
    let server = start();
    let mut bob = Player::in_plaza(&server, "bob");
    let ann = Player::in_plaza(&server, "ann");
    // The old connection is still open: its snapshots are deltas.
    let hello = ann.hello();
    let mut ann = Lost { hello }.resume(&server);
    bob.client
        .send(&ClientMessage::SetSkin(parlour_shared::message::SetSkin {
            request: 0,
            skin: 0,
        }));
    let first = loop {
        match ann.client.next_event() {
            ConnectionEvent::Binary(payload) if payload.first() == Some(&codec::SNAPSHOT_OPCODE) => {
                break payload;
            }
            _ => {}
        }
    };
    assert!(snapshot::is_full(&first));
}

#[test]
fn a_newer_connection_takes_the_session_over_at_once() {
    let server = start();
    let mut ann = Player::in_plaza(&server, "ann");
    let hello = ann.hello();
    let newer = Lost { hello }.resume(&server);
    assert_eq!(newer.welcome.player, ann.welcome.player);
    assert_eq!(ann.client.close_code(), 4409);
    drop(ann);
    assert_eq!(server.metric("parlour_sessions"), 1.0);
    await_dropped(&server, 0.0);
}

#[test]
fn a_wrong_key_changes_nothing() {
    let server = start();
    let ann = Player::in_plaza(&server, "ann");
    let lost = ann.lose();
    await_dropped(&server, 1.0);
    for key in [
        None,
        Some(String::new()),
        Some("0".repeat(32)),
        Some("x".repeat(500)),
    ] {
        let hello = Hello {
            resume: key,
            ..lost.hello.clone()
        };
        assert_eq!(close_code(&server, hello), 4103);
    }
    let hello = Hello {
        received: 1_000,
        ..lost.hello.clone()
    };
    assert_eq!(close_code(&server, hello), 4101);
    await_dropped(&server, 1.0);
    let ann = lost.resume(&server);
    assert!(!ann.welcome.resumed.unwrap().reset);
}

#[test]
fn a_session_that_never_existed_or_has_ended_is_told_apart_from_a_wrong_key() {
    let server = start();
    let hello = |session: &str| Hello {
        protocol: PROTOCOL,
        session: Some(session.into()),
        resume: Some("0".repeat(32)),
        ..Hello::default()
    };
    assert_eq!(close_code(&server, hello("1234")), 4100);
    for name in ["", "zz", "01234"] {
        assert_eq!(close_code(&server, hello(name)), 4103, "{name:?}");
    }
    let mut ann = Player::in_plaza(&server, "ann");
    let hello = ann.hello();
    ann.client.send(&ClientMessage::Bye);
    assert_eq!(ann.client.close_code(), 1000);
    server.await_metric("parlour_sessions", 0.0);
    assert_eq!(close_code(&server, hello), 4100);
}

#[test]
fn an_old_key_is_refused_once_the_client_has_the_new_one() {
    let server = start();
    let ann = Player::in_plaza(&server, "ann");
    let stolen = ann.hello();
    let mut ann = ann.lose().resume(&server);
    // Until then, the welcome with the new key may have been lost.
    ann.ack();
    ann.client.send(&ClientMessage::Ping { nonce: 1 });
    assert!(matches!(ann.next(), ServerMessage::Pong(_)));
    assert_eq!(close_code(&server, stolen), 4103);
    ann.client.send(&ClientMessage::Ping { nonce: 2 });
    assert!(matches!(ann.next(), ServerMessage::Pong(_)));
}

#[test]
fn a_client_resumes_any_number_of_times_and_before_it_sent_anything() {
    let server = start();
    let mut ann = Player::open(&server, "ann");
    for _ in 0..5 {
        ann = ann.lose().resume(&server);
        assert!(!ann.welcome.resumed.unwrap().reset);
    }
    ann.client.join("plaza");
    ann.received += 1;
    let mut bob = Player::in_plaza(&server, "bob");
    for number in 0..5 {
        let lost = ann.lose();
        bob.say(&number.to_string());
        ann = lost.resume(&server);
        assert_eq!(ann.next_chat(), number.to_string());
    }
}

#[test]
fn connections_find_the_thread_of_their_session() {
    let server = start_with(|options| {
        options.sim.rules = generous_rules();
        options.io_threads = 4;
        options.edge.resume_timeout = Duration::from_secs(120);
    });
    let players: Vec<Player> = (0..20)
        .map(|number| Player::in_plaza(&server, &format!("p{number}")))
        .collect();
    let ids: Vec<_> = players.iter().map(|player| player.welcome.player).collect();
    let lost: Vec<Lost> = players.into_iter().map(Player::lose).collect();
    await_dropped(&server, 20.0);
    let mut back: Vec<Player> = lost.into_iter().map(|lost| lost.resume(&server)).collect();
    let again: Vec<_> = back.iter().map(|player| player.welcome.player).collect();
    assert_eq!(again, ids);
    back[0].say("all here");
    for player in &mut back {
        assert_eq!(player.next_chat(), "all here");
    }
}

#[test]
fn what_follows_the_hello_is_handled_after_it() {
    let server = start_with(|options| {
        options.sim.rules = generous_rules();
        options.io_threads = 4;
        options.edge.resume_timeout = Duration::from_secs(120);
    });
    let mut bob = Player::in_plaza(&server, "bob");
    for _ in 0..8 {
        let ann = Player::in_plaza(&server, "ann");
        let lost = ann.lose();
        let mut client = server.websocket("parlour.v1");
        let messages = [ClientMessage::Hello(lost.hello), chat("first"), chat("second")];
        let frames = messages.iter().map(|message| {
            let payload = parlour_testing::encoded(message);
            crate::support::raw_client::masked_frame(OpCode::Binary, &payload)
        });
        client.send_bytes(&frames.collect::<Vec<_>>().concat());
        assert_eq!(
            (bob.next_chat().as_str(), bob.next_chat().as_str()),
            ("first", "second")
        );
        client.send(&ClientMessage::Bye);
        assert_eq!(client.close_code(), 1000);
    }
}

#[test]
fn a_session_ends_when_its_time_is_over() {
    let server = start_with(|options| options.edge.resume_timeout = Duration::from_millis(300));
    let ann = Player::in_plaza(&server, "ann");
    let mut bob = Player::in_plaza(&server, "bob");
    let lost = ann.lose();
    server.await_metric("parlour_sessions", 1.0);
    assert_eq!(close_code(&server, lost.hello), 4100);
    bob.say("alone");
    assert_eq!(bob.next_chat(), "alone");
}

#[test]
fn without_a_time_to_resume_a_session_ends_with_its_connection() {
    let server = start_with(|options| options.edge.resume_timeout = Duration::ZERO);
    let ann = Player::in_plaza(&server, "ann");
    assert_eq!((&ann.welcome.session, &ann.welcome.resume), (&None, &None));
    assert_eq!(ann.welcome.resume_ms, 0);
    reset(ann.client.into_stream());
    server.await_metric("parlour_sessions", 0.0);
}

#[test]
fn a_client_that_missed_too_much_is_sent_its_room_again() {
    let server = start_with(|options| {
        options.sim.rules = generous_rules();
        options.edge.resume_timeout = Duration::from_secs(120);
        options.edge.resume_bytes = 1_000;
    });
    let ann = Player::in_plaza(&server, "ann");
    let mut bob = Player::in_plaza(&server, "bob");
    let lost = ann.lose();
    await_dropped(&server, 1.0);
    for number in 0..100 {
        bob.say(&number.to_string());
        assert_eq!(bob.next_chat(), number.to_string());
    }
    let mut ann = lost.resume(&server);
    assert!(ann.welcome.resumed.unwrap().reset);
    let entered = ann.next();
    assert!(
        matches!(&entered, ServerMessage::RoomEntered(entered) if entered.room == "plaza"),
        "{entered:?}"
    );
    bob.say("last");
    assert_eq!(ann.next_chat(), "last");
}

#[test]
fn a_browser_that_closes_its_page_may_come_back_and_a_client_that_says_so_leaves() {
    let server = start();
    let close = |code: Option<u16>| {
        let mut ann = Player::in_plaza(&server, "ann");
        let payload = code.map_or_else(Vec::new, |code| code.to_be_bytes().to_vec());
        ann.client.send_frame(OpCode::Close, &payload);
        let hello = ann.hello();
        // The server answers with the same code, or none.
        while !matches!(ann.client.next_event(), ConnectionEvent::Close(..)) {}
        hello
    };
    let lost = Lost {
        hello: close(Some(1001)),
    };
    let ann = lost.resume(&server);
    assert!(!ann.welcome.resumed.unwrap().reset);
    for code in [None, Some(1000)] {
        let hello = close(code);
        eventually("the session ends", || server.metric("parlour_sessions") == 1.0);
        assert_eq!(close_code(&server, hello), 4100);
    }
}

#[test]
fn the_sessions_that_lost_their_connections_first_end_if_there_are_too_many() {
    let server = start_with(|options| {
        options.io_threads = 1;
        options.edge.resume_timeout = Duration::from_secs(120);
        options.edge.max_dropped_sessions = 3;
    });
    let mut lost = Vec::new();
    for number in 0..5 {
        let player = Player::in_plaza(&server, &format!("p{number}"));
        lost.push(player.lose());
        server.await_metric("parlour_sessions", f64::from(number.min(2) + 1));
        await_dropped(&server, f64::from(number.min(2) + 1));
    }
    let codes = lost.into_iter().enumerate();
    for (number, lost) in codes {
        if number < 2 {
            assert_eq!(close_code(&server, lost.hello), 4100);
        } else {
            lost.resume(&server);
        }
    }
}

#[test]
fn a_json_client_comes_back_too() {
    let server = start();
    let mut ann = server.websocket("parlour.v1.json");
    let welcome = ann.hello_in_json("ann");
    ann.send_text(r#"{"join":{"room":"plaza"}}"#);
    ann.wait_for_json("snapshot", |_| true);
    reset(ann.into_stream());
    await_dropped(&server, 1.0);
    let mut ann = server.websocket("parlour.v1.json");
    let hello = serde_json::json!({"hello": {
        "protocol": PROTOCOL, "session": welcome["session"], "resume": welcome["resume"], "received": 1,
    }});
    ann.send_text(&hello.to_string());
    let welcome = ann.wait_for_json("welcome", |_| true);
    assert_eq!(welcome["resumed"]["reset"], false);
    ann.wait_for_json("room_entered", |entered| entered["room"] == "plaza");
    ann.wait_for_json("snapshot", |snapshot| {
        snapshot["full"] == true || snapshot["base"].is_null()
    });
}

#[test]
fn a_connection_that_ends_while_it_resumes_loses_nothing() {
    let server = start();
    let ann = Player::in_plaza(&server, "ann");
    let mut bob = Player::in_plaza(&server, "bob");
    let lost = ann.lose();
    await_dropped(&server, 1.0);
    for number in 0..50 {
        bob.say(&number.to_string());
        assert_eq!(bob.next_chat(), number.to_string());
    }
    // The reset may arrive before, among or after the messages that were missed.
    for _ in 0..20 {
        let mut client = server.websocket("parlour.v1");
        client.send(&ClientMessage::Hello(lost.hello.clone()));
        reset(client.into_stream());
    }
    let mut ann = lost.resume(&server);
    assert!(!ann.welcome.resumed.unwrap().reset);
    for number in 0..50 {
        assert_eq!(ann.next_chat(), number.to_string());
    }
    bob.say("last");
    assert_eq!(ann.next_chat(), "last");
    await_dropped(&server, 0.0);
}

#[test]
fn more_missed_messages_than_the_outbox_takes_are_sent_to_a_later_connection() {
    let server = start_with(|options| {
        options.sim.rules = generous_rules();
        options.edge.resume_timeout = Duration::from_secs(120);
        options.edge.resume_bytes = 1024 * 1024;
        options.edge.outbox_bytes = 16 * 1024;
    });
    let ann = Player::in_plaza(&server, "ann");
    let mut bob = Player::in_plaza(&server, "bob");
    let lost = ann.lose();
    await_dropped(&server, 1.0);
    let long = "x".repeat(2_000);
    for _ in 0..200 {
        bob.say(&long);
        assert_eq!(bob.next_chat(), long);
    }
    // This client reads nothing, so its socket and the outbox are soon full.
    let stream = server.connect_with_receive_buffer(2_048);
    let mut client = RawClient::upgrade(stream, "parlour.v1");
    client.send(&ClientMessage::Hello(lost.hello.clone()));
    await_dropped(&server, 1.0);
    eventually("the outbox overflows", || {
        server.metric("parlour_rejects_total{class=\"slow_consumer\"}") >= 1.0
    });
    drop(client);
    assert_eq!(server.metric("parlour_sessions"), 2.0);
}
