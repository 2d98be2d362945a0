//! One-time tickets.

use crate::{
    support::{http::status_of, raw_client::RawClient},
    tokens::{guarded, send_hello, welcome},
};

#[test]
fn a_ticket_opens_one_session() {
    let guarded = guarded("ticket", |_| {});
    let ticket = format!("ticket:{}", guarded.ticket(&guarded.token("ada")));
    welcome(&mut guarded.hello(Some(&ticket)));
    assert_eq!(guarded.hello(Some(&ticket)).close_code(), 4401);
    assert_eq!(
        guarded.hello(Some("ticket:AAAAAAAAAAAAAAAAAAAAAA")).close_code(),
        4401
    );
    assert_eq!(guarded.failures("ticket"), 2.0);
}

#[test]
fn a_ticket_may_be_a_subprotocol() {
    let guarded = guarded("ticket_subprotocol", |_| {});
    let ticket = guarded.ticket(&guarded.token("ada"));
    let headers = [("sec-websocket-protocol", &*format!("parlour.ticket.{ticket}"))];
    let stream = guarded.server.connect();
    let mut client = RawClient::upgrade_with_headers(stream, "parlour.v1", &headers);
    send_hello(&mut client, None);
    welcome(&mut client);
}

#[test]
fn a_ticket_needs_a_valid_token_in_the_authorization_header() {
    let guarded = guarded("no_ticket", |_| {});
    let token = guarded.token("ada");
    for headers in [
        String::new(),
        "authorization: Basic YTpi\r\n".to_owned(),
        "authorization: Bearer a.b.c\r\n".to_owned(),
        format!("authorization: Bearer {token}\r\nauthorization: Bearer {token}\r\n"),
    ] {
        let answer = guarded.ask_for_ticket(&headers);
        assert_eq!(status_of(&answer), 401, "{headers}: {answer}");
        assert!(answer.contains("www-authenticate: Bearer\r\n"), "{answer}");
        assert!(answer.contains("\"class\":\"token\""), "{answer}");
    }
    // Nothing about the reason.
    let answer = guarded.ask_for_ticket("authorization: Bearer a.b.c\r\n");
    assert!(answer.contains("the token is not accepted"), "{answer}");
    assert_eq!(guarded.failures("malformed"), 2.0);
}

#[test]
fn a_user_gets_at_most_8_tickets_at_a_time() {
    let guarded = guarded("many_tickets", |_| {});
    let token = guarded.token("ada");
    for _ in 0..8 {
        guarded.ticket(&token);
    }
    let answer = guarded.ask_for_ticket(&format!("authorization: Bearer {token}\r\n"));
    assert_eq!(status_of(&answer), 503, "{answer}");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    guarded.ticket(&guarded.token("eve"));
}

#[test]
fn only_a_post_makes_a_ticket_and_foreign_pages_may_not() {
    let guarded = guarded("ticket_methods", |_| {});
    let get = "GET /api/tickets HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert_eq!(status_of(&guarded.server.request(get)), 405);
    let token = guarded.token("ada");
    let headers = format!("origin: https://evil.example\r\nauthorization: Bearer {token}\r\n");
    assert_eq!(status_of(&guarded.ask_for_ticket(&headers)), 403);
}
