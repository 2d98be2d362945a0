//! The rules that a desk keeps.

use std::collections::{BTreeMap, BTreeSet};

use parlour_tick::{WorldId, WorldKind};

use super::{
    super::super::{
        WorldState,
        sessions::{MAX_QUEUE, SessionPlace, Step},
    },
    Node, THREADS, TickCommand, tick_thread,
};

impl Node {
    /// The rules that hold after every step.
    pub(super) fn check(&self) {
        let state = self.state();
        let ending: BTreeSet<WorldId> = self
            .desk
            .worlds()
            .into_iter()
            .filter(|world| world.state == WorldState::Ending)
            .map(|world| world.world)
            .collect();
        // Nobody is in two worlds, and no room.
        let mut seen = BTreeMap::new();
        let mut rooms = BTreeMap::new();
        let in_threads = self.threads.iter().flat_map(|thread| thread.slots.values());
        let under_way = self
            .desk_to_tick
            .iter()
            .flatten()
            .filter_map(|command| match command {
                TickCommand::Enter(slot) => Some(slot),
                _ => None,
            });
        for slot in in_threads.chain(self.left.values()).chain(under_way) {
            let id = slot.world.id;
            if ending.contains(&id) {
                continue;
            }
            for session in slot.world.guests.keys() {
                let before = seen.insert(*session, id);
                assert_eq!(before, None, "{session:?} is in two worlds");
            }
            for room in slot.world.rooms.keys() {
                let before = rooms.insert(room.clone(), id);
                assert_eq!(before, None, "{room} is in two worlds");
            }
        }
        for (id, session) in &state.sessions {
            assert!(session.queue.len() <= MAX_QUEUE);
            if let SessionPlace::In { world, .. } = session.place {
                let place = state
                    .worlds
                    .get(world)
                    .expect("a session is in a world that exists");
                assert!(place.guests().contains(id));
            }
            // The desk knows better than a world only while an event is on its way.
            if let (Some(present), SessionPlace::Lobby) = (seen.get(id), &session.place) {
                panic!("{id:?} is in the lobby and in {present}");
            }
            if let (Some(present), SessionPlace::In { world, .. }) = (seen.get(id), &session.place) {
                let waits = self.tick_to_desk.iter().any(|ring| !ring.is_empty());
                assert!(
                    present == world || waits,
                    "{id:?} is in {present}, not in {world}"
                );
            }
        }
        for thread in 0..THREADS {
            let here = state.worlds.iter().filter(|(_, world)| world.thread == thread);
            let guests: usize = here.map(|(_, world)| world.guests().len()).sum();
            assert_eq!(state.worlds.threads.guests(thread), guests, "of thread {thread}");
        }
        for (id, world) in state.worlds.iter() {
            assert_eq!(
                world.state == WorldState::Moving,
                world.moving.is_some(),
                "{id}: {world:?}"
            );
        }
        assert!(state.rooms.len() <= state.config.max_rooms);
        assert!(state.worlds.len() <= state.config.max_worlds);
    }

    /// The rules that hold when everything has come to rest.
    pub(super) fn check_rest(&self) {
        let state = self.state();
        for (id, client) in &self.clients {
            assert_eq!(state.sessions.contains_key(id), !client.closed, "{id:?}");
            if !client.closed {
                assert_eq!(
                    client.open,
                    BTreeMap::new(),
                    "requests of {id:?} without an answer"
                );
            }
        }
        let mut in_worlds = 0;
        for (id, session) in &state.sessions {
            assert!(matches!(session.step, Step::Idle), "{id:?}: {session:?}");
            assert!(session.queue.is_empty() && session.group.is_none() && session.errand.is_none());
            assert!(!session.recalled);
            let client = &self.clients[id];
            match &session.place {
                SessionPlace::Lobby => {
                    assert_eq!((client.room, client.direct), (None, None));
                }
                SessionPlace::In { world, room } => {
                    in_worlds += 1;
                    let place = state.worlds.place(*world).expect("it exists");
                    let room = room.as_ref().expect("a session in a world is in a room");
                    assert_eq!(client.room, Some(room.epoch));
                    assert_eq!(client.direct.map(|(place, _)| place), Some(place));
                    let slot = &self.threads[place.thread].slots[world];
                    let guest = &slot.world.guests[id];
                    assert_eq!(guest.room.as_ref(), Some(&room.name));
                    assert_eq!(guest.link, client.link);
                }
            }
        }
        let guests = |slot: &tick_thread::Slot| slot.world.guests.len();
        let slots = || self.threads.iter().flat_map(|thread| thread.slots.values());
        assert_eq!(slots().map(guests).sum::<usize>(), in_worlds);
        let known: BTreeSet<String> = self
            .desk
            .rooms()
            .into_iter()
            .map(|room| room.status.room)
            .collect();
        let rooms: BTreeSet<String> = slots()
            .flat_map(|slot| slot.world.rooms.keys().cloned())
            .collect();
        assert_eq!(known, rooms);
        assert_eq!(known.len(), state.rooms.len(), "no room is expected any longer");
        for view in self.desk.worlds() {
            assert_eq!(view.state, WorldState::Running, "{view:?}");
            let slot = &self.threads[view.thread].slots[&view.world];
            assert_eq!(
                (view.rooms, view.sessions),
                (slot.world.rooms.len(), guests(slot))
            );
            assert_eq!(view.players as usize, view.sessions);
            let own = matches!(view.kind, WorldKind::Own { .. });
            assert!(!own || view.rooms > 0, "{} should have ended", view.name);
        }
        let worlds = self
            .threads
            .iter()
            .map(|thread| thread.slots.len())
            .sum::<usize>();
        assert_eq!(worlds, state.worlds.len());
        for (_, world) in state.worlds.iter() {
            assert!(world.asks.is_empty() && world.waiting.is_empty());
        }
        assert_eq!(state.tickets.len(), 0);
    }
}
