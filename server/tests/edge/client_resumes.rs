//! The Rust client resumes its session through a proxy that cuts connections at any byte.

use std::time::Duration;

use parlour_client::{Command, Connection, Disconnected, Event, Options};
use parlour_shared::message::Scope;
use parlour_testing::generous_rules;
use tokio::time::timeout;

use crate::support::{
    proxy::Proxy,
    raw_client::TIMEOUT,
    test_server::{TestServer, start_with},
};

fn start() -> TestServer {
    start_with(|options| {
        options.sim.rules = generous_rules();
        options.edge.resume_timeout = Duration::from_secs(120);
        options.io_threads = 2;
    })
}

async fn open(url: &str, name: &str) -> Connection {
    let options = Options {
        strict: true,
        timeout: TIMEOUT,
        ..Options::named(name)
    };
    let mut connection = Connection::open(url, options).await.unwrap();
    connection.join("plaza").await.unwrap();
    connection
}

fn chat(text: impl Into<String>) -> Command {
    Command::Say {
        scope: Scope::Room,
        text: text.into(),
    }
}

/// Returns the next chat, or the end of the connection.
async fn next_chat(connection: &mut Connection) -> Result<String, Disconnected> {
    let chat = async {
        loop {
            if let Event::Chat(said) = connection.next_event().await? {
                return Ok(said.text);
            }
        }
    };
    timeout(TIMEOUT, chat).await.expect("a chat in time")
}

/// Reads chats until `last`, and resumes whenever the connection is lost. Returns all of them.
async fn chats_until(connection: &mut Connection, last: &str) -> Vec<String> {
    let mut chats = Vec::new();
    while chats.last().is_none_or(|chat| chat != last) {
        match next_chat(connection).await {
            Ok(chat) => chats.push(chat),
            Err(_) => connection.resume().await.unwrap(),
        }
    }
    chats
}

#[tokio::test]
async fn a_resumed_client_has_the_same_player_and_room_and_all_chats() {
    let server = start();
    let proxy = Proxy::start(server.address()).await;
    let mut ann = open(&proxy.url(), "ann").await;
    let mut bob = open(&format!("ws://{}/ws", server.address()), "bob").await;
    let player = ann.client().player();
    let mut expected = Vec::new();
    for round in 0..10 {
        proxy.cut();
        for number in 0..3 {
            let text = format!("{round}.{number}");
            bob.send(chat(&text)).await.unwrap();
            assert_eq!(next_chat(&mut bob).await.unwrap(), text);
            expected.push(text);
        }
        let last = expected.last().cloned().unwrap();
        let heard = chats_until(&mut ann, &last).await;
        assert_eq!(heard, expected[expected.len() - 3..]);
        assert_eq!(ann.client().player(), player);
        assert!(ann.client().room().is_some());
    }
    assert_eq!(ann.violations().0, 0);
}

#[tokio::test]
async fn what_the_client_sends_is_handled_once_wherever_the_connection_is_cut() {
    let server = start();
    let proxy = Proxy::start(server.address()).await;
    let mut ann = open(&proxy.url(), "ann").await;
    let mut bob = open(&format!("ws://{}/ws", server.address()), "bob").await;
    // A chat of 2 bytes takes about 12 on the wire.
    for cut in 0..40 {
        proxy.cut_after(cut);
        let mut said = Vec::new();
        for part in ["a", "b", "c"] {
            let text = format!("{cut}{part}");
            if ann.send(chat(&text)).await.is_err() {
                break;
            }
            said.push(text);
        }
        // What was sent before the loss was noticed is sent again, and the rest now.
        let heard = async {
            let mut heard = Vec::new();
            loop {
                tokio::select! {
                    chat = next_chat(&mut bob) => {
                        heard.push(chat.unwrap());
                        if heard.last().is_some_and(|last| last == "end") {
                            return heard;
                        }
                    }
                    event = ann.next_event() => if event.is_err() {
                        ann.resume().await.unwrap();
                        ann.send(chat("end")).await.unwrap();
                    }
                }
            }
        };
        let heard = timeout(TIMEOUT, heard).await.expect("in time");
        said.push("end".to_owned());
        assert_eq!(heard, said, "each chat once, in order");
    }
}
