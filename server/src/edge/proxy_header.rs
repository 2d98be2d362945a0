//! Receives the PROXY header of a connection from a trusted proxy.

use std::{future::poll_fn, io};

use rustix::net::RecvFlags;
use tokio::{io::Interest, net::TcpStream};

use super::{EdgeShared, Rejection, connection::IoThread, peer::Peer, time_limit::TimeLimit};
use crate::proxies::{MAX_PROXY_HEADER, ProxyHeader, ProxyHeaderError, parse_proxy_header};

/// Why a connection has no valid header.
pub(super) enum HeaderFault {
    /// The connection ended before the header did.
    Ended,
    /// The header did not arrive in time.
    Late,
    /// The bytes are not a header.
    Invalid(ProxyHeaderError),
}

impl HeaderFault {
    /// Counts and logs the fault of a connection from this proxy.
    pub(super) fn report(&self, shared: &EdgeShared, proxy: &Peer) {
        match self {
            // Load balancers open and close connections to check that the port is open.
            Self::Ended => {}
            Self::Late => shared.reject(Rejection::HandshakeTimeout, proxy, "PROXY header"),
            Self::Invalid(error) => shared.reject(Rejection::ProxyHeader, proxy, &error.to_string()),
        }
    }
}

/// Receives a header, and leaves the bytes after it in the socket.
pub(super) async fn receive(
    io: &IoThread,
    stream: &TcpStream,
    deadline: &TimeLimit,
) -> Result<ProxyHeader, HeaderFault> {
    let mut bytes = Vec::new();
    loop {
        let readable = poll_fn(|context| stream.poll_read_ready(context));
        match deadline.wait_for(io, readable).await {
            Some(Ok(())) => {}
            Some(Err(_)) => return Err(HeaderFault::Ended),
            None => return Err(HeaderFault::Late),
        }
        match advance(io, stream, &mut bytes) {
            Ok(None) => {}
            Ok(Some(result)) => return result,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return Err(HeaderFault::Ended),
        }
    }
}

/// Takes the bytes of the header that have arrived. Returns the header if it is complete, or why
/// there is none.
fn advance(
    io: &IoThread,
    stream: &TcpStream,
    bytes: &mut Vec<u8>,
) -> io::Result<Option<Result<ProxyHeader, HeaderFault>>> {
    let mut scratch = io.scratch.borrow_mut();
    let scratch = &mut scratch[..MAX_PROXY_HEADER];
    let peek = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    let (seen, _) = stream.try_io(Interest::READABLE, || {
        Ok(rustix::net::recv(stream, &mut *scratch, peek)?)
    })?;
    if seen == 0 {
        return Ok(Some(Err(HeaderFault::Ended)));
    }
    let taken = bytes.len();
    bytes.extend_from_slice(&scratch[..seen]);
    let (result, own) = match parse_proxy_header(bytes) {
        Err(error) => return Ok(Some(Err(HeaderFault::Invalid(error)))),
        // All bytes so far belong to the header.
        Ok(None) => (None, seen),
        Ok(Some((header, length))) => (Some(Ok(header)), length - taken),
    };
    let received = rustix::net::recv(stream, &mut scratch[..own], RecvFlags::DONTWAIT)?;
    match received {
        (count, _) if count == own => Ok(result),
        // Peeked bytes stay in the socket until they are received.
        _ => Ok(Some(Err(HeaderFault::Ended))),
    }
}
