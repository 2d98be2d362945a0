//! Names and chat texts that are accepted unchanged, that are cleaned, and that are refused.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

use parlour_shared::text::{TextError, clean_chat, clean_name};

/// Accepted and unchanged, in chat and as names.
const CLEAN: &[(&str, &str)] = &[
    ("Latin", "Ada"),
    ("blanks inside", "Ada Lovelace the 1st"),
    ("punctuation", "d'Artagnan <3 :)"),
    ("accents", "Zo\u{EB} \u{1F98A}"),
    ("Vietnamese", "Ti\u{1EBF}ng Vi\u{1EC7}t"),
    ("an emoji of two", "\u{1F469}\u{200D}\u{1F4BB}"),
    ("with a skin tone", "\u{1F469}\u{1F3FD}\u{200D}\u{1F4BB}"),
    (
        "a family",
        "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}",
    ),
    ("a rainbow flag", "\u{1F3F3}\u{FE0F}\u{200D}\u{1F308}"),
    ("a heart on fire", "\u{2764}\u{FE0F}\u{200D}\u{1F525}"),
    ("a heart as text", "\u{2764}\u{FE0E}"),
    ("a country's flag", "\u{1F1EE}\u{1F1F7}"),
    (
        "the flag of Scotland",
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
    ),
    ("a keycap", "1\u{FE0F}\u{20E3}"),
    ("an emoji of a later Unicode", "\u{1FAFF}"),
    (
        "Persian",
        "\u{645}\u{6CC}\u{200C}\u{62E}\u{648}\u{627}\u{647}\u{645}",
    ),
    (
        "Persian after a letter that does not join",
        "\u{6A9}\u{627}\u{631}\u{200C}\u{647}\u{627}",
    ),
    (
        "Persian after a hamza",
        "\u{633}\u{648}\u{621}\u{200C}\u{627}\u{633}\u{62A}",
    ),
    (
        "Persian after a digit",
        "\u{6F2}\u{6F0}\u{200C}\u{633}\u{627}\u{644}\u{647}",
    ),
    ("Persian after Latin", "PDF\u{200C}\u{647}\u{627}"),
    ("an abbreviation that ends in a joiner", "1400 \u{647}\u{200D}"),
    ("Hindi, half form", "\u{915}\u{94D}\u{200D}\u{937}"),
    ("Hindi, open form", "\u{915}\u{94D}\u{200C}\u{937}"),
    ("Bengali", "\u{9B0}\u{200D}\u{9CD}\u{9AF}\u{9BE}\u{9AC}"),
    ("Malayalam, final form", "\u{D05}\u{D35}\u{D28}\u{D4D}\u{200D}"),
    ("Sinhala", "\u{DC1}\u{DCA}\u{200D}\u{DBB}\u{DD3}"),
    ("Burmese", "\u{101C}\u{103B}\u{103E}\u{1031}\u{102C}\u{1037}"),
    ("Hebrew with points", "\u{5E9}\u{5B8}\u{5BC}\u{5C1}"),
    ("Mongolian", "\u{182C}\u{180B}\u{1820}\u{180E}\u{1820}"),
    ("a form of an ideograph", "\u{845B}\u{E0100}\u{57CE}"),
    ("the Arabic number sign", "\u{600}\u{661}"),
    ("a replacement character", "\u{FFFD}"),
    ("four marks", "a\u{330}\u{331}\u{332}\u{333}"),
];

