//! Many non-blocking sockets and one clock, in one thread: epoll with a timer among the sockets.

use std::{io, net::TcpStream, time::Duration};

use rustix::{
    buffer::spare_capacity,
    event::epoll::{self, CreateFlags, EventData, EventFlags},
    fd::{AsFd, OwnedFd},
    io::Errno,
    net::{SendFlags, send},
    time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    },
};

/// Sockets that are handled before the next call of the kernel.
const BATCH: usize = 1024;
/// The timer's token. No socket has it: tokens of sockets are indices.
const TIMER: u64 = u64::MAX;

/// Sockets, each with a token, and a timer that strikes at regular intervals, on absolute
/// deadlines.
pub struct Sockets {
    epoll: OwnedFd,
    timer: OwnedFd,
    events: Vec<epoll::Event>,
}

/// What [`Sockets::wait`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// This socket has something to read, or has ended.
    Socket(usize),
    /// The timer struck, so many times since it was seen last.
    Timer(u64),
}

impl Sockets {
    /// No sockets; a timer that strikes every `interval`, first after one.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn new(interval: Duration) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let every = Timespec {
            tv_sec: interval.as_secs() as i64,
            tv_nsec: i64::from(interval.subsec_nanos().max(1)),
        };
        let strikes = Itimerspec {
            it_interval: every,
            it_value: every,
        };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &strikes)?;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), EventFlags::IN)?;
        Ok(Self {
            epoll,
            timer,
            events: Vec::with_capacity(BATCH),
        })
    }

    /// Watches a socket for something to read. It is watched until it is closed.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn watch(&self, socket: impl AsFd, token: usize) -> io::Result<()> {
        let data = EventData::new_u64(token as u64);
        Ok(epoll::add(&self.epoll, socket, data, EventFlags::IN)?)
    }

    /// Waits until something is ready, and appends all that is to `ready`.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn wait(&mut self, ready: &mut Vec<Ready>) -> io::Result<()> {
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), None) {
            // A signal: whoever waits for one looks now.
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &self.events {
            let token = event.data.u64();
            if token != TIMER {
                ready.push(Ready::Socket(token as usize));
                continue;
            }
            let mut strikes = [0; 8];
            if rustix::io::read(&self.timer, &mut strikes[..]).is_ok() {
                ready.push(Ready::Timer(u64::from_ne_bytes(strikes)));
            }
        }
        Ok(())
    }
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// So many bytes went out.
    Bytes(usize),
    /// None: the other side reads too slowly.
    Full,
    /// None, and none ever will: the other side is gone.
    Gone,
}

/// One write, which never waits.
pub fn send_now(socket: &TcpStream, bytes: &[u8]) -> Sent {
    match send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
        Ok(sent) => Sent::Bytes(sent),
        Err(Errno::AGAIN | Errno::NOBUFS | Errno::INTR) => Sent::Full,
        Err(_) => Sent::Gone,
    }
}
