//! The event loop of one thread. All of its sockets are non-blocking, and share one poller and one
//! read buffer.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read as _},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use mio::{Interest, Token, event::Event, net::TcpStream};
use parlour_client::Address;

use super::{
    bot::SessionEnd,
    connect::{ConnectAttempt, HandshakeProgress, OpenError},
    group::BotGroup,
    poller::{Poller, ReadyEvents},
};

/// How many bytes are read at a time, into a buffer that all bots of a thread share.
const READ_SIZE: usize = 64 * 1024;
/// How long attempt a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Whether a read that does not fill the buffer was the last one: the system reports data that
/// arrives after it.
const SHORT_READ_IS_LAST: bool = cfg!(unix);

/// The bots of a thread, and their sockets.
pub(super) struct EventLoop {
    group: BotGroup,
    sockets: Sockets,
    poller: Poller,
    ready: ReadyEvents,
}

struct Sockets {
    address: Address,
    peer: SocketAddr,
    /// By bot number.
    connections: Vec<Option<BotConnection>>,
    /// The time and bot of each connection attempt, oldest first. Some are connected by now.
    attempts: VecDeque<(Instant, u32)>,
    /// Bots that may have more to read although the system will not report it again.
    unfinished: Vec<u32>,
    scratch: Vec<u8>,
    /// The time of the last read.
    last_read: Instant,
}

/// A bot's connection.
enum BotConnection {
    Connecting(Box<ConnectAttempt>),
    /// The bot also has the stream, to write to it.
    Open(Rc<TcpStream>),
}

impl EventLoop {
    pub(super) fn new(group: BotGroup, address: Address, peer: SocketAddr) -> io::Result<Self> {
        let (poller, ready) = Poller::new()?;
        let sockets = Sockets {
            address,
            peer,
            connections: Vec::new(),
            attempts: VecDeque::new(),
            unfinished: Vec::new(),
            scratch: vec![0; READ_SIZE],
            last_read: Instant::now(),
        };
        Ok(Self {
            group,
            sockets,
            poller,
            ready,
        })
    }

    pub(super) fn group(&mut self) -> &mut BotGroup {
        &mut self.group
    }

    /// Runs the due jobs, waits for a socket, the next job or `until`, and reads from the sockets
    /// that are ready.
    pub(super) fn run_once(&mut self, until: Instant) -> io::Result<()> {
        let Self {
            group,
            sockets,
            poller,
            ready,
        } = self;
        let now = Instant::now();
        sockets.time_out_connects(group, now);
        let more = sockets.run_due(group, poller);
        let until = if more || !sockets.unfinished.is_empty() {
            now
        } else {
            let marks = [group.next_due(), sockets.connect_deadline()];
            marks.into_iter().flatten().fold(until, Instant::min)
        };
        poller.until(until, ready)?;
        for number in std::mem::take(&mut sockets.unfinished) {
            sockets.read(group, number, true);
        }
        for event in ready.events() {
            sockets.handle_event(group, event);
            // Hundreds of sockets may be readable: do not let due jobs wait for all of them.
            if group.next_due().is_some_and(|due| due <= sockets.last_read) {
                sockets.run_due(group, poller);
            }
        }
        Ok(())
    }

    /// Makes all bots say goodbye, and drops the connections that are still being opened.
    pub(super) fn leave(&mut self) {
        self.sockets.attempts.clear();
        for connection in &mut self.sockets.connections {
            if matches!(connection, Some(BotConnection::Connecting(_))) {
                *connection = None;
            }
        }
        self.group.leave(Instant::now());
    }
}

impl Sockets {
    /// Runs the due jobs, at most a batch. Returns whether more are due.
    fn run_due(&mut self, group: &mut BotGroup, poller: &Poller) -> bool {
        let due = group.run_due();
        for (bot, intended) in due.connect {
            if let Err(error) = self.connect(poller, bot, intended) {
                group.failed(describe(&error));
            }
        }
        due.more
    }

    fn connect(&mut self, poller: &Poller, number: u32, intended: Instant) -> Result<(), OpenError> {
        let now = Instant::now();
        let mut attempt = Box::new(ConnectAttempt::begin(self.peer, &self.address, intended, now)?);
        // Events are edge-triggered, so it costs nothing to register for both kinds.
        let interest = Interest::READABLE | Interest::WRITABLE;
        poller
            .registry()
            .register(&mut attempt.stream, Token(number as usize), interest)?;
        let place = number as usize;
        if self.connections.len() <= place {
            self.connections.resize_with(place + 1, || None);
        }
        self.connections[place] = Some(BotConnection::Connecting(attempt));
        self.attempts.push_back((now, number));
        Ok(())
    }

