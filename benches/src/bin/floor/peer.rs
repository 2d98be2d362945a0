//! One end of a connection. Each side first sends the length of its messages, so that the other can
//! count them.

use std::{io, net::TcpStream};

use parlour_benches::sockets::{SendOutcome, send_now};
use rustix::{
    io::Errno,
    net::{RecvFlags, recv},
};

/// Bytes of the greeting, which is the length of a message.
const GREETING: u64 = 4;

/// A connection, and the bytes received over it.
pub(crate) struct Peer {
    socket: TcpStream,
    /// Length of the other side's messages; complete after `GREETING` bytes.
    message: u32,
    bytes: u64,
}

/// The outcome of one read.
pub(crate) enum ReadOutcome {
    /// This many messages were completed.
    Messages(u64),
    /// The connection is closed.
    Closed,
}

impl Peer {
    /// Sends the greeting: the messages of this side will have `message` bytes.
    pub(crate) fn greet(socket: TcpStream, message: u32) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let peer = Self {
            socket,
            message: 0,
            bytes: 0,
        };
        // An empty send buffer takes four bytes at once.
        match send_now(&peer.socket, &message.to_be_bytes()) {
            SendOutcome::Bytes(4) => Ok(peer),
            _ => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
        }
    }

    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Reads once.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> ReadOutcome {
        let length = match recv(&self.socket, &mut *buffer, RecvFlags::empty()) {
            Ok((0, _)) => return ReadOutcome::Closed,
            Ok((length, _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => return ReadOutcome::Messages(0),
            Err(_) => return ReadOutcome::Closed,
        };
        let before = self.messages();
        let greeting = GREETING.saturating_sub(self.bytes) as usize;
        for &byte in buffer.iter().take(greeting.min(length)) {
            self.message = self.message << 8 | u32::from(byte);
        }
        self.bytes += length as u64;
        ReadOutcome::Messages(self.messages() - before)
    }

    fn messages(&self) -> u64 {
        match self.bytes.checked_sub(GREETING) {
            Some(bytes) => bytes / u64::from(self.message.max(1)),
            None => 0,
        }
    }
}
