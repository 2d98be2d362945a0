//! Whether a user is banned: a list, an address, and the program.

use std::sync::Arc;

use parlour::auth::{CustomUserCheck, Identity, UserCheck, UserStatus, UserStatusFuture, WhenCheckFails};
use parlour_shared::message::{Authenticate, ClientMessage};

use crate::{
    support::http::status_of,
    tokens::{Oracle, guarded, welcome},
};

#[test]
fn a_user_in_the_list_is_closed_with_4451() {
    let guarded = guarded("banned", |options| {
        options.auth.banned_users = vec!["eve".to_owned(), "mallory".to_owned()];
    });
    assert_eq!(guarded.hello(Some(&guarded.token("eve"))).close_code(), 4451);
    welcome(&mut guarded.hello(Some(&guarded.token("ada"))));
    let token = guarded.token("eve");
    let answer = guarded.ask_for_ticket(&format!("authorization: Bearer {token}\r\n"));
    assert_eq!(status_of(&answer), 403, "{answer}");
    assert_eq!(guarded.failures("banned"), 2.0);
}

#[test]
fn the_address_decides_and_its_answer_is_kept() {
    let oracle = Oracle::start(Some((200, "{}".to_owned())));
    let guarded = guarded("asked", |options| {
        options.auth.user_check_url = Some(oracle.url("/users?x=1"))
    });
    for _ in 0..3 {
        welcome(&mut guarded.hello(Some(&guarded.token("ada"))));
    }
    assert_eq!(oracle.requests(), 1);
    let request = oracle.last();
    assert!(request.starts_with("POST /users?x=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"user\":\"ada\"}"), "{request}");
    oracle.answer_with(Some((403, String::new())));
    for _ in 0..2 {
        assert_eq!(guarded.hello(Some(&guarded.token("eve"))).close_code(), 4451);
    }
    assert_eq!(oracle.requests(), 2);
}

#[test]
fn if_the_address_fails_the_setting_decides_and_nothing_is_kept() {
    for (when, code) in [
        (WhenCheckFails::Refuse, Some(1013)),
        (WhenCheckFails::Allow, None),
    ] {
        let oracle = Oracle::start(Some((500, String::new())));
        let guarded = guarded("check_fails", |options| {
            options.auth.user_check_url = Some(oracle.url("/"));
            options.auth.when_user_check_fails = when;
        });
        for asked in 1..3 {
            let mut client = guarded.hello(Some(&guarded.token("ada")));
            match code {
                Some(code) => assert_eq!(client.close_code(), code),
                None => drop(welcome(&mut client)),
            }
            assert_eq!(oracle.requests(), asked);
        }
    }
}

struct OnlyAda;

impl UserCheck for OnlyAda {
    fn check<'a>(&'a self, identity: &'a Identity) -> UserStatusFuture<'a> {
        Box::pin(async {
            match identity.user.as_str() {
                "ada" => UserStatus::Active,
                _ => UserStatus::Banned,
            }
        })
    }
}

#[test]
fn a_program_can_have_its_own_check() {
    let guarded = guarded("own_check", |options| {
        options.auth.user_check = Some(CustomUserCheck(Arc::new(OnlyAda)));
    });
    welcome(&mut guarded.hello(Some(&guarded.token("ada"))));
    assert_eq!(guarded.hello(Some(&guarded.token("eve"))).close_code(), 4451);
}

#[test]
fn a_banned_user_is_closed_at_the_next_newer_token() {
    let oracle = Oracle::start(Some((500, String::new())));
    let guarded = guarded("later_banned", |options| {
        options.auth.user_check_url = Some(oracle.url("/"));
        options.auth.when_user_check_fails = WhenCheckFails::Allow;
    });
    let mut client = guarded.player(&guarded.token("ada"));
    oracle.answer_with(Some((404, String::new())));
    let token = guarded.token("ada");
    client.send(&ClientMessage::Authenticate(Authenticate { request: 1, token }));
    assert_eq!(client.close_code(), 4451);
}
