//! Numbers as the report writes them.

/// Rounded to so many places, with thousands set apart; a dash for what was not measured.
pub(super) fn rounded(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    // Adding 0 takes the sign off -0, which is what an empty sum is.
    let number = format!("{:.places$}", value + 0.0);
    match number.split_once('.') {
        Some((whole, rest)) => format!("{}.{rest}", thousands(whole)),
        None => thousands(&number),
    }
}

/// `12000` as `12,000`.
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
    fn thousands_are_set_apart() {
        assert_eq!(
            ["7", "1000", "-1000", "1234567", "-100"].map(thousands),
            ["7", "1,000", "-1,000", "1,234,567", "-100"]
        );
    }
}
