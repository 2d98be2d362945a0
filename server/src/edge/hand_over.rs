//! Passes a connection to the I/O thread of the session that its client wants to resume.

use std::{
    net::TcpStream,
    rc::Rc,
    sync::{Mutex, PoisonError},
};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{
    Rejection, Wire, admission::AdmissionPermit, client::Target, connection::Connection, peer::Peer,
    time_limit::TimeLimit,
};

/// The number of connections that may be on their way to a thread. Others are closed without a
/// code, and their clients try again.
const WAITING: usize = 1024;

/// The ways to all I/O threads.
pub(super) struct HandOver {
    senders: Vec<Sender<HandedOver>>,
    receivers: Mutex<Vec<Option<Receiver<HandedOver>>>>,
}

/// A connection on its way.
pub(super) struct HandedOver {
    pub(super) stream: TcpStream,
    pub(super) peer: Peer,
    pub(super) wire: Wire,
    pub(super) permit: AdmissionPermit,
    pub(super) deadline: TimeLimit,
    pub(super) target: Target,
    /// What arrived after the hello.
    pub(super) rest: Vec<u8>,
}

impl HandOver {
    pub(super) fn new(threads: usize) -> Self {
        let (senders, receivers) = (0..threads)
            .map(|_| {
                let (sender, receiver) = channel(WAITING);
                (sender, Some(receiver))
            })
            .unzip();
        Self {
            senders,
            receivers: Mutex::new(receivers),
        }
    }

    pub(super) fn threads(&self) -> usize {
        self.senders.len()
    }

    /// Returns the end of a thread, once.
    pub(super) fn take_receiver(&self, thread: usize) -> Option<Receiver<HandedOver>> {
        let mut receivers = self.receivers.lock().unwrap_or_else(PoisonError::into_inner);
        receivers.get_mut(thread)?.take()
    }
}

/// Passes a connection on. Its reader must be dropped, and nothing else may use it.
pub(super) fn pass(connection: Rc<Connection>, target: Target, deadline: TimeLimit) {
    let io = Rc::clone(&connection.io);
    let rest = connection.take_rest();
    // A task that sends the rest of a pong also has a reference.
    let Some((stream, peer, wire, permit)) = Rc::into_inner(connection).map(Connection::into_parts) else {
        return;
    };
    let sender = io.shared.hand_over.senders.get(target.thread);
    let (Ok(stream), Some(sender)) = (stream.into_std(), sender) else {
        return;
    };
    let handed_over = HandedOver {
        stream,
        peer,
        wire,
        permit,
        deadline,
        target,
        rest,
    };
    if sender.try_send(handed_over).is_err() {
        io.shared
            .reject(Rejection::TooManyConnections, peer, "too many clients resume");
    }
}
