//! 1,000 tokens of other libraries: `scripts/token-vectors` makes them.

use std::{collections::BTreeMap, time::Duration};

use parlour::auth::{Key, KeySet, TokenRules, check};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Vectors {
    now: u64,
    leeway: u64,
    issuers: Vec<String>,
    audiences: Vec<String>,
    keys: BTreeMap<String, Vec<Value>>,
    good: Vec<Good>,
    bad: Vec<Bad>,
}

#[derive(Deserialize)]
struct Good {
    name: String,
    token: String,
    user: String,
    #[serde(rename = "expires")]
    expiry: u64,
    player: Option<String>,
    roles: Vec<String>,
    rooms: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Bad {
    name: String,
    token: String,
    fault: String,
}

fn vectors() -> (Vectors, KeySet, TokenRules) {
    let vectors: Vectors = serde_json::from_str(include_str!("../../../assets/auth/vectors.json")).unwrap();
    let keys = vectors.keys["keys"].iter().map(|key| {
        let key = serde_json::from_value(key.clone()).unwrap();
        Key::from_jwk(&key).unwrap()
    });
    let rules = TokenRules {
        issuers: vectors.issuers.clone(),
        audiences: vectors.audiences.clone(),
        token_type: None,
        leeway: Duration::from_secs(vectors.leeway),
    };
    let keys = KeySet::new(keys.collect()).unwrap();
    (vectors, keys, rules)
}

#[test]
fn good_tokens_of_other_libraries_are_accepted() {
    let (vectors, keys, rules) = vectors();
    assert_eq!(vectors.good.len(), 300);
    for good in &vectors.good {
        let identity = check(&good.token, &keys, &rules, vectors.now);
        let identity = identity.unwrap_or_else(|fault| panic!("{}: {fault}", good.name));
        assert_eq!(identity.user, good.user, "{}", good.name);
        assert_eq!(identity.expires, good.expiry, "{}", good.name);
        assert_eq!(identity.name, good.player, "{}", good.name);
        assert_eq!(identity.roles, good.roles, "{}", good.name);
        let rooms = identity
            .rooms
            .map(|rooms| rooms.iter().map(ToString::to_string).collect());
        assert_eq!(rooms, good.rooms, "{}", good.name);
    }
}

#[test]
fn bad_tokens_are_refused_for_the_right_reason() {
    let (vectors, keys, rules) = vectors();
    assert_eq!(vectors.bad.len(), 700);
    let mut wrong = Vec::new();
    for bad in &vectors.bad {
        let found = match check(&bad.token, &keys, &rules, vectors.now) {
            Ok(identity) => format!("accepted, for {}", identity.user),
            Err(fault) => fault.label().to_owned(),
        };
        if found != bad.fault {
            wrong.push(format!("{}: {found}, not {}", bad.name, bad.fault));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_type_is_checked_if_one_is_configured() {
    let (vectors, keys, mut rules) = vectors();
    let accepted = |rules: &TokenRules| -> Vec<&str> {
        let is_accepted = |good: &&Good| check(&good.token, &keys, rules, vectors.now).is_ok();
        let names = vectors.good.iter().filter(is_accepted);
        names.map(|good| good.name.as_str()).collect()
    };
    for wanted in ["parlour+jwt", "application/Parlour+JWT"] {
        rules.token_type = Some(wanted.to_owned());
        let names = accepted(&rules);
        assert_eq!(names.len(), 12, "one for each algorithm: {names:?}");
        assert!(
            names.iter().all(|name| name.contains("a different typ")),
            "{names:?}"
        );
    }
}

#[test]
fn without_keys_no_token_is_accepted() {
    let (vectors, _, rules) = vectors();
    let none = KeySet::default();
    for good in &vectors.good {
        let fault = check(&good.token, &none, &rules, vectors.now).unwrap_err();
        assert_eq!(fault.label(), "unknown_key", "{}", good.name);
    }
}
