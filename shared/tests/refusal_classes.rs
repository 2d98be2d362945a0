//! Every refusal has its own class, named as in JSON, and either counts against the client or does
//! not.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

use std::collections::BTreeSet;

use parlour_shared::message::{KeyVersion, Refusal, RefusalClass, Refused};

fn all() -> Vec<Refusal> {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../assets/wire/server.json")).unwrap();
    let refused = file["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|vector| vector["json"].get("refused"));
    refused
        .map(|json| serde_json::from_value::<Refused>(json.clone()).unwrap().refusal)
        .collect()
}

#[test]
fn classes_are_unique_and_have_the_names_in_json() {
    let classes: BTreeSet<RefusalClass> = all().iter().map(Refusal::class).collect();
    assert!(classes.into_iter().eq(RefusalClass::ALL));
    for refusal in all() {
        let json = serde_json::to_value(&refusal).unwrap();
        let name = json.as_str().map_or_else(
            || json.as_object().unwrap().keys().next().unwrap().clone(),
            str::to_owned,
        );
        assert_eq!(refusal.class().name(), name);
    }
}

#[test]
fn a_refusal_that_a_correct_client_can_cause_is_not_senseless() {
    let senseless: BTreeSet<&str> = all()
        .iter()
        .filter(|refusal| refusal.is_senseless())
        .map(|refusal| refusal.class().name())
        .collect();
    let expected = [
        "bad_body",
        "bad_options",
        "bad_state",
        "out_of_order",
        "unknown_message",
        "unknown_skin",
    ];
    assert!(senseless.into_iter().eq(expected));
}

#[test]
fn a_stale_write_returns_the_current_versions() {
    let current = vec![KeyVersion {
        key: "score".into(),
        version: 3,
    }];
    let stale = Refused {
        request: 1,
        refusal: Refusal::StaleVersion {
            current: current.clone(),
        },
    };
    assert_eq!(stale.current_versions(), current);
    assert_eq!(
        Refused {
            request: 1,
            refusal: Refusal::BadText
        }
        .current_versions(),
        []
    );
}
