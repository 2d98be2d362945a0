//! From the world to the sockets: the output of each tick, shared by reference, with one ring and
//! one wake-up per I/O thread.
//!
//! Outputs come from a pool and return by themselves: an output that no I/O thread refers to is
//! used again.

use std::sync::Arc;

use parlour_tick::TickOutput;
use rtrb::{Consumer, Producer, RingBuffer};

use super::{route, wake::WakeSender};

/// The size of one ring: about one second of ticks.
pub(crate) const RING: usize = 64;
/// An I/O thread with this many waiting ticks (133 ms) is behind. Its viewers get no snapshots
/// until it has caught up.
pub(crate) const BEHIND: usize = 8;
/// The number of outputs that are kept for later ticks even if none is needed.
const KEPT: usize = 4;
/// An I/O thread with at most this many waiting ticks has caught up.
const CAUGHT_UP: usize = 1;

/// An item for an I/O thread.
pub(crate) enum Outbound {
    /// The output of a tick. It also contains frames for other threads.
    Tick(Arc<TickOutput>),
    /// Outputs were lost here. Every connection that is open when this is read must be closed.
    Lost,
}

/// The end of the I/O thread.
pub(crate) type OutboundReceiver = Consumer<Outbound>;

/// The tick thread's end for one I/O thread.
struct OutboundSender {
    ring: Producer<Outbound>,
    wake: WakeSender,
    behind: bool,
}

/// The tick thread's ends for all I/O threads, and the pool.
pub(crate) struct Publisher {
    pool: Vec<Arc<TickOutput>>,
    threads: Vec<OutboundSender>,
}

/// How far behind an I/O thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backlog {
    /// No change.
    Unchanged,
    /// It has just fallen behind.
    FellBehind,
    /// It has caught up.
    CaughtUp,
}

impl Publisher {
    /// Creates the publisher, and the receiver of each I/O thread.
    pub(crate) fn new(wakes: Vec<WakeSender>) -> (Self, Vec<OutboundReceiver>) {
        let mut receivers = Vec::with_capacity(wakes.len());
        let threads = wakes
            .into_iter()
            .map(|wake| {
                // One more place than ticks may take, which is kept for `Lost`.
                let (ring, receiver) = RingBuffer::new(RING + 1);
                receivers.push(receiver);
                OutboundSender {
                    ring,
                    wake,
                    behind: false,
                }
            })
            .collect();
        let publisher = Self {
            pool: Vec::new(),
            threads,
        };
        (publisher, receivers)
    }

    /// Returns an output for the next tick that no thread reads. It still contains old data. The
    /// last one used is preferred, so that in steady state one or two outputs stay in the cache and
    /// the others are never touched.
    pub(crate) fn take(&mut self) -> Arc<TickOutput> {
        let free = self
            .pool
            .iter_mut()
            .rposition(|output| Arc::get_mut(output).is_some());
        match free {
            Some(at) => {
                let output = self.pool.remove(at);
                // A stall has created many outputs, each as large as its tick. They are freed, one
                // per tick.
                if self.pool.len() > KEPT && Arc::get_mut(&mut self.pool[0]).is_some() {
                    self.pool.remove(0);
                }
                output
            }
            // At most as many as all rings together.
            None => Arc::default(),
        }
    }

    /// Sends an output to the I/O threads that it concerns, and keeps it for a later tick. Returns
    /// the number of I/O threads that lost it. Never blocks.
    pub(crate) fn publish(&mut self, output: Arc<TickOutput>) -> usize {
        let mut lost = 0;
        for (number, thread) in self.threads.iter_mut().enumerate() {
            if concerns(&output, number) {
                lost += usize::from(!thread.push(&output));
            }
        }
        self.pool.push(output);
        lost
    }

    /// Returns whether an I/O thread fell behind or caught up since the last call.
    pub(crate) fn backlog(&mut self, thread: usize) -> Backlog {
        let Some(thread) = self.threads.get_mut(thread) else {
            return Backlog::Unchanged;
        };
        let waiting = thread.waiting();
        match thread.behind {
            false if waiting >= BEHIND => {
                thread.behind = true;
                Backlog::FellBehind
            }
            true if waiting <= CAUGHT_UP => {
                thread.behind = false;
                Backlog::CaughtUp
            }
            _ => Backlog::Unchanged,
        }
    }

