//! The past of one entity: the segments of its motion in the last ticks.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    limits::MAX_PAST_TICKS,
    motion::{Position, Segment, Velocity},
};
use serde::{Deserialize, Serialize, Serializer};

use crate::clock::Clock;

/// The last segments of an entity in its room. It is empty outside of a room.
#[derive(Component, Debug, Default)]
pub(crate) struct PastMotion {
    /// The segment at the end of the last tick.
    latest: Option<KeptSegment>,
    /// Those before it, in order: at most [`MAX_PAST_TICKS`]. The second change allocates memory
    /// for all of them, so an object that never moves needs none.
    ended: Vec<KeptSegment>,
    /// Its place in the list of recent movers. Not state.
    place: Option<u32>,
}

/// A segment, and the first tick at whose end the entity followed it. That is not always its first
/// tick: a carried entity continues the segment of its carrier.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct KeptSegment {
    from: Tick,
    segment: Segment,
}

impl PastMotion {
    /// Returns the position at the end of a tick that is kept, or `None` if the entity was not in
    /// its room then.
    pub(crate) fn at(&self, tick: Tick) -> Option<Position> {
        let newest_first = self.latest.iter().chain(self.ended.iter().rev());
        let kept = newest_first.into_iter().find(|kept| kept.from <= tick)?;
        Some(kept.segment.at(tick))
    }

    /// Returns whether this is the segment that was noted last.
    pub(super) fn is_known(&self, segment: &Segment) -> bool {
        self.latest.is_some_and(|latest| latest.segment == *segment)
    }

    /// Notes that the entity follows a new segment at this tick, and forgets what is older than
    /// `kept` ticks.
    pub(super) fn note(&mut self, segment: Segment, now: Tick, kept: u32) {
        let new = KeptSegment { from: now, segment };
        let Some(latest) = self.latest.replace(new) else {
            return;
        };
        if latest.from == now {
            return;
        }
        // The first segment is needed as long as it covers a tick that is kept.
        let oldest = Tick(now.0.saturating_sub(kept));
        let next = |ended: &[KeptSegment]| ended.get(1).map_or(latest.from, |next| next.from);
        while !self.ended.is_empty() && next(&self.ended) <= oldest {
            self.ended.remove(0);
        }
        self.ended
            .reserve_exact(MAX_PAST_TICKS as usize - self.ended.len());
        self.ended.push(latest);
    }

    /// Returns whether the entity may have moved within the last `kept` ticks.
    pub(super) fn is_recent(&self, now: Tick, kept: u32) -> bool {
        self.latest.is_some_and(|KeptSegment { from, segment }| {
            segment.gait.velocity() != Velocity::default() || now.since(from) < kept
        })
    }

    /// Returns whether the entity is in the list of recent movers of its room.
    pub(crate) fn is_listed(&self) -> bool {
        self.place.is_some()
    }

    pub(super) fn place(&self) -> Option<u32> {
        self.place
    }

    pub(super) fn set_place(&mut self, place: Option<u32>) {
        self.place = place;
    }
}

/// The saved form: the latest segment, and those before it.
pub(super) type SavedPast = (Option<KeptSegment>, Vec<KeptSegment>);

impl Serialize for PastMotion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.latest, &self.ended).serialize(serializer)
    }
}

/// Returns the past of an entity, or `None` if it has too many segments, or they are not in order.
pub(super) fn restore((latest, ended): SavedPast, world: &World) -> Option<PastMotion> {
    let now = world.resource::<Clock>().tick;
    let all = || ended.iter().chain(&latest);
    let is_ordered = all().zip(all().skip(1)).all(|(one, next)| one.from < next.from);
    let is_past = all().all(|kept| kept.from <= now && kept.segment.since <= kept.from);
    let is_possible = ended.len() <= MAX_PAST_TICKS as usize && (latest.is_some() || ended.is_empty());
    (is_ordered && is_past && is_possible).then_some(PastMotion {
        latest,
        ended,
        place: None,
    })
}
