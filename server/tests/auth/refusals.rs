//! All refused tokens get the same answer, and the metrics have the reason.

use std::time::{Duration, SystemTime};

use parlour::auth::{DevelopmentKey, NewToken, unix_seconds};
use serde_json::json;

use crate::tokens::guarded;

#[test]
fn the_close_frame_is_the_same_for_all_faults() {
    let guarded = guarded("same_answer", |_| {});
    let now = SystemTime::now();
    let stranger = DevelopmentKey::generate().unwrap();
    let day = Duration::from_secs(86_400);
    let valid = guarded.token("ada");
    let (head, signature) = (
        valid.split('.').next().unwrap(),
        valid.rsplit('.').next().unwrap(),
    );
    let other_claims = guarded.token("eve").split('.').nth(1).unwrap().to_owned();
    let without_audience = json!({"sub": "ada", "iss": "parlour", "exp": unix_seconds(now) + 60});
    for (token, reason) in [
        ("x".repeat(4097), "too_long"),
        ("a.b.c".to_owned(), "malformed"),
        (
            stranger.sign(&NewToken::of_user("ada"), now).unwrap(),
            "unknown_key",
        ),
        (format!("{head}.{other_claims}.{signature}"), "signature"),
        (
            guarded.key.sign(&NewToken::of_user("ada"), now - day).unwrap(),
            "expired",
        ),
        (
            guarded.key.sign(&NewToken::of_user("ada"), now + day).unwrap(),
            "not_yet_valid",
        ),
        (guarded.sign(&NewToken::of_user("ada").issuer("evil")), "issuer"),
        (
            guarded.sign(&NewToken::of_user("ada").audience("chat")),
            "audience",
        ),
        (
            guarded.key.sign_claims("JWT", &without_audience).unwrap(),
            "audience",
        ),
        (guarded.token(""), "subject"),
        (guarded.sign(&NewToken::of_user("ada").role("a b")), "claims"),
    ] {
        let before = guarded.failures(reason);
        let closed = guarded.hello(Some(&token)).close_code_and_reason();
        assert_eq!(closed, (4401, "authentication failed".to_owned()), "{reason}");
        assert_eq!(guarded.failures(reason), before + 1.0, "{reason}");
    }
    assert_eq!(
        guarded.server.metric("parlour_rejects_total{class=\"token\"}"),
        11.0
    );
    assert_eq!(guarded.server.metric("parlour_sessions"), 0.0);
}

#[test]
fn the_type_is_checked_if_the_setting_names_one() {
    let guarded = guarded("type", |options| {
        options.auth.rules.token_type = Some("parlour+jwt".to_owned());
    });
    assert_eq!(guarded.hello(Some(&guarded.token("ada"))).close_code(), 4401);
    assert_eq!(guarded.failures("type"), 1.0);
    guarded.player(&guarded.sign(&NewToken::of_user("ada").token_type("parlour+jwt")));
}
