//! Damaged files never make the reader panic.

use parlour::maps;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::small_map::{SMALL_MAP, parse};

/// Texts that are likely to confuse a parser.
const PIECES: &[&str] = &[
    "<",
    ">",
    "/>",
    "\"",
    "'",
    "&",
    "&#0;",
    "&lt;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "</",
    "=",
    "0",
    "1",
    "4294967295",
    "4294967296",
    "2147483648",
    "-1",
    "NaN",
    "inf",
    "1e39",
    "99999999999999999999",
    ",",
    ",,",
    "\u{0}",
    "\u{FEFF}",
    "é",
    "<data encoding=\"csv\">1",
    "</data>",
    "<layer name=\"walls\" width=\"4\" height=\"3\">",
    "</layer>",
    "<group>",
    "</group>",
    "<tileset firstgid=\"1\" tilecount=\"1\" columns=\"0\" tilewidth=\"0\" tileheight=\"0\">",
    "</tileset>",
    "<tile id=\"0\">",
    "</tile>",
    "<animation>",
    "<frame tileid=\"0\" duration=\"0\"/>",
    "<wangsets><wangset name=\"\" type=\"edge\" tile=\"-1\"><wangtile tileid=\"0\" wangid=\"0,1\"/></wangset></wangsets>",
    "<object id=\"9\" gid=\"3\">",
    "</object>",
    "<polygon points=\"0,0 1\"/>",
    "<text>a</text>",
    "<ellipse/>",
    "<properties><property name=\"a\" type=\"class\"><properties/></property></properties>",
    "<property name=\"b\" type=\"color\" value=\"#ééé\"/>",
    "infinite=\"1\"",
    "compression=\"zlib\"",
    "encoding=\"base64\"",
    "template=\"a\"",
    "source=\"a\"",
    "rotation=\"1\"",
    "gid=\"4294967295\"",
    "firstgid=\"0\"",
    "<chunk x=\"0\" y=\"0\" width=\"9\" height=\"9\">",
];

#[derive(Clone, Debug)]
enum Change {
    Cut(Index, usize),
    Insert(Index, usize),
    Repeat(Index, usize),
    ReplaceAttribute(Index, usize),
    Byte(Index, u8),
    Digit(Index, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        (place(), 1..200usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (place(), 0..PIECES.len()).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (place(), 1..400usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        (place(), 0..PIECES.len()).prop_map(|(at, piece)| Change::ReplaceAttribute(at, piece)),
        (place(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (place(), any::<u8>()).prop_map(|(at, byte)| Change::Digit(at, byte)),
    ]
}

fn apply(text: &mut Vec<u8>, change: &Change) {
    if text.is_empty() {
        return;
    }
    let end = |at: usize, length: usize| (at + length).min(text.len());
    match change {
        Change::Cut(at, length) => {
            let at = at.index(text.len());
            let end = end(at, *length);
            text.drain(at..end);
        }
        Change::Insert(at, piece) => {
            let at = at.index(text.len());
            text.splice(at..at, PIECES[*piece].bytes());
        }
        Change::Repeat(at, length) => {
            let at = at.index(text.len());
            let piece = text[at..end(at, *length)].to_vec();
            text.splice(at..at, piece);
        }
        Change::ReplaceAttribute(at, piece) => {
            let at = at.index(text.len());
            let quotes: Vec<usize> = (at..text.len()).filter(|&i| text[i] == b'"').take(2).collect();
            if let [first, second] = quotes[..] {
                text.splice(first + 1..second, PIECES[*piece].bytes());
            }
        }
        Change::Byte(at, byte) => {
            let at = at.index(text.len());
            text[at] = *byte;
        }
        Change::Digit(at, digit) => {
            let digits: Vec<usize> = (0..text.len()).filter(|&i| text[i].is_ascii_digit()).collect();
            if !digits.is_empty() {
                text[digits[at.index(digits.len())]] = b'0' + digit % 10;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_damaged_map_never_panics(changes in vec(change(), 1..6)) {
        let mut text = SMALL_MAP.as_bytes().to_vec();
        for change in &changes {
            apply(&mut text, change);
        }
        let _ = maps::parse("small", "small.tmx", &text);
    }

    #[test]
    fn a_map_that_is_cut_anywhere_is_rejected(at in 0..SMALL_MAP.trim_end().len()) {
        prop_assert!(parse(&SMALL_MAP[..at]).is_err());
    }

    #[test]
    fn random_text_never_panics(text in "[<>/\"'=!?a-c \\-\\[\\]&;]{0,60}") {
        let _ = parse(&text);
    }
}
