//! The check of a token, by algorithm. Each hello with a token costs one on the thread `auth`.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use std::{collections::BTreeMap, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use parlour::auth::{Key, KeySet, TokenRules, check};
use serde::Deserialize;
use serde_json::Value;

/// The tokens that scripts/token-vectors makes.
#[derive(Deserialize)]
struct Vectors {
    now: u64,
    keys: BTreeMap<String, Vec<Value>>,
    good: Vec<Vector>,
    bad: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    token: String,
}

fn auth(criterion: &mut Criterion) {
    let vectors: Vectors =
        serde_json::from_str(include_str!("../../assets/auth/vectors.json")).expect("the vectors are JSON");
    let keys = vectors.keys["keys"].iter().map(|key| {
        let key = serde_json::from_value(key.clone()).expect("a key is a JWK");
        Key::from_jwk(&key).expect("the key is usable")
    });
    let keys = KeySet::new(keys.collect()).expect("the keys have different ids");
    let rules = TokenRules {
        leeway: Duration::from_secs(30),
        ..TokenRules::default()
    };
    let mut group = criterion.benchmark_group("auth");
    for algorithm in ["HS256", "ES256", "ES384", "RS256", "PS256", "EdDSA"] {
        let name = format!("{algorithm}: roles, rooms and limits");
        let good = vectors.good.iter().find(|vector| vector.name.starts_with(&name));
        let token = &good.expect("each algorithm has such a vector").token;
        check(token, &keys, &rules, vectors.now).expect("the token is good");
        group.bench_function(format!("check {algorithm}"), |bencher| {
            bencher.iter(|| check(token, &keys, &rules, vectors.now))
        });
    }
    // Most tokens of an attacker are refused before any cryptography.
    let early = vectors
        .bad
        .iter()
        .find(|vector| vector.name.starts_with("ES256: kid"));
    let token = &early.expect("there is such a vector").token;
    group.bench_function("refuse a bad kid", |bencher| {
        bencher.iter(|| check(token, &keys, &rules, vectors.now))
    });
    group.finish();
}

criterion_group!(benches, auth);
criterion_main!(benches);
