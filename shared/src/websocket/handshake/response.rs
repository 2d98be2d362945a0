//! The head of an HTTP/1.1 response, as far as a WebSocket client needs it.

use super::HandshakeError;

/// A status and headers, borrowed from the bytes of the response.
pub(super) struct Response<'a> {
    pub(super) status: u16,
    headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Response<'a> {
    /// Reads everything before the empty line. Lines end in CRLF and are not folded.
    pub(super) fn parse(head: &'a [u8]) -> Result<Self, HandshakeError> {
        let head = str::from_utf8(head).map_err(|_| HandshakeError::Malformed)?;
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(parse_status)
            .ok_or(HandshakeError::Malformed)?;
        let headers = lines
            .map(parse_header)
            .collect::<Option<_>>()
            .ok_or(HandshakeError::Malformed)?;
        Ok(Self { status, headers })
    }

    /// Whether a header `name` lists `token`, ignoring case.
    pub(super) fn has_token(&self, name: &str, token: &str) -> bool {
        self.values(name)
            .flat_map(|value| value.split(','))
            .any(|item| item.trim().eq_ignore_ascii_case(token))
    }

    /// Returns the value of a header, or `None` if it is missing. It must not occur twice.
    pub(super) fn only(&self, name: &'static str) -> Result<Option<&'a str>, HandshakeError> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(HandshakeError::Header(name)),
        }
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |header| header.0.eq_ignore_ascii_case(name))
            .map(|header| header.1)
    }
}

/// Parses the status: three digits between the version and an optional reason.
fn parse_status(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/1.1 ")?;
    let (digits, reason) = rest.split_at_checked(3)?;
    let in_order = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (reason.is_empty() || reason.starts_with(' '))
        && !has_control(reason);
    if in_order { digits.parse().ok() } else { None }
}

fn parse_header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let in_order = is_token(name) && !has_control(value);
    in_order.then(|| (name, value.trim_matches([' ', '\t'])))
}

/// Whether `text` is a valid name of a header or subprotocol.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t')
}
