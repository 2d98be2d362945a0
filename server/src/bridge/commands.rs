//! From the desk to a tick thread: worlds to start and to end, and the events of sessions that do
//! not come directly from their I/O thread.

use std::{collections::VecDeque, time::Instant};

use parlour_shared::{ids::SessionId, message::ClientMessage};
use parlour_tick::{Arrival, Reservation, WorldId};
use rtrb::{Consumer, Producer, PushError, RingBuffer};

use super::link_state::LinkState;
use crate::metrics::Counter;

/// The size of one ring: 4,096 commands of 160 bytes are 655 KB.
const RING: usize = 4096;
/// Commands that may wait outside a full ring before messages are dropped. Other commands wait:
/// there are at most five per session that moves, and every session moves once per join.
const WAITING: usize = 16 * 1024;

/// A command of the desk. `W` is a world, and `S` a world with all that its tick thread knows about
/// it. The bridge only carries them.
pub(crate) enum TickCommand<W, S> {
    /// Steps this world from now on.
    Start { world: WorldId, ticker: W },
    /// Steps this world in place of the one that panicked.
    Restore { world: WorldId, ticker: W },
    /// Stops stepping a world until it is restored, and returns it.
    Take { world: WorldId },
    /// Stops stepping a world, and returns it with its guests and the events for its next tick, so
    /// that it can enter a different tick thread. A world that waits to be restored stays.
    Leave { world: WorldId },
    /// Steps a world that left a different tick thread. It goes on where it stopped.
    Enter { slot: S },
    /// Stops stepping a world, and returns it.
    End { world: WorldId },
    /// An event of a session.
    Event {
        world: WorldId,
        session: SessionId,
        io_thread: usize,
        kind: SessionCommand,
    },
}

/// An event of a session.
#[derive(Debug)]
pub(crate) enum SessionCommand {
    Arrive {
        player: Arrival,
        link: LinkState,
    },
    Depart,
    Link(LinkState),
    Message {
        arrived: Instant,
        message: ClientMessage,
    },
    Reserve(Box<Reservation>),
    /// The session is placed in this world: the events that its I/O thread sends directly under
    /// this number, or a later one, follow here. A direct event under an earlier placement no
    /// longer changes the state of its link.
    Placed {
        number: u32,
        link: LinkState,
    },
}

/// The end of the desk.
pub(crate) struct CommandSender<W, S> {
    ring: Producer<TickCommand<W, S>>,
    /// Commands while the ring is full, in order.
    waiting: VecDeque<TickCommand<W, S>>,
    dropped: Counter,
}

/// The end of the tick thread.
pub(crate) type CommandReceiver<W, S> = Consumer<TickCommand<W, S>>;

/// Creates both ends. `dropped` counts messages that do not fit.
pub(crate) fn command_ring<W, S>(dropped: Counter) -> (CommandSender<W, S>, CommandReceiver<W, S>) {
    let (ring, receiver) = RingBuffer::new(RING);
    let sender = CommandSender {
        ring,
        waiting: VecDeque::new(),
        dropped,
    };
    (sender, receiver)
}

impl<W, S> CommandSender<W, S> {
    /// Sends a command, now or as soon as there is room. A message is dropped and counted if too
    /// many commands wait.
    pub(crate) fn send(&mut self, command: TickCommand<W, S>) {
        let is_message = matches!(
            command,
            TickCommand::Event {
                kind: SessionCommand::Message { .. },
                ..
            }
        );
        if is_message && self.waiting.len() >= WAITING {
            self.dropped.increment(1);
            return;
        }
        self.waiting.push_back(command);
        self.flush();
    }

    /// Sends waiting commands, as many as there is room for.
    pub(crate) fn flush(&mut self) {
        while let Some(command) = self.waiting.pop_front() {
            if let Err(PushError::Full(command)) = self.ring.push(command) {
                self.waiting.push_front(command);
                return;
            }
        }
        if self.waiting.capacity() > WAITING {
            self.waiting = VecDeque::new();
        }
    }

    /// Returns whether the tick thread has ended.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.ring.is_abandoned()
    }

    /// Returns whether commands wait because the ring is full.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    type World = Box<u64>;

    fn event(kind: SessionCommand) -> TickCommand<World, World> {
        TickCommand::Event {
            world: WorldId(1),
            session: SessionId(1),
            io_thread: 0,
            kind,
        }
    }

    #[test]
    fn messages_are_dropped_when_too_many_commands_wait_and_other_commands_are_not() {
        let metrics = Metrics::new(1);
        let (mut sender, mut receiver) = command_ring(metrics.edge.dropped_inbound_full.clone());
        let message = || SessionCommand::Message {
            arrived: Instant::now(),
            message: ClientMessage::Bye,
        };
        for _ in 0..RING + WAITING {
            sender.send(event(message()));
        }
        assert!(sender.is_waiting());
        sender.send(event(message()));
        sender.send(event(SessionCommand::Depart));
        let dropped = metrics.value("parlour_drops_total{reason=\"inbound_full\"}");
        assert_eq!(dropped, 1.0);
        let mut received = Vec::new();
        while let Ok(command) = receiver.pop() {
            received.push(command);
            sender.flush();
        }
        assert_eq!(received.len(), RING + WAITING + 1);
        assert!(matches!(
            received.last(),
            Some(TickCommand::Event {
                kind: SessionCommand::Depart,
                ..
            })
        ));
        assert!(!sender.is_waiting());
    }

    #[test]
    fn a_command_has_the_documented_size() {
        assert!(
            size_of::<TickCommand<World, World>>() <= 160,
            "{}",
            size_of::<TickCommand<World, World>>()
        );
    }
}
