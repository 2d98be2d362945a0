//! The client of a connection, as far as its address goes.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use crate::proxies::ClientAddress;

/// The client of a connection: the other end, or the client that a trusted proxy reports.
///
/// Limits per address and log lines use its address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    address: ClientAddress,
    is_direct: bool,
}

impl Peer {
    /// Returns the other end of a connection.
    pub(super) fn direct(address: SocketAddr) -> Self {
        Self {
            address: address.into(),
            is_direct: true,
        }
    }

    /// Returns a client that a trusted proxy reports.
    pub(super) fn behind_proxy(address: ClientAddress) -> Self {
        Self {
            address,
            is_direct: false,
        }
    }

    /// Returns the same address, for a connection on which a proxy has spoken for itself.
    pub(super) fn itself(self) -> Self {
        Self::behind_proxy(self.address)
    }

    pub(super) fn ip(&self) -> IpAddr {
        self.address.ip
    }

    /// Returns whether the client runs on this machine. A loopback address that a proxy reports
    /// does not count: it is that of a client on the machine of the proxy, or forged.
    pub(super) fn is_on_this_machine(&self) -> bool {
        self.is_direct && self.ip().is_loopback()
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_other_end_of_a_connection_can_be_on_this_machine() {
        let local = |text: &str| Peer::direct(text.parse().unwrap());
        assert!(local("127.0.0.1:80").is_on_this_machine());
        assert!(local("[::1]:80").is_on_this_machine());
        assert!(local("[::ffff:127.0.0.1]:80").is_on_this_machine());
        assert!(!local("192.0.2.1:80").is_on_this_machine());
        assert!(!local("127.0.0.1:80").itself().is_on_this_machine());
        let reported = ClientAddress::parse(b"127.0.0.1").unwrap();
        assert!(!Peer::behind_proxy(reported).is_on_this_machine());
    }
}
