//! Version 1: a line of text, such as `PROXY TCP4 192.0.2.1 198.51.100.7 56324 443`.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use super::{ProxyHeader, ProxyHeaderError, starts_like};

/// The maximum size of a line, with the CR LF at its end.
const MAX_LINE: usize = 107;
pub(super) const START: &[u8] = b"PROXY ";

pub(super) fn parse(bytes: &[u8]) -> Result<Option<(ProxyHeader, usize)>, ProxyHeaderError> {
    if !starts_like(bytes, START) {
        return Err(ProxyHeaderError::Missing);
    }
    let within = &bytes[..bytes.len().min(MAX_LINE)];
    let Some(end) = within.windows(2).position(|pair| pair == b"\r\n") else {
        return match bytes.len() < MAX_LINE {
            true => Ok(None),
            false => Err(ProxyHeaderError::TooLong),
        };
    };
    // The line is ASCII, unless it is UNKNOWN with more text, which is ignored.
    let line = String::from_utf8_lossy(&bytes[START.len()..end]);
    let header = match line.split_once(' ').unwrap_or((&line, "")) {
        ("TCP4", rest) => ProxyHeader::Client(client::<Ipv4Addr>(rest)?.into()),
        ("TCP6", rest) => ProxyHeader::Client(client::<Ipv6Addr>(rest)?.into()),
        ("UNKNOWN", _) => ProxyHeader::NoClient,
        _ => return Err(ProxyHeaderError::Unknown),
    };
    Ok(Some((header, end + 2)))
}

/// Parses the addresses and ports of both ends. Returns those of the client.
fn client<Ip: FromStr + Into<IpAddr>>(text: &str) -> Result<SocketAddr, ProxyHeaderError> {
    let mut words = text.split(' ');
    let mut word = || words.next().ok_or(ProxyHeaderError::Malformed);
    let (source, destination) = (ip::<Ip>(word()?)?, ip::<Ip>(word()?)?);
    let (source_port, destination_port) = (port(word()?)?, port(word()?)?);
    // The server needs only the address of the client, but a header with a mistake is not believed.
    let _ = (destination, destination_port);
    match words.next() {
        None => Ok(SocketAddr::new(source.into(), source_port)),
        Some(_) => Err(ProxyHeaderError::Malformed),
    }
}

fn ip<Ip: FromStr>(text: &str) -> Result<Ip, ProxyHeaderError> {
    text.parse().map_err(|_| ProxyHeaderError::Malformed)
}

/// Parses a port: digits without a leading zero.
fn port(text: &str) -> Result<u16, ProxyHeaderError> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    let port = text.parse().ok().filter(|_| is_plain);
    port.ok_or(ProxyHeaderError::Malformed)
}
