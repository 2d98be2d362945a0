//! The server: writes frames on a schedule, reads what comes.

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use parlour_benches::sockets::{Ready, Sent, Sockets, send_now};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};
use serde_json::{Value, json};

use crate::{
    args::Serve,
    peer::{Came, Peer},
    stop::Stop,
    tally::Tally,
};

/// Connections that may wait to be accepted; the kernel's own bound may be lower.
const BACKLOG: i32 = 4096;
/// So many ticks are made up for, as the world server does it; more are skipped.
const CATCH_UP: u64 = 3;
/// Bytes that one read takes at most.
const READ_SIZE: usize = 4096;

/// Serves until the clients leave or somebody asks to stop.
///
/// # Errors
/// If it cannot listen, or was over before it had measured anything.
pub(crate) fn run(what: &Serve, stop: &Stop) -> anyhow::Result<Value> {
    let listener = listen_at(what.listen).with_context(|| format!("cannot listen at {}", what.listen))?;
    let mut sockets = Sockets::new(Duration::from_secs(1) / what.ticks)?;
    let peers = accept(&listener, &mut sockets, what, stop)?;
    Round {
        what,
        peers,
        frame: vec![0; what.frame_bytes as usize],
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
    // The standard library's 128 would make a driver that connects thousands wait for seconds.
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

fn accept(
    listener: &TcpListener,
    sockets: &mut Sockets,
    what: &Serve,
    stop: &Stop,
) -> anyhow::Result<Vec<Peer>> {
    let clients = what.clients as usize;
    let mut peers = Vec::new();
    let mut ready = Vec::new();
    while peers.len() < clients {
        // The timer wakes: nobody is in a hurry yet.
        sockets.wait(&mut ready)?;
        ready.clear();
        ensure!(!stop.asked(), "stopped with {} of {clients} clients", peers.len());
        while peers.len() < clients {
            let socket: TcpStream = match listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("cannot accept"),
            };
            let peer = Peer::greet(socket, what.frame_bytes).context("a client left at once")?;
            sockets.watch(peer.socket(), peers.len())?;
            peers.push(peer);
        }
    }
    Ok(peers)
}

struct Round<'a> {
    what: &'a Serve,
    peers: Vec<Peer>,
    frame: Vec<u8>,
    /// Whose turn it is.
    next: usize,
    ticks: u64,
    /// Frames that were due up to the last tick.
    due_before: u64,
}

impl Round<'_> {
    fn run(mut self, sockets: &mut Sockets, stop: &Stop) -> anyhow::Result<Value> {
        let mut buffer = vec![0; READ_SIZE];
        let mut ready = Vec::new();
        let begin = Instant::now() + self.what.settle;
        let mut unmeasured = Tally::start();
        let mut measured: Option<Tally> = None;
        let mut left = false;
        while !left && !stop.asked() {
            sockets.wait(&mut ready)?;
            if measured.is_none() && Instant::now() >= begin {
                measured = Some(Tally::start());
            }
            let tally = measured.as_mut().unwrap_or(&mut unmeasured);
            for ready in ready.drain(..) {
                match ready {
                    Ready::Timer(ticks) => left |= !self.write(ticks, tally),
                    Ready::Socket(index) => match self.peers[index].read(&mut buffer) {
                        Came::Messages(messages) => tally.received += messages,
                        Came::End => left = true,
                    },
                }
            }
        }
        let tally = measured.context("the clients left before the measurement began")?;
        Ok(self.report(&tally))
    }

    /// Writes what is due. False: a client has left.
    fn write(&mut self, ticks: u64, tally: &mut Tally) -> bool {
        let made_up_for = ticks.min(1 + CATCH_UP);
        tally.skipped += ticks - made_up_for;
        self.ticks += made_up_for;
        let per_tick =
            f64::from(self.what.clients) * self.what.frames_per_second / f64::from(self.what.ticks);
        let due = (self.ticks as f64 * per_tick) as u64;
        let frames = due - self.due_before;
        self.due_before = due;
        for _ in 0..frames {
            match send_now(self.peers[self.next].socket(), &self.frame) {
                Sent::Bytes(bytes) => tally.sent += bytes as f64 / self.frame.len() as f64,
                Sent::Full => tally.refused += 1,
                Sent::Gone => return false,
            }
            self.next = (self.next + 1) % self.peers.len();
        }
        true
    }

    fn report(&self, tally: &Tally) -> Value {
        let sums = tally.sums();
        json!({
            "clients": self.what.clients,
            "measured_s": sums.seconds,
            "sent_frames_per_s": sums.sent_per_s,
            "received_inputs_per_s": sums.received_per_s,
            "refused_frames": tally.refused,
            "skipped_ticks": tally.skipped,
            "cpu_us_per_message": sums.cpu_us_per_message,
            "cpu_us_per_client_s": sums.cpu_us / sums.seconds / f64::from(self.what.clients),
            "cpu_percent": sums.cpu_percent,
        })
    }
}
