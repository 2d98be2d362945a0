//! The first message: valid and invalid hellos.

use parlour_shared::{
    limits::PROTOCOL,
    message::{ClientMessage, Hello, Join, Refusal, ServerMessage},
};

use crate::support::{Client, start};

fn hello() -> Hello {
    Hello {
        protocol: PROTOCOL,
        name: "ann".into(),
        ..Hello::default()
    }
}

#[test]
fn the_close_code_names_the_fault_of_a_hello() {
    let server = start();
    let closed = |hello: Hello| {
        let mut client = server.websocket("parlour.v1");
        client.say(&ClientMessage::Hello(hello));
        client.closed()
    };
    assert_eq!(
        closed(Hello {
            protocol: 99,
            ..hello()
        }),
        4415
    );
    assert_eq!(
        closed(Hello {
            schema: 12345,
            ..hello()
        }),
        4415
    );
    assert_eq!(
        closed(Hello {
            token: Some("a".into()),
            ..hello()
        }),
        4401
    );
    assert_eq!(
        closed(Hello {
            token: Some("a".repeat(5000)),
            ..hello()
        }),
        4401
    );
    assert_eq!(
        closed(Hello {
            session: Some("a".into()),
            ..hello()
        }),
        4103
    );
    assert_eq!(
        closed(Hello {
            resume: Some("a".into()),
            ..hello()
        }),
        4103
    );
    // A hello has a lower size limit than later messages.
    assert_eq!(
        closed(Hello {
            token: Some("a".repeat(8000)),
            ..hello()
        }),
        1009
    );
    assert_eq!(server.metric("parlour_rejects_total{class=\"token\"}"), 2.0);
}

#[test]
fn nothing_before_the_hello_reaches_the_world() {
    let server = start();
    let mut client = server.websocket("parlour.v1");
    client.say(&ClientMessage::Join(Join {
        request: 0,
        room: "plaza".into(),
    }));
    client.say(&ClientMessage::Hello(hello()));
    assert_eq!(client.closed(), 4400);
    assert_eq!(server.metric("parlour_sessions"), 0.0);
    assert_eq!(server.metric("parlour_rooms"), 0.0);
}

#[test]
fn bye_before_the_hello_is_1000() {
    let server = start();
    let mut client = server.websocket("parlour.v1");
    client.say(&ClientMessage::Bye);
    assert_eq!(client.closed(), 1000);
    assert_eq!(server.metric("parlour_sessions"), 0.0);
}

#[test]
fn a_second_hello_is_refused_and_many_are_4422() {
    let server = start();
    let mut client: Client = server.player("ann");
    client.say(&ClientMessage::Hello(hello()));
    let refused = client.wait(|message| match message {
        ServerMessage::Refused(refused) => Some(refused),
        _ => None,
    });
    assert_eq!((refused.request, refused.refusal), (0, Refusal::OutOfOrder));
    client.join("plaza");
    for _ in 0..18 {
        client.say(&ClientMessage::Hello(hello()));
    }
    client.say(&ClientMessage::Ping { nonce: 19 });
    client.wait(|message| matches!(message, ServerMessage::Pong(_)).then_some(()));
    // The 20th.
    client.say(&ClientMessage::Hello(hello()));
    assert_eq!(client.closed(), 4422);
}
