//! Opens a connection: TCP first, then the HTTP upgrade.

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
    /// The network failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The server did not accept the WebSocket handshake.
    #[error("handshake: {0}")]
    Handshake(#[from] HandshakeError),
}

/// The progress of a connection attempt.
pub(super) enum HandshakeProgress {
    /// The handshake continues when the socket is ready again.
    Waiting,
    /// The server accepted. `read` bytes are in the buffer; the first `answer` of them are the
    /// response, and the others are frames.
    Open { answer: usize, read: usize },
}

/// A connection whose handshake is not complete.
pub(super) struct ConnectAttempt {
    pub(super) stream: TcpStream,
    /// The planned time of the attempt.
    pub(super) intended: Instant,
    /// The actual time of the attempt.
    pub(super) begun: Instant,
    handshake: ClientHandshake,
    request: Vec<u8>,
    is_connected: bool,
}

impl ConnectAttempt {
    /// Starts to connect. Does not block.
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

    /// Continues as far as the socket allows, and reads into `scratch`.
    pub(super) fn proceed(&mut self, scratch: &mut [u8]) -> Result<HandshakeProgress, OpenError> {
        if !self.is_connected {
            if let Some(error) = self.stream.take_error()? {
                return Err(error.into());
            }
            match self.stream.peer_addr() {
                Ok(_) => self.is_connected = true,
                Err(error) if is_not_yet(&error) => return Ok(HandshakeProgress::Waiting),
                Err(error) => return Err(error.into()),
            }
            self.stream.set_nodelay(true)?;
        }
        while !self.request.is_empty() {
            match self.stream.write(&self.request) {
                Ok(written) => drop(self.request.drain(..written)),
                Err(error) if is_not_yet(&error) => return Ok(HandshakeProgress::Waiting),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        loop {
            let read = match self.stream.read(scratch) {
                Ok(0) => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
                Ok(read) => read,
                Err(error) if is_not_yet(&error) => return Ok(HandshakeProgress::Waiting),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if let Some(accepted) = self.handshake.read(&scratch[..read])? {
                let answer = accepted.consumed;
                return Ok(HandshakeProgress::Open { answer, read });
            }
        }
    }
}

fn is_not_yet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}
