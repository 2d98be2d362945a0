//! What names, texts and keys may look like.

use parlour_shared::text::{RoomName, is_chat_text, is_player_name, is_state_key};

#[test]
fn names_of_players() {
    for name in [
        "A",
        "Ada",
        "Zoë 🦊",
        "d'Artagnan",
        "a b",
        &"x".repeat(24),
        &"🦊".repeat(24),
    ] {
        assert!(is_player_name(name), "{name:?}");
    }
    for name in [
        "",
        " ",
        " Ada",
        "Ada ",
        "a\tb",
        "a\nb",
        "a\0",
        &"x".repeat(25),
        "\u{a0}a",
    ] {
        assert!(!is_player_name(name), "{name:?}");
    }
}

#[test]
fn characters_that_hide_or_reorder_are_in_no_name_and_no_text() {
    for hidden in [
        '\u{200b}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2060}', '\u{2066}', '\u{2069}', '\u{feff}',
        '\u{7f}', '\u{85}',
    ] {
        assert!(!is_player_name(&format!("a{hidden}b")), "{hidden:?}");
        assert!(!is_chat_text(&format!("a{hidden}b")), "{hidden:?}");
    }
}

#[test]
fn chat_texts() {
    for text in [
        "a",
        "two\nlines",
        " padded ",
        &"c".repeat(2048),
        &"é".repeat(1024),
    ] {
        assert!(is_chat_text(text), "{text:?}");
    }
    for text in [
        "",
        " ",
        "\n\n",
        "a\tb",
        "a\rb",
        "\u{1b}[31m",
        &"c".repeat(2049),
        &"é".repeat(1025),
    ] {
        assert!(!is_chat_text(text), "{text:?}");
    }
}

#[test]
fn names_of_rooms() {
    let parse = |name| RoomName::parse(name).map(|room| (room.map, room.instance));
    assert_eq!(parse("lobby"), Some(("lobby", "")));
    assert_eq!(parse("lobby/blue_2"), Some(("lobby", "blue_2")));
    assert_eq!(parse("a-b/7"), Some(("a-b", "7")));
    // With an instance of 15 bytes, the same instance of a map with a name of 32 still has a name.
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
fn keys_of_state() {
    for key in ["a", "door.open", "a-b_c.9", ".", &"k".repeat(48)] {
        assert!(is_state_key(key), "{key:?}");
    }
    for key in ["", "A", "a b", "a/b", "é", "a\n", &"k".repeat(49)] {
        assert!(!is_state_key(key), "{key:?}");
    }
}
