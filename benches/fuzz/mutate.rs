//! Applies the fuzzer's input as changes to a valid document. Within seconds the fuzzer then
//! reaches code behind the first checks of a parser.

/// Reads the input as a list of changes: position (2 bytes), kind (1), length (1) and new bytes.
/// An input that begins with 0xFF replaces the document instead.
pub fn mutate(good: &[u8], input: &[u8]) -> Vec<u8> {
    if let Some((0xFF, raw)) = input.split_first() {
        return raw.to_vec();
    }
    let (mut bytes, mut rest) = (good.to_vec(), input);
    while let Some(([a, b, how, much], after)) = rest.split_first_chunk::<4>() {
        let at = usize::from(u16::from_le_bytes([*a, *b])) % (bytes.len() + 1);
        let (new, after) = after.split_at(usize::from(much % 16).min(after.len()));
        rest = after;
        let end = match how % 4 {
            // Insert.
            0 => at,
            // Overwrite.
            1 => (at + new.len()).min(bytes.len()),
            // Replace a stretch.
            2 => (at + usize::from(*much)).min(bytes.len()),
            // Replace the next run of digits.
            _ => {
                let digits = |from: usize| {
                    bytes[from..]
                        .iter()
                        .take_while(|byte| byte.is_ascii_digit())
                        .count()
                };
                let start = bytes[at..]
                    .iter()
                    .position(u8::is_ascii_digit)
                    .map_or(at, |skip| at + skip);
                let count = digits(start);
                bytes.splice(start..start + count, new.iter().copied());
                continue;
            }
        };
        bytes.splice(at..end, new.iter().copied());
    }
    bytes
}