    /// Returns the number of ticks that wait for an I/O thread.
    pub(crate) fn waiting(&self, thread: usize) -> usize {
        self.threads.get(thread).map_or(0, OutboundSender::waiting)
    }

    /// Returns the number of I/O threads.
    pub(crate) fn threads(&self) -> usize {
        self.threads.len()
    }
}

impl OutboundSender {
    fn waiting(&self) -> usize {
        RING + 1 - self.ring.slots()
    }

    /// Sends the output, if there is room. Returns whether the I/O thread will see it.
    fn push(&mut self, output: &Arc<TickOutput>) -> bool {
        match self.ring.slots() {
            // The ring contains `Lost`: all sessions that miss this output are closed when it is
            // read.
            0 => return false,
            1 => {
                let _ = self.ring.push(Outbound::Lost);
                self.wake.wake();
                return false;
            }
            _ => {}
        }
        let pushed = self.ring.push(Outbound::Tick(Arc::clone(output))).is_ok();
        self.wake.wake();
        pushed
    }
}

fn concerns(output: &TickOutput, thread: usize) -> bool {
    let mine = |session| route::thread_of(session) == thread;
    output.frames.iter().any(|frame| mine(frame.session))
        || output.closes.iter().any(|&(session, _)| mine(session))
}

#[cfg(test)]
mod tests {
    use parlour_shared::{close::CloseCode, ids::SessionId};

    use super::*;
    use crate::bridge::wake;

    fn publisher() -> (Publisher, OutboundReceiver, wake::WakeEnd) {
        let (sender, end) = wake::pair().unwrap();
        let (publisher, mut receivers) = Publisher::new(vec![sender]);
        (publisher, receivers.remove(0), end)
    }

    fn publish_one(publisher: &mut Publisher) -> usize {
        let mut output = publisher.take();
        let inner = Arc::get_mut(&mut output).unwrap();
        inner.clear();
        inner.closes.push((SessionId(0), CloseCode::Normal));
        publisher.publish(output)
    }

    #[test]
    fn outputs_return_to_the_pool() {
        let (mut publisher, mut receiver, _end) = publisher();
        for _ in 0..1000 {
            assert_eq!(publish_one(&mut publisher), 0);
            receiver.pop().unwrap();
        }
        assert_eq!(publisher.pool.len(), 1);
    }

    #[test]
    fn a_thread_is_not_sent_outputs_that_do_not_concern_it() {
        let (mut publisher, mut receiver, _end) = publisher();
        let output = publisher.take();
        publisher.publish(output);
        assert!(receiver.pop().is_err());
    }

    #[test]
    fn a_sleeping_thread_is_sent_lost_and_publishing_never_blocks() {
        let (mut publisher, mut receiver, _end) = publisher();
        let lost: usize = (0..2 * RING).map(|_| publish_one(&mut publisher)).sum();
        assert_eq!(lost, RING);
        assert!(publisher.pool.len() <= RING + 1);
        for _ in 0..RING {
            assert!(matches!(receiver.pop(), Ok(Outbound::Tick(_))));
        }
        assert!(matches!(receiver.pop(), Ok(Outbound::Lost)));
        assert!(receiver.pop().is_err());
        assert_eq!(publish_one(&mut publisher), 0);
    }

    #[test]
    fn falling_behind_and_catching_up_are_reported_once() {
        let (mut publisher, mut receiver, _end) = publisher();
        assert_eq!(publisher.backlog(0), Backlog::Unchanged);
        for _ in 0..BEHIND {
            publish_one(&mut publisher);
        }
        assert_eq!(publisher.backlog(0), Backlog::FellBehind);
        assert_eq!(publisher.backlog(0), Backlog::Unchanged);
        while receiver.pop().is_ok() {}
        assert_eq!(publisher.backlog(0), Backlog::CaughtUp);
        assert_eq!(publisher.backlog(0), Backlog::Unchanged);
    }
}
