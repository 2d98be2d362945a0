//! Properties of every text: cleaning converges, its result is bounded and clean, and no input
//! makes it panic.

use parlour_shared::{
    limits::{MAX_CHAT_BYTES, MAX_NAME_CHARS},
    text::{CodePoint, TextError, clean_chat, clean_name, code_points},
};
use proptest::prelude::*;

/// Texts of code points of every kind that cleaning distinguishes, so that their combinations
/// occur.
fn tricky() -> impl Strategy<Value = String> {
    const TRICKY: &[char] = &[
        'a',
        'e',
        '1',
        '#',
        ' ',
        '\t',
        '\n',
        '\r',
        '\u{85}',
        '\u{A0}',
        '\u{AD}',
        '\u{300}',
        '\u{301}',
        '\u{308}',
        '\u{323}',
        '\u{327}',
        '\u{34F}',
        '\u{5D0}',
        '\u{5B8}',
        '\u{61C}',
        '\u{621}',
        '\u{627}',
        '\u{628}',
        '\u{631}',
        '\u{640}',
        '\u{64B}',
        '\u{653}',
        '\u{654}',
        '\u{6CC}',
        '\u{915}',
        '\u{93C}',
        '\u{93E}',
        '\u{94D}',
        '\u{958}',
        '\u{9C7}',
        '\u{9BE}',
        '\u{1025}',
        '\u{102E}',
        '\u{1100}',
        '\u{1161}',
        '\u{11A8}',
        '\u{115F}',
        '\u{1160}',
        '\u{180B}',
        '\u{180E}',
        '\u{1820}',
        '\u{1B05}',
        '\u{1B35}',
        '\u{1B44}',
        '\u{200B}',
        '\u{200C}',
        '\u{200D}',
        '\u{200E}',
        '\u{200F}',
        '\u{2028}',
        '\u{202E}',
        '\u{20E3}',
        '\u{212B}',
        '\u{2069}',
        '\u{2764}',
        '\u{2800}',
        '\u{3099}',
        '\u{30AB}',
        '\u{3164}',
        '\u{845B}',
        '\u{AC00}',
        '\u{F900}',
        '\u{FB1D}',
        '\u{FE00}',
        '\u{FE0E}',
        '\u{FE0F}',
        '\u{FFFC}',
        '\u{1D157}',
        '\u{1D165}',
        '\u{1D15F}',
        '\u{1F1E6}',
        '\u{1F3F4}',
        '\u{1F3FD}',
        '\u{1F469}',
        '\u{1F4BB}',
        '\u{E0061}',
        '\u{E007F}',
        '\u{E0100}',
    ];
    let tricky = proptest::collection::vec(proptest::sample::select(TRICKY), 0..24);
    tricky.prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn cleaning_a_clean_text_does_not_change_it(text in prop_oneof![tricky(), any::<String>(), "[\\PC]{0,40}"]) {
        if let Ok(clean) = clean_chat(text.clone()) {
            prop_assert_eq!(clean_chat(clean.clone()), Ok(clean.clone()), "chat: {:?}", text);
            prop_assert!(clean.len() <= MAX_CHAT_BYTES);
            prop_assert!(code_points(&clean).all(|code_point| !matches!(code_point, CodePoint::Hidden(_) | CodePoint::Forbidden(_))));
            prop_assert!(code_points(&clean).any(|code_point| matches!(code_point, CodePoint::Shown(_))));
            // As a name it may only be too long.
            let name = clean_name(clean);
            prop_assert!(matches!(name, Ok(_) | Err(TextError::TooLong)), "{:?}", name);
        }
        if let Ok(clean) = clean_name(text.clone()) {
            prop_assert_eq!(clean_name(clean.clone()), Ok(clean.clone()), "name: {:?}", text);
            prop_assert_eq!(clean_chat(clean.clone()), Ok(clean.clone()), "name in chat: {:?}", text);
            prop_assert!((1..=MAX_NAME_CHARS).contains(&clean.chars().count()));
        }
    }

    /// Classifying a text loses none of its code points.
    #[test]
    fn no_code_point_is_lost(text in prop_oneof![tricky(), any::<String>()]) {
        let again: String = code_points(&text)
            .map(|code_point| match code_point {
                CodePoint::Shown(c) | CodePoint::Blank(c) | CodePoint::LineEnd(c) | CodePoint::Direction(c)
                | CodePoint::Hidden(c) | CodePoint::Forbidden(c) => c,
            })
            .collect();
        prop_assert_eq!(again, text);
    }
}

/// Skips the planes that contain only ideographs and private code points: 2, 3, 15 and 16.
#[test]
fn every_code_point_converges_alone_and_between_others() {
    for c in ('\0'..='\u{1FFFF}').chain('\u{E0000}'..='\u{E0FFF}') {
        for text in [
            format!("{c}"),
            format!("\u{6CC}{c}\u{62E}"),
            format!("\u{915}\u{94D}{c}"),
        ] {
            match clean_chat(text.clone()) {
                Ok(clean) => assert_eq!(clean_chat(clean.clone()), Ok(clean), "{text:?}"),
                Err(error) => assert!(
                    !matches!(error, TextError::Tangled | TextError::TooLong),
                    "{text:?}"
                ),
            }
        }
    }
}
