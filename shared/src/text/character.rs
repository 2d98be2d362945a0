//! Classifies code points by their Unicode properties. `icu_properties` has the tables.

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
/// Separates a Mongolian letter from its suffix, and occurs only between letters: a joiner without
/// the property.
const MONGOLIAN_VOWEL_SEPARATOR: char = '\u{180E}';
/// The only base of emoji tag sequences (UTS #51): the flags of England, Scotland and Wales.
const BLACK_FLAG: char = '\u{1F3F4}';
/// The end of an emoji tag sequence.
pub(super) const CANCEL_TAG: char = '\u{E007F}';
/// The mark that turns a digit, `#` or `*` into a keycap.
const KEYCAP: char = '\u{20E3}';
/// A Braille cell without dots. Shows nothing, although its category is symbol.
const BRAILLE_BLANK: char = '\u{2800}';
/// A note without a head. Shows nothing, although its category is symbol.
const NULL_NOTEHEAD: char = '\u{1D159}';
/// A placeholder for an image in the text from which it was copied.
const OBJECT_REPLACEMENT: char = '\u{FFFC}';

/// The role of a code point in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Shows something, and can carry marks.
    Base,
    /// A blank within a line.
    Blank,
    /// Ends a line.
    LineEnd,
    /// Combines with the base before it.
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

/// The space that a mark occupies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Its own space beside the base.
    Spacing,
    /// No space: it is above, below, in or around the base.
    Stacked,
}

/// Returns the class of a code point. The cost is a few searches in sorted tables for any code
/// point.
pub(super) fn class(c: char) -> Class {
    // Most characters of most texts need no table.
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
    // The order matters: joiners, selectors, direction marks and tags are also default ignorable.
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
        // Code points reserved for future emoji: devices newer than this table show them.
        GeneralCategory::Unassigned if is_pictograph(c) => Class::Base,
        GeneralCategory::Unassigned
        | GeneralCategory::PrivateUse
        | GeneralCategory::Control
        | GeneralCategory::Surrogate => Class::Forbidden,
        // The Arabic number sign and similar signs have this category, but are visible.
        GeneralCategory::Format if has::<PrependedConcatenationMark>(c) => Class::Base,
        GeneralCategory::Format => Class::Hidden,
        GeneralCategory::SpacingMark => Class::Mark(Mark::Spacing),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark => Class::Mark(Mark::Stacked),
        _ => Class::Base,
    }
}

/// Whether this is white space, or one of the two symbols that look like it.
pub(super) fn is_blank(c: char) -> bool {
    has::<WhiteSpace>(c) || matches!(c, BRAILLE_BLANK | NULL_NOTEHEAD)
}

/// Whether this is an emoji or can be shown as one.
pub(super) fn is_pictograph(c: char) -> bool {
    has::<ExtendedPictographic>(c)
}

/// Whether this is an emoji skin tone.
pub(super) fn is_emoji_modifier(c: char) -> bool {
    has::<EmojiModifier>(c)
}

/// Whether a tag sequence can follow this.
pub(super) fn takes_tags(c: char) -> bool {
    c == BLACK_FLAG
}

/// Returns the letter or digit of a region's code that a tag stands for, or `None` if this is not
/// such a tag.
pub(super) fn tag(c: char) -> Option<char> {
    let ascii = char::from_u32(u32::from(c).checked_sub(0xE0000)?)?;
    matches!(ascii, 'a'..='z' | '0'..='9').then_some(ascii)
}

/// Whether this is a letter of any script.
pub(super) fn is_letter(c: char) -> bool {
    GeneralCategoryGroup::Letter.contains(category(c)) && class(c) == Class::Base
}

/// Whether this is a letter or a number.
pub(super) fn is_letter_or_digit(c: char) -> bool {
    is_letter(c) || GeneralCategoryGroup::Number.contains(category(c))
}

/// Whether this is a virama: the mark that removes the vowel of a consonant, which then joins the
/// next one.
pub(super) fn is_virama(c: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
}

/// Whether this is a letter of a cursive script that joins one of its neighbours.
pub(super) fn is_cursive(c: char) -> bool {
    joins_next(c) || joining(c) == JoiningType::RightJoining
}

/// Whether this is a letter of a cursive script that joins the one after it.
pub(super) fn joins_next(c: char) -> bool {
    matches!(
        joining(c),
        JoiningType::DualJoining | JoiningType::LeftJoining | JoiningType::JoinCausing
    )
}

/// Whether this is written from right to left.
pub(super) fn is_right_to_left(c: char) -> bool {
    matches!(bidi_class(c), BidiClass::RightToLeft | BidiClass::ArabicLetter)
}

/// Whether a selector has a form to choose between these two characters.
pub(super) fn takes_selector(before: char, selector: char, next: Option<char>) -> bool {
    match selector {
        // Text presentation and emoji presentation.
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
