//! What one code point is to a text, by the properties that Unicode gives it. `icu_properties` has
//! the tables.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BidiClass, BidiControl, CanonicalCombiningClass, DefaultIgnorableCodePoint, EmojiModifier,
        ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, Ideographic, JoinControl, JoiningType,
        LineBreak, PrependedConcatenationMark, Script, VariationSelector, WhiteSpace,
    },
};

/// U+200D.
pub(super) const ZERO_WIDTH_JOINER: char = '\u{200D}';
/// Separates a Mongolian letter from its suffix, between letters only; a joiner in all but the
/// property.
const MONGOLIAN_VOWEL_SEPARATOR: char = '\u{180E}';
/// The only base of emoji tag sequences (UTS #51): the flags of England, Scotland and Wales.
const BLACK_FLAG: char = '\u{1F3F4}';
/// The end of such a sequence.
pub(super) const CANCEL_TAG: char = '\u{E007F}';
/// The mark that makes a keycap of a digit, `#` or `*`.
const KEYCAP: char = '\u{20E3}';
/// Shows nothing, though its category is that of symbols: a Braille cell without dots.
const BRAILLE_BLANK: char = '\u{2800}';
/// Shows nothing, though its category is that of symbols: a note without a head.
const NULL_NOTEHEAD: char = '\u{1D159}';
/// Stands for an image that was in the text it was copied from.
const OBJECT_REPLACEMENT: char = '\u{FFFC}';

/// What a code point is to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Shows something, and marks sit on it.
    Base,
    /// A blank within a line.
    Blank,
    /// Ends a line.
    LineEnd,
    /// Sits on the base before it.
    Mark(Mark),
    /// U+200C, U+200D or U+180E.
    Joiner,
    /// Chooses the form of the character before it.
    Selector,
    /// U+200E, U+200F or U+061C.
    Direction,
    /// A letter of an emoji tag sequence, or its end.
    Tag,
    /// Shows nothing, and no text needs it.
    Hidden,
    /// Allowed in no text: a control character, or a private, unassigned or noncharacter code
    /// point.
    Forbidden,
}

/// How much room a mark takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A place of its own beside the base.
    Spacing,
    /// None: it goes above, below, into or around the base.
    Stacked,
}

/// Looks one up. A few searches in sorted tables, whatever the code point.
pub(super) fn class(c: char) -> Class {
    // Most of most texts: no table needed.
    match c {
        '!'..='~' => return Class::Base,
        ' ' => return Class::Blank,
        _ => {}
    }
    if ends_line(c) {
        return Class::LineEnd;
    }
    if is_blank(c) {
        return Class::Blank;
    }
    // The order matters: joiners, selectors, marks of direction and tags are default ignorable as
    // well.
    if has::<JoinControl>(c) || c == MONGOLIAN_VOWEL_SEPARATOR {
        return Class::Joiner;
    }
    if has::<VariationSelector>(c) {
        return Class::Selector;
    }
    if has::<BidiControl>(c) && (is_right_to_left(c) || bidi_class(c) == BidiClass::LeftToRight) {
        return Class::Direction;
    }
    if tag(c).is_some() || c == CANCEL_TAG {
        return Class::Tag;
    }
    if has::<DefaultIgnorableCodePoint>(c) || c == OBJECT_REPLACEMENT {
        return Class::Hidden;
    }
    match category(c) {
        // What is set aside for emoji to come is shown by newer devices than this table.
        GeneralCategory::Unassigned if is_pictograph(c) => Class::Base,
        GeneralCategory::Unassigned
        | GeneralCategory::PrivateUse
        | GeneralCategory::Control
        | GeneralCategory::Surrogate => Class::Forbidden,
        // The Arabic number sign and its like are of this category, and are seen.
        GeneralCategory::Format if has::<PrependedConcatenationMark>(c) => Class::Base,
        GeneralCategory::Format => Class::Hidden,
        GeneralCategory::SpacingMark => Class::Mark(Mark::Spacing),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark => Class::Mark(Mark::Stacked),
        _ => Class::Base,
    }
}

/// White space, and the two symbols that look like it.
pub(super) fn is_blank(c: char) -> bool {
    has::<WhiteSpace>(c) || matches!(c, BRAILLE_BLANK | NULL_NOTEHEAD)
}

/// An emoji, or what can be shown as one.
pub(super) fn is_pictograph(c: char) -> bool {
    has::<ExtendedPictographic>(c)
}

/// A tone of skin.
pub(super) fn is_emoji_modifier(c: char) -> bool {
    has::<EmojiModifier>(c)
}

/// What a sequence of tags can follow.
pub(super) fn takes_tags(c: char) -> bool {
    c == BLACK_FLAG
}

/// The letter or digit that a tag stands for, where it can be one of a region's code.
pub(super) fn tag(c: char) -> Option<char> {
    let ascii = char::from_u32(u32::from(c).checked_sub(0xE0000)?)?;
    matches!(ascii, 'a'..='z' | '0'..='9').then_some(ascii)
}

/// A letter, of whatever script.
pub(super) fn is_letter(c: char) -> bool {
    GeneralCategoryGroup::Letter.contains(category(c)) && class(c) == Class::Base
}

/// A letter or a digit.
pub(super) fn is_letter_or_digit(c: char) -> bool {
    is_letter(c) || GeneralCategoryGroup::Number.contains(category(c))
}

/// The mark that takes the vowel from a consonant, which then joins the next one.
pub(super) fn is_virama(c: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
}

/// A letter of a cursive script that joins one of its neighbours.
pub(super) fn is_cursive(c: char) -> bool {
    joins_next(c) || joining(c) == JoiningType::RightJoining
}

/// A letter of a cursive script that joins the one after it.
pub(super) fn joins_next(c: char) -> bool {
    matches!(
        joining(c),
        JoiningType::DualJoining | JoiningType::LeftJoining | JoiningType::JoinCausing
    )
}

/// Written from right to left.
pub(super) fn is_right_to_left(c: char) -> bool {
    matches!(bidi_class(c), BidiClass::RightToLeft | BidiClass::ArabicLetter)
}

/// Whether a selector has a form to choose from, between these two.
pub(super) fn takes_selector(before: char, selector: char, next: Option<char>) -> bool {
    match selector {
        // Shown as a text, shown as an emoji.
        '\u{FE0E}' | '\u{FE0F}' => {
            is_pictograph(before) || (matches!(before, '0'..='9' | '#' | '*') && next == Some(KEYCAP))
        }
        _ => {
            has::<Ideographic>(before)
                || (is_letter(before)
                    && matches!(
                        CodePointMapData::<Script>::new().get(before),
                        Script::Mongolian | Script::Myanmar | Script::PhagsPa
                    ))
        }
    }
}

fn ends_line(c: char) -> bool {
    matches!(
        CodePointMapData::<LineBreak>::new().get(c),
        LineBreak::MandatoryBreak | LineBreak::CarriageReturn | LineBreak::LineFeed | LineBreak::NextLine
    )
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn joining(c: char) -> JoiningType {
    CodePointMapData::<JoiningType>::new().get(c)
}

fn bidi_class(c: char) -> BidiClass {
    CodePointMapData::<BidiClass>::new().get(c)
}

fn has<P: icu_properties::props::BinaryProperty>(c: char) -> bool {
    CodePointSetData::new::<P>().contains(c)
}
