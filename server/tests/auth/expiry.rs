//! A session ends when its token expires.

use std::time::{Duration, Instant};

use parlour::auth::NewToken;

use crate::tokens::guarded;

#[test]
fn a_session_is_closed_once_with_4402_when_its_token_expires() {
    let guarded = guarded("expires", |options| {
        options.auth.rules.leeway = Duration::from_secs(1)
    });
    let token = guarded.sign(&NewToken::of_user("ada").valid_for(Duration::from_secs(1)));
    let begin = Instant::now();
    let mut client = guarded.player(&token);
    client.join("plaza");
    assert_eq!(client.close_code_and_reason(), (4402, "token expired".to_owned()));
    // A token has whole seconds, so up to one of them may have passed before.
    assert!(
        begin.elapsed() >= Duration::from_millis(900),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(
        guarded
            .server
            .metric("parlour_closes_total{by=\"server\",code=\"4402\"}"),
        1.0
    );
    assert_eq!(
        guarded
            .server
            .metric("parlour_rejects_total{class=\"token_expired\"}"),
        1.0
    );
    assert_eq!(guarded.hello(Some(&token)).close_code(), 4401);
    guarded.server.await_metric("parlour_players", 0.0);
}
