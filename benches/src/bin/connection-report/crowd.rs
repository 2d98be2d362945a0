//! Thousands of connections in one thread.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use parlour_benches::sockets::{Ready, Sockets};
use parlour_client::Address;
use parlour_shared::{
    codec,
    message::{ClientMessage, Move},
    motion::Direction,
    rng::{Purpose, Stream},
};

use crate::{
    member::{Member, Progress},
    server::Server,
};

/// Changes of direction of each player who walks, per second.
pub(crate) const TURNS_PER_SECOND: f64 = 2.0;
/// Players in each room.
pub(crate) const PER_ROOM: usize = 50;
/// How exact walks and connections are in time.
const INTERVAL: Duration = Duration::from_millis(1);
/// Bytes that one read takes at most.
const READ_SIZE: usize = 64 * 1024;
/// How long a wave may take to arrive.
const PATIENCE: Duration = Duration::from_secs(120);

/// Connections that come about together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wave {
    pub(crate) count: usize,
    /// Whether they join rooms, of `PER_ROOM` each.
    pub(crate) join: bool,
    /// How many may be on their way at once.
    pub(crate) at_once: usize,
    /// How many set out per second at most.
    pub(crate) per_second: f64,
}

impl Wave {
    /// As fast as can be: 64 at once.
    pub(crate) fn of(count: usize, join: bool) -> Self {
        Self {
            count,
            join,
            at_once: 64,
            per_second: f64::INFINITY,
        }
    }
}

pub(crate) struct Crowd {
    sockets: Sockets,
    peer: SocketAddr,
    address: Address,
    members: Vec<Option<Member>>,
    arrived: usize,
    /// Ends of connections by close code; 0: none was given.
    lost: BTreeMap<u16, usize>,
    walk: Walk,
    buffer: Vec<u8>,
    out: Vec<u8>,
    ready: Vec<Ready>,
}

/// The first so many members walk.
struct Walk {
    walkers: usize,
    since: Instant,
    done: u64,
    chance: Stream,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn new(server: &Server) -> anyhow::Result<Self> {
        Ok(Self {
            sockets: Sockets::new(INTERVAL)?,
            peer: server.peer(),
            address: server.address(),
            members: Vec::new(),
            arrived: 0,
            lost: BTreeMap::new(),
            walk: Walk {
                walkers: 0,
                since: Instant::now(),
                done: 0,
                chance: Stream::new(1, 0, Purpose::BotWalk),
            },
            buffer: vec![0; READ_SIZE],
            out: Vec::new(),
            ready: Vec::new(),
        })
    }

    /// How many connections the server ended, by close code.
    pub(crate) fn lost(&self) -> usize {
        self.lost.values().sum()
    }

    /// Lets a wave connect and waits until all of it has arrived. Returns how long that took.
    ///
    /// # Errors
    /// If one of them, or of those before, does not make it.
    pub(crate) fn open(&mut self, wave: Wave) -> anyhow::Result<Duration> {
        let start = Instant::now();
        let (first, lost) = (self.members.len(), self.lost());
        let all = first + wave.count;
        loop {
            let may =
                first + (start.elapsed().as_secs_f64() * wave.per_second).min(wave.count as f64) as usize;
            while self.members.len() < may && self.members.len() - self.arrived < wave.at_once {
                self.connect(wave.join)?;
            }
            if self.arrived == all {
                return Ok(start.elapsed());
            }
            self.step()?;
            ensure!(
                self.lost() == lost,
                "the server ended connections while others came (how many by close code, 0 is none): {:?}",
                self.lost
            );
            if start.elapsed() > PATIENCE {
                bail!(
                    "{} of {all} connections were open after {} s",
                    self.arrived,
                    PATIENCE.as_secs()
                );
            }
        }
    }

    /// From now on all who are there walk.
    pub(crate) fn walk(&mut self) {
        self.walk.walkers = self.members.len();
        self.walk.since = Instant::now();
        self.walk.done = 0;
    }

    /// Lets time go by: reads, answers pings, walks.
    pub(crate) fn run_for(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.step()?;
        }
        Ok(())
    }

    fn connect(&mut self, join: bool) -> anyhow::Result<()> {
        let number = self.members.len();
        let room = join.then(|| format!("plaza/{}", number / PER_ROOM));
        let member = Member::connect(self.peer, &self.address, room)
            .with_context(|| format!("connection {number}"))?;
        self.sockets.watch(member.socket(), number)?;
        self.members.push(Some(member));
        Ok(())
    }

    /// Waits a little, and does what is to be done.
    fn step(&mut self) -> anyhow::Result<()> {
        let mut ready = std::mem::take(&mut self.ready);
        self.sockets.wait(&mut ready)?;
        for ready in ready.drain(..) {
            match ready {
                Ready::Timer(_) => self.turn(),
                Ready::Socket(number) => self.read(number)?,
            }
        }
        self.ready = ready;
        Ok(())
    }

    fn read(&mut self, number: usize) -> anyhow::Result<()> {
        let Some(member) = self.members.get_mut(number).and_then(Option::as_mut) else {
            return Ok(());
        };
        match member.read(&mut self.buffer, &mut self.out)? {
            Progress::Some => {}
            Progress::Arrived => self.arrived += 1,
            Progress::Lost(code) => self.lose(number, code),
        }
        Ok(())
    }

    /// Lets those turn whose time has come: one after the other, all round.
    fn turn(&mut self) {
        let walk = &mut self.walk;
        let per_second = walk.walkers as f64 * TURNS_PER_SECOND;
        let due = (walk.since.elapsed().as_secs_f64() * per_second) as u64;
        while self.walk.done < due {
            let number = (self.walk.done % self.walk.walkers as u64) as usize;
            self.walk.done += 1;
            let message = ClientMessage::Move(Move {
                direction: Direction::ALL[1 + self.walk.chance.below(8) as usize],
                ..Move::default()
            });
            let Some(member) = self.members[number].as_mut() else {
                continue;
            };
            let mut payload = Vec::new();
            codec::encode(&message, &mut payload);
            if !member.send(&payload, &mut self.out) {
                self.lose(number, None);
            }
        }
    }

    fn lose(&mut self, number: usize, code: Option<u16>) {
        self.members[number] = None;
        *self.lost.entry(code.unwrap_or(0)).or_default() += 1;
    }
}
