//! Timers of game logic: messages that arrive after a while.

mod queue;

use std::time::Duration;

use bevy_app::App;
use bevy_ecs::{prelude::*, system::SystemParam, world::DeferredWorld};
use parlour_shared::ids::Tick;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    clock::{Clock, ticks_in},
    rooms,
    state::{self, StableEntity, StableId},
    taken::with_taken,
    wake_times,
};
pub use queue::TimerId;
pub(crate) use queue::TimerQueue;
use queue::{MOST_TIMERS, Ringing};

/// Sets timers with messages of one type, as a system parameter for game logic. Declare the type
/// with [`SimulationApp::timer_message`](crate::SimulationApp::timer_message).
///
/// Each timer belongs to an entity: a room, an object, a player, or an entity of your own with a
/// [`StableId`]. It ends when that entity is despawned. For a player, that is two ticks after its
/// session closes, or after it goes on in a different world. All timers are part of the state.
///
/// ```
/// # use std::time::Duration;
/// # use bevy_ecs::prelude::*;
/// # use parlour_sim::{RoomEvent, TimerRang, Timers};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Clone, Serialize, Deserialize)]
/// struct RoundOver {
///     round: u32,
/// }
///
/// fn play(
///     mut events: MessageReader<RoomEvent>,
///     mut rang: MessageReader<TimerRang<RoundOver>>,
///     mut timers: Timers<RoundOver>,
/// ) {
///     for event in events.read() {
///         if let RoomEvent::Created { room } = *event {
///             let _ = timers.after(room, Duration::from_secs(60), RoundOver { round: 1 });
///         }
///     }
///     for over in rang.read() {
///         // The round of the room `over.of` is over.
///         let round = over.message.round + 1;
///         let _ = timers.after(over.of, Duration::from_secs(60), RoundOver { round });
///     }
/// }
/// ```
#[derive(SystemParam)]
pub struct Timers<'w, 's, M: Serialize + Clone + Send + Sync + 'static> {
    queue: ResMut<'w, TimerQueue<M>>,
    clock: Res<'w, Clock>,
    ids: Query<'w, 's, &'static StableId>,
}

/// A timer rang. Read it with a `MessageReader` in [`StepSet::Simulate`](crate::StepSet::Simulate)
/// of the tick for which the timer was set.
#[derive(Message, Clone, Debug)]
pub struct TimerRang<M: Send + Sync + 'static> {
    /// The entity that the timer belongs to.
    pub of: Entity,
    /// The timer.
    pub timer: TimerId,
    /// The message of the timer.
    pub message: M,
}

/// A timer cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimerError {
    /// The entity that it should belong to does not exist, or has no [`StableId`].
    #[error("a timer belongs to a room, an object, a player, or an entity with a stable id")]
    NoOwner,
    /// The world has 65,536 timers of this type.
    #[error("the world has {MOST_TIMERS} timers of this type already")]
    TooMany,
}

impl<M: Serialize + Clone + Send + Sync + 'static> Timers<'_, '_, M> {
    /// Sets a timer that rings once, after this much time.
    ///
    /// # Errors
    /// [`TimerError`] if it cannot be set.
    pub fn after(&mut self, of: Entity, time: Duration, message: M) -> Result<TimerId, TimerError> {
        self.set(of, self.clock.after(time), 0, message)
    }

    /// Sets a timer that rings again and again, each time after this much time.
    ///
    /// # Errors
    /// [`TimerError`] if it cannot be set.
    pub fn every(&mut self, of: Entity, time: Duration, message: M) -> Result<TimerId, TimerError> {
        self.set(of, self.clock.after(time), ticks_in(time), message)
    }

    /// Sets a timer that rings once, in this tick, or in the next one if that is over.
    ///
    /// # Errors
    /// [`TimerError`] if it cannot be set.
    pub fn at(&mut self, of: Entity, tick: Tick, message: M) -> Result<TimerId, TimerError> {
        self.set(of, tick.max(self.clock.tick.after(1)), 0, message)
    }

    /// Cancels a timer. Returns its message, or `None` if it has rung or ended.
    pub fn cancel(&mut self, timer: TimerId) -> Option<M> {
        // Otherwise the queue would count as changed.
        self.queue.next(timer)?;
        self.queue.remove(timer)
    }

    /// Returns the tick in which a timer rings next, or `None` if it has rung or ended.
    #[must_use]
    pub fn next(&self, timer: TimerId) -> Option<Tick> {
        self.queue.next(timer)
    }

    fn set(&mut self, of: Entity, tick: Tick, every: u32, message: M) -> Result<TimerId, TimerError> {
        let id = *self.ids.get(of).map_err(|_| TimerError::NoOwner)?;
        let of = StableEntity { id, entity: of };
        let timer = self.queue.add(of, tick, every, message);
        timer.ok_or(TimerError::TooMany)
    }
}