/// Cleaned, in chat and as names.
const CLEANED: &[(&str, &str, &str)] = &[
    ("NFD", "Zoe\u{308}", "Zo\u{EB}"),
    ("an Angstrom sign", "\u{212B}", "\u{C5}"),
    (
        "five marks",
        "a\u{330}\u{331}\u{332}\u{333}\u{325}",
        "a\u{330}\u{331}\u{332}\u{333}",
    ),
    ("a mark on nothing", "\u{301}a", "a"),
    ("a mark on a blank", "a \u{20DD}b", "a b"),
    ("Hangul fillers", "a\u{3164}\u{115F}\u{1160}\u{FFA0}", "a"),
    ("a Braille blank at the end", "a\u{2800}", "a"),
    ("a note without a head at the end", "a\u{1D159}", "a"),
    ("an object replacement character", "a\u{FFFC}b", "ab"),
    ("zero width spaces", "a\u{200B}b\u{2060}c\u{FEFF}d", "abcd"),
    ("a soft hyphen", "co\u{AD}op", "coop"),
    ("overrides", "a\u{202E}b\u{202C}c\u{202A}d", "abcd"),
    ("isolates", "a\u{2066}b\u{2069}c", "abc"),
    ("direction marks in Latin", "a\u{200E}b\u{200F}c\u{61C}", "abc"),
    ("joiners in Latin", "a\u{200D}b\u{200C}c", "abc"),
    ("joiners at the ends", "\u{200C}\u{6CC}\u{200C}", "\u{6CC}"),
    (
        "joiners in a row",
        "\u{6CC}\u{200C}\u{200C}\u{62E}",
        "\u{6CC}\u{200C}\u{62E}",
    ),
    ("a joiner after an emoji", "\u{1F469}\u{200D}", "\u{1F469}"),
    ("a joiner before an emoji", "a\u{200D}\u{1F469}", "a\u{1F469}"),
    ("a selector after a letter", "A\u{FE0F}d\u{E0100}", "Ad"),
    ("a selector after a digit", "1\u{FE0F}2", "12"),
    (
        "hundreds of selectors",
        "\u{1F98A}\u{FE0F}\u{FE0F}\u{E0101}\u{E0102}",
        "\u{1F98A}\u{FE0F}",
    ),
    (
        "tags without a flag",
        "a\u{E0067}\u{E0062}\u{E0073}\u{E007F}",
        "a",
    ),
    (
        "tags without an end",
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}",
        "\u{1F3F4}",
    ),
    ("a language tag", "\u{E0001}\u{E0065}a", "a"),
    // After a removal, NFC reorders the marks around it; a second pass removes the joiner.
    (
        "a joiner that lost its virama",
        "\u{915}\u{308}\u{AD}\u{94D}\u{200D}",
        "\u{915}\u{94D}\u{308}",
    ),
];

/// Cleaned differently as a name and in chat: the input, the name and the chat text.
const FORMS: &[(&str, &str, &str, &str)] = &[
    ("blanks at the ends", "  Ada ", "Ada", "  Ada"),
    ("blanks in a row", "a \u{A0}\u{3000}b", "a b", "a \u{A0}\u{3000}b"),
    ("a tab", "a\tb", "a b", "a b"),
    ("CRLF", "a\r\nb\r\n", "a b", "a\nb"),
    ("lone CRs", "a\rb\r\rc", "a b c", "a\nb\n\nc"),
    (
        "other line ends",
        "a\u{B}b\u{C}c\u{85}d\u{2028}e\u{2029}f",
        "a b c d e f",
        "a\nb\nc\nd\ne\nf",
    ),
    (
        "Braille",
        "\u{2801}\u{2800}\u{2803}",
        "\u{2801} \u{2803}",
        "\u{2801}\u{2800}\u{2803}",
    ),
    (
        "a direction mark after a number in Arabic",
        "\u{639}\u{628} 12\u{200E}!",
        "\u{639}\u{628} 12!",
        "\u{639}\u{628} 12\u{200E}!",
    ),
    (
        "direction marks in Hebrew",
        "\u{200F}C++\u{200F} \u{5D0}",
        "C++ \u{5D0}",
        "\u{200F}C++\u{200F} \u{5D0}",
    ),
    (
        "direction marks in a row, and in a Latin line",
        "\u{5D0}\u{200E}\u{200F}b\nc\u{200F}",
        "\u{5D0}b c",
        "\u{5D0}\u{200E}b\nc",
    ),
];

