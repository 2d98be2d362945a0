//! Binds the two ports, before any thread starts.

use std::net::{SocketAddr, TcpListener};

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
        let (public, admin) = (listen(public, "--listen")?, listen(admin, "--admin")?);
        let (public_addr, admin_addr) = (public.local_addr()?, admin.local_addr()?);
        edge::prepare_listener(&public)?;
        Ok(Self {
            public,
            admin,
            public_addr,
            admin_addr,
        })
    }
}

fn listen(address: SocketAddr, flag: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|source| StartError::Listen {
            address,
            flag,
            source,
        })
}
