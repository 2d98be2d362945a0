//! One end of a connection. Each side first tells the other how long its messages are, so that both
//! can count them.

use std::{io, net::TcpStream};

use parlour_benches::sockets::{Sent, send_now};
use rustix::{
    io::Errno,
    net::{RecvFlags, recv},
};

/// Bytes of the greeting: the length of a message.
const GREETING: u64 = 4;

/// A connection, and how much came over it.
pub(crate) struct Peer {
    socket: TcpStream,
    /// Length of the other side's messages; whole once `GREETING` bytes came.
    message: u32,
    bytes: u64,
}

/// What one read gave.
pub(crate) enum Came {
    /// So many messages became whole.
    Messages(u64),
    /// The other side is gone.
    End,
}

impl Peer {
    /// Greets the other side: messages of this side will have that many bytes.
    pub(crate) fn greet(socket: TcpStream, message: u32) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let peer = Self {
            socket,
            message: 0,
            bytes: 0,
        };
        // An empty socket takes four bytes at once.
        match send_now(&peer.socket, &message.to_be_bytes()) {
            Sent::Bytes(4) => Ok(peer),
            _ => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
        }
    }

    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Reads once.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Came {
        let length = match recv(&self.socket, &mut *buffer, RecvFlags::empty()) {
            Ok((0, _)) => return Came::End,
            Ok((length, _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => return Came::Messages(0),
            Err(_) => return Came::End,
        };
        let before = self.messages();
        let greeting = GREETING.saturating_sub(self.bytes) as usize;
        for &byte in buffer.iter().take(greeting.min(length)) {
            self.message = self.message << 8 | u32::from(byte);
        }
        self.bytes += length as u64;
        Came::Messages(self.messages() - before)
    }

    fn messages(&self) -> u64 {
        match self.bytes.checked_sub(GREETING) {
            Some(bytes) => bytes / u64::from(self.message.max(1)),
            None => 0,
        }
    }
}
