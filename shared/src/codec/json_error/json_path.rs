//! Finds the place of an error in a JSON text.

/// How many levels of objects and lists a path has. Messages have no more.
const DEPTH: usize = 4;

/// Returns the byte offset of the error. serde_json counts lines from 1 and columns in bytes; line
/// 0 means the end of the text.
pub(super) fn offset(text: &str, error: &serde_json::Error) -> usize {
    if error.line() == 0 {
        return text.len();
    }
    let lines = text.split_inclusive('\n').take(error.line() - 1);
    let start: usize = lines.map(str::len).sum();
    start.saturating_add(error.column()).min(text.len())
}

/// The path to a position in a JSON text: the keys of the objects that are open there, outermost
/// first.
#[derive(Default)]
pub(super) struct JsonPath<'a> {
    keys: [Option<&'a str>; DEPTH],
    pub(super) depth: usize,
    /// The last string outside of all objects and lists.
    word: Option<&'a str>,
}

impl<'a> JsonPath<'a> {
    /// Returns the path to the end of `before`, in which serde_json found no syntax error.
    pub(super) fn after(before: &'a str) -> Self {
        let mut place = Self::default();
        let mut is_key = false;
        let mut rest = before;
        while let Some(at) = rest.find(['"', '{', '[', '}', ']', ',', ':']) {
            let (found, behind) = (rest.as_bytes()[at], &rest[at + 1..]);
            rest = behind;
            match found {
                b'"' => {
                    let end = end_of_string(behind);
                    let string = &behind[..end];
                    rest = behind.get(end + 1..).unwrap_or_default();
                    match place.depth {
                        0 => place.word = Some(string),
                        depth if is_key && depth <= DEPTH => place.keys[depth - 1] = Some(string),
                        _ => {}
                    }
                }
                b'{' | b'[' => {
                    place.depth += 1;
                    place.set(None);
                }
                b'}' | b']' => {
                    place.set(None);
                    place.depth = place.depth.saturating_sub(1);
                }
                _ => {}
            }
            is_key = found == b'{' || (found == b',' && place.is_object());
        }
        place
    }

    fn set(&mut self, key: Option<&'a str>) {
        if let Some(place) = self.depth.checked_sub(1).and_then(|at| self.keys.get_mut(at)) {
            *place = key;
        }
    }

    /// Whether the innermost open level is an object.
    fn is_object(&self) -> bool {
        let innermost = self.depth.checked_sub(1).and_then(|at| self.keys.get(at));
        innermost.is_some_and(Option::is_some)
    }

    /// Returns the outermost key, or the string outside of all objects.
    pub(super) fn first(&self) -> Option<&'a str> {
        self.keys[0].or(self.word)
    }

    /// Returns the keys, joined with dots. serde_json stops at an unknown name, so only the last
    /// key can be unknown; `without_last` omits it.
    pub(super) fn path(&self, without_last: bool) -> String {
        let open = self.depth.min(DEPTH);
        let last = if without_last {
            open.saturating_sub(1)
        } else {
            open
        };
        let keys: Vec<&str> = match self.depth {
            0 => self.word.into_iter().collect(),
            _ => self.keys[..last].iter().flatten().copied().collect(),
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match keys.iter().all(|key| key.chars().all(is_plain)) && !keys.is_empty() {
            true => keys.join("."),
            // A key is written with escapes.
            false => "message".to_owned(),
        }
    }
}

/// Returns the length of a string, given the text after its opening quote. It ends at the closing
/// quote or at the end of the text.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.unwrap_or(text.len())
}
