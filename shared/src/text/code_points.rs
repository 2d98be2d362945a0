//! Splits a text into code points, and classifies each in its context.

use super::character::{self, Class, Mark, ZERO_WIDTH_JOINER};

/// Maximum number of marks without their own space (`Mn`, `Me`) on one base. Vietnamese needs two,
/// pointed Hebrew three.
const MAX_STACKED_MARKS: u8 = 4;
/// Maximum number of marks of any kind on one base. Common Burmese words have five, most of them
/// beside the letter.
const MAX_MARKS: u8 = 8;
/// Number of letters and digits in a flag that is a tag sequence: two for the country, and up to
/// four for its subdivision.
const TAGS: std::ops::RangeInclusive<usize> = 3..=6;

/// A code point of a text, with its class in this context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePoint {
    /// Visible, or an invisible character that changes how its neighbours look in a script or
    /// emoji.
    Shown(char),
    /// A blank within a line.
    Blank(char),
    /// Ends a line.
    LineEnd(char),
    /// A direction mark in a line with letters that are written from right to left.
    Direction(char),
    /// Shows nothing here, or is one mark too many. Cleaning removes it, and no reader notices.
    Hidden(char),
    /// Allowed in no text: a control character, or a private, unassigned or noncharacter code
    /// point.
    Forbidden(char),
}

/// An iterator over the classified code points of a text. It looks up each one a bounded number of
/// times, so the cost is linear.
#[derive(Clone, Debug)]
pub struct CodePoints<'a> {
    rest: &'a str,
    /// The last code point that was kept.
    before: Option<char>,
    /// The base for marks and joiners. `None` after a blank, an end of line or a direction mark.
    base: Option<char>,
    marks: u8,
    stacked_marks: u8,
    /// The tags that remain of the current sequence.
    tags: usize,
    /// Whether this line has letters written from right to left; `None` until needed.
    right_to_left: Option<bool>,
    line: &'a str,
}

/// Returns the classified code points of a text.
#[must_use]
pub fn code_points(text: &str) -> CodePoints<'_> {
    CodePoints {
        rest: text,
        before: None,
        base: None,
        marks: 0,
        stacked_marks: 0,
        tags: 0,
        right_to_left: None,
        line: text,
    }
}

impl Iterator for CodePoints<'_> {
    type Item = CodePoint;

    fn next(&mut self) -> Option<CodePoint> {
        let mut rest = self.rest.chars();
        let c = rest.next()?;
        self.rest = rest.as_str();
        let next = rest.next();
        let class = character::class(c);
        let stays = match class {
            Class::Base => {
                self.sit_on(c);
                true
            }
            Class::Mark(mark) => self.takes_mark(mark),
            Class::Joiner => self.joins(c, next),
            Class::Selector => self
                .before
                .is_some_and(|before| character::takes_selector(before, c, next)),
            Class::Tag => self.takes_tag(c),
            Class::Direction => self.is_direction_needed(),
            Class::Blank | Class::LineEnd => true,
            Class::Hidden => false,
            Class::Forbidden => return Some(CodePoint::Forbidden(c)),
        };
        if !stays {
            return Some(CodePoint::Hidden(c));
        }
        self.before = Some(c);
        Some(match class {
            Class::Blank => {
                self.base = None;
                CodePoint::Blank(c)
            }
            Class::LineEnd => {
                self.base = None;
                self.right_to_left = None;
                self.line = self.rest;
                CodePoint::LineEnd(c)
            }
            Class::Direction => {
                self.base = None;
                CodePoint::Direction(c)
            }
            _ => CodePoint::Shown(c),
        })
    }
}

impl CodePoints<'_> {
    fn sit_on(&mut self, c: char) {
        // A skin tone belongs to the emoji before it.
        let belongs = character::is_emoji_modifier(c) && self.base.is_some_and(character::is_pictograph);
        if !belongs {
            self.base = Some(c);
            (self.marks, self.stacked_marks) = (0, 0);
        }
    }

    fn takes_mark(&mut self, mark: Mark) -> bool {
        let fits = self.base.is_some()
            && self.marks < MAX_MARKS
            && (mark == Mark::Spacing || self.stacked_marks < MAX_STACKED_MARKS);
        if fits {
            self.marks += 1;
            self.stacked_marks += u8::from(mark == Mark::Stacked);
        }
        fits
    }

    /// Whether a joiner makes a difference here, or its script is written with joiners.
    fn joins(&self, joiner: char, next: Option<char>) -> bool {
        let (Some(before), Some(base)) = (self.before, self.base) else {
            return false;
        };
        if character::class(before) == Class::Joiner {
            return false;
        }
        let joins = joiner == ZERO_WIDTH_JOINER;
        // An emoji that consists of several.
        if joins && character::is_pictograph(base) && next.is_some_and(character::is_pictograph) {
            return true;
        }
        // A half form or an open form of a Brahmic script: KA virama ZWJ, RA ZWJ virama YA.
        let next_is_mark = next.is_some_and(|next| matches!(character::class(next), Class::Mark(_)));
        let next_is_letter = next.is_some_and(character::is_letter);
        if character::is_virama(before) && (joins || next_is_letter || next_is_mark) {
            return true;
        }
        if next.is_some_and(character::is_virama) && character::is_letter(base) {
            return true;
        }
        // Cursive scripts: between letters, or after a letter that should look as if one followed.
        let between = character::is_letter_or_digit(base) && next_is_letter;
        let cursive = character::is_cursive(base) || next.is_some_and(character::is_cursive);
        (between && cursive) || (joins && character::joins_next(base))
    }

    fn takes_tag(&mut self, c: char) -> bool {
        let begins = character::tag(c).is_some() && self.before.is_some_and(character::takes_tags);
        if self.tags == 0 && begins {
            self.tags = self.tags_ahead();
        }
        let stays = self.tags > 0;
        self.tags = self.tags.saturating_sub(1);
        stays
    }

    /// Returns how many tags the sequence has that begins with the one just read, including its
    /// end. Returns 0 if the sequence is invalid.
    fn tags_ahead(&self) -> usize {
        let more = self.rest.chars().take(*TAGS.end());
        let more = more.take_while(|c| character::tag(*c).is_some()).count();
        let ends = self.rest.chars().nth(more) == Some(character::CANCEL_TAG);
        let tags = 1 + more;
        if ends && TAGS.contains(&tags) { tags + 1 } else { 0 }
    }

    fn is_direction_needed(&mut self) -> bool {
        let repeats = self
            .before
            .is_some_and(|before| character::class(before) == Class::Direction);
        !repeats
            && *self
                .right_to_left
                .get_or_insert_with(|| is_line_right_to_left(self.line))
    }
}

fn is_line_right_to_left(line: &str) -> bool {
    let mut classes = line.chars().map(|c| (c, character::class(c)));
    let end = |class: &Class| *class == Class::LineEnd;
    classes
        .by_ref()
        .take_while(|(_, class)| !end(class))
        .any(|(c, class)| class == Class::Base && character::is_right_to_left(c))
}
