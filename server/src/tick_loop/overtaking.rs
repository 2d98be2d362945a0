//! Direct events that overtook the placement under which they were sent. They wait for it, so that
//! everything that the desk sent to the world before comes first.

use parlour_shared::ids::SessionId;
use parlour_tick::WorldId;

use crate::{
    bridge::{
        inbound::{Inbound, InboundKind},
        session_map::SessionMap,
    },
    metrics::Counter,
};

/// The maximum number of waiting events. Further messages are dropped and counted; holds and
/// releases still wait, of which each session has few.
const WAITING: usize = 4096;
/// The ticks that an event waits. The placement is usually in the same tick, because direct events
/// are taken before the commands of the desk, or in the next one. It is later only if the ring of
/// the desk is full, and never comes if the session has left meanwhile.
const PATIENCE: u32 = 60;

/// The waiting events. Many sessions can be placed in one tick, so each finds its own at once.
#[derive(Debug, Default)]
pub(super) struct OvertakingEvents {
    /// Those of each session in order, at least one, each with the number of ticks that it has
    /// waited.
    events: SessionMap<Vec<(u32, Inbound)>>,
    /// The number of events.
    count: usize,
    /// How many events [`Self::take`] has looked at.
    #[cfg(test)]
    looks: usize,
}

impl OvertakingEvents {
    /// Adds an event.
    pub(super) fn push(&mut self, event: Inbound, dropped: &Counter) {
        let is_message = matches!(event.kind, InboundKind::Message { .. });
        if is_message && self.count >= WAITING {
            dropped.increment(1);
        } else {
            self.count += 1;
            self.events.entry(event.session).or_default().push((0, event));
        }
    }

    /// Removes the events of a session in a world, and returns them in order.
    pub(super) fn take(&mut self, world: WorldId, session: SessionId) -> Vec<Inbound> {
        let Some(waiting) = self.events.remove(&session) else {
            return Vec::new();
        };
        #[cfg(test)]
        {
            self.looks += waiting.len();
        }
        let (taken, others): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, event)| event.world == world);
        self.count -= taken.len();
        if !others.is_empty() {
            self.events.insert(session, others);
        }
        taken.into_iter().map(|(_, event)| event).collect()
    }

    /// Drops the events that have waited for too long.
    pub(super) fn end_tick(&mut self) {
        self.count = 0;
        self.events.retain(|_, waiting| {
            waiting.retain_mut(|(ticks, _)| {
                *ticks += 1;
                *ticks < PATIENCE
            });
            self.count += waiting.len();
            !waiting.is_empty()
        });
    }

    /// Returns whether no event waits.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bridge::link_state::{Flow, LinkState},
        metrics::Metrics,
    };

    fn held(session: u64, held: bool) -> Inbound {
        Inbound {
            session: SessionId(session),
            world: WorldId(1),
            placed: 0,
            kind: InboundKind::Link(LinkState::default().held(held)),
        }
    }

    #[test]
    fn events_of_one_session_are_taken_in_order_and_old_ones_are_dropped() {
        let dropped = Metrics::new(1).edge.dropped_inbound_full.clone();
        let mut waiting = OvertakingEvents::default();
        for (session, is_held) in [(1, true), (2, true), (1, false)] {
            waiting.push(held(session, is_held), &dropped);
        }
        let taken = waiting.take(WorldId(1), SessionId(1));
        let kinds: Vec<_> = taken
            .iter()
            .map(|event| matches!(event.kind, InboundKind::Link(link) if link.flow == Flow::Held))
            .collect();
        assert_eq!(kinds, [true, false]);
        assert_eq!(waiting.take(WorldId(2), SessionId(2)).len(), 0);
        for _ in 0..PATIENCE {
            assert!(!waiting.is_empty());
            waiting.end_tick();
        }
        assert!(waiting.is_empty());
    }

    #[test]
    fn the_placement_of_a_session_looks_only_at_its_own_events() {
        let dropped = Metrics::new(1).edge.dropped_inbound_full.clone();
        let mut waiting = OvertakingEvents::default();
        let sessions = WAITING as u64;
        (0..sessions).for_each(|session| waiting.push(held(session, true), &dropped));
        for session in 0..sessions {
            assert_eq!(waiting.take(WorldId(1), SessionId(session)).len(), 1);
        }
        assert!(waiting.is_empty());
        assert_eq!(waiting.looks, WAITING);
    }
}
