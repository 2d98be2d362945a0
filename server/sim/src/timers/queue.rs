//! The timers with messages of one type.

use std::collections::{BTreeMap, BTreeSet};

use bevy_ecs::prelude::*;
use parlour_shared::{ids::Tick, rng::mix};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    clock::Clock,
    state::{EntityIndex, Fold, StableEntity, StableId},
};

/// A timer among those with messages of the same type. It is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimerId(u32);

/// The maximum number of timers with messages of one type.
pub(super) const MOST_TIMERS: usize = 1 << 16;

/// The timers with messages of one type. Each belongs to an entity that exists.
#[derive(Resource, Debug)]
pub struct TimerQueue<M: Send + Sync + 'static> {
    /// The number of timers that were set so far.
    set: u32,
    by_tick: BTreeMap<(Tick, TimerId), Timer<M>>,
    /// When each timer rings next.
    ticks: BTreeMap<TimerId, Tick>,
    by_owner: BTreeSet<(StableId, TimerId)>,
    /// A sum over all timers, so that the cost of an update depends only on what changes.
    digest: u64,
}

#[derive(Debug)]
struct Timer<M> {
    of: StableEntity,
    /// The ticks after which it rings again. 0: never.
    every: u32,
    message: M,
    /// A hash of everything but the tick in which it rings.
    hash: u64,
}

/// A timer that rings now.
pub(super) struct Ringing<M> {
    pub(super) of: Entity,
    pub(super) timer: TimerId,
    pub(super) message: M,
}

impl<M: Send + Sync + 'static> Default for TimerQueue<M> {
    fn default() -> Self {
        Self {
            set: 0,
            by_tick: BTreeMap::new(),
            ticks: BTreeMap::new(),
            by_owner: BTreeSet::new(),
            digest: 0,
        }
    }
}

impl<M: Send + Sync + 'static> TimerQueue<M> {
    /// Returns the tick in which the next timer rings.
    pub(super) fn first(&self) -> Option<Tick> {
        self.by_tick.first_key_value().map(|((tick, _), _)| *tick)
    }

    /// Returns the tick in which a timer rings next.
    pub(super) fn next(&self, timer: TimerId) -> Option<Tick> {
        self.ticks.get(&timer).copied()
    }

    /// Returns whether a timer belongs to an entity.
    pub(super) fn has_timer_of(&self, owner: StableId) -> bool {
        self.first_of(owner).is_some()
    }

    /// Adds a timer. Returns `None` if there are too many.
    pub(super) fn add(&mut self, of: StableEntity, tick: Tick, every: u32, message: M) -> Option<TimerId>
    where
        M: Serialize,
    {
        if self.ticks.len() >= MOST_TIMERS {
            return None;
        }
        self.set = self.set.checked_add(1)?;
        let id = TimerId(self.set);
        self.insert(id, tick, (of, every, message));
        Some(id)
    }

    /// Removes a timer. Returns its message, or `None` if there is no such timer.
    pub(super) fn remove(&mut self, timer: TimerId) -> Option<M> {
        let tick = self.ticks.remove(&timer)?;
        let removed = self.by_tick.remove(&(tick, timer))?;
        self.by_owner.remove(&(removed.of.id, timer));
        self.digest = self.digest.wrapping_sub(removed.share(tick));
        Some(removed.message)
    }

    /// Removes the timers of an entity.
    pub(super) fn remove_all_of(&mut self, owner: StableId) {
        while let Some(timer) = self.first_of(owner) {
            self.remove(timer);
        }
    }

    /// Returns the next timer that is due. It is set again if it rings again and again.
    pub(super) fn ring(&mut self, now: Tick) -> Option<Ringing<M>>
    where
        M: Clone,
    {
        let ((tick, id), timer) = self.by_tick.first_key_value()?;
        let (tick, id, of) = (*tick, *id, timer.of.entity);
        if tick > now {
            return None;
        }
        // Later than this tick, so that ringing the due timers ends.
        let next = tick.0.saturating_add(timer.every).max(now.0.saturating_add(1));
        let message = if timer.every == 0 || next == now.0 {
            self.remove(id)?
        } else {
            let next = Tick(next);
            let timer = self.by_tick.remove(&(tick, id))?;
            let message = timer.message.clone();
            let (before, after) = (timer.share(tick), timer.share(next));
            self.digest = self.digest.wrapping_sub(before).wrapping_add(after);
            self.by_tick.insert((next, id), timer);
            self.ticks.insert(id, next);
            message
        };
        Some(Ringing {
            of,
            timer: id,
            message,
        })
    }

    /// Adds the number of timers set so far, and the sum over all timers, to a hash.
    pub(super) fn hash(&self, fold: &mut Fold) {
        fold.word(self.set.into());
        fold.word(self.digest);
    }

    fn first_of(&self, owner: StableId) -> Option<TimerId> {
        let from_owner = self.by_owner.range((owner, TimerId(0))..);
        let (_, timer) = from_owner.take_while(|(of, _)| *of == owner).next()?;
        Some(*timer)
    }

    fn insert(&mut self, id: TimerId, tick: Tick, (of, every, message): (StableEntity, u32, M))
    where
        M: Serialize,
    {
        let mut fold = Fold::new(u64::from(id.0));
        fold.word(of.id.number());
        fold.word(every.into());
        fold.value(&message);
        let hash = fold.finish();
        let timer = Timer {
            of,
            every,
            message,
            hash,
        };
        self.digest = self.digest.wrapping_add(timer.share(tick));
        self.by_tick.insert((tick, id), timer);
        self.ticks.insert(id, tick);
        self.by_owner.insert((of.id, id));
    }
}

impl<M> Timer<M> {
    /// Returns its share in the sum over all timers.
    fn share(&self, tick: Tick) -> u64 {
        mix(self.hash ^ mix(tick.0.into()))
    }
}

/// The saved form: the number of timers set so far, and the tick, id, owner, period and message of
/// each timer.
pub(super) type Saved<M> = (u32, Vec<(Tick, TimerId, StableId, u32, M)>);

impl<M: Serialize + Send + Sync + 'static> Serialize for TimerQueue<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let timers = self.by_tick.iter();
        let timers: Vec<_> = timers
            .map(|((tick, id), timer)| (*tick, *id, timer.of.id, timer.every, &timer.message))
            .collect();
        let saved: Saved<&M> = (self.set, timers);
        saved.serialize(serializer)
    }
}

/// Returns the queue, or `None` if a timer is over, belongs to no entity, or could not be set.
pub(super) fn restore<M>((set, timers): Saved<M>, world: &World) -> Option<TimerQueue<M>>
where
    M: Serialize + Send + Sync + 'static,
{
    let (now, entities) = (world.resource::<Clock>().tick, world.resource::<EntityIndex>());
    let mut queue = TimerQueue {
        set,
        ..TimerQueue::default()
    };
    for (tick, id, of, every, message) in timers {
        let entity = entities.get(of)?;
        let is_known = queue.ticks.contains_key(&id);
        if tick <= now || id.0 > set || is_known || queue.ticks.len() >= MOST_TIMERS {
            return None;
        }
        queue.insert(id, tick, (StableEntity { id: of, entity }, every, message));
    }
    Some(queue)
}
