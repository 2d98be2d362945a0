//! The addresses and networks of proxies that the server believes.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use thiserror::Error;

/// A trusted proxy: an address such as `10.0.0.5`, or a network such as `10.0.0.0/8` or
/// `2001:db8::/32`, all of whose addresses are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// Why a text is not a trusted proxy. The text of the error continues a sentence that quotes the
/// text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrustedProxyError {
    /// Neither an address nor a network.
    #[error("is neither an address nor a network")]
    Malformed,
    /// An address inside a network instead of the network. The author may have meant either.
    #[error("is an address inside the network {0}: write {0}, or the address alone")]
    AddressInNetwork(IpNet),
    /// A network of IPv4 addresses that are written as IPv6.
    #[error("is a network of IPv4 addresses: write it as IPv4")]
    Mapped,
}

impl TrustedProxy {
    /// Returns whether this address is trusted. An IPv4 address may be written as IPv6.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for TrustedProxy {
    type Err = TrustedProxyError;

    fn from_str(text: &str) -> Result<Self, TrustedProxyError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(address.to_canonical().into()));
        }
        let network: IpNet = text.parse().map_err(|_| TrustedProxyError::Malformed)?;
        // No address would ever match: addresses are compared in their IPv4 form.
        if network.prefix_len() >= 96 && network.addr().to_canonical() != network.addr() {
            return Err(TrustedProxyError::Mapped);
        }
        match network.trunc() {
            same if same == network => Ok(Self(network)),
            truncated => Err(TrustedProxyError::AddressInNetwork(truncated)),
        }
    }
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.prefix_len() == self.0.max_prefix_len() {
            true => self.0.addr().fmt(formatter),
            false => self.0.fmt(formatter),
        }
    }
}

/// Returns whether an address belongs to one of these proxies.
#[must_use]
pub fn is_trusted(proxies: &[TrustedProxy], address: IpAddr) -> bool {
    proxies.iter().any(|proxy| proxy.contains(address))
}
