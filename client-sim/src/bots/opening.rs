//! A connection that is coming about: TCP first, then the HTTP upgrade.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::SocketAddr,
    time::Instant,
};

use mio::net::TcpStream;
use parlour_client::Address;
use parlour_shared::websocket::handshake::{ClientHandshake, HandshakeError};

use crate::framing::handshake;

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// The network said no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The server did not agree to speak WebSocket.
    #[error("handshake: {0}")]
    Handshake(#[from] HandshakeError),
}

/// How far a connection is after a look at it.
pub(super) enum Progress {
    /// There is nothing to do before the next news of the socket.
    Waiting,
    /// The server agreed; so many bytes at the front of the buffer read into are its answer, and so many were
    /// read.
    Open { answer: usize, read: usize },
}

/// A connection that is coming about.
pub(super) struct Opening {
    pub(super) stream: TcpStream,
    /// When it was to begin.
    pub(super) intended: Instant,
    /// When it did.
    pub(super) begun: Instant,
    handshake: ClientHandshake,
    request: Vec<u8>,
    is_connected: bool,
}

impl Opening {
    /// Begins to connect, without waiting for anything.
    pub(super) fn begin(
        peer: SocketAddr,
        address: &Address,
        intended: Instant,
        now: Instant,
    ) -> Result<Self, OpenError> {
        let (handshake, request) = handshake(address)?;
        Ok(Self {
            stream: TcpStream::connect(peer)?,
            intended,
            begun: now,
            handshake,
            request,
            is_connected: false,
        })
    }

    /// Goes on as far as the socket lets it. Reads into `scratch`.
    pub(super) fn go_on(&mut self, scratch: &mut [u8]) -> Result<Progress, OpenError> {
        if !self.is_connected {
            if let Some(error) = self.stream.take_error()? {
                return Err(error.into());
            }
            match self.stream.peer_addr() {
                Ok(_) => self.is_connected = true,
                Err(error) if is_not_yet(&error) => return Ok(Progress::Waiting),
                Err(error) => return Err(error.into()),
            }
            self.stream.set_nodelay(true)?;
        }
        while !self.request.is_empty() {
            match self.stream.write(&self.request) {
                Ok(written) => drop(self.request.drain(..written)),
                Err(error) if is_not_yet(&error) => return Ok(Progress::Waiting),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        loop {
            let read = match self.stream.read(scratch) {
                Ok(0) => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
                Ok(read) => read,
                Err(error) if is_not_yet(&error) => return Ok(Progress::Waiting),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if let Some(accepted) = self.handshake.read(&scratch[..read])? {
                let answer = accepted.consumed;
                return Ok(Progress::Open { answer, read });
            }
        }
    }
}

fn is_not_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}
