//! The driver: all the clients of the server.

use std::{
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use parlour_benches::sockets::{ReadyEvent, SendOutcome, Sockets, send_now};
use serde_json::{Value, json};

use crate::{
    args::DriveArgs,
    peer::{Peer, ReadOutcome},
    stop_flag::StopFlag,
    tally::Tally,
};

/// Inputs that are due within this time are sent together. It is far below a tick.
const INTERVAL: Duration = Duration::from_micros(500);
/// Time in which the server must start to listen.
const PATIENCE: Duration = Duration::from_secs(10);
/// Maximum bytes of one read.
const READ_SIZE: usize = 64 * 1024;

/// Connects, sends inputs and reads frames, and disconnects after the measurement.
///
/// # Errors
/// If it cannot connect, or the server disconnects before the measurement begins.
pub(crate) fn run(args: &DriveArgs, stop: &StopFlag) -> anyhow::Result<Value> {
    let mut sockets = Sockets::new(INTERVAL)?;
    let mut peers = Vec::new();
    for number in 0..args.clients as usize {
        let socket = connect(args.connect, number, &mut sockets, stop)?;
        let peer = Peer::greet(socket, args.input_bytes).context("the server closed the connection")?;
        sockets.watch(peer.socket(), number)?;
        peers.push(peer);
    }
    let tally = drive(args, &mut peers, &mut sockets, stop)?;
    let rates = tally.rates();
    Ok(json!({
        "clients": args.clients,
        "measured_s": rates.seconds,
        "frames_in_per_s": rates.received_per_s,
        "inputs_out_per_s": rates.sent_per_s,
        "refused_inputs": tally.refused,
        "cpu_us_per_message": rates.cpu_us_per_message,
        "cpu_percent": rates.cpu_percent,
    }))
}

/// Connects to the server. The server may start at the same time, so the first connection is
/// retried until it listens.
fn connect(
    address: SocketAddr,
    number: usize,
    sockets: &mut Sockets,
    stop: &StopFlag,
) -> anyhow::Result<TcpStream> {
    let until = Instant::now() + PATIENCE;
    let mut ready = Vec::new();
    loop {
        match TcpStream::connect(address) {
            Ok(socket) => return Ok(socket),
            Err(error) if number > 0 || Instant::now() >= until => {
                return Err(error).with_context(|| format!("client {number} cannot connect to {address}"));
            }
            Err(_) if stop.is_set() => bail!("stopped before the server at {address} listened"),
            // There is no socket yet, so this waits for the timer: half a millisecond.
            Err(_) => sockets.wait(&mut ready)?,
        }
    }
}

fn drive(
    args: &DriveArgs,
    peers: &mut [Peer],
    sockets: &mut Sockets,
    stop: &StopFlag,
) -> anyhow::Result<Tally> {
    let per_second = f64::from(args.clients) * args.inputs_per_second;
    let input = vec![0; args.input_bytes as usize];
    let mut buffer = vec![0; READ_SIZE];
    let mut ready = Vec::new();
    let start = Instant::now();
    let mut done: u64 = 0;
    let mut unmeasured = Tally::start();
    let mut measured: Option<Tally> = None;
    loop {
        sockets.wait(&mut ready)?;
        if measured.is_none() && start.elapsed() >= args.settle {
            measured = Some(Tally::start());
        }
        let tally = measured.as_mut().unwrap_or(&mut unmeasured);
        let mut left = stop.is_set();
        for ready in ready.drain(..) {
            match ready {
                ReadyEvent::Socket(index) => match peers[index].read(&mut buffer) {
                    ReadOutcome::Messages(messages) => tally.received += messages,
                    ReadOutcome::Closed => left = true,
                },
                ReadyEvent::Timer(_) => {
                    let due = (start.elapsed().as_secs_f64() * per_second) as u64;
                    // More than one input per client at once is not an even spread, so a late
                    // driver skips inputs.
                    done = done.max(due.saturating_sub(peers.len() as u64));
                    while done < due {
                        let peer = &peers[(done % peers.len() as u64) as usize];
                        done += 1;
                        match send_now(peer.socket(), &input) {
                            SendOutcome::Bytes(bytes) => tally.sent += bytes as f64 / input.len() as f64,
                            SendOutcome::Full => tally.refused += 1,
                            SendOutcome::Gone => left = true,
                        }
                    }
                }
            }
        }
        if left
            || measured
                .as_ref()
                .is_some_and(|tally| tally.elapsed() >= args.duration)
        {
            return measured.context("the server disconnected before the measurement began");
        }
    }
}
