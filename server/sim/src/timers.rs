//! Timers of game logic: messages that arrive after a while.

use std::{collections::BTreeMap, time::Duration};

use bevy_app::App;
use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::ids::Tick;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error};

use crate::{
    clock::{Clock, ticks_in},
    state::{self, StableId},
    wake_times,
};

/// Sets timers with messages of one type, as a system parameter for game logic. Declare the type
/// with [`SimulationApp::timer_message`](crate::SimulationApp::timer_message).
///
/// Each timer belongs to an entity: a room, an object, a player, or an entity of your own with a
/// [`StableId`]. It ends with that entity. All timers are part of the state.
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
pub struct Timers<'w, 's, M: Clone + Send + Sync + 'static> {
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

/// A timer among those with messages of the same type. It is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimerId(u32);

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

/// The maximum number of timers with messages of one type.
const MOST_TIMERS: usize = 1 << 16;

impl<M: Clone + Send + Sync + 'static> Timers<'_, '_, M> {
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
        let queue = &mut self.queue.by_tick;
        let key = queue.keys().find(|(_, id)| *id == timer).copied()?;
        queue.remove(&key).map(|timer| timer.message)
    }

    /// Returns the tick in which a timer rings next, or `None` if it has rung or ended.
    #[must_use]
    pub fn next(&self, timer: TimerId) -> Option<Tick> {
        let mut keys = self.queue.by_tick.keys();
        keys.find(|(_, id)| *id == timer).map(|(tick, _)| *tick)
    }

    fn set(&mut self, of: Entity, tick: Tick, every: u32, message: M) -> Result<TimerId, TimerError> {
        let of = *self.ids.get(of).map_err(|_| TimerError::NoOwner)?;
        let queue = &mut *self.queue;
        if queue.by_tick.len() >= MOST_TIMERS || queue.set == u32::MAX {
            return Err(TimerError::TooMany);
        }
        queue.set += 1;
        let id = TimerId(queue.set);
        queue.by_tick.insert((tick, id), Timer { of, every, message });
        Ok(id)
    }
}

/// The timers with messages of one type.
#[derive(Resource, Clone, Debug)]
pub struct TimerQueue<M: Send + Sync + 'static> {
    /// The number of timers that were set so far.
    set: u32,
    by_tick: BTreeMap<(Tick, TimerId), Timer<M>>,
}

#[derive(Clone, Debug)]
struct Timer<M> {
    of: StableId,
    /// The ticks after which it rings again. 0: never.
    every: u32,
    message: M,
}

impl<M: Send + Sync + 'static> Default for TimerQueue<M> {
    fn default() -> Self {
        Self {
            set: 0,
            by_tick: BTreeMap::new(),
        }
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
    state::resource::<TimerQueue<M>>(app, name);
    wake_times::wakes_at(
        app,
        Box::new(|world| {
            let first = world.resource::<TimerQueue<M>>().by_tick.first_key_value();
            first.map(|((tick, _), _)| *tick)
        }),
    );
    app.world_mut().resource_mut::<Ringers>().0.push(ring::<M>);
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
    loop {
        let queue = world.resource::<TimerQueue<M>>();
        let first = queue.by_tick.first_key_value();
        if first.is_none_or(|((tick, _), _)| *tick > now) {
            return;
        }
        let queue = &mut world.resource_mut::<TimerQueue<M>>().by_tick;
        let Some(((tick, id), timer)) = queue.pop_first() else {
            return;
        };
        // Otherwise it ended with its entity.
        let Some(of) = state::find(world, timer.of) else {
            continue;
        };
        let message = timer.message.clone();
        if timer.every > 0 {
            let next = Tick(tick.0.saturating_add(timer.every));
            let queue = &mut world.resource_mut::<TimerQueue<M>>().by_tick;
            queue.insert((next, id), timer);
        }
        world.write_message(TimerRang {
            of,
            timer: id,
            message,
        });
    }
}

/// The saved form: the number of timers set so far, and the tick, id, owner, period and message of
/// each timer.
type Saved<M> = (u32, Vec<(Tick, TimerId, StableId, u32, M)>);

impl<M: Serialize + Send + Sync + 'static> Serialize for TimerQueue<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let timers = self.by_tick.iter();
        let timers: Vec<_> = timers
            .map(|((tick, id), timer)| (*tick, *id, timer.of, timer.every, &timer.message))
            .collect();
        let saved: Saved<&M> = (self.set, timers);
        saved.serialize(serializer)
    }
}

impl<'de, M: Deserialize<'de> + Send + Sync + 'static> Deserialize<'de> for TimerQueue<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (set, timers) = Saved::<M>::deserialize(deserializer)?;
        let count = timers.len();
        let timers = timers.into_iter();
        let by_tick: BTreeMap<_, _> = timers
            .map(|(tick, id, of, every, message)| ((tick, id), Timer { of, every, message }))
            .collect();
        let is_possible =
            by_tick.len() == count && count <= MOST_TIMERS && by_tick.keys().all(|(_, id)| id.0 <= set);
        if !is_possible {
            return Err(D::Error::custom("not a queue of timers"));
        }
        Ok(Self { set, by_tick })
    }
}
