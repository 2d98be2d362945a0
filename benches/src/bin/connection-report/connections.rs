//! Thousands of client connections in one thread.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use parlour_benches::{
    server_process::ServerProcess,
    sockets::{ReadyEvent, Sockets},
};
use parlour_client::Address;
use parlour_shared::{
    codec,
    message::{ClientMessage, Move, MoveHeading},
    motion::Direction,
    rng::{Purpose, Stream},
};

use crate::connection::{Connection, Progress};

/// Turns of each walking player per second.
pub(crate) const TURNS_PER_SECOND: f64 = 2.0;
/// Players in each room.
pub(crate) const PER_ROOM: usize = 50;
/// The resolution of turns and connects in time.
const INTERVAL: Duration = Duration::from_millis(1);
/// Maximum bytes of one read.
const READ_SIZE: usize = 64 * 1024;
/// Time in which all connections of a wave must be established.
const PATIENCE: Duration = Duration::from_secs(120);

/// Connections that are opened together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wave {
    pub(crate) count: usize,
    /// Whether they join rooms, with `PER_ROOM` players each.
    pub(crate) join: bool,
    /// Maximum number of connections in progress at once.
    pub(crate) at_once: usize,
    /// Maximum number of connects per second.
    pub(crate) per_second: f64,
}

impl Wave {
    /// As fast as possible, with 64 in progress at once.
    pub(crate) fn unlimited(count: usize, join: bool) -> Self {
        Self {
            count,
            join,
            at_once: 64,
            per_second: f64::INFINITY,
        }
    }
}

pub(crate) struct Connections {
    sockets: Sockets,
    peer: SocketAddr,
    address: Address,
    connections: Vec<Option<Connection>>,
    established: usize,
    /// Number of lost connections by close code; 0 stands for no code.
    lost: BTreeMap<u16, usize>,
    walk: Walk,
    buffer: Vec<u8>,
    out: Vec<u8>,
    ready: Vec<ReadyEvent>,
}

/// The turns of the first `walkers` connections.
struct Walk {
    walkers: usize,
    since: Instant,
    done: u64,
    random: Stream,
}

impl Connections {
    /// Starts without connections.
    pub(crate) fn new(server: &ServerProcess) -> anyhow::Result<Self> {
        Ok(Self {
            sockets: Sockets::new(INTERVAL)?,
            peer: server.peer(),
            address: server.address(),
            connections: Vec::new(),
            established: 0,
            lost: BTreeMap::new(),
            walk: Walk {
                walkers: 0,
                since: Instant::now(),
                done: 0,
                random: Stream::new(1, 0, Purpose::BotWalk),
            },
            buffer: vec![0; READ_SIZE],
            out: Vec::new(),
            ready: Vec::new(),
        })
    }

    /// Returns the number of lost connections.
    pub(crate) fn lost(&self) -> usize {
        self.lost.values().sum()
    }

    /// Opens the connections of a wave and waits until all are established. Returns the time that
    /// this took.
    ///
    /// # Errors
    /// If one of them fails, or the server ends an earlier one meanwhile.
    pub(crate) fn open(&mut self, wave: Wave) -> anyhow::Result<Duration> {
        let start = Instant::now();
        let (first, lost) = (self.connections.len(), self.lost());
        let all = first + wave.count;
        loop {
            let allowed =
                first + (start.elapsed().as_secs_f64() * wave.per_second).min(wave.count as f64) as usize;
            while self.connections.len() < allowed && self.connections.len() - self.established < wave.at_once
            {
                self.connect(wave.join)?;
            }
            if self.established == all {
                return Ok(start.elapsed());
            }
            self.step()?;
            ensure!(
                self.lost() == lost,
                "the server ended connections while others were opened (number by close code, 0 for no code): {:?}",
                self.lost
            );
            if start.elapsed() > PATIENCE {
                bail!(
                    "{} of {all} connections were open after {} s",
                    self.established,
                    PATIENCE.as_secs()
                );
            }
        }
    }

    /// Lets all present connections walk from now on.
    pub(crate) fn walk(&mut self) {
        self.walk.walkers = self.connections.len();
        self.walk.since = Instant::now();
        self.walk.done = 0;
    }

    /// Runs for this time: reads, answers pings and walks.
    pub(crate) fn run_for(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.step()?;
        }
        Ok(())
    }

    fn connect(&mut self, join: bool) -> anyhow::Result<()> {
        let number = self.connections.len();
        let room = join.then(|| format!("plaza/{}", number / PER_ROOM));
        let connection = Connection::connect(self.peer, &self.address, room)
            .with_context(|| format!("connection {number}"))?;
        self.sockets.watch(connection.socket(), number)?;
        self.connections.push(Some(connection));
        Ok(())
    }

    /// Waits for events and handles them.
    fn step(&mut self) -> anyhow::Result<()> {
        let mut ready = std::mem::take(&mut self.ready);
        self.sockets.wait(&mut ready)?;
        for ready in ready.drain(..) {
            match ready {
                ReadyEvent::Timer(_) => self.turn(),
                ReadyEvent::Socket(number) => self.read(number)?,
            }
        }
        self.ready = ready;
        Ok(())
    }

    fn read(&mut self, number: usize) -> anyhow::Result<()> {
        let Some(connection) = self.connections.get_mut(number).and_then(Option::as_mut) else {
            return Ok(());
        };
        match connection.read(&mut self.buffer, &mut self.out)? {
            Progress::Pending => {}
            Progress::Established => self.established += 1,
            Progress::Lost(code) => self.lose(number, code),
        }
        Ok(())
    }

    /// Sends the turns that are due, round robin over the walkers.
    fn turn(&mut self) {
        let walk = &mut self.walk;
        let per_second = walk.walkers as f64 * TURNS_PER_SECOND;
        let due = (walk.since.elapsed().as_secs_f64() * per_second) as u64;
        while self.walk.done < due {
            let number = (self.walk.done % self.walk.walkers as u64) as usize;
            self.walk.done += 1;
            let message = ClientMessage::Move(Move {
                heading: MoveHeading::walk(Direction::ALL[1 + self.walk.random.below(8) as usize]),
                ..Move::default()
            });
            let Some(connection) = self.connections[number].as_mut() else {
                continue;
            };
            let mut payload = Vec::new();
            codec::encode(&message, &mut payload);
            if !connection.send(&payload, &mut self.out) {
                self.lose(number, None);
            }
        }
    }

    fn lose(&mut self, number: usize, code: Option<u16>) {
        self.connections[number] = None;
        *self.lost.entry(code.unwrap_or(0)).or_default() += 1;
    }
}
