//! When each tick was: what a recording says of it, to be had while it is read.

use std::io::{Read, Seek};

use parlour_shared::{ids::Tick, limits::TICK_RATE};

use super::{Recording, chunk::Kind};
use crate::LAST_WALL_MS;

/// When each tick of a recording was. The first tick of each chunk is exact, the others are counted from it. A
/// time beyond the year 9999, which no clock says, counts as the end of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Its first tick, how many there are, and when the first was, in milliseconds since 1970.
    chunks: Vec<(u32, u32, u64)>,
}

impl<R: Read + Seek> Recording<R> {
    /// When each of its ticks was.
    pub fn times(&self) -> Times {
        let ticks = self
            .table
            .entries
            .iter()
            .filter(|entry| entry.kind == Kind::Ticks);
        Times {
            chunks: ticks
                .map(|entry| (entry.first_tick, entry.ticks, entry.wall_ms.min(LAST_WALL_MS)))
                .collect(),
        }
    }
}

impl Times {
    /// Goes on with those of the recording that goes on from this one.
    pub(crate) fn join(&mut self, next: &Self) {
        self.chunks.extend_from_slice(&next.chunks);
    }

    /// The first and the last tick; none if there is no tick.
    #[must_use]
    pub fn range(&self) -> Option<(Tick, Tick)> {
        let (first, _, _) = *self.chunks.first()?;
        let (last, ticks, _) = *self.chunks.last()?;
        Some((Tick(first), Tick(last + (ticks - 1))))
    }

    /// When a tick was, in milliseconds since 1970. Before the first tick and after the last it is counted from those.
    #[must_use]
    pub fn at(&self, tick: Tick) -> u64 {
        let after = self.chunks.partition_point(|(first, _, _)| *first <= tick.0);
        match self.chunks.get(after.saturating_sub(1)) {
            Some(&(first, _, wall_ms)) if first <= tick.0 => {
                let wall_ms = wall_ms.saturating_add(milliseconds(tick.0 - first));
                wall_ms.min(LAST_WALL_MS)
            }
            Some(&(first, _, wall_ms)) => wall_ms.saturating_sub(milliseconds(first - tick.0)),
            None => 0,
        }
    }

    /// The last tick that was at that time or before it; none if all were later. A time after the end gives the last tick.
    /// Where the clock was set back and times come twice, the later ticks.
    #[must_use]
    pub fn tick_at(&self, wall_ms: u64) -> Option<Tick> {
        let (first, ticks, start) = *self.chunks.iter().rfind(|(_, _, start)| *start <= wall_ms)?;
        let within = (wall_ms - start).saturating_mul(TICK_RATE.into()) / 1000;
        Some(Tick(first + within.min(u64::from(ticks - 1)) as u32))
    }
}

fn milliseconds(ticks: u32) -> u64 {
    u64::from(ticks) * 1000 / u64::from(TICK_RATE)
}
