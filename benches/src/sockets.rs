//! Many non-blocking sockets and one timer in one thread, with epoll.

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

/// Events that one call of `epoll_wait` returns at most.
const BATCH: usize = 1024;
/// The token of the timer. Tokens of sockets are indices and never reach it.
const TIMER: u64 = u64::MAX;

/// Sockets, each with a token, and a timer that fires at regular intervals without drift.
pub struct Sockets {
    epoll: OwnedFd,
    timer: OwnedFd,
    events: Vec<epoll::Event>,
}

/// An event that [`Sockets::wait`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyEvent {
    /// The socket with this token has data to read, or its connection has ended.
    Socket(usize),
    /// The timer fired this many times since its last event.
    Timer(u64),
}

impl Sockets {
    /// Starts without sockets. The timer fires every `interval`, first after one interval.
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
        let schedule = Itimerspec {
            it_interval: every,
            it_value: every,
        };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &schedule)?;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), EventFlags::IN)?;
        Ok(Self {
            epoll,
            timer,
            events: Vec::with_capacity(BATCH),
        })
    }

    /// Watches a socket for data to read, until it is closed.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn watch(&self, socket: impl AsFd, token: usize) -> io::Result<()> {
        let data = EventData::new_u64(token as u64);
        Ok(epoll::add(&self.epoll, socket, data, EventFlags::IN)?)
    }

    /// Waits for at least one event, and appends all pending events to `ready`.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn wait(&mut self, ready: &mut Vec<ReadyEvent>) -> io::Result<()> {
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), None) {
            // A signal arrived: return without events, so that the caller can check its stop flag.
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &self.events {
            let token = event.data.u64();
            if token != TIMER {
                ready.push(ReadyEvent::Socket(token as usize));
                continue;
            }
            let mut expirations = [0; 8];
            if rustix::io::read(&self.timer, &mut expirations[..]).is_ok() {
                ready.push(ReadyEvent::Timer(u64::from_ne_bytes(expirations)));
            }
        }
        Ok(())
    }
}

/// The outcome of one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// This many bytes were sent.
    Bytes(usize),
    /// Nothing was sent: the peer reads too slowly, and the send buffer is full.
    Full,
    /// Nothing was sent, and nothing can be: the connection is closed.
    Gone,
}

/// Writes once, without waiting.
pub fn send_now(socket: &TcpStream, bytes: &[u8]) -> SendOutcome {
    match send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
        Ok(sent) => SendOutcome::Bytes(sent),
        Err(Errno::AGAIN | Errno::NOBUFS | Errno::INTR) => SendOutcome::Full,
        Err(_) => SendOutcome::Gone,
    }
}
