//! What a client must know to resume its session over a new connection.

use std::collections::VecDeque;

use parlour_shared::message::{Request, Resumed};

/// The number of messages after which the client says that it has received them.
const ACK_EVERY: u32 = 16;
/// The maximum number of requests that are sent again if the server has not handled them. Of more,
/// the oldest are not.
const MAX_UNANSWERED: usize = 64;

/// Counts the numbered messages of both directions, and keeps the requests without an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Resuming {
    received: u32,
    acknowledged: u32,
    sent: u32,
    unanswered: VecDeque<Unanswered>,
    /// Whether a hello that resumes the session was sent, and not answered yet.
    pub(super) is_under_way: bool,
}

#[derive(Clone, Debug)]
struct Unanswered {
    /// The number of the message.
    number: u32,
    request: Request,
    payload: Vec<u8>,
}

impl Resuming {
    /// Returns how many messages the client has received.
    pub(super) fn received(&self) -> u32 {
        self.received
    }

    pub(super) fn note_received(&mut self) {
        self.received = self.received.wrapping_add(1);
    }

    /// Returns the number of received messages if the server should know it now.
    pub(super) fn due_ack(&mut self) -> Option<u32> {
        let is_due = self.received.wrapping_sub(self.acknowledged) >= ACK_EVERY;
        is_due.then(|| {
            self.acknowledged = self.received;
            self.received
        })
    }

    /// Notes a numbered message. A request is kept until it is answered.
    pub(super) fn note_sent(&mut self, request: Option<Request>, payload: &[u8]) {
        self.sent = self.sent.wrapping_add(1);
        let Some(request) = request else { return };
        if self.unanswered.len() == MAX_UNANSWERED {
            self.unanswered.pop_front();
        }
        self.unanswered.push_back(Unanswered {
            number: self.sent,
            request,
            payload: payload.to_vec(),
        });
    }

    pub(super) fn note_answer(&mut self, request: Request) {
        self.unanswered.retain(|asked| asked.request != request);
    }

    /// Goes on over a new connection.
    pub(super) fn go_on(&mut self, resumed: Resumed) {
        self.received = resumed.received;
        self.acknowledged = resumed.received;
        // Numbers wrap.
        let handled = |asked: &Unanswered| resumed.heard.wrapping_sub(asked.number) <= u32::MAX / 2;
        self.sent = resumed.heard;
        if resumed.reset {
            // Answers may be lost, so nobody knows which requests were handled.
            self.unanswered.clear();
        }
        for asked in &mut self.unanswered {
            // A handled one keeps waiting for its answer.
            if !handled(asked) {
                self.sent = self.sent.wrapping_add(1);
                asked.number = self.sent;
            }
        }
    }

    /// Returns the messages after this number of the client, which the server has not handled.
    pub(super) fn unheard(&self, heard: u32) -> impl Iterator<Item = &[u8]> {
        let is_after = move |asked: &&Unanswered| heard.wrapping_sub(asked.number) > u32::MAX / 2;
        let unheard = self.unanswered.iter().filter(is_after);
        unheard.map(|asked| &*asked.payload)
    }
}
