//! Accepts connections, even when no descriptor is left: no connection waits in the backlog
//! forever.

use std::{io, net::SocketAddr, os::fd::OwnedFd, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

use super::{Descriptors, Headroom, is_without_descriptors, spare};
use crate::metrics::Counter;

/// The first pause after a failure to accept. It doubles each time.
const BACK_OFF: Duration = Duration::from_millis(10);
const MAX_BACK_OFF: Duration = Duration::from_secs(1);

/// Accepts on one port.
pub(crate) struct Acceptor {
    listener: TcpListener,
    descriptors: Arc<Descriptors>,
    /// Closed to accept one connection when no other descriptor is left, so that it gets an answer.
    spare: Option<OwnedFd>,
    errors: Counter,
    back_off: Duration,
}

/// An accepted connection.
#[derive(Debug)]
pub(crate) struct AcceptedConnection {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) headroom: Headroom,
}

impl Acceptor {
    pub(crate) fn new(listener: TcpListener, descriptors: Arc<Descriptors>, errors: Counter) -> Self {
        Self {
            spare: spare(),
            listener,
            descriptors,
            errors,
            back_off: BACK_OFF,
        }
    }

    /// Returns the next connection. After a failure it tries again, with longer and longer pauses.
    pub(crate) async fn next(&mut self) -> AcceptedConnection {
        // Not in the loop below, which may close it: the connection needs its descriptor.
        if self.spare.is_none() {
            self.spare = spare();
        }
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    self.back_off = BACK_OFF;
                    let headroom = self.headroom(&stream);
                    return AcceptedConnection {
                        stream,
                        peer,
                        headroom,
                    };
                }
                Err(error) => self.failed(&error).await,
            }
        }
    }

    /// Returns which descriptors are left above this connection.
    fn headroom(&mut self, stream: &TcpStream) -> Headroom {
        if self.spare.is_some() {
            return self.descriptors.headroom(stream);
        }
        // The connection may have the low number of the spare descriptor. A new spare one shows
        // whether any are left.
        self.spare = spare();
        let shows = |spare: &OwnedFd| self.descriptors.headroom(spare);
        self.spare.as_ref().map_or(Headroom::Files, shows)
    }

    async fn failed(&mut self, error: &io::Error) {
        self.errors.increment(1);
        if concerns_one_connection(error) {
            return;
        }
        if !is_without_descriptors(error) {
            // Most likely the system has no memory for it.
            if self.descriptors.may_log() {
                tracing::error!(%error, "cannot accept connections");
            }
        } else {
            self.descriptors.warn(error);
            // This frees a descriptor for the connection.
            if self.spare.take().is_some() {
                return;
            }
        }
        // Trying again immediately would spin and fail.
        sleep(self.back_off).await;
        self.back_off = (2 * self.back_off).min(MAX_BACK_OFF);
    }
}

/// Returns whether the error concerns only one connection, so that the next one may succeed.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::WouldBlock
    )
}
