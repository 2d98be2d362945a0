//! Opens and closes sessions, and holds and releases links.

use std::collections::BTreeMap;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{SessionId, Tick},
    message::LeaveReason,
};
use parlour_tick::{Arrival, Counters, EventKind, Report};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Clock,
    inbox::Inbox,
    movement::MoveQueue,
    outbox::Outbox,
    player::{Dropped, Link, Player},
    proximity,
    rooms::{self, Room},
    schedule::{StepSet, TickSchedule},
    skins::Skin,
    state::{self, LoadError, StableId},
    taken::with_taken,
    throttle::Throttle,
    travel,
};

/// The open sessions.
#[derive(Resource, Debug, Default)]
pub struct Sessions {
    entities: BTreeMap<SessionId, Entity>,
    remains: RemainsQueue,
}

impl Sessions {
    /// Returns the player of a session.
    #[must_use]
    pub fn get(&self, session: SessionId) -> Option<Entity> {
        self.entities.get(&session).copied()
    }

    /// Returns all open sessions, in order.
    pub fn iter(&self) -> impl Iterator<Item = SessionId> {
        self.entities.keys().copied()
    }

    /// Returns the number of open sessions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Returns whether no session is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }
}

/// The remains of a player whose session closed in this tick or in the previous one. Game logic may
/// still have its entity in messages of these ticks, and must be able to write to it without a
/// panic.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Remains {
    tick: Tick,
}

/// The [`Remains`] that are not despawned yet.
#[derive(Debug, Default)]
struct RemainsQueue {
    /// Closed in the previous tick.
    before: Vec<Entity>,
    /// Closed in this tick.
    now: Vec<Entity>,
}

impl RemainsQueue {
    fn forget(&mut self, entity: Entity) {
        self.before.retain(|gone| *gone != entity);
    }
}

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Sessions>();
    state::derived::<Sessions>(app);
    state::component::<Remains>(app, "gone");
    app.add_systems(TickSchedule, ingest.in_set(StepSet::Ingest));
}

/// Sends encounters, despawns the remains of closed sessions, opens sessions, holds and releases
/// links, and finds the player of each event. All in one system, because each system costs time in
/// every tick of a small world.
fn ingest(world: &mut World) {
    proximity::send_encounters(world);
    despawn_remains(world);
    with_taken(world, |world, inbox: &mut Inbox| {
        inbox.players.clear();
        for event in &inbox.input.events {
            let known = world.resource::<Sessions>().get(event.session);
            let player = match (&event.kind, known) {
                (EventKind::Arrive(arrival), None) => arrive(world, event.session, arrival),
                (EventKind::Hold, Some(player)) => hold(world, player, true),
                // A new link is not held. Whether it is held afterwards, the next events say.
                (EventKind::Release | EventKind::Drop | EventKind::Resume { .. }, Some(player)) => {
                    hold(world, player, false)
                }
                _ => known,
            };
            inbox.players.push(player);
        }
    });
}

fn despawn_remains(world: &mut World) {
    let mut sessions = world.resource_mut::<Sessions>();
    let RemainsQueue { before, now } = &mut sessions.remains;
    std::mem::swap(before, now);
    // They were closed in the tick before the previous one.
    let mut gone = std::mem::take(now);
    for gone in gone.drain(..) {
        world.despawn(gone);
    }
    // Keeps its memory.
    world.resource_mut::<Sessions>().remains.now = gone;
}

fn arrive(world: &mut World, session: SessionId, arrival: &Arrival) -> Option<Entity> {
    let id = StableId::player(arrival.player);
    if let Some(present) = state::find(world, id) {
        // The player left in the previous tick, and is back. Its remains are in the way.
        world.get::<Remains>(present)?;
        world.resource_mut::<Sessions>().remains.forget(present);
        world.despawn(present);
    }
    let player = Player {
        id: arrival.player,
        session,
        name: arrival.name.clone(),
        view: arrival.counters.view,
    };
    let counters = &arrival.counters;
    let throttle = Throttle::arriving(&counters.full_in, world.resource::<Clock>().tick);
    let queue = MoveQueue::after(counters.last_seq);
    let entity = world
        .spawn((player, id, Skin(arrival.skin), throttle, queue))
        .id();
    if arrival.dropped {
        let tick = world.resource::<Clock>().tick;
        world.entity_mut(entity).insert(Dropped::new(tick, false));
    }
    travel::arrive_with(world, entity, &arrival.carried);
    world.resource_mut::<Sessions>().entities.insert(session, entity);
    Some(entity)
}