/// Functions that ring the due timers, one for each type of messages.
#[derive(Resource, Default)]
pub(crate) struct Ringers(Vec<fn(&mut World)>);

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Ringers>();
    state::derived::<Ringers>(app);
}

/// Declares a type of messages of timers.
pub(crate) fn declare<M>(app: &mut App, name: &'static str)
where
    M: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    app.init_resource::<TimerQueue<M>>().add_message::<TimerRang<M>>();
    // `TimerQueue` updates a digest with every timer. A hash of all of them would take
    // milliseconds.
    state::resource_as::<TimerQueue<M>, _>(app, name, TimerQueue::hash, queue::restore);
    state::when_free(app, end_with_owner::<M>);
    wake_times::wakes_at(app, Box::new(|world| world.resource::<TimerQueue<M>>().first()));
    app.world_mut().resource_mut::<Ringers>().0.push(ring::<M>);
}

/// The timer of each room with messages of one type.
#[derive(Resource)]
struct RoomTimer<M> {
    /// In ticks.
    every: u32,
    message: M,
}

/// Declares a type of messages of timers, and sets a timer of this type for each new room.
pub(crate) fn declare_for_rooms<M>(app: &mut App, name: &'static str, time: Duration, message: M)
where
    M: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    declare::<M>(app, name);
    let every = ticks_in(time);
    app.insert_resource(RoomTimer { every, message });
    state::derived::<RoomTimer<M>>(app);
    rooms::when_created(app, set_for_room::<M>);
}

fn set_for_room<M: Serialize + Clone + Send + Sync + 'static>(world: &mut World, room: Entity) {
    let Some(id) = world.get::<StableId>(room).copied() else {
        return;
    };
    let RoomTimer { every, message } = world.resource::<RoomTimer<M>>();
    let (every, message) = (*every, message.clone());
    let first = world.resource::<Clock>().tick.after(every);
    let of = StableEntity { id, entity: room };
    // With 65,536 timers of this type, the room has none.
    let _ = world
        .resource_mut::<TimerQueue<M>>()
        .add(of, first, every, message);
}

/// Rings the timers that are due.
pub(crate) fn ring_all(world: &mut World) {
    for at in 0..world.resource::<Ringers>().0.len() {
        let ring = world.resource::<Ringers>().0[at];
        ring(world);
    }
}

fn ring<M: Clone + Send + Sync + 'static>(world: &mut World) {
    let now = world.resource::<Clock>().tick;
    let first = world.resource::<TimerQueue<M>>().first();
    if first.is_none_or(|tick| tick > now) {
        return;
    }
    with_taken(world, |world, queue: &mut TimerQueue<M>| {
        let mut messages = world.resource_mut::<Messages<TimerRang<M>>>();
        while let Some(Ringing { of, timer, message }) = queue.ring(now) {
            messages.write(TimerRang { of, timer, message });
        }
    });
}

/// Removes the timers of an entity that is despawned.
fn end_with_owner<M: Send + Sync + 'static>(world: &mut DeferredWorld<'_>, owner: StableId) {
    if world.resource::<TimerQueue<M>>().has_timer_of(owner) {
        world.resource_mut::<TimerQueue<M>>().remove_all_of(owner);
    }
}
