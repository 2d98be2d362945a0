//! A connection from its accept to its hello: who its client is, and whether a limit is in the way.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    time::Duration,
};

use hyper::{HeaderMap, header::HeaderValue};
use tokio::net::TcpStream;

use super::{
    EdgeShared, Rejection,
    admission::{AdmissionPermit, Verdict},
    connection::IoThread,
    peer::Peer,
    proxy_header,
    time_limit::TimeLimit,
};
use crate::{
    http::{HttpProblem, ProblemKind},
    proxies::{ProxyHeader, ReportedClient, client_of_request, is_trusted},
};

/// A connection that has not sent its hello yet.
///
/// The client of a connection from a trusted proxy is known only when the proxy has reported it.
/// Until then, no limit per address applies.
pub(super) struct Newcomer {
    peer: Cell<Peer>,
    permit: RefCell<AdmissionPermit>,
    over: Cell<Option<Excess>>,
}

/// A limit that a connection exceeds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Excess {
    pub(super) rejection: Rejection,
    /// The time after which the client may try again. `None`: as after a close.
    pub(super) retry_after: Option<Duration>,
}

impl Newcomer {
    /// Counts a new connection. The error is the limit that it exceeds by so much that it gets no
    /// response.
    pub(super) fn enter(io: &IoThread, address: SocketAddr) -> Result<Self, Rejection> {
        let shared = &io.shared;
        let peer = Peer::direct(address);
        let is_proxy = is_trusted(&shared.options.trusted_proxies, peer.ip());
        let entered = shared.admission.enter((!is_proxy).then(|| peer.ip()));
        let (permit, over) = match entered {
            Verdict::Admit(permit) => (permit, None),
            Verdict::Full(permit) => (permit, Some(Excess::of(Rejection::TooManyConnections))),
            Verdict::AddressFull(permit) => (permit, Some(shared.address_full())),
            Verdict::DropFull => return Err(Rejection::TooManyConnections),
            Verdict::DropAddressFull => return Err(Rejection::TooManyFromAddress),
        };
        let newcomer = Self {
            peer: Cell::new(peer),
            permit: RefCell::new(permit),
            over: Cell::new(over),
        };
        if !is_proxy {
            newcomer.count_handshake(shared);
        }
        Ok(newcomer)
    }

    /// Notes a limit that the connection exceeds, unless it already exceeds one.
    pub(super) fn exceeds(&self, rejection: Rejection) {
        self.over.set(self.over.get().or(Some(Excess::of(rejection))));
    }

    /// Returns the limit that the connection exceeds. It then gets only an error response.
    pub(super) fn over(&self) -> Option<Excess> {
        self.over.get()
    }

    /// Returns the client.
    pub(super) fn peer(&self) -> Peer {
        self.peer.get()
    }

    /// Returns whether the client certainly runs on this machine. A trusted proxy does not count,
    /// even if it reports no client: it may have forgotten to.
    pub(super) fn is_on_this_machine(&self, io: &IoThread) -> bool {
        let peer = self.peer.get();
        peer.is_on_this_machine() && !is_trusted(&io.shared.options.trusted_proxies, peer.ip())
    }

    /// Returns the count of the connection, when its HTTP part is over.
    pub(super) fn into_permit(self) -> AdmissionPermit {
        self.permit.into_inner()
    }

    /// Reads the PROXY header of a connection from a trusted proxy, if proxies must send one.
    /// Returns `false` if the connection is over.
    pub(super) async fn read_proxy_header(
        &self,
        io: &IoThread,
        stream: &TcpStream,
        deadline: &TimeLimit,
    ) -> bool {
        let (shared, proxy) = (&io.shared, self.peer.get());
        if !shared.options.proxy_protocol || !is_trusted(&shared.options.trusted_proxies, proxy.ip()) {
            return true;
        }
        match proxy_header::receive(io, stream, deadline).await {
            Ok(ProxyHeader::Client(address)) => {
                self.peer.set(Peer::behind_proxy(address));
                if !is_trusted(&shared.options.trusted_proxies, address.ip) {
                    self.count_address(shared);
                }
                true
            }
            Ok(ProxyHeader::NoClient) => {
                self.peer.set(proxy.itself());
                true
            }
            Err(fault) => {
                fault.report(shared, &proxy);
                false
            }
        }
    }

    /// Finds the client of a request, if a trusted proxy sent it.
    pub(super) fn identify(&self, io: &IoThread, headers: &HeaderMap) -> Result<(), HttpProblem> {
        let proxies = &io.shared.options.trusted_proxies;
        if !is_trusted(proxies, self.peer.get().ip()) {
            return Ok(());
        }
        let lines = |name| headers.get_all(name).iter().map(HeaderValue::as_bytes);
        let client = client_of_request(lines("forwarded"), lines("x-forwarded-for"), |address| {
            is_trusted(proxies, address)
        });
        let client = client.map_err(|error| HttpProblem::new(ProblemKind::BadRequest, error.to_string()))?;
        if let Some(ReportedClient::Address(address)) = client {
            self.peer.set(Peer::behind_proxy(address));
            // A proxy that reports only proxies is itself the client, as for a health check.
            if !is_trusted(proxies, address.ip) {
                self.count_address(&io.shared);
            }
        }
        Ok(())
    }

    /// Applies the limits per address, now that the address is known. However far the connection is
    /// over a limit, it gets a response: without one, its proxy would make up one of its own.
    fn count_address(&self, shared: &EdgeShared) {
        let is_within = self.permit.borrow_mut().set_address(self.peer.get().ip());
        if !is_within {
            self.over.set(self.over.get().or(Some(shared.address_full())));
        }
        self.count_handshake(shared);
    }

    fn count_handshake(&self, shared: &EdgeShared) {
        let counted = shared.address_limits.handshake(&self.peer.get(), &shared.options);
        if let Err(wait) = counted {
            let excess = Excess {
                rejection: Rejection::HandshakeRate,
                retry_after: Some(wait),
            };
            self.over.set(self.over.get().or(Some(excess)));
        }
    }
}

impl Excess {
    pub(super) fn of(rejection: Rejection) -> Self {
        Self {
            rejection,
            retry_after: None,
        }
    }
}

impl EdgeShared {
    /// Returns the limit of connections without a hello. All of them are over when the time for
    /// their hello is over.
    fn address_full(&self) -> Excess {
        Excess {
            rejection: Rejection::TooManyFromAddress,
            retry_after: Some(self.options.handshake_timeout),
        }
    }
}
