//! The sockets of one thread. All are non-blocking and share one wait and one read buffer.

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
    bot::End,
    opening::{OpenError, Opening, Progress},
    shard::Shard,
    wait::{Ready, Wait},
};

/// How many bytes are read at a time, into a buffer that all bots of a thread share.
const READ_SIZE: usize = 64 * 1024;
/// How long opening a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Whether the system reports data that arrives after a read that did not fill its buffer.
const SHORT_READ_IS_LAST: bool = cfg!(unix);

/// The bots of a thread with their connections.
pub(super) struct Engine {
    shard: Shard,
    sockets: Sockets,
    wait: Wait,
    ready: Ready,
}

struct Sockets {
    address: Address,
    peer: SocketAddr,
    /// By the bot's number.
    lines: Vec<Option<Line>>,
    /// The bots that began to connect, and when, oldest first. Some may be connected by now.
    opening: VecDeque<(Instant, u32)>,
    /// Bots that may have more to read although the system will not report it again.
    unfinished: Vec<u32>,
    scratch: Vec<u8>,
    /// When the last read was.
    last_read: Instant,
}

/// A bot's connection.
enum Line {
    Opening(Box<Opening>),
    /// The bot writes to it.
    Open(Rc<TcpStream>),
}

impl Engine {
    pub(super) fn new(shard: Shard, address: Address, peer: SocketAddr) -> io::Result<Self> {
        let (wait, ready) = Wait::new()?;
        let sockets = Sockets {
            address,
            peer,
            lines: Vec::new(),
            opening: VecDeque::new(),
            unfinished: Vec::new(),
            scratch: vec![0; READ_SIZE],
            last_read: Instant::now(),
        };
        Ok(Self {
            shard,
            sockets,
            wait,
            ready,
        })
    }

    pub(super) fn shard(&mut self) -> &mut Shard {
        &mut self.shard
    }

    /// Does what is due, waits until something happens or is due, or until the given moment, and
    /// reads what arrived.
    pub(super) fn turn(&mut self, until: Instant) -> io::Result<()> {
        let Self {
            shard,
            sockets,
            wait,
            ready,
        } = self;
        let now = Instant::now();
        sockets.give_up(shard, now);
        let more = sockets.run_due(shard, wait);
        let until = if more || !sockets.unfinished.is_empty() {
            now
        } else {
            let marks = [shard.next_due(), sockets.patience()];
            marks.into_iter().flatten().fold(until, Instant::min)
        };
        wait.until(until, ready)?;
        for number in std::mem::take(&mut sockets.unfinished) {
            sockets.read(shard, number, true);
        }
        for event in ready.events() {
            sockets.on_news(shard, event);
            // Hundreds of sockets may be readable: do not let due jobs wait for all of them.
            if shard.next_due().is_some_and(|due| due <= sockets.last_read) {
                sockets.run_due(shard, wait);
            }
        }
        Ok(())
    }

    /// Makes all bots say goodbye, and drops those that are still connecting.
    pub(super) fn leave(&mut self) {
        self.sockets.opening.clear();
        for line in &mut self.sockets.lines {
            if matches!(line, Some(Line::Opening(_))) {
                *line = None;
            }
        }
        self.shard.leave(Instant::now());
    }
}

impl Sockets {
    /// Does what is due, at most a batch. Returns whether there is more.
    fn run_due(&mut self, shard: &mut Shard, wait: &Wait) -> bool {
        let due = shard.run_due();
        for (bot, intended) in due.connect {
            if let Err(error) = self.connect(wait, bot, intended) {
                shard.failed(describe(&error));
            }
        }
        due.more
    }

    fn connect(&mut self, wait: &Wait, number: u32, intended: Instant) -> Result<(), OpenError> {
        let now = Instant::now();
        let mut opening = Box::new(Opening::begin(self.peer, &self.address, intended, now)?);
        // The system reports each change once, so both kinds can always be registered.
        let interest = Interest::READABLE | Interest::WRITABLE;
        wait.registry()
            .register(&mut opening.stream, Token(number as usize), interest)?;
        let place = number as usize;
        if self.lines.len() <= place {
            self.lines.resize_with(place + 1, || None);
        }
        self.lines[place] = Some(Line::Opening(opening));
        self.opening.push_back((now, number));
        Ok(())
    }

