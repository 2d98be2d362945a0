//! From the worlds and the desk to the sockets: each tick thread and the desk has one ring to each
//! I/O thread.
//!
//! Items have a causal order. Each has a number from one counter of the node, which the producer
//! takes before it pushes the item, and a producer pushes an item before it reports to the desk
//! what the item is about. So an item that caused a different one has a lower number, and is in its
//! ring before the other one is. [`OutboundReceiver::next`] returns the lowest number first.
//!
//! The outputs of a tick thread travel as one batch per tick, shared by reference. Batches come
//! from a pool and return by themselves: a batch that no I/O thread refers to is used again.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use parlour_shared::{close::CloseCode, ids::SessionId, json_forms::JsonForms, message::ServerMessage};
use parlour_tick::TickOutput;
use rtrb::{Consumer, Producer, RingBuffer};

use super::{
    route::{IoThreads, WorldPlace},
    wake::WakeSender,
};

/// The size of the ring of a tick thread: about one second of ticks.
pub(crate) const RING: usize = 64;
/// The size of the ring of the desk: 65,536 items of 40 bytes are 2.6 MB of address space, of which
/// the system provides only what was used. There is no list beside the ring: an item that waits
/// there could be overtaken by what it causes. If the ring is full, the I/O thread has not run for
/// a long time, and must close its sessions.
pub(crate) const DESK_RING: usize = 64 * 1024;
/// An I/O thread with this many waiting ticks (133 ms) is behind. Its viewers get no snapshots
/// until it has caught up.
pub(crate) const BEHIND: usize = 8;
/// The number of batches that are kept for later ticks even if none is needed.
const KEPT: usize = 4;
/// An I/O thread with at most this many waiting ticks has caught up.
const CAUGHT_UP: usize = 1;

/// An item for an I/O thread.
pub(crate) enum Outbound {
    /// The outputs of a tick. They also contain frames for other threads.
    Tick(Arc<TickBatch>),
    /// An item of the desk.
    Desk(DeskOutput),
    /// Outputs were lost here. Every session that is open when this is read must be closed.
    Lost,
}

/// What the desk sends to an I/O thread.
#[derive(Debug)]
pub(crate) enum DeskOutput {
    /// From now on the events of the session go directly to this world, if `number` is the number
    /// of its last event. Otherwise newer events are under way to the desk, and a later placement
    /// follows.
    Placed {
        session: SessionId,
        place: WorldPlace,
        number: u32,
    },
    /// From now on the events of the session go to the desk. Answered in any case.
    Recall { session: SessionId },
    /// A message to the client.
    Send {
        session: SessionId,
        message: Box<ServerMessage>,
    },
    /// Closes the connection of the session.
    Close { session: SessionId, code: CloseCode },
}

/// The outputs of the worlds of one tick thread in one tick: only of those that have frames, or
/// sessions to close. It keeps the memory of the others for later ticks.
#[derive(Default)]
pub(crate) struct TickBatch {
    outputs: Vec<WorldOutput>,
    used: usize,
}

/// The output of a world, with what JSON clients need beside it.
#[derive(Default)]
pub(crate) struct WorldOutput {
    pub(crate) output: TickOutput,
    /// How the values of its game logic are written as JSON. `None`: they have no JSON form.
    pub(crate) forms: Option<Arc<JsonForms>>,
}

impl TickBatch {
    /// Starts a tick.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// Returns the output for the next world to step. It still contains old data.
    pub(crate) fn next(&mut self) -> &mut TickOutput {
        if self.used == self.outputs.len() {
            self.outputs.push(WorldOutput::default());
        }
        &mut self.outputs[self.used].output
    }

    /// Keeps the output that [`Self::next`] returned, for the I/O threads.
    pub(crate) fn keep(&mut self, forms: Option<Arc<JsonForms>>) {
        if let Some(kept) = self.outputs.get_mut(self.used) {
            kept.forms = forms;
            self.used += 1;
        }
    }

    /// Returns the outputs, in the order of the steps.
    pub(crate) fn outputs(&self) -> &[WorldOutput] {
        &self.outputs[..self.used]
    }
}

/// The numbers that bring the items of all producers into their causal order.
#[derive(Clone, Debug, Default)]
pub(crate) struct OutputNumbers(Arc<AtomicU64>);

