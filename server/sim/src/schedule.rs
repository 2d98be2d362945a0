//! The schedule of a tick: one chain of sets.

use bevy_ecs::{
    prelude::*,
    schedule::{LogLevel, ScheduleBuildSettings, ScheduleLabel, SingleThreadedExecutor},
};

/// The schedule of a tick. Game logic adds its systems here, in one of the sets of [`StepSet`].
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct TickSchedule;

/// The sets of [`TickSchedule`], in the order in which they run. Every system is in a set, and only
/// sets define an order between features.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub enum StepSet {
    /// Sessions open. Viewers are held and released.
    Ingest,
    /// Reservations end. Rate limits apply to the requests of players, and each request is passed
    /// to its feature.
    Guard,
    /// Players move, and your game logic runs.
    Simulate,
    /// Players go through doors. Empty rooms are removed.
    React,
    /// Proximity checks find which players are near each other.
    Interest,
    /// Changes are encoded, and the snapshot of each viewer is assembled from them.
    Replicate,
    /// The state is hashed.
    Digest,
}

/// Systems of game logic that need not run in every tick: without an event of a session, and
/// without a change of the state in one of the ticks before, they change nothing and send nothing.
/// The exceptions are the ticks that a function given to
/// [`SimulationApp::sleeps_until`](crate::SimulationApp::sleeps_until) names.
///
/// While nothing happens in a world, its ticks are skipped if all systems of game logic are in this
/// set. A world with any other system runs every tick.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct MaySleep;

/// Returns the schedule without systems. Its executor is single-threaded: with 10,000 entities and
/// 8 systems on 2 cores it took 11 us per tick, and the multi-threaded executor 54 us.
pub(crate) fn new_schedule() -> Schedule {
    use StepSet::{Digest, Guard, Ingest, Interest, React, Replicate, Simulate};
    let mut schedule = Schedule::new(TickSchedule);
    schedule.set_executor(SingleThreadedExecutor::new());
    schedule.configure_sets((Ingest, Guard, Simulate, React, Interest, Replicate, Digest).chain());
    // Two systems that access the same data without an order would make the result random.
    schedule.set_build_settings(ScheduleBuildSettings {
        ambiguity_detection: LogLevel::Error,
        ..ScheduleBuildSettings::default()
    });
    schedule
}
