//! Waits until a socket is ready or a time has come. A thread blocks nowhere else.
//!
//! The timeout of `epoll` has a resolution of 1 ms, which would look like latency of the server. On
//! Linux the poller therefore registers a kernel timer like a socket; it is late by about 0.1 ms.

use std::{
    io::{self, ErrorKind},
    time::Instant,
};

use mio::{Events, Poll, Registry, Token, event::Event};

/// The most events that one wait returns.
const EVENTS: usize = 256;
/// The token of the timer. It is higher than any bot's number.
#[cfg(target_os = "linux")]
const TIMER: Token = Token(usize::MAX);

/// Waits for sockets and for a time.
pub(super) struct Poller {
    poll: Poll,
    #[cfg(target_os = "linux")]
    timer: kernel::Timer,
}

/// The events of one wait.
pub(super) struct ReadyEvents(Events);

impl ReadyEvents {
    /// Returns the events of sockets; the token is the bot's number.
    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        #[cfg(target_os = "linux")]
        let is_socket = |event: &&Event| event.token() != TIMER;
        #[cfg(not(target_os = "linux"))]
        let is_socket = |_: &&Event| true;
        self.0.iter().filter(is_socket)
    }
}

impl Poller {
    pub(super) fn new() -> io::Result<(Self, ReadyEvents)> {
        let poll = Poll::new()?;
        #[cfg(target_os = "linux")]
        let timer = kernel::Timer::new(poll.registry(), TIMER)?;
        let poller = Self {
            poll,
            #[cfg(target_os = "linux")]
            timer,
        };
        Ok((poller, ReadyEvents(Events::with_capacity(EVENTS))))
    }

    /// Returns the registry for sockets.
    pub(super) fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// Waits until a socket is ready or the moment has come. May return slightly early.
    pub(super) fn until(&mut self, moment: Instant, ready: &mut ReadyEvents) -> io::Result<()> {
        let left = moment.saturating_duration_since(Instant::now());
        #[cfg(target_os = "linux")]
        let timeout = if left.is_zero() || !self.timer.set(moment, left) {
            Some(left)
        } else {
            None
        };
        #[cfg(not(target_os = "linux"))]
        let timeout = Some(left);
        match self.poll.poll(&mut ready.0, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            done => done,
        }
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::{
        io,
        os::fd::AsRawFd as _,
        time::{Duration, Instant},
    };

    use mio::{Interest, Registry, Token, unix::SourceFd};
    use rustix::{
        fd::OwnedFd,
        time::{
            Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
            timerfd_settime,
        },
    };

    pub(super) struct Timer {
        timer: OwnedFd,
        set_to: Option<Instant>,
    }

    impl Timer {
        pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            // The system reports each expiry, whether the timer was read in between or not.
            registry.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
            Ok(Self { timer, set_to: None })
        }

        /// Sets the timer to a moment that is this far away. Returns false if that failed.
        pub(super) fn set(&mut self, moment: Instant, left: Duration) -> bool {
            if self.set_to == Some(moment) {
                // The moment is in the future, so the timer has not expired.
                return true;
            }
            let zero = Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            let it_value = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            // Setting the timer also clears an earlier expiry.
            let once = Itimerspec {
                it_interval: zero,
                it_value,
            };
            let is_set = timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once).is_ok();
            self.set_to = is_set.then_some(moment);
            is_set
        }
    }
}
