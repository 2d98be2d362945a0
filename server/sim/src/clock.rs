//! Time inside the world: only the tick number.

use std::time::Duration;

use bevy_ecs::prelude::*;
use parlour_shared::{ids::Tick, limits::TICK_RATE};

/// The present tick.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct Clock {
    /// 1 in the first step.
    pub tick: Tick,
}

impl Clock {
    /// Returns the whole seconds since the world began.
    #[must_use]
    pub fn seconds(&self) -> u32 {
        self.tick.0 / TICK_RATE
    }

    /// Returns the tick that is this much time after the present one.
    #[must_use]
    pub fn after(&self, time: Duration) -> Tick {
        Tick(self.tick.0.saturating_add(ticks_in(time)))
    }
}

/// Returns the number of ticks in this much time: 60 in a second, rounded up, and at least 1.
#[must_use]
pub fn ticks_in(time: Duration) -> u32 {
    let ticks = time
        .as_nanos()
        .saturating_mul(TICK_RATE.into())
        .div_ceil(1_000_000_000);
    u32::try_from(ticks).unwrap_or(u32::MAX).max(1)
}

/// A run condition for systems of game logic: once in this much time, in the ticks that are a
/// multiple of it.
///
/// It does not wake a quiet world: a system in [`MaySleep`](crate::MaySleep) does not run in the
/// ticks that are skipped while nothing happens. That is right for a system that only follows what
/// happens, such as one that slows down what rolls. For one that begins something, set a timer with
/// [`Timers::every`](crate::Timers::every), which wakes the world, or leave the system out of
/// `MaySleep`.
///
/// ```
/// # use bevy_app::App;
/// # use bevy_ecs::prelude::*;
/// # use parlour_sim::{StepSet, TickSchedule, every};
/// # use std::time::Duration;
/// # fn rain() {}
/// # fn plugin(app: &mut App) {
/// app.add_systems(
///     TickSchedule,
///     rain.in_set(StepSet::Simulate).run_if(every(Duration::from_secs(5))),
/// );
/// # }
/// ```
pub fn every(time: Duration) -> impl Fn(Res<'_, Clock>) -> bool + Clone {
    let ticks = ticks_in(time);
    move |clock: Res<'_, Clock>| clock.tick.0.is_multiple_of(ticks)
}
