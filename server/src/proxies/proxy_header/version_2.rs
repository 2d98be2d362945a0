//! Version 2: a signature of 12 bytes, a byte with version and command, a byte with the family of
//! addresses and the transport, the length of the rest in two bytes, and the rest: both addresses,
//! both ports, and additional fields, which are ignored.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{MAX_PROXY_HEADER, ProxyHeader, ProxyHeaderError, starts_like};

pub(super) const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The size of everything before the addresses.
const FIXED: usize = 16;

/// The version in the upper half, and the command in the lower half.
const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;

/// No address.
const UNSPECIFIED: u8 = 0x00;
/// The families of addresses, each with TCP. UDP is one higher.
const IPV4: u8 = 0x11;
const IPV6: u8 = 0x21;
const UNIX: u8 = 0x31;

pub(super) fn parse(bytes: &[u8]) -> Result<Option<(ProxyHeader, usize)>, ProxyHeaderError> {
    if !starts_like(bytes, SIGNATURE) {
        return Err(ProxyHeaderError::Missing);
    }
    let Some(fixed) = bytes.first_chunk::<FIXED>() else {
        return Ok(None);
    };
    let [.., command, family, high, low] = *fixed;
    if command != LOCAL && command != PROXY {
        return Err(ProxyHeaderError::Unknown);
    }
    let end = FIXED + usize::from(u16::from_be_bytes([high, low]));
    if end > MAX_PROXY_HEADER {
        return Err(ProxyHeaderError::TooLong);
    }
    let Some(rest) = bytes.get(FIXED..end) else {
        return Ok(None);
    };
    let header = match command {
        // The family and the rest of a LOCAL are ignored.
        LOCAL => ProxyHeader::NoClient,
        _ => client(family, rest)?,
    };
    Ok(Some((header, end)))
}

fn client(family: u8, rest: &[u8]) -> Result<ProxyHeader, ProxyHeaderError> {
    let (ip, port): (IpAddr, _) = match family {
        IPV4 => {
            let addresses = rest.first_chunk::<12>().ok_or(ProxyHeaderError::Malformed)?;
            let [a, b, c, d, _, _, _, _, high, low, ..] = *addresses;
            (Ipv4Addr::new(a, b, c, d).into(), [high, low])
        }
        IPV6 => {
            let addresses = rest.first_chunk::<36>().ok_or(ProxyHeaderError::Malformed)?;
            let mut source = [0; 16];
            source.copy_from_slice(&addresses[..16]);
            (Ipv6Addr::from(source).into(), [addresses[32], addresses[33]])
        }
        UNSPECIFIED | UNIX => return Ok(ProxyHeader::NoClient),
        // The same families with UDP.
        0x12 | 0x22 | 0x32 => return Err(ProxyHeaderError::NotTcp),
        _ => return Err(ProxyHeaderError::Unknown),
    };
    let address = SocketAddr::new(ip, u16::from_be_bytes(port));
    Ok(ProxyHeader::Client(address.into()))
}
