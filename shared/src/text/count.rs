//! Counts in sentences: `1 room`, `2 rooms`.

use std::fmt;

/// A number with a noun. [`Display`](fmt::Display) writes the plural unless the number is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    number: u64,
    noun: &'static str,
}

/// Returns a [`Count`]. The noun is in the singular and must have a regular plural.
#[must_use]
pub fn count(number: impl TryInto<u64>, noun: &'static str) -> Count {
    Count {
        // No count is negative, so the conversion fails only above 64 bits.
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
    fn only_one_is_singular() {
        let said = [0_u32, 1, 2].map(|number| count(number, "room").to_string());
        assert_eq!(said, ["0 rooms", "1 room", "2 rooms"]);
        assert_eq!(
            count(usize::MAX, "hash").to_string(),
            "18446744073709551615 hashes"
        );
    }
}