impl OutputNumbers {
    fn take(&self) -> u64 {
        // All accesses to one atomic have one order, which agrees with causality. So no stronger
        // ordering is needed: the rings order everything else.
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

struct Numbered {
    number: u64,
    item: Outbound,
}

/// The end of an I/O thread: one ring for each tick thread, and one for the desk.
pub(crate) struct OutboundReceiver(Vec<Consumer<Numbered>>);

impl OutboundReceiver {
    /// Returns the next item in causal order.
    pub(crate) fn next(&mut self) -> Option<Outbound> {
        self.next_with(|_| {})
    }

    /// Like [`Self::next`]. `looked` is called after each look at a ring, for tests.
    fn next_with(&mut self, mut looked: impl FnMut(usize)) -> Option<Outbound> {
        let mut first: Option<(u64, usize)> = None;
        // The first round finds the item with the lowest number. An item with a lower number may
        // have arrived meanwhile in a ring that was empty when it was looked at. Every cause of an
        // item is in its ring before the item is, so a second look finds it. That cause may have a
        // cause in turn, so the rounds end when nothing lower was found.
        loop {
            let mut lower = false;
            for (at, ring) in self.0.iter_mut().enumerate() {
                let number = ring.peek().ok().map(|head| head.number);
                looked(at);
                if let Some(number) = number
                    && first.is_none_or(|(lowest, _)| number < lowest)
                {
                    (first, lower) = (Some((number, at)), true);
                }
            }
            if !lower {
                break;
            }
        }
        let (_, at) = first?;
        self.0.get_mut(at)?.pop().ok().map(|numbered| numbered.item)
    }
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

/// A tick thread's end for one I/O thread.
struct OutboundSender {
    ring: Producer<Numbered>,
    wake: WakeSender,
    behind: bool,
}

/// A tick thread's ends for all I/O threads, and the pool.
pub(crate) struct Publisher {
    numbers: OutputNumbers,
    pool: Vec<Arc<TickBatch>>,
    threads: Vec<OutboundSender>,
}

impl Publisher {
    /// Returns a batch for the next tick that no thread reads. It still contains old data. The last
    /// one used is preferred, so that in steady state one or two batches stay in the cache and the
    /// others are never touched.
    pub(crate) fn take(&mut self) -> Arc<TickBatch> {
        let free = self
            .pool
            .iter_mut()
            .rposition(|batch| Arc::get_mut(batch).is_some());
        match free {
            Some(at) => {
                let batch = self.pool.remove(at);
                // A stall has created many batches, each as large as its tick. They are freed, one
                // per tick.
                if self.pool.len() > KEPT && Arc::get_mut(&mut self.pool[0]).is_some() {
                    self.pool.remove(0);
                }
                batch
            }
            // At most as many as all rings together.
            None => Arc::default(),
        }
    }

    /// Sends a batch to these I/O threads, and keeps it for a later tick. Returns the number of I/O
    /// threads that lost it. Never blocks.
    pub(crate) fn publish(&mut self, batch: Arc<TickBatch>, threads: IoThreads) -> usize {
        let mut lost = 0;
        if !threads.is_empty() {
            let number = self.numbers.take();
            for (at, thread) in self.threads.iter_mut().enumerate() {
                if threads.contains(at) {
                    lost += usize::from(!thread.push(number, &batch));
                }
            }
        }
        self.pool.push(batch);
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
}

impl OutboundSender {
    fn waiting(&self) -> usize {
        RING + 1 - self.ring.slots()
    }

    /// Sends the batch, if there is room. Returns whether the I/O thread will see it.
    fn push(&mut self, number: u64, batch: &Arc<TickBatch>) -> bool {
        let item = match self.ring.slots() {
            // The ring contains `Lost`: all sessions that miss this batch are closed when it is
            // read.
            0 => return false,
            1 => Outbound::Lost,
            _ => Outbound::Tick(Arc::clone(batch)),
        };
        let seen = matches!(item, Outbound::Tick(_));
        let pushed = self.ring.push(Numbered { number, item }).is_ok();
        self.wake.wake();
        seen && pushed
    }
}

/// The desk's end for one I/O thread.
struct DeskSender {
    ring: Producer<Numbered>,
    wake: WakeSender,
    /// Whether something was sent since the last wake-up.
    sent: bool,
}

/// The desk's ends for all I/O threads.
pub(crate) struct DeskPublisher {
    numbers: OutputNumbers,
    threads: Vec<DeskSender>,
}

impl DeskPublisher {
    /// Sends an item to an I/O thread. Never blocks. [`Self::flush`] wakes the thread. Returns
    /// `false` if the I/O thread is so late that its sessions are closed instead.
    pub(crate) fn send(&mut self, thread: usize, output: DeskOutput) -> bool {
        let number = self.numbers.take();
        match self.threads.get_mut(thread) {
            Some(thread) => thread.push(number, output),
            None => true,
        }
    }

    /// Wakes the threads to which something was sent since the last call.
    pub(crate) fn flush(&mut self) {
        for thread in &mut self.threads {
            if std::mem::take(&mut thread.sent) {
                thread.wake.wake();
            }
        }
    }
}

impl DeskSender {
    /// Sends the item, if there is room. Returns whether the I/O thread will see it.
    fn push(&mut self, number: u64, output: DeskOutput) -> bool {
        let item = match self.ring.slots() {
            // The ring contains `Lost`: all sessions that miss this item are closed when it is
            // read.
            0 => return false,
            1 => Outbound::Lost,
            _ => Outbound::Desk(output),
        };
        let seen = matches!(item, Outbound::Desk(_));
        self.sent = true;
        let pushed = self.ring.push(Numbered { number, item }).is_ok();
        seen && pushed
    }
}

/// The sending ends of all rings to the I/O threads.
pub(crate) struct OutboundEnds {
    /// One for each tick thread.
    pub(crate) publishers: Vec<Publisher>,
    pub(crate) desk: DeskPublisher,
    /// One for each I/O thread.
    pub(crate) receivers: Vec<OutboundReceiver>,
}

/// Creates the rings from this number of tick threads, and from the desk, to the I/O threads that
/// `wakes` wakes.
pub(crate) fn connect(tick_threads: usize, wakes: &[WakeSender]) -> std::io::Result<OutboundEnds> {
    let numbers = OutputNumbers::default();
    let mut receivers: Vec<_> = wakes.iter().map(|_| OutboundReceiver(Vec::new())).collect();
    let mut publishers = Vec::with_capacity(tick_threads);
    for _ in 0..tick_threads {
        let mut threads = Vec::with_capacity(wakes.len());
        for (wake, receiver) in wakes.iter().zip(&mut receivers) {
            // One more place than ticks may take, which is kept for `Lost`.
            let (ring, end) = RingBuffer::new(RING + 1);
            receiver.0.push(end);
            threads.push(OutboundSender {
                ring,
                wake: wake.try_clone()?,
                behind: false,
            });
        }
        publishers.push(Publisher {
            numbers: numbers.clone(),
            pool: Vec::new(),
            threads,
        });
    }
    let mut threads = Vec::with_capacity(wakes.len());
    for (wake, receiver) in wakes.iter().zip(&mut receivers) {
        // The last place is kept for `Lost`.
        let (ring, end) = RingBuffer::new(DESK_RING + 1);
        receiver.0.push(end);
        threads.push(DeskSender {
            ring,
            wake: wake.try_clone()?,
            sent: false,
        });
    }
    Ok(OutboundEnds {
        publishers,
        desk: DeskPublisher { numbers, threads },
        receivers,
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::bridge::wake;

    /// The ends of this number of tick threads, the desk and one I/O thread.
    fn ends(tick_threads: usize) -> (Vec<Publisher>, DeskPublisher, OutboundReceiver, wake::WakeEnd) {
        let (sender, end) = wake::pair().unwrap();
        let mut ends = connect(tick_threads, &[sender]).unwrap();
        (ends.publishers, ends.desk, ends.receivers.remove(0), end)
    }

    fn all() -> IoThreads {
        let mut threads = IoThreads::default();
        threads.add(0);
        threads
    }

    /// Publishes a batch whose only session is this one.
    fn publish(publisher: &mut Publisher, session: u64) -> usize {
        let mut batch = publisher.take();
        let inner = Arc::get_mut(&mut batch).unwrap();
        inner.clear();
        let output = inner.next();
        output.clear();
        output.closes.push((SessionId(session), CloseCode::Normal));
        inner.keep(None);
        publisher.publish(batch, all())
    }

    fn session(item: Option<Outbound>) -> Option<u64> {
        match item? {
            Outbound::Tick(batch) => Some(batch.outputs()[0].output.closes[0].0.0),
            Outbound::Desk(DeskOutput::Recall { session }) => Some(session.0),
            _ => None,
        }
    }

    #[test]
    fn batches_return_to_the_pool() {
        let (mut publishers, _desk, mut receiver, _end) = ends(1);
        for _ in 0..1000 {
            assert_eq!(publish(&mut publishers[0], 1), 0);
            assert!(receiver.next().is_some());
        }
        assert_eq!(publishers[0].pool.len(), 1);
    }

    #[test]
    fn a_thread_is_not_sent_batches_that_do_not_concern_it() {
        let (mut publishers, _desk, mut receiver, _end) = ends(1);
        let batch = publishers[0].take();
        publishers[0].publish(batch, IoThreads::default());
        assert!(receiver.next().is_none());
    }

    #[test]
    fn a_sleeping_thread_is_sent_lost_and_publishing_never_blocks() {
        let (mut publishers, _desk, mut receiver, _end) = ends(1);
        let publisher = &mut publishers[0];
        let lost: usize = (0..2 * RING).map(|_| publish(publisher, 1)).sum();
        assert_eq!(lost, RING);
        assert!(publisher.pool.len() <= RING + 1);
        for _ in 0..RING {
            assert!(matches!(receiver.next(), Some(Outbound::Tick(_))));
        }
        assert!(matches!(receiver.next(), Some(Outbound::Lost)));
        assert!(receiver.next().is_none());
    }

    #[test]
    fn a_thread_is_behind_until_it_has_caught_up() {
        let (mut publishers, _desk, mut receiver, _end) = ends(1);
        let publisher = &mut publishers[0];
        for _ in 0..BEHIND - 1 {
            publish(publisher, 1);
        }
        assert_eq!(publisher.backlog(0), Backlog::Unchanged);
        publish(publisher, 1);
        assert_eq!(publisher.backlog(0), Backlog::FellBehind);
        assert_eq!(publisher.backlog(0), Backlog::Unchanged);
        while publisher.waiting(0) > CAUGHT_UP {
            assert_eq!(publisher.backlog(0), Backlog::Unchanged);
            assert!(receiver.next().is_some());
        }
        assert_eq!(publisher.backlog(0), Backlog::CaughtUp);
    }

    #[test]
    fn items_of_all_producers_are_in_the_order_of_their_numbers() {
        let (mut publishers, mut desk, mut receiver, _end) = ends(2);
        publish(&mut publishers[1], 1);
        desk.send(
            0,
            DeskOutput::Recall {
                session: SessionId(2),
            },
        );
        publish(&mut publishers[0], 3);
        publish(&mut publishers[1], 4);
        for expected in 1..=4 {
            assert_eq!(session(receiver.next()), Some(expected));
        }
        assert!(receiver.next().is_none());
    }

    /// One world sends room_left, and then the next one sends room_entered. Both happen after the
    /// I/O thread has looked at the ring of the first and found it empty.
    #[test]
    fn an_item_is_delivered_after_its_cause_even_if_the_ring_of_the_cause_was_looked_at_too_early() {
        let (mut publishers, _desk, mut receiver, _end) = ends(3);
        let publishers = RefCell::new(&mut publishers);
        let mut looks = 0;
        let item = receiver.next_with(|ring| {
            looks += 1;
            // Directly after the look at the first ring, and before the look at the last one.
            if (looks, ring) == (1, 0) {
                publish(&mut publishers.borrow_mut()[0], 1);
                publish(&mut publishers.borrow_mut()[2], 2);
            }
        });
        assert_eq!(session(item), Some(1), "the cause");
        assert_eq!(session(receiver.next()), Some(2));
    }

    #[test]
    fn a_chain_of_causes_is_followed_to_its_beginning() {
        let (mut publishers, _desk, mut receiver, _end) = ends(3);
        let publishers = RefCell::new(&mut publishers);
        // A producer takes its number, and is interrupted before it pushes.
        let late = publishers
            .borrow()
            .first()
            .map(|publisher| publisher.numbers.take());
        let mut looks = 0;
        let item = receiver.next_with(|_| {
            looks += 1;
            match looks {
                // After the first look at ring 1: it and ring 2 are filled.
                2 => {
                    publish(&mut publishers.borrow_mut()[1], 2);
                    publish(&mut publishers.borrow_mut()[2], 3);
                }
                // After the second look at ring 0, which was empty again.
                5 => {
                    let mut publishers = publishers.borrow_mut();
                    let batch = publishers[2].take();
                    assert!(publishers[0].threads[0].push(late.unwrap(), &batch));
                }
                _ => {}
            }
        });
        assert!(matches!(item, Some(Outbound::Tick(batch)) if batch.outputs().is_empty()));
        assert_eq!(session(receiver.next()), Some(2));
        assert_eq!(session(receiver.next()), Some(3));
    }

    #[test]
    fn the_desk_never_waits_and_a_thread_that_sleeps_for_long_loses_its_sessions() {
        let (_publishers, mut desk, mut receiver, _end) = ends(1);
        let mut recall = |session| {
            desk.send(
                0,
                DeskOutput::Recall {
                    session: SessionId(session),
                },
            )
        };
        for at in 0..DESK_RING as u64 {
            assert!(recall(at));
        }
        assert!(!recall(0));
        assert!(!recall(0));
        for at in 0..DESK_RING as u64 {
            assert_eq!(session(receiver.next()), Some(at));
        }
        assert!(matches!(receiver.next(), Some(Outbound::Lost)));
        assert!(receiver.next().is_none());
    }

    /// The desk ends a large world: the last `room_left` precedes the first `room_entered` of the
    /// next world, although the desk sent very much and the I/O thread has not run.
    #[test]
    fn many_items_of_the_desk_are_not_overtaken_by_what_they_cause() {
        let (mut publishers, mut desk, mut receiver, _end) = ends(1);
        for at in 0..5000 {
            let session = SessionId(at);
            assert!(desk.send(0, DeskOutput::Recall { session }));
        }
        publish(&mut publishers[0], 5000);
        for at in 0..=5000 {
            assert_eq!(session(receiver.next()), Some(at));
        }
        assert!(receiver.next().is_none());
    }
}
