//! Keys from files.

use std::path::Path;

use parlour::auth::{DevelopmentKey, TokenRules, check, read_keys, unix_seconds};

use crate::tokens::directory;

const EC: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n\
                  q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n-----END PUBLIC KEY-----\n";

fn refusal(path: &Path) -> String {
    read_keys(path).map(drop).unwrap_err().to_string()
}

#[test]
fn a_directory_has_several_files_of_all_kinds() {
    let directory = directory("kinds");
    std::fs::write(
        directory.join("a.jwk"),
        DevelopmentKey::generate().unwrap().to_jwk(),
    )
    .unwrap();
    std::fs::write(directory.join("b.pem"), EC).unwrap();
    std::fs::write(directory.join("c.secret"), "0123456789abcdef0123456789abcdef\n").unwrap();
    let set = format!("{{\"keys\":[{}]}}", DevelopmentKey::generate().unwrap().to_jwk());
    std::fs::write(directory.join("d.json"), set).unwrap();
    std::fs::write(directory.join(".hidden"), "not a key").unwrap();
    assert_eq!(read_keys(&directory).unwrap().len(), 4);
    assert_eq!(read_keys(&directory.join("b.pem")).unwrap().len(), 1);
}

#[test]
fn a_secret_verifies_tokens_with_any_kid() {
    let directory = directory("secret");
    let secret = "0123456789abcdef0123456789abcdef";
    std::fs::write(directory.join("hs.secret"), format!("{secret}\n")).unwrap();
    let keys = read_keys(&directory).unwrap();
    // The same secret as a JWK, which has a kid.
    let key = DevelopmentKey::from_jwk(
        r#"{"kty":"oct","alg":"HS256","kid":"x","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}"#,
    )
    .unwrap();
    let now = std::time::SystemTime::now();
    let token = key.sign(&parlour::auth::NewToken::of_user("ada"), now).unwrap();
    let identity = check(&token, &keys, &TokenRules::default(), unix_seconds(now)).unwrap();
    assert_eq!(identity.user, "ada");
}

#[test]
fn what_is_not_a_usable_key_is_refused_with_the_path_and_the_reason() {
    let directory = directory("unusable");
    let path = directory.join("key.jwk");
    for (text, reason) in [
        ("0123456789abcdef0123456789abcdef", "must end with .secret"),
        ("ssh-rsa AAAAB3NzaC1yc2E", "must end with .secret"),
        ("{\"kty\":\"oct\",\"k\":\"AAAA\"}", "shorter than the 32 bytes"),
        ("{\"kty\":\"oct\",\"kty\":\"oct\"}", "a member occurs twice"),
        (
            "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
            "2048 to 8192 bits",
        ),
        (
            "{\"kty\":\"oct\",\"k\":\"AAAA\",\"use\":\"enc\"}",
            "not for signatures",
        ),
        (
            "{\"kty\":\"oct\",\"k\":\"AAAA\",\"alg\":\"RS256\"}",
            "does not fit its kty",
        ),
        (
            "{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"../x\"}",
            "the kid of the key",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "private key",
        ),
        (
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            "not a JWK",
        ),
        ("{\"keys\":[]}", "there is no key"),
    ] {
        std::fs::write(&path, text).unwrap();
        let refusal = refusal(&path);
        assert!(
            refusal.contains("key.jwk") && refusal.contains(reason),
            "{text}: {refusal}"
        );
        assert!(!refusal.contains("0123456789abcdef"), "{refusal}");
    }
    std::fs::write(directory.join("short.secret"), "too short").unwrap();
    assert!(refusal(&directory.join("short.secret")).contains("openssl rand -hex 32"));
    assert!(refusal(&directory.join("missing")).contains("missing"));
}

#[test]
fn two_keys_with_the_same_kid_are_refused() {
    let directory = directory("same_kid");
    let jwk = DevelopmentKey::generate().unwrap().to_jwk();
    for name in ["a.jwk", "b.jwk"] {
        std::fs::write(directory.join(name), &jwk).unwrap();
    }
    assert!(
        refusal(&directory).contains("two keys have the kid dev-"),
        "{}",
        refusal(&directory)
    );
}
