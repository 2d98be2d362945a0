//! Bends a good document as the fuzzer says, so that what lies behind its first lines is reached
//! within seconds.

/// Reads the input as a list of changes: place (2 bytes), what to do (1), how much (1), and bytes
/// to put there. An input that begins with 0xFF is taken as it is instead.
pub fn bend(good: &[u8], input: &[u8]) -> Vec<u8> {
    if let Some((0xFF, raw)) = input.split_first() {
        return raw.to_vec();
    }
    let (mut bytes, mut rest) = (good.to_vec(), input);
    while let Some(([a, b, how, much], after)) = rest.split_first_chunk::<4>() {
        let at = usize::from(u16::from_le_bytes([*a, *b])) % (bytes.len() + 1);
        let (new, after) = after.split_at(usize::from(much % 16).min(after.len()));
        rest = after;
        let end = match how % 4 {
            // Put between.
            0 => at,
            // Put over.
            1 => (at + new.len()).min(bytes.len()),
            // Put in place of a stretch.
            2 => (at + usize::from(*much)).min(bytes.len()),
            // Put in place of the next run of digits.
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
