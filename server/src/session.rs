//! What a session keeps over its links: the messages that its client may have missed, and the key
//! to resume it. A state machine without a clock, a socket or a random source.
//!
//! Both sides count the *numbered* messages of a session, from 1: the server all its messages
//! except welcomes, snapshots, pongs and closings, and the client all except hellos, pings, acks
//! and byes. A client says in an ack how many it has received, and again when it resumes. So
//! nothing is lost, and nothing arrives twice.

mod message_log;
mod resume_key;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Instant};

use parlour_shared::{
    json_forms::JsonForms,
    message::{ClientKind, ServerKind},
};

pub(crate) use message_log::{LoggedMessage, MessageLog};
pub(crate) use resume_key::ResumeKey;

/// The state of a session apart from its link.
#[derive(Debug)]
pub(crate) struct SessionState {
    log: MessageLog,
    key: ResumeKey,
    /// The key before, until the client has shown that it received the present one: a welcome may
    /// get lost.
    key_before: Option<ResumeKey>,
    /// The number of the last numbered message of the client.
    heard: u32,
    /// When the link was lost.
    dropped: Option<Instant>,
}

/// Why a session cannot be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResumeError {
    /// It is not the key of the session.
    WrongKey,
    /// The client says that it received more messages than were sent.
    NeverSent,
}

/// How a session goes on over a new link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resumed {
    /// The number of the last message of the client.
    pub(crate) heard: u32,
    /// The number of the last message before those that are sent again.
    pub(crate) received: u32,
    /// Whether messages are lost, because they no longer fit. The client needs the whole state.
    pub(crate) reset: bool,
}

impl SessionState {
    /// Returns the state of a new session with a link.
    pub(crate) fn new(key: ResumeKey) -> Self {
        Self {
            log: MessageLog::default(),
            key,
            key_before: None,
            heard: 0,
            dropped: None,
        }
    }

    /// Notes a message for the client, which is sent now or waits for the next link. `forms` are
    /// those of its world. If more than `limit` bytes would wait, the oldest messages are lost.
    pub(crate) fn note_sent(&mut self, payload: &[u8], forms: Option<&Arc<JsonForms>>, limit: usize) {
        if is_numbered(payload) {
            self.log.push(payload, forms, limit);
        }
    }

    /// Notes a message of the client.
    pub(crate) fn note_heard(&mut self, kind: ClientKind) {
        let is_numbered = !matches!(
            kind,
            ClientKind::Hello | ClientKind::Ping | ClientKind::Ack | ClientKind::Bye
        );
        self.heard = self.heard.wrapping_add(u32::from(is_numbered));
    }

    /// Notes how many messages the client has received over its present link.
    ///
    /// # Errors
    /// [`ResumeError::NeverSent`] if that many were not sent.
    pub(crate) fn acknowledge(&mut self, received: u32) -> Result<(), ResumeError> {
        if self.log.was_never_sent(received) {
            return Err(ResumeError::NeverSent);
        }
        // An older number than the last one changes nothing.
        self.log.acknowledge(received);
        // It has also received the welcome.
        self.key_before = None;
        Ok(())
    }

    /// Notes that the link was lost.
    pub(crate) fn drop_link(&mut self, now: Instant) {
        self.dropped = Some(now);
        self.log.shrink();
    }

    /// Returns when the link was lost, or `None` if there is one.
    pub(crate) fn dropped(&self) -> Option<Instant> {
        self.dropped
    }

    /// Returns whether a text is the key, or the one before.
    pub(crate) fn has_key(&self, text: &str) -> bool {
        // Both are compared in any case, so that the time says nothing.
        let is_before = self.key_before.as_ref().is_some_and(|before| before.is(text));
        self.key.is(text) | is_before
    }

    /// Lets a client go on over a new link, even if the loss of the old one was not noticed. From
    /// then on, `next_key` is the key.
    ///
    /// # Errors
    /// [`ResumeError`], and then nothing has changed.
    pub(crate) fn resume(
        &mut self,
        key: &str,
        received: u32,
        next_key: ResumeKey,
    ) -> Result<Resumed, ResumeError> {
        if !self.has_key(key) {
            return Err(ResumeError::WrongKey);
        }
        let is_before = self.key_before.as_ref().is_some_and(|before| before.is(key));
        if self.log.was_never_sent(received) {
            return Err(ResumeError::NeverSent);
        }
        let reset = !self.log.acknowledge(received);
        if reset {
            self.log.forget_all();
        }
        let given = if is_before { self.key_before.take() } else { None };
        // If the client does not receive the next key either, it comes back with the one it gave.
        self.key_before = Some(given.unwrap_or_else(|| self.key.clone()));
        self.key = next_key;
        self.dropped = None;
        Ok(Resumed {
            heard: self.heard,
            received: if reset { self.log.last() } else { received },
            reset,
        })
    }

    /// Returns the messages that wait, in order, and their forms. A new link is sent them first.
    pub(crate) fn missed(&self) -> impl Iterator<Item = LoggedMessage<'_>> {
        self.log.iter()
    }

    /// Returns the number of bytes that wait.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.log.bytes()
    }

    /// Notes that messages for the client are lost, and forgets those that wait. The client is
    /// reset when it resumes.
    pub(crate) fn lose_messages(&mut self) {
        self.log.skip_one();
        self.log.forget_all();
    }
}

/// Returns whether a message of the server counts.
fn is_numbered(payload: &[u8]) -> bool {
    !matches!(
        ServerKind::of(payload),
        None | Some(ServerKind::Welcome | ServerKind::Snapshot | ServerKind::Pong | ServerKind::Closing)
    )
}