/// Refused, in chat and as names.
const REFUSED: &[(&str, TextError)] = &[
    ("", TextError::ShowsNothing),
    (" \n\t\u{3000}", TextError::ShowsNothing),
    ("\u{3164}", TextError::ShowsNothing),
    ("\u{115F}\u{1160}", TextError::ShowsNothing),
    ("\u{FFA0}", TextError::ShowsNothing),
    ("\u{2800}\u{2800}", TextError::ShowsNothing),
    ("\u{200D}\u{FE0F}\u{200E}", TextError::ShowsNothing),
    ("\u{301}\u{301}", TextError::ShowsNothing),
    ("\u{E0041}", TextError::ShowsNothing),
    ("\u{FFFF}", TextError::Forbidden('\u{FFFF}')),
    ("a\u{FDD0}", TextError::Forbidden('\u{FDD0}')),
    ("a\u{1FFFE}", TextError::Forbidden('\u{1FFFE}')),
    ("a\u{E000}", TextError::Forbidden('\u{E000}')),
    ("a\u{10FFFD}", TextError::Forbidden('\u{10FFFD}')),
    ("a\u{378}", TextError::Forbidden('\u{378}')),
    ("a\0", TextError::Forbidden('\0')),
    ("\u{1B}[31m", TextError::Forbidden('\u{1B}')),
    ("a\u{7F}", TextError::Forbidden('\u{7F}')),
    ("a\u{9B}", TextError::Forbidden('\u{9B}')),
];

#[test]
fn clean_texts_do_not_change() {
    for (what, text) in CLEAN {
        assert_eq!(clean_chat((*text).into()).as_deref(), Ok(*text), "chat: {what}");
        assert_eq!(clean_name((*text).into()).as_deref(), Ok(*text), "name: {what}");
        // The same text twice, separated by a blank.
        let twice = format!("{text} {text}");
        assert_eq!(clean_chat(twice.clone()).as_deref(), Ok(&*twice), "twice: {what}");
    }
}

#[test]
fn invisible_characters_are_removed() {
    for (what, text, clean) in CLEANED {
        assert_eq!(clean_chat((*text).into()).as_deref(), Ok(*clean), "chat: {what}");
        assert_eq!(clean_name((*text).into()).as_deref(), Ok(*clean), "name: {what}");
    }
}

#[test]
fn a_name_is_one_line() {
    for (what, text, name, chat) in FORMS {
        assert_eq!(clean_name((*text).into()).as_deref(), Ok(*name), "name: {what}");
        assert_eq!(clean_chat((*text).into()).as_deref(), Ok(*chat), "chat: {what}");
    }
}

#[test]
fn texts_that_show_nothing_or_have_a_forbidden_code_point_are_refused() {
    for (text, error) in REFUSED {
        assert_eq!(clean_chat((*text).into()), Err(*error), "chat: {text:?}");
        assert_eq!(clean_name((*text).into()), Err(*error), "name: {text:?}");
    }
}

#[test]
fn forty_marks_on_a_letter_become_four() {
    for mark in ['\u{301}', '\u{489}', '\u{1AB0}'] {
        let zalgo = format!("b{}", String::from(mark).repeat(40));
        let clean = clean_name(zalgo).unwrap();
        assert!(clean.chars().count() <= 5, "{clean:?}");
    }
    // Vowel signs beside the letter.
    let clean = clean_chat(format!("\u{915}{}", "\u{93E}".repeat(40))).unwrap();
    assert_eq!(clean.chars().count(), 9);
}

#[test]
fn length_limits_apply_to_the_clean_text() {
    let clean = |count| clean_name("\u{1F98A}".repeat(count));
    assert_eq!(clean(24).map(|name| name.len()), Ok(96));
    assert_eq!(clean(25), Err(TextError::TooLong));
    assert!(clean_name(format!("{}   ", "e\u{301}".repeat(24))).is_ok());
    let clean = |text: &str, count| clean_chat(text.repeat(count));
    assert_eq!(clean("c", 2048).map(|text| text.len()), Ok(2048));
    assert_eq!(clean("c", 2049), Err(TextError::TooLong));
    assert!(clean("\u{E9}", 1024).is_ok());
    assert_eq!(clean("\u{E9}", 1025), Err(TextError::TooLong));
    // A clean text of 2 KiB may be up to 4 KiB before cleaning. A longer one is refused unread.
    assert_eq!(clean("\u{200B}a\r\n", 600).map(|text| text.len()), Ok(1199));
    assert_eq!(clean("\u{200B}a\r\n", 700), Err(TextError::TooLong));
    assert_eq!(clean_name("\u{200B}".repeat(1366)), Err(TextError::TooLong));
}
