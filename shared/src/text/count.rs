//! Counts in sentences: `1 room`, `2 rooms`.

use std::fmt;

/// A number of things. Displayed, the noun is in the plural unless there is one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    number: u64,
    noun: &'static str,
}

/// So many of something. The noun is in the singular, and its plural is regular.
#[must_use]
pub fn count(number: impl TryInto<u64>, noun: &'static str) -> Count {
    Count {
        // No count is below zero.
        number: number.try_into().unwrap_or(u64::MAX),
        noun,
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, noun } = self;
        let ending = match number {
            1 => "",
            _ if noun.ends_with("sh") => "es",
            _ => "s",
        };
        write!(formatter, "{number} {noun}{ending}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_all_else_plural() {
        let said = [0_u32, 1, 2].map(|number| count(number, "room").to_string());
        assert_eq!(said, ["0 rooms", "1 room", "2 rooms"]);
        assert_eq!(
            count(usize::MAX, "hash").to_string(),
            "18446744073709551615 hashes"
        );
    }
}
