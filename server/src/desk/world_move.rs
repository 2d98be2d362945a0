//! The state of a world that moves to a different tick thread, and what the desk keeps for it.

use std::collections::{BTreeMap, BTreeSet};

use parlour_shared::ids::SessionId;

use super::action::WorldEvent;

/// A move of a world.
#[derive(Debug)]
pub(super) struct WorldMove {
    /// The new thread.
    pub(super) to: usize,
    /// The share of a thread that the world needs, as far as it is known.
    pub(super) share: f32,
    /// The guests whose I/O threads may still send directly to the world.
    direct: BTreeSet<SessionId>,
    /// What is kept for the world since it was asked to leave. `None`: it was not asked yet.
    pub(super) kept: Option<KeptEvents>,
}

/// The events for a world that is between two threads, by session. Those of different sessions have
/// no order, because a world sorts its input by session.
///
/// The sessions bound it: each has an arrival, a join, two reservations, a hold and a departure at
/// most, and the messages that waited with it when it closed ([`super::sessions::MAX_QUEUE`]).
#[derive(Debug, Default)]
pub(super) struct KeptEvents(BTreeMap<SessionId, (usize, Vec<WorldEvent>)>);

impl WorldMove {
    /// Returns a move to this thread of a world that needs this share of a thread. `direct` are the
    /// guests whose I/O threads may send directly.
    pub(super) fn new(to: usize, share: f32, direct: BTreeSet<SessionId>) -> Self {
        Self {
            to,
            share,
            direct,
            kept: None,
        }
    }

    /// Notes that the I/O thread of a session no longer sends directly to the world. Returns
    /// whether it was the last one.
    pub(super) fn no_longer_direct(&mut self, session: SessionId) -> bool {
        self.direct.remove(&session) && self.direct.is_empty()
    }

    /// If no I/O thread sends directly, keeps the events for the world from now on, and returns
    /// `true` the first time: the world leaves.
    pub(super) fn leaves(&mut self) -> bool {
        let leaves = self.direct.is_empty() && self.kept.is_none();
        if leaves {
            self.kept = Some(KeptEvents::default());
        }
        leaves
    }
}

impl KeptEvents {
    /// Keeps an event.
    pub(super) fn push(&mut self, session: SessionId, io_thread: usize, event: WorldEvent) {
        let is_link = |event: &WorldEvent| matches!(event, WorldEvent::Link(_));
        let (_, events) = self.0.entry(session).or_insert((io_thread, Vec::new()));
        if is_link(&event) {
            // Only the last one counts.
            events.retain(|earlier| !is_link(earlier));
        }
        events.push(event);
    }

    /// Returns the events with their sessions and I/O threads, those of each session in order.
    pub(super) fn into_events(self) -> impl Iterator<Item = (SessionId, usize, WorldEvent)> {
        self.0.into_iter().flat_map(|(session, (io_thread, events))| {
            let events = events.into_iter();
            events.map(move |event| (session, io_thread, event))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::link_state::LinkState;

    #[test]
    fn events_of_a_session_keep_their_order_and_only_the_last_state_of_its_link_counts() {
        let (ada, ben) = (SessionId(256), SessionId(512));
        let link = |held| WorldEvent::Link(LinkState::default().held(held));
        let mut kept = KeptEvents::default();
        for (session, event) in [
            (ben, link(true)),
            (ada, link(true)),
            (ada, link(false)),
            (ben, WorldEvent::Depart),
            (ada, link(true)),
        ] {
            kept.push(session, 3, event);
        }
        let events: Vec<_> = kept.into_events().collect();
        let expected = [
            (ada, 3, link(true)),
            (ben, 3, link(true)),
            (ben, 3, WorldEvent::Depart),
        ];
        assert_eq!(events, expected);
    }

    #[test]
    fn a_world_leaves_once_when_nobody_sends_directly() {
        let (ada, ben) = (SessionId(256), SessionId(512));
        let mut moving = WorldMove::new(1, 0.0, BTreeSet::from([ada, ben]));
        assert!(!moving.no_longer_direct(ada) && !moving.leaves());
        assert!(!moving.no_longer_direct(ada));
        assert!(moving.no_longer_direct(ben));
        assert!(moving.leaves() && !moving.leaves());
    }
}
