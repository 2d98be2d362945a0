//! The messages of a session that its client may not have received.

use std::{collections::VecDeque, sync::Arc};

use parlour_shared::json_forms::JsonForms;

/// Each message is its length, as four bytes, and its payload.
const LENGTH: usize = 4;

/// The numbered messages that were sent to a client and not acknowledged. The numbers wrap.
#[derive(Debug, Default)]
pub(crate) struct MessageLog {
    /// The number of the last message. 0: none was sent.
    last: u32,
    /// The number of messages in `bytes`. The first of them has the number `last - count + 1`.
    count: u32,
    /// Acknowledged messages, up to `start`, and then those that wait.
    bytes: Vec<u8>,
    start: usize,
    /// The forms of the messages from this number on. They change only when the client enters a
    /// different world.
    forms: VecDeque<(u32, Option<Arc<JsonForms>>)>,
}

/// A message that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoggedMessage<'a> {
    pub(crate) payload: &'a [u8],
    pub(crate) forms: Option<&'a Arc<JsonForms>>,
}

impl MessageLog {
    /// Adds a message, and drops the oldest ones if more than `limit` bytes wait.
    pub(crate) fn push(&mut self, payload: &[u8], forms: Option<&Arc<JsonForms>>, limit: usize) {
        self.last = self.last.wrapping_add(1);
        let known = self.forms.back().map(|(_, forms)| forms.as_ref());
        let is_same = match (known, forms) {
            (Some(Some(known)), Some(forms)) => Arc::ptr_eq(known, forms),
            (None | Some(None), None) => true,
            _ => false,
        };
        if !is_same {
            self.forms.push_back((self.last, forms.cloned()));
        }
        self.make_room(LENGTH + payload.len());
        self.bytes
            .extend_from_slice(&(payload.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(payload);
        self.count += 1;
        while self.bytes() > limit && self.count > 0 {
            self.drop_first();
        }
    }

    /// Drops the messages up to this number. Returns `false` if the messages after it are not all
    /// here, or it was never sent.
    pub(crate) fn acknowledge(&mut self, received: u32) -> bool {
        let after = self.last.wrapping_sub(received);
        if after > self.count {
            return false;
        }
        while self.count > after {
            self.drop_first();
        }
        true
    }

    /// Returns whether no message with this number was sent yet. It is the distance that counts,
    /// because numbers wrap.
    pub(crate) fn was_never_sent(&self, received: u32) -> bool {
        self.last.wrapping_sub(received) > u32::MAX / 2
    }

    /// Notes a message that is lost: no client has received it.
    pub(crate) fn skip_one(&mut self) {
        self.last = self.last.wrapping_add(1);
    }

    /// Returns the number of the last message.
    pub(crate) fn last(&self) -> u32 {
        self.last
    }

    /// Returns the number of bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Forgets all messages. Their numbers stay.
    pub(crate) fn forget_all(&mut self) {
        *self = Self {
            last: self.last,
            ..Self::default()
        };
    }

    /// Frees memory that nothing uses.
    pub(crate) fn shrink(&mut self) {
        self.compact();
        self.bytes.shrink_to_fit();
    }

    /// Returns the messages in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = LoggedMessage<'_>> {
        let mut rest = &self.bytes[self.start..];
        let first = self.last.wrapping_sub(self.count).wrapping_add(1);
        (0..self.count).map_while(move |nth| {
            let (length, after) = rest.split_first_chunk::<LENGTH>()?;
            let (payload, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = after;
            let number = first.wrapping_add(nth);
            let of_number = |from: u32| number.wrapping_sub(from) <= u32::MAX / 2;
            let forms = self.forms.iter().rev().find(|(from, _)| of_number(*from));
            Some(LoggedMessage {
                payload,
                forms: forms.and_then(|(_, forms)| forms.as_ref()),
            })
        })
    }

    fn drop_first(&mut self) {
        let length = self.bytes[self.start..].first_chunk::<LENGTH>();
        let length = length.map_or(0, |length| u32::from_le_bytes(*length) as usize);
        self.start += LENGTH + length;
        self.count -= 1;
        let first = self.last.wrapping_sub(self.count).wrapping_add(1);
        // The second forms apply to all that is left.
        while self
            .forms
            .get(1)
            .is_some_and(|(from, _)| first.wrapping_sub(*from) <= u32::MAX / 2)
        {
            self.forms.pop_front();
        }
        if self.count == 0 {
            self.bytes.clear();
            self.start = 0;
        }
    }

    /// Moves what waits to the front instead of growing, if that frees at least half.
    fn make_room(&mut self, more: usize) {
        if self.bytes.len() + more > self.bytes.capacity() && self.start >= self.bytes.len() / 2 {
            self.compact();
        }
    }

    fn compact(&mut self) {
        self.bytes.drain(..self.start);
        self.start = 0;
    }
}
