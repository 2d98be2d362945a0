//! The headers `Forwarded` (RFC 7239) and `X-Forwarded-For`, in which proxies report the addresses
//! of their clients.
//!
//! Each proxy appends the address from which it received the request. A client can send a header of
//! its own, which is then to the left of what the first trusted proxy appended. So the client is
//! the right-most address that is not itself a trusted proxy, and nothing to the left of it counts.
//!
//! Most proxies write one of the two headers and pass on the other as the client sent it. If both
//! exist and report different clients, one of them may be forged, and the request is rejected.

use std::net::IpAddr;

use thiserror::Error;

use super::address::ClientAddress;

/// What a trusted proxy reports about the sender of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedClient {
    /// The client has this address.
    Address(ClientAddress),
    /// The proxy hides the address (`unknown`, or a name such as `_client7`), or writes something
    /// that is not an address.
    Hidden,
}

/// Why the headers cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ForwardedError {
    /// `Forwarded` does not have the form of RFC 7239. A client may have opened a quotation mark in
    /// order to hide what the proxy appends.
    #[error("the header Forwarded is malformed: a proxy must replace what clients send in it")]
    Malformed,
    /// The two headers report different clients.
    #[error(
        "Forwarded and X-Forwarded-For report different clients: a proxy must write one of them, and remove or replace \
         the other"
    )]
    Disagree,
}

/// Returns the client that sent a request, according to the lines of its two headers. `None`:
/// neither header reports one.
///
/// Call it only for a request from a trusted proxy.
///
/// # Errors
/// [`ForwardedError`]: the headers cannot be believed.
pub fn client_of_request<'a>(
    forwarded: impl Iterator<Item = &'a [u8]>,
    x_forwarded_for: impl Iterator<Item = &'a [u8]>,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Result<Option<ReportedClient>, ForwardedError> {
    let mut standard = Search::new(&is_trusted);
    for line in forwarded {
        elements(line, |client| standard.add(client))?;
    }
    let mut usual = Search::new(&is_trusted);
    for line in x_forwarded_for {
        for entry in line.split(|byte| *byte == b',') {
            let entry = entry.trim_ascii();
            if !entry.is_empty() {
                usual.add(reported(entry));
            }
        }
    }
    match (standard.found, usual.found) {
        (found, None) | (None, found) => Ok(found),
        (Some(one), Some(other)) if one.ip() == other.ip() => Ok(Some(one)),
        _ => Err(ForwardedError::Disagree),
    }
}

impl ReportedClient {
    fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address.ip),
            Self::Hidden => None,
        }
    }
}

/// Finds the right-most client that is not a trusted proxy, from left to right. If there are only
/// trusted proxies, it finds the first one.
struct Search<'a, F> {
    is_trusted: &'a F,
    found: Option<ReportedClient>,
}

impl<'a, F: Fn(IpAddr) -> bool> Search<'a, F> {
    fn new(is_trusted: &'a F) -> Self {
        Self {
            is_trusted,
            found: None,
        }
    }

    fn add(&mut self, client: ReportedClient) {
        let is_proxy = client.ip().is_some_and(self.is_trusted);
        if !is_proxy || self.found.is_none() {
            self.found = Some(client);
        }
    }
}

fn reported(text: &[u8]) -> ReportedClient {
    ClientAddress::parse(text).map_or(ReportedClient::Hidden, ReportedClient::Address)
}

/// Calls `visit` with each element of a `Forwarded` line, from left to right.
fn elements(line: &[u8], mut visit: impl FnMut(ReportedClient)) -> Result<(), ForwardedError> {
    let mut rest = line;
    loop {
        let mut client = None;
        let mut is_empty = true;
        loop {
            rest = rest.trim_ascii_start();
            if !matches!(rest.first(), None | Some(b',' | b';')) {
                let pair = Pair::parse(rest)?;
                is_empty = false;
                let is_client = pair.name.eq_ignore_ascii_case(b"for");
                if is_client && client.replace(reported(pair.value)).is_some() {
                    return Err(ForwardedError::Malformed);
                }
                rest = pair.rest.trim_ascii_start();
            }
            match rest.first() {
                Some(b';') => rest = &rest[1..],
                None | Some(b',') => break,
                Some(_) => return Err(ForwardedError::Malformed),
            }
        }
        if !is_empty {
            // An element without `for` is a proxy that does not report its client.
            visit(client.unwrap_or(ReportedClient::Hidden));
        }
        match rest.split_first() {
            Some((_, after_comma)) => rest = after_comma,
            None => return Ok(()),
        }
    }
}

/// `name=value`, and the text after it.
struct Pair<'a> {
    name: &'a [u8],
    /// The value of a quoted string is what is between its quotation marks: an escape in it makes
    /// no address.
    value: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Pair<'a> {
    fn parse(text: &'a [u8]) -> Result<Self, ForwardedError> {
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let equals = text.iter().position(|byte| !is_token(byte));
        let equals = equals.filter(|at| *at > 0 && text[*at] == b'=');
        let equals = equals.ok_or(ForwardedError::Malformed)?;
        let (name, text) = (&text[..equals], &text[equals + 1..]);
        if let Some(quoted) = text.strip_prefix(b"\"") {
            let end = end_of_quotation(quoted).ok_or(ForwardedError::Malformed)?;
            let (value, rest) = (&quoted[..end], &quoted[end + 1..]);
            return Ok(Self { name, value, rest });
        }
        // RFC 7239 allows only tokens here, but some proxies omit the quotation marks of a port.
        let is_end = |byte: &u8| !byte.is_ascii_graphic() || b",;\"".contains(byte);
        let end = text.iter().position(is_end).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        match value.is_empty() {
            true => Err(ForwardedError::Malformed),
            false => Ok(Self { name, value, rest }),
        }
    }
}

/// Returns the place of the first quotation mark without a backslash in front of it.
fn end_of_quotation(quoted: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    quoted.iter().position(|byte| {
        let was_escaped = std::mem::replace(&mut is_escaped, false);
        is_escaped = *byte == b'\\' && !was_escaped;
        *byte == b'"' && !was_escaped
    })
}