    /// Returns when the oldest connection attempt times out.
    fn connect_deadline(&self) -> Option<Instant> {
        self.attempts.front().map(|(begun, _)| *begun + CONNECT_TIMEOUT)
    }

    /// Ends the connection attempts that take too long.
    fn time_out_connects(&mut self, group: &mut BotGroup, now: Instant) {
        while let Some((begun, number)) = self
            .attempts
            .pop_front_if(|(begun, _)| *begun + CONNECT_TIMEOUT <= now)
        {
            let Some(connection) = self.connections.get_mut(number as usize) else {
                continue;
            };
            if matches!(connection, Some(BotConnection::Connecting(attempt)) if attempt.begun == begun) {
                *connection = None;
                group.failed("timeout".into());
            }
        }
    }

    fn handle_event(&mut self, group: &mut BotGroup, event: &Event) {
        let number = event.token().0;
        let is_open = match self.connections.get(number) {
            Some(Some(BotConnection::Open(_))) => true,
            Some(Some(BotConnection::Connecting(_))) => false,
            // A late event of a connection that is over.
            _ => return,
        };
        let number = number as u32;
        if !is_open {
            self.continue_connect(group, number);
        } else if event.is_readable() || event.is_error() {
            // The end of the stream may have come with the last bytes, and is not reported again.
            self.read(group, number, event.is_read_closed() || event.is_error());
        }
    }

    /// Continues to open a connection.
    fn continue_connect(&mut self, group: &mut BotGroup, number: u32) {
        let Some(Some(BotConnection::Connecting(attempt))) = self.connections.get_mut(number as usize) else {
            return;
        };
        let (answer, read) = match attempt.proceed(&mut self.scratch) {
            Ok(HandshakeProgress::Waiting) => return,
            Ok(HandshakeProgress::Open { answer, read }) => (answer, read),
            Err(error) => {
                self.connections[number as usize] = None;
                return group.failed(describe(&error));
            }
        };
        let Some(Some(BotConnection::Connecting(attempt))) =
            self.connections.get_mut(number as usize).map(Option::take)
        else {
            return;
        };
        let stream = Rc::new(attempt.stream);
        group.connected(number, stream.clone(), attempt.intended);
        self.connections[number as usize] = Some(BotConnection::Open(stream));
        // Frames, or the end of the stream, may have arrived with the response.
        self.unfinished.push(number);
        let rest = self.scratch.get_mut(answer..read).unwrap_or_default();
        self.last_read = Instant::now();
        if let Err(end) = group.receive(number, rest, self.last_read) {
            self.close(group, number, end);
        }
    }

    /// Reads once, into the shared buffer. Skips the next read if this one does not fill the
    /// buffer, because it would find nothing, unless the stream is known to have ended.
    fn read(&mut self, group: &mut BotGroup, number: u32, ended: bool) {
        // A stalled bot never reads again.
        if group.is_stalled(number) {
            return;
        }
        let Some(Some(BotConnection::Open(stream))) = self.connections.get(number as usize) else {
            return;
        };
        let length = match (&**stream).read(&mut self.scratch) {
            Ok(0) => return self.close(group, number, SessionEnd::Closed(None)),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) if error.kind() == ErrorKind::Interrupted => return self.unfinished.push(number),
            Err(_) => return self.close(group, number, SessionEnd::Closed(None)),
        };
        if ended || length == READ_SIZE || !SHORT_READ_IS_LAST {
            self.unfinished.push(number);
        }
        self.last_read = Instant::now();
        if let Err(end) = group.receive(number, &mut self.scratch[..length], self.last_read) {
            self.close(group, number, end);
        }
    }

    fn close(&mut self, group: &mut BotGroup, number: u32, end: SessionEnd) {
        self.connections[number as usize] = None;
        group.closed(number, end);
    }
}

/// Returns a reason that is the same for all errors of a kind, so that they are counted together.
fn describe(error: &OpenError) -> String {
    match error {
        OpenError::Io(error) => error.kind().to_string(),
        error => error.to_string(),
    }
}
