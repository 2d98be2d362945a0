//! A connection to a whole server, as a program uses it; and the parsing of addresses.
#![cfg(feature = "connect")]

mod support;

use parlour_client::{Address, AddressError, Command, Connection, Direction, Event, Options};
use support::world::{Fault, start};

#[tokio::test]
async fn a_player_joins_walks_talks_and_leaves() {
    let options = Options {
        strict: true,
        ..Options::named("ada")
    };
    let mut connection = Connection::open(&start(Fault::None), options)
        .await
        .expect("the server runs");
    connection.join("test").await.expect("there is room");
    connection.send(Command::say("hello")).await.expect("sent");
    connection.steer(Direction::West);
    let (mut heard, mut walked) = (false, false);
    while !(heard && walked) {
        match connection.next_event().await.expect("an honest server") {
            Event::Chat(said) => heard = said.text == "hello",
            Event::Snapshot { .. } => {
                let segment = connection.client().segment().expect("in a room");
                walked = segment.gait.heading.direction() == Some(Direction::West);
            }
            _ => {}
        }
    }
    connection.close().await.expect("the server also says goodbye");
}

#[test]
fn addresses_are_parsed() {
    let parts = |text: &str| {
        text.parse::<Address>().map(|address| {
            (
                address.host.clone(),
                address.port,
                address.path.clone(),
                address.tls,
                address.to_string(),
            )
        })
    };
    let expect = |host: &str, port, path: &str, text: &str| {
        Ok((
            host.to_owned(),
            port,
            path.to_owned(),
            text.starts_with("wss"),
            text.to_owned(),
        ))
    };
    assert_eq!(
        parts("ws://a:7373/ws"),
        expect("a", 7373, "/ws", "ws://a:7373/ws")
    );
    assert_eq!(parts("ws://a"), expect("a", 80, "/", "ws://a:80/"));
    assert_eq!(
        parts("ws://[::1]:1/x?y=1"),
        expect("::1", 1, "/x?y=1", "ws://[::1]:1/x?y=1")
    );
    assert_eq!(parts("wss://a/ws"), expect("a", 443, "/ws", "wss://a:443/ws"));
    assert_eq!(parts("wss://a:7/"), expect("a", 7, "/", "wss://a:7/"));
    assert_eq!(parts("ws://a?y=1"), expect("a", 80, "/?y=1", "ws://a:80/?y=1"));
    assert_eq!(parts("ws://"), Err(AddressError::Host));
    assert_eq!(parts("ws://:80/"), Err(AddressError::Host));
    assert_eq!(parts("ws://a:port/"), Err(AddressError::Port));
    assert_eq!(parts("ws://[::1]80/"), Err(AddressError::Port));
    assert_eq!(parts("http://a/"), Err(AddressError::Scheme));
}
