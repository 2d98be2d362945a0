//! The reason in the close frame of a JSON client says what was wrong, so that a person can correct
//! it.

use parlour_shared::{codec::SCHEMA, websocket::OpCode};

use crate::support::test_server::{TestServer, start};

/// Sends texts as a JSON client. Returns the close code and reason.
#[track_caller]
fn close_code_and_reason(server: &TestServer, texts: &[&str]) -> (u16, String) {
    let mut client = server.websocket("parlour.v1.json");
    for text in texts {
        client.send_text(text);
    }
    client.close_code_and_reason()
}

#[test]
fn a_malformed_message_is_named_with_what_is_expected() {
    let server = start();
    let hello = r#"{"hello":{"protocol":1,"name":"Ada"}}"#;
    for (text, reason) in [
        (
            r#"{"bogus":1}"#,
            "unknown message `bogus`; known: hello, join, leave, move, chat, set_skin, set_state, custom, ping, bye, reserve, act, ...",
        ),
        (
            r#""sprnt""#,
            "unknown message `sprnt`; known: hello, join, leave, move, chat, set_skin, set_state, custom, ping, bye, reserve, act, ...",
        ),
        (
            r#"{"move":"east"}"#,
            r#"`move` must be an object with fields, not text, as in {"move":{"direction":"east"}}"#,
        ),
        (
            r#"{"hello":{"name":"Ada"}}"#,
            r#"`hello.protocol` is missing, as in {"hello":{"protocol":1,"name":"Ada"}}"#,
        ),
    ] {
        // Before and after the hello.
        for texts in [&[text][..], &[hello, text]] {
            assert_eq!(
                close_code_and_reason(&server, texts),
                (4400, reason.to_owned()),
                "{texts:?}"
            );
        }
    }
    let first = r#"the first message must be a hello, as in {"hello":{"protocol":1,"name":"Ada"}}"#;
    let join = r#"{"join":{"room":"plaza"}}"#;
    assert_eq!(close_code_and_reason(&server, &[join]), (4400, first.to_owned()));
}

#[test]
fn a_rejected_hello_is_named_with_what_to_change() {
    let server = start();
    let schema =
        format!("the server does not have schema 5, only {SCHEMA}: leave `schema` out if you type the hello");
    for (text, code, reason) in [
        (
            r#"{"hello":{"protocol":2}}"#,
            4415,
            "the server does not speak protocol 2, only 1",
        ),
        (r#"{"hello":{"protocol":1,"schema":5}}"#, 4415, &*schema),
        (
            r#"{"hello":{"protocol":1,"token":"SECRET"}}"#,
            4401,
            "this server cannot verify tokens: leave `token` out and connect as a guest",
        ),
        (
            r#"{"hello":{"protocol":1,"session":"SECRET"}}"#,
            4103,
            "`session` and `resume` must be those of the last welcome",
        ),
    ] {
        assert_eq!(
            close_code_and_reason(&server, &[text]),
            (code, reason.to_owned()),
            "{text}"
        );
    }
    let long = format!(r#"{{"hello":{{"protocol":1,"name":"{}"}}}}"#, "x".repeat(8000));
    assert_eq!(
        close_code_and_reason(&server, &[&long]),
        (1009, "the hello is longer than 7168 bytes".to_owned())
    );
}

#[test]
fn a_frame_of_the_wrong_type_is_named() {
    let server = start();
    let mut client = server.websocket("parlour.v1.json");
    client.send_frame(OpCode::Binary, b"\x09");
    let reason = "the message is binary: parlour.v1.json takes text, parlour.v1 takes binary".to_owned();
    assert_eq!(client.close_code_and_reason(), (1003, reason));
    let mut client = server.websocket("parlour.v1.json");
    client.send_frame(OpCode::Text, b"{\"hello\":{\"name\":\"\xff\"}}");
    assert_eq!(
        client.close_code_and_reason(),
        (1007, "text is not UTF-8".to_owned())
    );
}

#[test]
fn binary_clients_receive_the_short_reason() {
    let server = start();
    let mut client = server.websocket("parlour.v1");
    client.send_frame(OpCode::Binary, &[250]);
    assert_eq!(
        client.close_code_and_reason(),
        (4400, "malformed message".to_owned())
    );
}

#[test]
fn a_reason_is_printable_ascii_and_fits_its_frame() {
    let server = start();
    for name in [
        "\u{202e}",
        "\u{7}",
        "\u{1f600}",
        "m\u{43e}ve",
        &"\u{e9}".repeat(2000),
    ] {
        let text = serde_json::json!({ name: {} }).to_string();
        let (code, reason) = close_code_and_reason(&server, &[&text]);
        assert_eq!(code, 4400);
        assert!(reason.starts_with("unknown message"), "{reason:?}");
        let is_printable = reason.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        assert!(is_printable && reason.len() <= 123, "{reason:?}");
    }
}
