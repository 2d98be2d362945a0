//! The server: writes frames on a schedule and reads inputs.

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use parlour_benches::sockets::{ReadyEvent, SendOutcome, Sockets, send_now};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};
use serde_json::{Value, json};

use crate::{
    args::ServeArgs,
    peer::{Peer, ReadOutcome},
    stop_flag::StopFlag,
    tally::Tally,
};

/// Connections that may wait to be accepted; the kernel's limit may be lower.
const BACKLOG: i32 = 4096;
/// A late server makes up for this many ticks and skips the others, as the world server does.
const CATCH_UP: u64 = 3;
/// Maximum bytes of one read.
const READ_SIZE: usize = 4096;

/// Serves until the clients leave or a signal arrives.
///
/// # Errors
/// If it cannot listen, or ends before the measurement begins.
pub(crate) fn run(args: &ServeArgs, stop: &StopFlag) -> anyhow::Result<Value> {
    let listener = listen_at(args.listen).with_context(|| format!("cannot listen at {}", args.listen))?;
    let mut sockets = Sockets::new(Duration::from_secs(1) / args.ticks)?;
    let peers = accept(&listener, &mut sockets, args, stop)?;
    FloorServer {
        args,
        peers,
        frame: vec![0; args.frame_bytes as usize],
        next: 0,
        ticks: 0,
        due_before: 0,
    }
    .run(&mut sockets, stop)
}

fn listen_at(address: SocketAddr) -> io::Result<TcpListener> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    // With the 128 of the standard library, thousands of connections would take seconds.
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

fn accept(
    listener: &TcpListener,
    sockets: &mut Sockets,
    args: &ServeArgs,
    stop: &StopFlag,
) -> anyhow::Result<Vec<Peer>> {
    let clients = args.clients as usize;
    let mut peers = Vec::new();
    let mut ready = Vec::new();
    while peers.len() < clients {
        // The listener is not watched. Polling it with the timer is fast enough here.
        sockets.wait(&mut ready)?;
        ready.clear();
        ensure!(
            !stop.is_set(),
            "stopped with {} of {clients} clients",
            peers.len()
        );
        while peers.len() < clients {
            let socket: TcpStream = match listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("cannot accept"),
            };
            let peer = Peer::greet(socket, args.frame_bytes).context("a client disconnected at once")?;
            sockets.watch(peer.socket(), peers.len())?;
            peers.push(peer);
        }
    }
    Ok(peers)
}

struct FloorServer<'a> {
    args: &'a ServeArgs,
    peers: Vec<Peer>,
    frame: Vec<u8>,
    /// Index of the peer that gets the next frame.
    next: usize,
    ticks: u64,
    /// Frames that were due by the last tick.
    due_before: u64,
}

impl FloorServer<'_> {
    fn run(mut self, sockets: &mut Sockets, stop: &StopFlag) -> anyhow::Result<Value> {
        let mut buffer = vec![0; READ_SIZE];
        let mut ready = Vec::new();
        let begin = Instant::now() + self.args.settle;
        let mut unmeasured = Tally::start();
        let mut measured: Option<Tally> = None;
        let mut left = false;
        while !left && !stop.is_set() {
            sockets.wait(&mut ready)?;
            if measured.is_none() && Instant::now() >= begin {
                measured = Some(Tally::start());
            }
            let tally = measured.as_mut().unwrap_or(&mut unmeasured);
            for ready in ready.drain(..) {
                match ready {
                    ReadyEvent::Timer(ticks) => left |= !self.write(ticks, tally),
                    ReadyEvent::Socket(index) => match self.peers[index].read(&mut buffer) {
                        ReadOutcome::Messages(messages) => tally.received += messages,
                        ReadOutcome::Closed => left = true,
                    },
                }
            }
        }
        let tally = measured.context("the clients left before the measurement began")?;
        Ok(self.report(&tally))
    }

    /// Writes the frames that are due. Returns `false` if a client has left.
    fn write(&mut self, ticks: u64, tally: &mut Tally) -> bool {
        let made_up_for = ticks.min(1 + CATCH_UP);
        tally.skipped += ticks - made_up_for;
        self.ticks += made_up_for;
        let per_tick =
            f64::from(self.args.clients) * self.args.frames_per_second / f64::from(self.args.ticks);
        let due = (self.ticks as f64 * per_tick) as u64;
        let frames = due - self.due_before;
        self.due_before = due;
        for _ in 0..frames {
            match send_now(self.peers[self.next].socket(), &self.frame) {
                SendOutcome::Bytes(bytes) => tally.sent += bytes as f64 / self.frame.len() as f64,
                SendOutcome::Full => tally.refused += 1,
                SendOutcome::Gone => return false,
            }
            self.next = (self.next + 1) % self.peers.len();
        }
        true
    }

    fn report(&self, tally: &Tally) -> Value {
        let rates = tally.rates();
        json!({
            "clients": self.args.clients,
            "measured_s": rates.seconds,
            "sent_frames_per_s": rates.sent_per_s,
            "received_inputs_per_s": rates.received_per_s,
            "refused_frames": tally.refused,
            "skipped_ticks": tally.skipped,
            "cpu_us_per_message": rates.cpu_us_per_message,
            "cpu_us_per_client_s": rates.cpu_us / rates.seconds / f64::from(self.args.clients),
            "cpu_percent": rates.cpu_percent,
        })
    }
}
