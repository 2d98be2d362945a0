//! One thread of a run: a runtime of its own, one task per connection, one timer for all bots.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    rc::Rc,
    task::{Poll, ready},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead as _, ReadBuf},
    net::tcp::OwnedReadHalf,
    runtime::{Builder, LocalOptions},
    sync::{Notify, mpsc, watch},
    time::timeout,
};

use super::{bot::End, plan::Plan, shard::Shard, tally::Tally, timer::Timer};
use crate::{
    address::Address,
    transport::{ConnectionError, upgrade_at},
};

/// Bytes that are read at once, into a buffer that all bots of a thread share.
const READ_SIZE: usize = 64 * 1024;
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server has to answer goodbyes.
const FAREWELL: Duration = Duration::from_secs(1);
/// How often a thread tells what it counted.
const REPORT_EVERY: Duration = Duration::from_millis(500);

/// What a thread is told.
pub(super) struct Orders {
    pub(super) plan: Plan,
    pub(super) thread: u32,
    pub(super) address: Address,
    pub(super) peer: SocketAddr,
    pub(super) start: Instant,
    /// Becomes true, or closed, when the run is to end.
    pub(super) stop: watch::Receiver<bool>,
    /// Takes what was counted now and then; if it is full, the next will do.
    pub(super) progress: mpsc::Sender<(u32, Tally)>,
}

/// Runs the bots of a thread to the end of the plan.
pub(super) fn work(orders: Orders) -> io::Result<Tally> {
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build_local(LocalOptions::default())?;
    runtime.block_on(drive(orders))
}

/// What the tasks of a thread share.
struct Thread {
    shard: RefCell<Shard>,
    scratch: RefCell<Vec<u8>>,
    /// Something was scheduled that may be due before the timer runs out, or a connection has ended.
    wake: Notify,
    address: Address,
    peer: SocketAddr,
}

impl Thread {
    /// Does what is due, a batch at most; says whether there is more.
    fn run_due(self: &Rc<Self>) -> bool {
        let due = self.shard.borrow_mut().run_due();
        for (bot, intended) in due.connect {
            tokio::task::spawn_local(live(self.clone(), bot, intended));
        }
        due.more
    }
}

async fn drive(orders: Orders) -> io::Result<Tally> {
    let timer = Timer::new()?;
    let Orders {
        plan,
        thread: number,
        address,
        peer,
        start,
        mut stop,
        progress,
    } = orders;
    let thread = Rc::new(Thread {
        shard: RefCell::new(Shard::new(plan, number, start)),
        scratch: RefCell::new(vec![0; READ_SIZE]),
        wake: Notify::new(),
        address,
        peer,
    });
    let begin = thread.shard.borrow().measures_from();
    let end = thread.shard.borrow().duration().map(|duration| begin + duration);
    let mut measuring = false;
    let mut report_at = start + REPORT_EVERY;
    let mut stopped = pin!(async move { drop(stop.wait_for(|stop| *stop).await) });
    loop {
        let now = Instant::now();
        if !measuring && now >= begin {
            measuring = true;
            thread.shard.borrow_mut().begin_measuring(now);
        }
        if end.is_some_and(|end| now >= end) {
            break;
        }
        if now >= report_at {
            report_at = now + REPORT_EVERY;
            drop(progress.try_send((number, thread.shard.borrow_mut().tally(now))));
        }
        if thread.run_due() {
            tokio::task::yield_now().await;
            continue;
        }
        let next = thread.shard.borrow().next_due();
        let marks = [(!measuring).then_some(begin), end, next];
        let wake_at = marks.into_iter().flatten().fold(report_at, Instant::min);
        tokio::select! {
            biased;
            () = &mut stopped => break,
            () = timer.wait_until(wake_at) => {}
            () = thread.wake.notified() => {}
        }
    }
    let tally = thread.shard.borrow_mut().tally(Instant::now());
    farewell(&thread).await;
    Ok(tally)
}

/// Lets the bots say goodbye, and waits a little until the server has closed.
async fn farewell(thread: &Thread) {
    thread.shard.borrow_mut().leave(Instant::now());
    let all_closed = async {
        while thread.shard.borrow().open() > 0 {
            thread.wake.notified().await;
        }
    };
    // Whoever is left is cut off with the runtime.
    let _ = timeout(FAREWELL, all_closed).await;
}

/// The life of one connection.
async fn live(thread: Rc<Thread>, bot: u32, intended: Instant) {
    let connecting = upgrade_at(thread.peer, &thread.address);
    let (stream, mut rest) = match timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(Ok(connected)) => connected,
        Ok(Err(error)) => return thread.shard.borrow_mut().failed(describe(&error)),
        Err(_) => return thread.shard.borrow_mut().failed("timeout".into()),
    };
    let (mut reader, writer) = stream.into_split();
    thread.shard.borrow_mut().connected(bot, writer, intended);
    let mut result = thread.shard.borrow_mut().receive(bot, &mut rest, Instant::now());
    while result.is_ok() {
        result = read(&thread, bot, &mut reader).await;
    }
    if let Err(end) = result {
        thread.shard.borrow_mut().closed(bot, end);
    }
    thread.wake.notify_one();
}

/// Reads once, into the shared buffer. A read that does not fill it spares the one that would find nothing.
async fn read(thread: &Rc<Thread>, bot: u32, reader: &mut OwnedReadHalf) -> Result<(), End> {
    poll_fn(|context| {
        if thread.shard.borrow().is_stalled(bot) {
            // Never woken: it ends with the run.
            return Poll::Pending;
        }
        let mut scratch = thread.scratch.borrow_mut();
        let mut buffer = ReadBuf::new(&mut scratch);
        let read = ready!(Pin::new(&mut *reader).poll_read(context, &mut buffer));
        let input = buffer.filled_mut();
        if read.is_err() || input.is_empty() {
            return Poll::Ready(Err(End::Closed(None)));
        }
        let now = Instant::now();
        let mut shard = thread.shard.borrow_mut();
        let before = shard.next_due();
        let result = shard.receive(bot, input, now);
        let next = shard.next_due();
        drop(shard);
        if next.is_some_and(|next| next <= now) {
            // Thousands of sockets may have something to read before the timer's task has its turn again.
            thread.run_due();
        } else if next < before || before.is_none() {
            thread.wake.notify_one();
        }
        Poll::Ready(result)
    })
    .await
}

/// A reason with few variants, to be counted.
fn describe(error: &ConnectionError) -> String {
    match error {
        ConnectionError::Io(error) => error.kind().to_string(),
        error => error.to_string(),
    }
}
