//! An I/O thread: its runtime, its connections, and the output of ticks for them.

use std::{
    io,
    net::TcpListener as StdTcpListener,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use parlour_shared::{close::CloseCode, ids::SessionId};
use tokio::{
    net::TcpListener,
    runtime::{Builder, LocalOptions},
    task::{JoinError, JoinHandle, spawn_local},
    time::{Instant, sleep},
};

use super::{EdgeShared, Rejection, connection::IoThread, deliver, listener, sweep};
use crate::{
    bridge::{
        io_load::IoLoad,
        outbound::{DeskOutput, Outbound, OutboundReceiver},
        session_route::IoRings,
        wake::{WakeEnd, WakeReceiver},
    },
    failure::ServerFailure,
};

/// The time limit for the close frames of all clients when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// What an I/O thread needs to start.
pub(crate) struct IoStart {
    pub(crate) thread: usize,
    pub(crate) listener: StdTcpListener,
    pub(crate) shared: Arc<EdgeShared>,
    pub(crate) rings: IoRings,
    pub(crate) outbound: OutboundReceiver,
    pub(crate) wake: WakeEnd,
    pub(crate) load: Arc<IoLoad>,
}

/// The numbers of connections that an I/O thread closed when it stopped.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CloseCounts {
    pub(crate) answered: u32,
    pub(crate) aborted: u32,
}

/// Runs an I/O thread until the server stops.
pub(crate) fn run(start: IoStart) -> io::Result<CloseCounts> {
    let (parking, unparking) = (Arc::clone(&start.load), Arc::clone(&start.load));
    let runtime = Builder::new_current_thread()
        .enable_all()
        .on_thread_park(move || parking.park())
        .on_thread_unpark(move || unparking.unpark())
        // Under load, this many tasks run between two polls of the sockets, and before the output
        // of a tick. With the default of 61, polls cost twice as much per message.
        .event_interval(128)
        // 5,000 clients that send at the same time need five polls. The events take 12 KiB, which
        // stay in the cache.
        .max_io_events_per_tick(1024)
        .build_local(LocalOptions::default())?;
    runtime.block_on(serve(start))
}

async fn serve(start: IoStart) -> io::Result<CloseCounts> {
    let mut outbound = start.outbound;
    let wake = start.wake.attach()?;
    let listener = TcpListener::from_std(start.listener)?;
    let io = Rc::new(IoThread::new(start.thread, start.shared, start.rings));
    let mut tasks = Tasks {
        accepting: spawn_local(listener::accept(Rc::clone(&io), listener)),
        sweeping: spawn_local(sweep::run(Rc::clone(&io))),
        receiving: spawn_local(listener::receive(Rc::clone(&io))),
    };
    let served = {
        let serving = pin!(deliver_ticks(&io, &wake, &mut outbound, &mut tasks));
        CatchPanic(serving).await
    };
    match served {
        Ok(Ok(())) => {}
        Ok(Err(error)) => io.fail(ServerFailure::failed(io.name(), error)),
        Err(panic) => io.fail(ServerFailure::panicked(io.name(), &*panic)),
    }
    if io.shared.failure.get().is_some() {
        io.close_all();
        // Meanwhile new connections get a 503.
        while !io.shared.is_stopping() && wake.woken().await {
            while outbound.next().is_some() {}
            io.rings.flush();
        }
    }
    tasks.accepting.abort();
    tasks.sweeping.abort();
    tasks.receiving.abort();
    Ok(io.stop().await)
}

/// The tasks of the thread. They never end by themselves.
struct Tasks {
    accepting: JoinHandle<()>,
    sweeping: JoinHandle<()>,
    receiving: JoinHandle<()>,
}

/// Delivers ticks until the server stops or fails. Returns an error if this thread failed.
async fn deliver_ticks(
    io: &Rc<IoThread>,
    wake: &WakeReceiver,
    outbound: &mut OutboundReceiver,
    tasks: &mut Tasks,
) -> io::Result<()> {
    let mut frames = Vec::new();
    while !io.shared.is_stopping() && io.shared.failure.get().is_none() {
        let woken = tokio::select! {
            woken = wake.woken() => woken,
            // The task panicked. Without this check, the thread would still look healthy.
            ended = &mut tasks.accepting => return Err(ended_early(ended)),
            ended = &mut tasks.sweeping => return Err(ended_early(ended)),
            ended = &mut tasks.receiving => return Err(ended_early(ended)),
        };
        if !woken {
            break;
        }
        while let Some(item) = outbound.next() {
            match item {
                Outbound::Tick(batch) => {
                    for world in batch.outputs() {
                        deliver::deliver(io, world, &mut frames).await;
                    }
                }
                Outbound::Desk(output) => io.obey_desk(output),
                Outbound::Lost => io.close_after_lost_output(),
            }
        }
        io.rings.flush();
    }
    Ok(())
}

