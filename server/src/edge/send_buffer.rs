//! The outbox of a connection: bytes that wait while its socket accepts no data. It holds whole
//! WebSocket frames, in order, and is bounded in bytes.

use crate::metrics::Gauge;

/// The buffer grows in steps of this many bytes. It grows exactly, so that the limit of waiting
/// bytes also limits the memory.
const STEP: usize = 16 * 1024;

/// The waiting bytes of one connection.
pub(super) struct SendBuffer {
    bytes: Vec<u8>,
    /// The number of bytes at the front that are already sent.
    sent: usize,
    /// The number of unsent bytes of a frame that was sent in part. They must be sent first.
    begun: usize,
    gauge: Gauge,
}

/// More bytes wait than the limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overflow;

impl SendBuffer {
    pub(super) fn new(gauge: Gauge) -> Self {
        Self {
            bytes: Vec::new(),
            sent: 0,
            begun: 0,
            gauge,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of waiting bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Returns the bytes to send next.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// Adds whole frames, unless more than `limit` bytes wait already. So a client that keeps up
    /// can be sent a frame of any size, and at most `limit` bytes plus one addition wait.
    pub(super) fn push<'a>(
        &mut self,
        parts: impl Iterator<Item = &'a [u8]> + Clone,
        limit: usize,
    ) -> Result<(), Overflow> {
        if self.len() > limit {
            return Err(Overflow);
        }
        let added: usize = parts.clone().map(<[u8]>::len).sum();
        if self.bytes.len() + added > self.bytes.capacity() {
            self.bytes.drain(..std::mem::take(&mut self.sent));
            let need = (self.bytes.len() + added).next_multiple_of(STEP);
            self.bytes.reserve_exact(need - self.bytes.len());
        }
        parts.for_each(|part| self.bytes.extend_from_slice(part));
        self.gauge.increment(added as f64);
        Ok(())
    }

    /// Removes the first `sent` bytes of [`Self::waiting`]. Frees all memory when nothing waits.
    pub(super) fn advance(&mut self, sent: usize) {
        let mut left = sent.min(self.len());
        self.gauge.decrement(left as f64);
        while left > 0 {
            if self.begun == 0 {
                self.begun = frame_len(self.waiting());
            }
            let step = left.min(self.begun);
            self.sent += step;
            self.begun -= step;
            left -= step;
        }
        if self.is_empty() {
            self.bytes = Vec::new();
            self.sent = 0;
            self.begun = 0;
        }
    }

    /// Drops all frames except one that was sent in part.
    pub(super) fn drop_unsent_frames(&mut self) {
        let keep = self.sent + self.begun;
        self.gauge.decrement((self.bytes.len() - keep) as f64);
        self.bytes.truncate(keep);
    }
}

impl Drop for SendBuffer {
    fn drop(&mut self) {
        self.gauge.decrement(self.len() as f64);
    }
}

/// Returns the length of the first frame. The server wrote it: it is complete and not masked.
fn frame_len(bytes: &[u8]) -> usize {
    let len = match bytes {
        [_, 126, a, b, ..] => 4 + usize::from(u16::from_be_bytes([*a, *b])),
        [_, 127, rest @ ..] => match rest.first_chunk::<8>() {
            Some(len) => 10 + u64::from_be_bytes(*len) as usize,
            None => bytes.len(),
        },
        [_, len, ..] => 2 + usize::from(*len),
        _ => bytes.len(),
    };
    // At least 1 and not past the end, so that a mistake above cannot cause an endless loop.
    len.clamp(1, bytes.len().max(1))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::Ordering};

    use metrics::atomics::AtomicU64;
    use parlour_shared::websocket::{OpCode, encode_into};
    use proptest::prelude::*;

    use super::*;

    fn frame(len: usize) -> Vec<u8> {
        let mut frame = Vec::new();
        encode_into(&mut frame, OpCode::Binary, &vec![len as u8; len], None);
        frame
    }

    #[test]
    fn only_one_addition_may_exceed_the_limit() {
        let mut outbox = SendBuffer::new(Gauge::noop());
        let mut push = |len| outbox.push([&frame(len)[..]].into_iter(), 1000);
        assert_eq!(push(100_000), Ok(()));
        assert_eq!(push(1), Err(Overflow));
        outbox.advance(100_000);
        assert_eq!(outbox.len(), 10);
        assert_eq!(outbox.push([&frame(1)[..]].into_iter(), 1000), Ok(()));
    }

    proptest! {
        /// Only whole frames are sent, however they are split and whenever the rest is dropped.
        #[test]
        fn dropping_frames_never_cuts_one(
            lens in proptest::collection::vec(prop_oneof![0_usize..200, 65_000_usize..66_000], 1..8),
            sends in proptest::collection::vec(0_usize..40_000, 0..12),
        ) {
            let bits = Arc::new(AtomicU64::new(0));
            let gauge = || f64::from_bits(bits.load(Ordering::Relaxed));
            let mut outbox = SendBuffer::new(Gauge::from_arc(Arc::clone(&bits)));
            let mut ends = vec![0];
            for len in lens {
                let frame = frame(len);
                ends.push(ends[ends.len() - 1] + frame.len());
                outbox.push([&frame[..]].into_iter(), usize::MAX).unwrap();
            }
            let mut sent = 0;
            for count in sends {
                sent += count.min(outbox.len());
                outbox.advance(count);
                prop_assert_eq!(gauge(), outbox.len() as f64);
            }
            outbox.drop_unsent_frames();
            prop_assert_eq!(gauge(), outbox.len() as f64);
            let end = sent + outbox.len();
            prop_assert_eq!(ends.iter().find(|frame_end| **frame_end >= sent), Some(&end));
        }
    }
}
