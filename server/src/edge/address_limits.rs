//! The rate limits per address: handshakes, and hellos.
//!
//! Clients on this machine and trusted proxies have no limit as one address. Behind a proxy that
//! is not trusted, all clients would share one.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use super::{EdgeOptions, peer::Peer};
use crate::{
    key_limiter::{KeyLimiter, Uptime},
    metrics::Metrics,
    proxies::is_trusted,
};

/// The maximum number of addresses that each limit remembers. They take at most 4.2 MiB: two maps
/// of 65,536 slots with 33 bytes. No limit per address stops an attacker with more addresses.
const ADDRESSES: usize = 65_536;

/// The rate limits per address. The I/O threads share them.
pub(super) struct AddressLimits {
    /// `None`: no limit.
    handshakes: Option<KeyLimiter<IpAddr>>,
    /// `None`: no limit.
    hellos: Option<KeyLimiter<IpAddr>>,
}

impl AddressLimits {
    pub(super) fn new(options: &EdgeOptions, metrics: &Metrics) -> Self {
        let limiter = |rate, counters| KeyLimiter::new(rate, ADDRESSES, Uptime::default(), counters);
        let handshakes = options.handshakes_per_address;
        let hellos = options.hellos_per_address;
        Self {
            handshakes: handshakes.map(|rate| limiter(rate, metrics.edge.handshake_limiter())),
            hellos: hellos.map(|rate| limiter(rate, metrics.edge.hello_limiter())),
        }
    }

    /// Counts a handshake. The error is the time until the next one can succeed.
    pub(super) fn handshake(&self, peer: &Peer, options: &EdgeOptions) -> Result<(), Duration> {
        attempt(self.handshakes.as_ref(), peer, options)
    }

    /// Counts a hello. The error is the time until the next one can succeed.
    pub(super) fn hello(&self, peer: &Peer, options: &EdgeOptions) -> Result<(), Duration> {
        attempt(self.hellos.as_ref(), peer, options)
    }
}

fn attempt(limiter: Option<&KeyLimiter<IpAddr>>, peer: &Peer, options: &EdgeOptions) -> Result<(), Duration> {
    let is_exempt = peer.is_on_this_machine() || is_trusted(&options.trusted_proxies, peer.ip());
    match limiter {
        Some(limiter) if !is_exempt => limiter.attempt(&network(peer.ip())),
        _ => Ok(()),
    }
}

/// Returns the address under which a client is counted. In IPv6 that is its /64, the smallest
/// network of one customer.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_one_ipv6_64_count_as_one() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
    }
}
