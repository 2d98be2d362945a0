//! The driver: as many clients as the server waits for.

use std::{
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use parlour_benches::sockets::{Ready, Sent, Sockets, send_now};
use serde_json::{Value, json};

use crate::{
    args::Drive,
    peer::{Came, Peer},
    stop::Stop,
    tally::Tally,
};

/// Inputs that are due within this time are sent together; it is far below a tick.
const INTERVAL: Duration = Duration::from_micros(500);
/// How long the server may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that one read takes at most.
const READ_SIZE: usize = 64 * 1024;

/// Connects, drives, and leaves when the time is over.
///
/// # Errors
/// If it cannot connect, or the server left before anything was measured.
pub(crate) fn run(what: &Drive, stop: &Stop) -> anyhow::Result<Value> {
    let mut sockets = Sockets::new(INTERVAL)?;
    let mut peers = Vec::new();
    for number in 0..what.clients as usize {
        let socket = connect(what.connect, number, &mut sockets, stop)?;
        let peer = Peer::greet(socket, what.input_bytes).context("the server hung up")?;
        sockets.watch(peer.socket(), number)?;
        peers.push(peer);
    }
    let tally = drive(what, &mut peers, &mut sockets, stop)?;
    let sums = tally.sums();
    Ok(json!({
        "clients": what.clients,
        "measured_s": sums.seconds,
        "frames_in_per_s": sums.received_per_s,
        "inputs_out_per_s": sums.sent_per_s,
        "refused_inputs": tally.refused,
        "cpu_us_per_message": sums.cpu_us_per_message,
        "cpu_percent": sums.cpu_percent,
    }))
}

/// The server may have been started at the same time: the first connection is tried until it
/// listens.
fn connect(
    address: SocketAddr,
    number: usize,
    sockets: &mut Sockets,
    stop: &Stop,
) -> anyhow::Result<TcpStream> {
    let until = Instant::now() + PATIENCE;
    let mut ready = Vec::new();
    loop {
        match TcpStream::connect(address) {
            Ok(socket) => return Ok(socket),
            Err(error) if number > 0 || Instant::now() >= until => {
                return Err(error).with_context(|| format!("client {number} cannot connect to {address}"));
            }
            Err(_) if stop.asked() => bail!("stopped before the server at {address} listened"),
            // Half a millisecond, by the timer: there is no socket yet.
            Err(_) => sockets.wait(&mut ready)?,
        }
    }
}

fn drive(what: &Drive, peers: &mut [Peer], sockets: &mut Sockets, stop: &Stop) -> anyhow::Result<Tally> {
    let per_second = f64::from(what.clients) * what.inputs_per_second;
    let input = vec![0; what.input_bytes as usize];
    let mut buffer = vec![0; READ_SIZE];
    let mut ready = Vec::new();
    let start = Instant::now();
    let mut done: u64 = 0;
    let mut unmeasured = Tally::start();
    let mut measured: Option<Tally> = None;
    loop {
        sockets.wait(&mut ready)?;
        if measured.is_none() && start.elapsed() >= what.settle {
            measured = Some(Tally::start());
        }
        let tally = measured.as_mut().unwrap_or(&mut unmeasured);
        let mut left = stop.asked();
        for ready in ready.drain(..) {
            match ready {
                Ready::Socket(index) => match peers[index].read(&mut buffer) {
                    Came::Messages(messages) => tally.received += messages,
                    Came::End => left = true,
                },
                Ready::Timer(_) => {
                    let due = (start.elapsed().as_secs_f64() * per_second) as u64;
                    // More than one each at once is no even spread: a driver that is late leaves
                    // some out.
                    done = done.max(due.saturating_sub(peers.len() as u64));
                    while done < due {
                        let peer = &peers[(done % peers.len() as u64) as usize];
                        done += 1;
                        match send_now(peer.socket(), &input) {
                            Sent::Bytes(bytes) => tally.sent += bytes as f64 / input.len() as f64,
                            Sent::Full => tally.refused += 1,
                            Sent::Gone => left = true,
                        }
                    }
                }
            }
        }
        if left
            || measured
                .as_ref()
                .is_some_and(|tally| tally.lasted() >= what.duration)
        {
            return measured.context("the server left before the measurement began");
        }
    }
}
