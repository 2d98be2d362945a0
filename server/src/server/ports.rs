//! Binds the two ports, before any thread starts.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use super::StartError;
use crate::edge;

/// The listeners of both ports, and their addresses, with the real port if port 0 was requested.
pub(super) struct Ports {
    pub(super) public: TcpListener,
    pub(super) admin: TcpListener,
    pub(super) public_addr: SocketAddr,
    pub(super) admin_addr: SocketAddr,
}

impl Ports {
    /// Binds both ports.
    pub(super) fn listen(public: SocketAddr, admin: SocketAddr) -> Result<Self, StartError> {
        let (public, public_addr) = listen(public, "--listen", edge::prepare_listener)?;
        let (admin, admin_addr) = listen(admin, "--admin", |_| Ok(()))?;
        Ok(Self {
            public,
            admin,
            public_addr,
            admin_addr,
        })
    }
}

/// Binds one port, and prepares its listener.
fn listen(
    address: SocketAddr,
    flag: &'static str,
    prepare: impl FnOnce(&TcpListener) -> io::Result<()>,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let bind = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        prepare(&listener)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bind().map_err(|source| StartError::Listen {
        address,
        flag,
        source,
    })
}
