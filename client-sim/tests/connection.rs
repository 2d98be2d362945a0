//! The client with a socket, as a program that is not a bot would use it.

mod support;

use parlour_client_sim::{Address, AddressError, Command, Connection, ConnectionError, Event, Settings};
use parlour_shared::{close::CloseCode, motion::Direction};
use support::world::{Fault, start};

#[tokio::test]
async fn joins_walks_talks_and_leaves() {
    let mut connection = Connection::open(&start(Fault::None), &Settings::default())
        .await
        .expect("it is there");
    assert!(connection.client().player().is_some());
    connection
        .send(Command::Join { room: "test".into() })
        .await
        .expect("sent");
    let (mut heard, mut walked) = (false, false);
    while !(heard && walked) {
        match connection.next().await.expect("open").sound().expect("honest") {
            Event::Entered => {
                connection.send(Command::say("hello")).await.expect("sent");
                connection
                    .send(Command::walk(Direction::West))
                    .await
                    .expect("sent");
            }
            Event::Chat(said) => heard = said.text == "hello",
            Event::Snapshot { .. } => {
                let segment = connection.client().segment().expect("in a room");
                walked = segment.gait.heading.direction == Direction::West;
            }
            _ => {}
        }
    }
    connection.close().await.expect("the server says goodbye, too");
}

#[tokio::test]
async fn says_why_the_server_closed() {
    let address = start(Fault::Close(CloseCode::Restart));
    let mut connection = Connection::open(&address, &Settings::default())
        .await
        .expect("it is there");
    let error = loop {
        if let Err(error) = connection.next().await {
            break error;
        }
    };
    assert!(matches!(error, ConnectionError::Closed { code: Some(4000) }));
    assert!(error.to_string().contains("restarting"), "{error}");
}

#[tokio::test]
async fn says_why_there_is_no_connection() {
    let nobody = Connection::open("ws://127.0.0.1:9/ws", &Settings::default()).await;
    assert!(matches!(nobody, Err(ConnectionError::Io(_))));
    let no_address = Connection::open("wss://example.org", &Settings::default()).await;
    assert!(matches!(
        no_address,
        Err(ConnectionError::Address(AddressError::Scheme))
    ));
}

#[test]
fn addresses_are_taken_apart() {
    let parts = |text: &str| {
        text.parse::<Address>().map(|address| {
            (
                address.host.clone(),
                address.port,
                address.path.clone(),
                address.to_string(),
            )
        })
    };
    let expect = |host: &str, port, path: &str, text: &str| {
        Ok((host.to_owned(), port, path.to_owned(), text.to_owned()))
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
    assert_eq!(parts("ws://a?y=1"), expect("a", 80, "/?y=1", "ws://a:80/?y=1"));
    assert_eq!(parts("ws://"), Err(AddressError::Host));
    assert_eq!(parts("ws://:80/"), Err(AddressError::Host));
    assert_eq!(parts("ws://a:port/"), Err(AddressError::Port));
    assert_eq!(parts("ws://[::1]80/"), Err(AddressError::Port));
    assert_eq!(parts("http://a/"), Err(AddressError::Scheme));
}
