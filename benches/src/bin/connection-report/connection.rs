//! One client connection. It decodes messages until it is established, and then only the framing.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpStream},
    time::Instant,
};

use anyhow::Context as _;
use parlour_benches::sockets::{SendOutcome, send_now};
use parlour_client::{Address, Client, Command, Event, Settings};
use parlour_client_sim::{Framing, IncomingFrame, handshake};
use parlour_shared::websocket::handshake::ClientHandshake;
use rustix::{
    io::Errno,
    net::{RecvFlags, recv},
};

pub(crate) struct Connection {
    socket: TcpStream,
    framing: Framing,
    stage: Stage,
    /// The room to join; `None`: only a session is opened.
    room: Option<String>,
}

enum Stage {
    Upgrading(Box<ClientHandshake>),
    /// Has sent its hello, or its join.
    Entering(Box<Client>),
    /// Has a session, and is in its room if it has one. From here on messages are not decoded: this
    /// program measures the server, not the client.
    Established,
}

/// The outcome of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Pending,
    /// The connection is established now.
    Established,
    /// The connection ended, with this close code if there was one.
    Lost(Option<u16>),
}

impl Connection {
    /// Connects and sends the upgrade request.
    pub(crate) fn connect(peer: SocketAddr, address: &Address, room: Option<String>) -> anyhow::Result<Self> {
        let mut socket = TcpStream::connect(peer).context("cannot connect")?;
        socket.set_nodelay(true)?;
        let (upgrading, request) = handshake(address)?;
        socket.write_all(&request)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            framing: Framing::new(),
            stage: Stage::Upgrading(Box::new(upgrading)),
            room,
        })
    }

    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Sends one message. Returns `false` if the connection is lost.
    pub(crate) fn send(&mut self, payload: &[u8], out: &mut Vec<u8>) -> bool {
        out.clear();
        self.framing.message(payload, out);
        send_whole(&self.socket, out)
    }

    /// Reads once and handles the data.
    pub(crate) fn read(&mut self, buffer: &mut [u8], out: &mut Vec<u8>) -> anyhow::Result<Progress> {
        let length = match recv(&self.socket, &mut *buffer, RecvFlags::empty()) {
            Ok((0, _)) => return Ok(Progress::Lost(None)),
            Ok((length, _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(Progress::Pending),
            Err(_) => return Ok(Progress::Lost(None)),
        };
        out.clear();
        let mut input = buffer.get_mut(..length).unwrap_or_default();
        if let Stage::Upgrading(upgrading) = &mut self.stage {
            let Some(accepted) = upgrading.read(input)? else {
                return Ok(Progress::Pending);
            };
            input = input.get_mut(accepted.consumed..).unwrap_or_default();
            let mut client = Box::new(Client::new());
            let mut hello = Vec::new();
            client.hello(&Settings::default(), &mut hello);
            self.framing.message(&hello, out);
            self.stage = Stage::Entering(client);
        }
        let progress = self.take_in(input, out)?;
        if !out.is_empty() && !send_whole(&self.socket, out) && progress == Progress::Pending {
            return Ok(Progress::Lost(None));
        }
        Ok(progress)
    }

    fn take_in(&mut self, mut input: &mut [u8], out: &mut Vec<u8>) -> anyhow::Result<Progress> {
        let mut progress = Progress::Pending;
        // `message` borrows the framing, so the answer is framed after it is handled.
        let mut answer = Vec::new();
        loop {
            let message = match self.framing.next(&mut input, out)? {
                None => return Ok(progress),
                Some(IncomingFrame::Message(message)) => message,
                Some(IncomingFrame::Close { code }) => return Ok(Progress::Lost(code)),
                Some(IncomingFrame::Control | IncomingFrame::Text) => continue,
            };
            let Stage::Entering(client) = &mut self.stage else {
                continue;
            };
            let now = Instant::now();
            match client.receive(message, now)?.event {
                Event::Welcome => match self.room.take() {
                    None => progress = Progress::Established,
                    Some(room) => drop(client.command(Command::join(room), now, &mut answer)),
                },
                Event::Entered => progress = Progress::Established,
                Event::Refused(refused) => {
                    anyhow::bail!("the server refused a join: {refused:?}")
                }
                _ => {}
            }
            if progress == Progress::Established {
                self.stage = Stage::Established;
            }
            if !answer.is_empty() {
                self.framing.message(&answer, out);
                answer.clear();
            }
        }
    }
}

/// Sends all bytes at once. They are a few hundred at most, so a socket that does not take all of
/// them has a peer that stopped reading.
fn send_whole(socket: &TcpStream, bytes: &[u8]) -> bool {
    send_now(socket, bytes) == SendOutcome::Bytes(bytes.len())
}
