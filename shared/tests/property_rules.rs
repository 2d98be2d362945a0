//! The rules for options and properties: keys like those of room state, short values, and a few
//! different ones at a time.

use std::collections::BTreeSet;

use parlour_shared::{message::Property, text::is_state_key};
use proptest::prelude::*;

fn property(key: impl Into<String>, value: impl Into<String>) -> Property {
    Property {
        key: key.into(),
        value: value.into(),
    }
}

#[test]
fn a_value_has_at_most_256_bytes_and_may_be_empty() {
    for value in ["", "de", "schön", &"v".repeat(256), &"ü".repeat(128)] {
        assert!(property("language", value).is_valid(), "{value:?}");
    }
    for value in [&"v".repeat(257), &"ü".repeat(129)] {
        assert!(!property("language", value).is_valid(), "{value:?}");
    }
}

#[test]
fn a_key_is_one_of_room_state() {
    for key in ["a", "game.mode", &"k".repeat(48)] {
        assert!(property(key, "").is_valid(), "{key:?}");
    }
    for key in ["", "Mode", "a b", "é", &"k".repeat(49)] {
        assert!(!property(key, "").is_valid(), "{key:?}");
    }
}

#[test]
fn there_are_at_most_8_with_different_keys() {
    let many =
        |count: usize| -> Vec<Property> { (0..count).map(|at| property(at.to_string(), "")).collect() };
    assert!(Property::are_valid(&[]));
    assert!(Property::are_valid(&many(8)));
    assert!(!Property::are_valid(&many(9)));
    assert!(!Property::are_valid(&[property("a", "1"), property("a", "1")]));
    assert!(!Property::are_valid(&[property("a", ""), property("B", "")]));
}

proptest! {
    #[test]
    fn a_list_is_valid_if_a_naive_check_agrees(
        list in prop::collection::vec(("[a-cA]{0,2}", 250..260_usize), 0..10),
    ) {
        let list: Vec<Property> = list
            .into_iter()
            .map(|(key, length)| property(key, "v".repeat(length)))
            .collect();
        let keys: BTreeSet<&str> = list.iter().map(|property| property.key.as_str()).collect();
        let expected = list.len() <= 8
            && keys.len() == list.len()
            && list.iter().all(|property| is_state_key(&property.key) && property.value.len() <= 256);
        prop_assert_eq!(Property::are_valid(&list), expected);
    }
}