    /// Returns when the oldest attempt to connect times out.
    fn patience(&self) -> Option<Instant> {
        self.opening.front().map(|(begun, _)| *begun + CONNECT_TIMEOUT)
    }

    /// Ends attempts to connect that take too long.
    fn give_up(&mut self, shard: &mut Shard, now: Instant) {
        while let Some((begun, number)) = self
            .opening
            .pop_front_if(|(begun, _)| *begun + CONNECT_TIMEOUT <= now)
        {
            let Some(line) = self.lines.get_mut(number as usize) else {
                continue;
            };
            if matches!(line, Some(Line::Opening(opening)) if opening.begun == begun) {
                *line = None;
                shard.failed("timeout".into());
            }
        }
    }

    fn on_news(&mut self, shard: &mut Shard, event: &Event) {
        let number = event.token().0;
        let is_open = match self.lines.get(number) {
            Some(Some(Line::Open(_))) => true,
            Some(Some(Line::Opening(_))) => false,
            // A late event of a connection that is over.
            _ => return,
        };
        let number = number as u32;
        if !is_open {
            self.go_on(shard, number);
        } else if event.is_readable() || event.is_error() {
            // The end of the stream may have come with the last bytes, and is not reported again.
            self.read(shard, number, event.is_read_closed() || event.is_error());
        }
    }

    /// Continues to open a connection.
    fn go_on(&mut self, shard: &mut Shard, number: u32) {
        let Some(Some(Line::Opening(opening))) = self.lines.get_mut(number as usize) else {
            return;
        };
        let (answer, read) = match opening.go_on(&mut self.scratch) {
            Ok(Progress::Waiting) => return,
            Ok(Progress::Open { answer, read }) => (answer, read),
            Err(error) => {
                self.lines[number as usize] = None;
                return shard.failed(describe(&error));
            }
        };
        let Some(Some(Line::Opening(opening))) = self.lines.get_mut(number as usize).map(Option::take) else {
            return;
        };
        let stream = Rc::new(opening.stream);
        shard.connected(number, stream.clone(), opening.intended);
        self.lines[number as usize] = Some(Line::Open(stream));
        // More than the answer may have arrived, even the end.
        self.unfinished.push(number);
        let rest = self.scratch.get_mut(answer..read).unwrap_or_default();
        self.last_read = Instant::now();
        if let Err(end) = shard.receive(number, rest, self.last_read) {
            self.close(shard, number, end);
        }
    }

    /// Reads once, into the shared buffer. If a read does not fill it, another would find nothing
    /// and is skipped, unless the stream is known to have ended.
    fn read(&mut self, shard: &mut Shard, number: u32, ended: bool) {
        // A stalled bot never reads again.
        if shard.is_stalled(number) {
            return;
        }
        let Some(Some(Line::Open(stream))) = self.lines.get(number as usize) else {
            return;
        };
        let length = match (&**stream).read(&mut self.scratch) {
            Ok(0) => return self.close(shard, number, End::Closed(None)),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) if error.kind() == ErrorKind::Interrupted => return self.unfinished.push(number),
            Err(_) => return self.close(shard, number, End::Closed(None)),
        };
        if ended || length == READ_SIZE || !SHORT_READ_IS_LAST {
            self.unfinished.push(number);
        }
        self.last_read = Instant::now();
        if let Err(end) = shard.receive(number, &mut self.scratch[..length], self.last_read) {
            self.close(shard, number, end);
        }
    }

    fn close(&mut self, shard: &mut Shard, number: u32, end: End) {
        self.lines[number as usize] = None;
        shard.closed(number, end);
    }
}

/// Returns a reason with few variants, for counting.
fn describe(error: &OpenError) -> String {
    match error {
        OpenError::Io(error) => error.kind().to_string(),
        error => error.to_string(),
    }
}
