//! The first message must be a valid hello.

use parlour_shared::{
    limits::PROTOCOL,
    message::{ClientMessage, Hello, Join, Refusal},
};

use crate::support::test_server::start;

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
    let close_code = |hello: Hello| {
        let mut client = server.websocket("parlour.v1");
        client.send(&ClientMessage::Hello(hello));
        client.close_code()
    };
    assert_eq!(
        close_code(Hello {
            protocol: 99,
            ..hello()
        }),
        4415
    );
    assert_eq!(
        close_code(Hello {
            schema: 12345,
            ..hello()
        }),
        4415
    );
    assert_eq!(
        close_code(Hello {
            token: Some("a".into()),
            ..hello()
        }),
        4401
    );
    assert_eq!(
        close_code(Hello {
            token: Some("a".repeat(5000)),
            ..hello()
        }),
        4401
    );
    assert_eq!(
        close_code(Hello {
            session: Some("a".into()),
            ..hello()
        }),
        4100
    );
    assert_eq!(
        close_code(Hello {
            resume: Some("a".into()),
            ..hello()
        }),
        4103
    );
    // A hello has a lower size limit than later messages.
    assert_eq!(
        close_code(Hello {
            token: Some("a".repeat(8000)),
            ..hello()
        }),
        1009
    );
    assert_eq!(server.metric("parlour_rejects_total{class=\"token\"}"), 2.0);
}

#[test]
fn no_message_before_the_hello_reaches_the_world() {
    let server = start();
    let mut client = server.websocket("parlour.v1");
    client.send(&ClientMessage::Join(Join::room(0, "plaza")));
    client.send(&ClientMessage::Hello(hello()));
    assert_eq!(client.close_code(), 4400);
    assert_eq!(server.metric("parlour_sessions"), 0.0);
    assert_eq!(server.metric("parlour_rooms"), 0.0);
}

#[test]
fn a_bye_before_the_hello_is_answered_with_1000() {
    let server = start();
    let mut client = server.websocket("parlour.v1");
    client.send(&ClientMessage::Bye);
    assert_eq!(client.close_code(), 1000);
    assert_eq!(server.metric("parlour_sessions"), 0.0);
}

#[test]
fn later_hellos_are_refused_and_the_20th_is_closed_with_4422() {
    let server = start();
    let mut client = server.player("ann");
    client.send(&ClientMessage::Hello(hello()));
    assert_eq!(client.answer(), (0, Some(Refusal::OutOfOrder)));
    client.join("plaza");
    for _ in 0..18 {
        client.send(&ClientMessage::Hello(hello()));
    }
    client.ping();
    // The 20th after the first.
    client.send(&ClientMessage::Hello(hello()));
    assert_eq!(client.close_code(), 4422);
}