/// A future whose panic is a value, so that this thread can still close its connections.
struct CatchPanic<F>(F);

impl<F: Future + Unpin> Future for CatchPanic<F> {
    type Output = std::thread::Result<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // After a panic nothing is delivered: connections are only closed.
        match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut self.0).poll(context))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

fn ended_early(ended: Result<(), JoinError>) -> io::Error {
    ended.map_or_else(io::Error::other, |()| {
        io::Error::other("a task ended that must never end")
    })
}

impl IoThread {
    /// Does what the desk wants for a session, if it is still open.
    fn obey_desk(&self, output: DeskOutput) {
        match output {
            DeskOutput::Placed {
                session,
                place,
                number,
            } => {
                if let Some(session) = self.session(session) {
                    session.route.place(place, number);
                }
            }
            DeskOutput::Recall { session } => {
                if let Some(session) = self.session(session) {
                    session.route.recall(&self.rings, session.id);
                }
            }
            DeskOutput::Send { session, message } => match self.find(session) {
                Some(connection) => connection.send_message(&message),
                None => self.keep_encoded(session, &message),
            },
            DeskOutput::Close { session, code } => {
                self.close_session(session, code);
            }
        }
    }

    /// Closes the connection of a session with a code. Without a connection, it ends.
    pub(super) fn close_session(&self, session: SessionId, code: CloseCode) {
        if let Some(connection) = self.find(session) {
            connection.close(code);
        } else if let Some(session) = self.session(session) {
            self.end_session(&session);
        }
    }

    /// Closes all sessions, because this thread was so late that outputs of ticks were dropped.
    /// The state that its clients have can no longer be updated.
    fn close_after_lost_output(&self) {
        tracing::error!(
            thread = self.thread,
            "I/O thread more than a second behind: closing its connections"
        );
        self.for_each(|connection| {
            if let Some(session) = connection.session() {
                session.lose_messages();
                connection.reject(Rejection::SlowConsumer, "I/O thread behind");
            }
        });
        let dropped = self.dropped.borrow().ids();
        for session in dropped {
            if let Some(session) = self.session(session) {
                let before = session.waiting_bytes();
                session.lose_messages();
                self.dropped.borrow_mut().note_bytes(&session, before);
            }
        }
    }

    /// Returns the name of this thread for a failure.
    fn name(&self) -> String {
        format!("io-{}", self.thread)
    }

    fn fail(&self, failure: ServerFailure) {
        self.shared.failure.set(failure);
    }

    /// Closes all connections, with the failure of the server or because it stops.
    fn close_all(&self) {
        self.end_dropped();
        match self.shared.failure.get() {
            Some(failure) => {
                self.shared.spread.all_leave();
                self.for_each(|connection| {
                    connection.close_with_reason(CloseCode::Internal, failure.for_clients())
                });
            }
            None => self.for_each(|connection| connection.close(CloseCode::ServiceRestart)),
        }
    }

    async fn stop(self: Rc<Self>) -> CloseCounts {
        let total = self.table.borrow().count();
        self.close_all();
        let until = Instant::now() + STOP_TIMEOUT;
        while self.table.borrow().count() > 0 && Instant::now() < until {
            sleep(Duration::from_millis(5)).await;
            // The sweep, which usually does this, has ended.
            self.now();
            self.rings.flush();
        }
        let left = self.table.borrow().count();
        self.for_each(|connection| connection.abort());
        // The tasks of aborted connections end when they are next polled.
        let until = Instant::now() + Duration::from_millis(100);
        while self.table.borrow().count() > 0 && Instant::now() < until {
            sleep(Duration::from_millis(1)).await;
        }
        self.rings.flush();
        CloseCounts {
            answered: total.saturating_sub(left) as u32,
            aborted: left as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn catch_panic_returns_the_panic_as_an_error() {
        let panics = pin!(async {
            tokio::task::yield_now().await;
            panic!("oh");
        });
        let panic = CatchPanic(panics).await.unwrap_err();
        let failure = ServerFailure::panicked("io-0", &*panic);
        assert_eq!(failure.to_string(), "thread io-0 panicked: oh");
        assert_eq!(CatchPanic(pin!(async { 7 })).await.unwrap(), 7);
    }
}
