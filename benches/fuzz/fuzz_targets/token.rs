//! Tokens: no text causes a panic, and only what one of our keys signed is accepted. The header and
//! the claims are also signed with our key, so that the fuzzer gets past the signature.
#![no_main]

use std::{sync::LazyLock, time::Duration};

use libfuzzer_sys::fuzz_target;
use parlour::auth::{DevelopmentKey, Key, KeySet, TokenRules, check};
use serde_json::Value;

#[path = "../mutate.rs"]
mod mutate;

/// The secret is in this file, so that inputs have the same effect in each run.
const JWK: &str =
    r#"{"kty":"oct","alg":"HS256","kid":"fuzz","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}"#;
const CLAIMS: &[u8] = br#"{"sub":"ada","iss":"parlour","aud":["parlour"],"exp":2000,"nbf":900,"name":"Ada","parlour":{"name":"A","roles":["moderator"],"rooms":["plaza/*","*"],"limits":{"sessions":2}}}"#;
const NOW: u64 = 1000;

static KEY: LazyLock<DevelopmentKey> = LazyLock::new(|| DevelopmentKey::from_jwk(JWK).expect("a key"));
static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let key: Key = KEY.verifier().expect("it verifies");
    KeySet::new(vec![key]).expect("one key")
});

fuzz_target!(|input: &[u8]| {
    let rules = TokenRules {
        leeway: Duration::from_secs(30),
        ..TokenRules::default()
    };
    if let Ok(text) = std::str::from_utf8(input) {
        let checked = check(text, &KEYS, &rules, NOW);
        assert!(checked.is_err(), "nobody can guess a signature");
    }
    let claims = mutate::mutate(CLAIMS, input);
    let Ok(claims) = serde_json::from_slice::<Value>(&claims) else {
        return;
    };
    let Ok(token) = KEY.sign_claims("JWT", &claims) else {
        return;
    };
    if let Ok(identity) = check(&token, &KEYS, &rules, NOW) {
        assert_eq!(claims["sub"], identity.user.as_str());
        assert_eq!(claims["exp"], identity.expires);
        assert!(identity.expires + 30 > NOW && !identity.user.is_empty() && identity.user.len() <= 128);
        assert!(identity.roles.len() <= 16 && identity.rooms.is_none_or(|rooms| rooms.len() <= 32));
    }
});
