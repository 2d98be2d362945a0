//! Direct events that overtook the placement under which they were sent. They wait for it, so that
//! everything that the desk sent to the world before comes first.

use parlour_shared::ids::SessionId;
use parlour_tick::WorldId;

use crate::{
    bridge::inbound::{Inbound, InboundKind},
    metrics::Counter,
};

/// The maximum number of waiting events. Further messages are dropped and counted; holds and
/// releases still wait, of which each session has few.
const WAITING: usize = 4096;
/// The ticks that an event waits. The placement is usually in the next tick. It is later only if
/// the ring of the desk is full, and never comes if the session has left meanwhile.
const PATIENCE: u32 = 60;

/// The waiting events, in order.
#[derive(Debug, Default)]
pub(super) struct OvertakingEvents {
    /// Each with the number of ticks that it has waited.
    events: Vec<(u32, Inbound)>,
}

impl OvertakingEvents {
    /// Adds an event.
    pub(super) fn push(&mut self, event: Inbound, dropped: &Counter) {
        let is_message = matches!(event.kind, InboundKind::Message { .. });
        if is_message && self.events.len() >= WAITING {
            dropped.increment(1);
        } else {
            self.events.push((0, event));
        }
    }

    /// Removes the events of a session in a world, and returns them in order.
    pub(super) fn take(&mut self, world: WorldId, session: SessionId) -> impl Iterator<Item = Inbound> {
        self.events
            .extract_if(.., move |(_, event)| {
                event.world == world && event.session == session
            })
            .map(|(_, event)| event)
    }

    /// Drops the events that have waited for too long.
    pub(super) fn end_tick(&mut self) {
        self.events.retain_mut(|(ticks, _)| {
            *ticks += 1;
            *ticks < PATIENCE
        });
    }

    /// Returns whether no event waits.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    fn held(session: u64, held: bool) -> Inbound {
        Inbound {
            session: SessionId(session),
            world: WorldId(1),
            placed: 0,
            kind: InboundKind::Held(held),
        }
    }

    #[test]
    fn events_of_one_session_are_taken_in_order_and_old_ones_are_dropped() {
        let dropped = Metrics::new(1).edge.dropped_inbound_full.clone();
        let mut waiting = OvertakingEvents::default();
        for (session, is_held) in [(1, true), (2, true), (1, false)] {
            waiting.push(held(session, is_held), &dropped);
        }
        let taken: Vec<_> = waiting.take(WorldId(1), SessionId(1)).collect();
        let kinds: Vec<_> = taken
            .iter()
            .map(|event| matches!(event.kind, InboundKind::Held(true)))
            .collect();
        assert_eq!(kinds, [true, false]);
        assert_eq!(waiting.take(WorldId(2), SessionId(2)).count(), 0);
        for _ in 0..PATIENCE {
            assert!(!waiting.is_empty());
            waiting.end_tick();
        }
        assert!(waiting.is_empty());
    }
}
