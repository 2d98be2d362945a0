//! Number formats of the report.

/// Rounds to this many decimal places and separates thousands. Returns a dash for NaN and infinity.
pub(super) fn rounded(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    // Adding 0 turns -0, the sum of nothing, into 0.
    let number = format!("{:.places$}", value + 0.0);
    match number.split_once('.') {
        Some((whole, rest)) => format!("{}.{rest}", thousands(whole)),
        None => thousands(&number),
    }
}

/// Formats `12000` as `12,000`.
fn thousands(digits: &str) -> String {
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        let left = digits.len() - place;
        if place > 0 && left.is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_are_separated_by_commas() {
        assert_eq!(
            ["7", "1000", "-1000", "1234567", "-100"].map(thousands),
            ["7", "1,000", "-1,000", "1,234,567", "-100"]
        );
    }
}