/// Makes a session leave this world: its player leaves the room and is no longer a player. The
/// entity is despawned in the tick after the next.
pub(crate) fn depart(world: &mut World, player: Entity) {
    rooms::leave(world, player, 0, LeaveReason::Moved);
    if let Some((session, arrival)) = traveller(world, player) {
        world.resource_mut::<Sessions>().entities.remove(&session);
        world.resource_mut::<Outbox>().out.reports.push(Report::Departed {
            session,
            player: arrival,
        });
    }
    let tick = world.resource::<Clock>().tick;
    world
        .entity_mut(player)
        .remove::<(Player, Dropped, Skin, Throttle, MoveQueue, Link, travel::Luggage)>()
        .insert(Remains { tick });
    world.resource_mut::<Sessions>().remains.now.push(player);
}

/// Returns the session of a player, and what the next world needs to know about it.
fn traveller(world: &World, player: Entity) -> Option<(SessionId, Arrival)> {
    let identity = world.get::<Player>(player)?;
    let tick = world.resource::<Clock>().tick;
    let throttle = world.get::<Throttle>(player);
    let arrival = Arrival {
        player: identity.id,
        name: identity.name.clone(),
        skin: world.get::<Skin>(player).map_or(0, |skin| skin.0),
        carried: travel::leave_with(world, player),
        counters: Counters {
            view: identity.view,
            last_seq: world.get::<MoveQueue>(player).map_or(0, MoveQueue::last_seq),
            full_in: throttle
                .map(|throttle| throttle.full_in(tick))
                .unwrap_or_default(),
        },
        dropped: world.get::<Dropped>(player).is_some(),
    };
    Some((identity.session, arrival))
}

fn hold(world: &mut World, player: Entity, held: bool) -> Option<Entity> {
    world.get_mut::<Link>(player)?.held = held;
    Some(player)
}

/// Fills [`Sessions`] of a loaded world.
pub(crate) fn rebuild(world: &mut World) -> Result<(), LoadError> {
    let open: Vec<(SessionId, Entity)> = world
        .query::<(Entity, &Player, &StableId)>()
        .iter(world)
        .map(|(entity, player, id)| match *id == StableId::player(player.id) {
            true => Ok((player.session, entity)),
            false => Err(LoadError::Contradiction(format!(
                "{id} is saved with the id of a different player"
            ))),
        })
        .collect::<Result<_, _>>()?;
    let count = open.len();
    let entities: BTreeMap<_, _> = open.into_iter().collect();
    if entities.len() != count {
        return Err(LoadError::Contradiction("two players share a session".into()));
    }
    let tick = world.resource::<Clock>().tick;
    let gone: Vec<(Entity, Remains)> = world
        .query::<(Entity, &Remains)>()
        .iter(world)
        .map(|(entity, gone)| (entity, *gone))
        .collect();
    // Remains are despawned soon. In a forged state they could be an open player or a room.
    let is_in_use = |(entity, _): &(Entity, Remains)| {
        world.get::<Player>(*entity).is_some() || world.get::<Room>(*entity).is_some()
    };
    if gone.iter().any(is_in_use) {
        return Err(LoadError::Contradiction(
            "a player or room is marked as closed".into(),
        ));
    }
    let (now, before): (Vec<_>, Vec<_>) = gone.into_iter().partition(|(_, gone)| gone.tick == tick);
    let entities_of = |gone: Vec<(Entity, Remains)>| gone.into_iter().map(|(entity, _)| entity).collect();
    *world.resource_mut::<Sessions>() = Sessions {
        entities,
        remains: RemainsQueue {
            before: entities_of(before),
            now: entities_of(now),
        },
    };
    Ok(())
}
