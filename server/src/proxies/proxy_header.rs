//! The PROXY protocol of HAProxy: a header in front of the first byte of a connection, with the
//! address of the client.
//!
//! <https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt> is its specification.

mod version_1;
mod version_2;

use thiserror::Error;

use super::address::ClientAddress;

/// The maximum size of a header: version 2 with the addresses of IPv6 and its additional fields, as
/// the specification limits it so that it fits in one segment. Version 1 has at most 107 bytes.
pub const MAX_PROXY_HEADER: usize = 536;

/// A header of the PROXY protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// The connection is for this client.
    Client(ClientAddress),
    /// The proxy connects for itself, usually to check the health of the server (`LOCAL`), or does
    /// not know an Internet address of its client (`UNKNOWN`, or a Unix socket). The address of the
    /// connection counts.
    NoClient,
}

/// Why bytes are not a header of the PROXY protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProxyHeaderError {
    /// Something else, such as HTTP.
    #[error("the connection begins without a PROXY header")]
    Missing,
    /// Over [`MAX_PROXY_HEADER`] bytes, or over 107 bytes of text.
    #[error("the PROXY header is too long")]
    TooLong,
    /// A version, command or address family that the specification does not have.
    #[error("the PROXY header is of an unknown kind")]
    Unknown,
    /// A header whose addresses are malformed.
    #[error("the PROXY header is malformed")]
    Malformed,
    /// A header for UDP.
    #[error("the PROXY header is for UDP, and this is TCP")]
    NotTcp,
}

/// Parses the header at the start of these bytes. Returns it with its length, or `None` if more
/// bytes must follow. It never wants more than [`MAX_PROXY_HEADER`] bytes.
///
/// # Errors
/// [`ProxyHeaderError`]: no bytes that follow can make it a header.
pub fn parse_proxy_header(bytes: &[u8]) -> Result<Option<(ProxyHeader, usize)>, ProxyHeaderError> {
    match bytes.first() {
        None => Ok(None),
        Some(b'P') => version_1::parse(bytes),
        Some(_) => version_2::parse(bytes),
    }
}

/// Returns whether these bytes, which are not HTTP, are a header of the PROXY protocol. The line
/// breaks at its start may be missing: a parser of HTTP skips them.
pub(crate) fn looks_like_proxy_header(bytes: &[u8]) -> bool {
    let binary = version_2::SIGNATURE.trim_ascii_start();
    let text = version_1::START;
    [text, binary]
        .into_iter()
        .any(|start| bytes.trim_ascii_start().starts_with(start))
}

/// Returns whether these bytes start like another text, as far as both go.
fn starts_like(bytes: &[u8], expected: &[u8]) -> bool {
    bytes.iter().zip(expected).all(|(one, other)| one == other)
}
