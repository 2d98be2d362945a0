//! The queue of requests to the thread `auth`.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{AuthFault, Credential, Identity};

/// The maximum number of requests that wait for the thread. At 150 us for each, the last one waits
/// for 0.15 s. If there are more, the client must try again later.
const QUEUE: usize = 1024;
/// The answer to a request: who the client is.
pub(crate) type AuthAnswer = Result<Arc<Identity>, AuthFault>;
/// The answer to a request for a ticket.
pub(crate) type TicketAnswer = Result<String, AuthFault>;

/// A request of an I/O thread.
#[derive(Debug)]
pub(super) enum Request {
    /// Who has this token or ticket?
    Authenticate {
        credential: Credential,
        answer: oneshot::Sender<AuthAnswer>,
    },
    /// A ticket for the user of this token.
    Ticket {
        token: String,
        answer: oneshot::Sender<TicketAnswer>,
    },
}

/// The sending end of the queue to the thread.
#[derive(Clone, Debug)]
pub(crate) struct AuthQueue(mpsc::Sender<Request>);

impl AuthQueue {
    /// Returns both ends of a new queue.
    pub(super) fn new() -> (Self, mpsc::Receiver<Request>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self(sender), receiver)
    }

    /// Asks who has this token or ticket.
    ///
    /// # Errors
    /// [`AuthFault::Busy`]: the queue is full.
    pub(crate) fn authenticate(
        &self,
        credential: Credential,
    ) -> Result<oneshot::Receiver<AuthAnswer>, AuthFault> {
        let (answer, receiver) = oneshot::channel();
        self.send(Request::Authenticate { credential, answer })?;
        Ok(receiver)
    }

    /// Asks for a ticket for the user of this token.
    ///
    /// # Errors
    /// [`AuthFault::Busy`]: the queue is full.
    pub(crate) fn ticket(&self, token: String) -> Result<oneshot::Receiver<TicketAnswer>, AuthFault> {
        let (answer, receiver) = oneshot::channel();
        self.send(Request::Ticket { token, answer })?;
        Ok(receiver)
    }

    fn send(&self, request: Request) -> Result<(), AuthFault> {
        self.0.try_send(request).map_err(|_| AuthFault::Busy)
    }
}
