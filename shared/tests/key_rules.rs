//! The rules for the names of rooms and the keys of their state.

use parlour_shared::text::{RoomName, is_state_key};

#[test]
fn room_names_are_type_or_type_and_instance() {
    let parse = |name| RoomName::parse(name).map(|room| (room.room_type, room.instance));
    assert_eq!(parse("lobby"), Some(("lobby", "")));
    assert_eq!(parse("lobby/blue_2"), Some(("lobby", "blue_2")));
    assert_eq!(parse("a-b/7"), Some(("a-b", "7")));
    // With an instance of 15 bytes, a name still fits if the type's name has 32 bytes.
    assert_eq!(parse("m/123456789012345"), Some(("m", "123456789012345")));
    assert_eq!(parse("m/1234567890123456"), None);
    let long = "a".repeat(48);
    assert_eq!(parse(&long), Some((long.as_str(), "")));
    for name in [
        "",
        "/",
        "a/",
        "/a",
        "a/b/c",
        "A",
        "a b",
        "a.b",
        "../a",
        "é",
        "a\n",
        &"a".repeat(49),
    ] {
        assert_eq!(parse(name), None, "{name:?}");
    }
}

#[test]
fn state_keys_are_short_and_plain() {
    for key in ["a", "door.open", "a-b_c.9", ".", &"k".repeat(48)] {
        assert!(is_state_key(key), "{key:?}");
    }
    for key in ["", "A", "a b", "a/b", "é", "a\n", &"k".repeat(49)] {
        assert!(!is_state_key(key), "{key:?}");
    }
}
