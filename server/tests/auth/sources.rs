//! Where a token may come from.

use std::io::Write as _;

use crate::{
    support::{
        http::{read_head, status_of},
        raw_client::RawClient,
    },
    tokens::{Guarded, guarded, send_hello, welcome},
};

/// Upgrades with these subprotocols, header lines and query. Returns the head of the answer and the
/// client.
fn upgrade(guarded: &Guarded, target: &str, protocols: &str, headers: &str) -> (String, RawClient) {
    let mut stream = guarded.server.connect();
    let request = format!(
        "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: {protocols}\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let head = read_head(&mut stream);
    (head, RawClient::after_upgrade(stream, "parlour.v1"))
}

#[test]
fn a_token_may_be_in_the_authorization_header() {
    let guarded = guarded("authorization", |_| {});
    let header = format!("authorization: Bearer {}\r\n", guarded.token("ada"));
    let (_, mut client) = upgrade(&guarded, "/ws", "parlour.v1", &header);
    send_hello(&mut client, None);
    welcome(&mut client);
}

#[test]
fn a_token_may_be_a_subprotocol_and_is_not_echoed() {
    let guarded = guarded("subprotocol", |_| {});
    let token = guarded.token("ada");
    for protocols in [
        format!("parlour.v1, parlour.token.{token}"),
        format!("parlour.token.{token},parlour.v1"),
    ] {
        let (head, mut client) = upgrade(&guarded, "/ws", &protocols, "");
        assert!(head.contains("sec-websocket-protocol: parlour.v1\r\n"), "{head}");
        assert!(!head.contains(&token), "{head}");
        send_hello(&mut client, None);
        welcome(&mut client);
    }
}

#[test]
fn a_token_may_be_in_the_query_only_with_the_setting() {
    let off = guarded("query_off", |_| {});
    let token = off.token("ada");
    let (head, _) = upgrade(&off, &format!("/ws?token={token}"), "parlour.v1", "");
    assert_eq!(status_of(&head), 400, "{head}");
    let on = guarded("query_on", |options| options.auth.token_in_query = true);
    let target = format!("/ws?token={}", on.token("ada"));
    let (_, mut client) = upgrade(&on, &target, "parlour.v1", "");
    send_hello(&mut client, None);
    welcome(&mut client);
}

#[test]
fn a_client_sends_one_token() {
    let guarded = guarded("one_token", |_| {});
    let token = guarded.token("ada");
    let header = format!("authorization: Bearer {token}\r\n");
    let (head, _) = upgrade(
        &guarded,
        "/ws",
        &format!("parlour.v1, parlour.token.{token}"),
        &header,
    );
    assert_eq!(status_of(&head), 400, "{head}");
    let (_, mut client) = upgrade(&guarded, "/ws", "parlour.v1", &header);
    send_hello(&mut client, Some(&token));
    assert_eq!(client.close_code(), 4401);
    assert_eq!(guarded.failures("several"), 1.0);
}

#[test]
fn a_bad_token_in_the_upgrade_is_refused_after_the_hello() {
    let guarded = guarded("bad_upgrade", |_| {});
    let (_, mut client) = upgrade(&guarded, "/ws", "parlour.v1, parlour.token.a.b.c", "");
    send_hello(&mut client, None);
    assert_eq!(client.close_code(), 4401);
    let (_, mut client) = upgrade(&guarded, "/ws", "parlour.v1", "authorization: Basic YTpi\r\n");
    send_hello(&mut client, None);
    assert_eq!(client.close_code(), 4401, "it is a guest");
    assert_eq!(
        (guarded.failures("malformed"), guarded.failures("no_token")),
        (1.0, 1.0)
    );
}
