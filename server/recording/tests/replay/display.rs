//! How names and texts are printed: control characters and invisible characters are escaped.

use parlour_recording::replay::display::{plain, quoted};

#[test]
fn invisible_characters_are_escaped_unless_their_script_needs_them() {
    for text in [
        "Ada",
        "\u{1F469}\u{200D}\u{1F4BB}",
        "\u{6CC}\u{200C}\u{62E}",
        "Zo\u{EB}",
    ] {
        assert_eq!(plain(text), text);
    }
    for (text, printed) in [
        ("a\tb\nc\rd", "a\\tb\\nc\\u{d}d"),
        ("\u{1B}[31m", "\\u{1b}[31m"),
        ("A\u{200D}da\u{200B}\u{202E}", "A\\u{200d}da\\u{200b}\\u{202e}"),
        ("\u{5D0}\u{200F}!", "\u{5D0}\\u{200f}!"),
        ("a\u{2028}\u{E0041}\u{FFFF}", "a\\u{2028}\\u{e0041}\\u{ffff}"),
        ("\u{3164}\u{E000}", "\\u{3164}\\u{e000}"),
    ] {
        assert_eq!(plain(text), printed);
    }
    assert_eq!(quoted("a\u{AD}"), "\"a\\u{ad}\"");
}
