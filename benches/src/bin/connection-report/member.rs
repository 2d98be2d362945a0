//! One connection: its way from the handshake to where it is to be, and from then on only its
//! framing.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpStream},
    time::Instant,
};

use anyhow::Context as _;
use parlour_benches::sockets::{Sent, send_now};
use parlour_client::{Address, Client, Command, Event, Settings};
use parlour_client_sim::{Framing, IncomingFrame, handshake};
use parlour_shared::websocket::handshake::ClientHandshake;
use rustix::{
    io::Errno,
    net::{RecvFlags, recv},
};

pub(crate) struct Member {
    socket: TcpStream,
    framing: Framing,
    stage: Stage,
    /// The room to join; none: it only opens a session.
    room: Option<String>,
}

enum Stage {
    Upgrading(Box<ClientHandshake>),
    /// Has said hello, or has asked to join.
    Entering(Box<Client>),
    /// Is where it is to be. What comes is counted by the kernel and decoded by nobody: this
    /// measures the server.
    There,
}

/// What a read led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Some,
    /// It is where it is to be now.
    Arrived,
    /// The connection is over.
    Lost(Option<u16>),
}

impl Member {
    /// Connects and asks for the upgrade.
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

    /// Sends one message, framed. False: the connection is of no use any more.
    pub(crate) fn send(&mut self, payload: &[u8], out: &mut Vec<u8>) -> bool {
        out.clear();
        self.framing.message(payload, out);
        send_whole(&self.socket, out)
    }

    /// Reads once and does what is to be done about it.
    pub(crate) fn read(&mut self, buffer: &mut [u8], out: &mut Vec<u8>) -> anyhow::Result<Progress> {
        let length = match recv(&self.socket, &mut *buffer, RecvFlags::empty()) {
            Ok((0, _)) => return Ok(Progress::Lost(None)),
            Ok((length, _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(Progress::Some),
            Err(_) => return Ok(Progress::Lost(None)),
        };
        out.clear();
        let mut input = buffer.get_mut(..length).unwrap_or_default();
        if let Stage::Upgrading(upgrading) = &mut self.stage {
            let Some(accepted) = upgrading.read(input)? else {
                return Ok(Progress::Some);
            };
            input = input.get_mut(accepted.consumed..).unwrap_or_default();
            let client = Box::new(Client::new());
            let mut hello = Vec::new();
            client.hello(&Settings::default(), &mut hello);
            self.framing.message(&hello, out);
            self.stage = Stage::Entering(client);
        }
        let progress = self.take_in(input, out)?;
        if !out.is_empty() && !send_whole(&self.socket, out) && progress == Progress::Some {
            return Ok(Progress::Lost(None));
        }
        Ok(progress)
    }

    fn take_in(&mut self, mut input: &mut [u8], out: &mut Vec<u8>) -> anyhow::Result<Progress> {
        let mut progress = Progress::Some;
        // What is to be said: the framing that says it is lent to the message while that is looked
        // at.
        let mut said = Vec::new();
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
                    None => progress = Progress::Arrived,
                    Some(room) => drop(client.command(Command::Join { room }, now, &mut said)),
                },
                Event::Entered => progress = Progress::Arrived,
                Event::Refused(refused) => {
                    anyhow::bail!("the server refuses to let a player in: {refused:?}")
                }
                _ => {}
            }
            if progress == Progress::Arrived {
                self.stage = Stage::There;
            }
            if !said.is_empty() {
                self.framing.message(&said, out);
                said.clear();
            }
        }
    }
}

/// These are a few hundred bytes at most: a socket that does not take them whole is one that nobody
/// reads from.
fn send_whole(socket: &TcpStream, bytes: &[u8]) -> bool {
    send_now(socket, bytes) == Sent::Bytes(bytes.len())
}
