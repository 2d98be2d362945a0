//! The times of a recording's ticks, available while it is read.

use std::io::{Read, Seek};

use parlour_shared::{ids::Tick, limits::TICK_RATE};

use super::{LAST_WALL_MS, Recording, chunk::ChunkKind};

/// The times of a recording's ticks. The first tick of each chunk is exact; the others are
/// extrapolated from it. A time after the year 9999 counts as its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// For each chunk: its first tick, its number of ticks, and the time of the first, in
    /// milliseconds since 1970.
    chunks: Vec<(u32, u32, u64)>,
}

impl<R: Read + Seek> Recording<R> {
    /// Returns the times of its ticks.
    pub fn times(&self) -> Times {
        let ticks = self
            .table
            .entries
            .iter()
            .filter(|entry| entry.kind == ChunkKind::Ticks);
        Times {
            chunks: ticks
                .map(|entry| (entry.first_tick, entry.ticks, entry.wall_ms.min(LAST_WALL_MS)))
                .collect(),
        }
    }
}

impl Times {
    /// Appends the times of the recording that continues this one.
    pub(crate) fn join(&mut self, next: &Self) {
        self.chunks.extend_from_slice(&next.chunks);
    }

    /// Returns the first and the last tick, or `None` if there are no ticks.
    #[must_use]
    pub fn range(&self) -> Option<(Tick, Tick)> {
        let (first, _, _) = *self.chunks.first()?;
        let (last, ticks, _) = *self.chunks.last()?;
        Some((Tick(first), Tick(last + (ticks - 1))))
    }

    /// Returns the time of a tick, in milliseconds since 1970. Ticks outside of the range are
    /// extrapolated.
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

    /// Returns the last tick at or before a time, or `None` if all ticks are later. For a time
    /// after the end, returns the last tick. Where the clock was set back and times repeat, returns
    /// the later tick.
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
