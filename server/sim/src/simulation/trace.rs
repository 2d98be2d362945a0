//! Runs a tick system by system, to find the system that makes a difference.

use parlour_tick::{TickInput, TickOutput};

use std::{
    any::TypeId,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use bevy_ecs::{
    error::{BevyError, ErrorContext},
    prelude::*,
    schedule::{ApplyDeferred, SingleThreadedExecutor, SystemExecutor, SystemSchedule},
};
use fixedbitset::FixedBitSet;

use super::{Simulation, initialize};

/// A tick that runs one system at a time. Its result is the same as with [`Simulation::step`].
pub struct Tracing<'a> {
    simulation: &'a mut Simulation,
    input: &'a mut TickInput,
    output: &'a mut TickOutput,
    systems: Vec<TracedSystem>,
    next: Arc<AtomicUsize>,
    at_once: Arc<AtomicBool>,
}

/// A system of the schedule.
struct TracedSystem {
    name: String,
    /// Whether it is a sync point: it applies what earlier systems deferred.
    applies: bool,
    /// Whether it defers commands or other changes.
    defers: bool,
}

impl Simulation {
    /// Starts a tick that runs system by system. It is slow, and meant for the analysis of
    /// recordings.
    pub fn trace<'a>(&'a mut self, input: &'a mut TickInput, output: &'a mut TickOutput) -> Tracing<'a> {
        initialize(&mut self.schedule, &mut self.world);
        let systems = self.schedule.systems().expect("it is initialized");
        let traced = |system: &dyn System<In = (), Out = ()>| TracedSystem {
            name: system.name().to_string(),
            applies: system.system_type() == TypeId::of::<ApplyDeferred>(),
            defers: system.has_deferred(),
        };
        let systems: Vec<TracedSystem> = systems.map(|(_, system)| traced(&**system)).collect();
        let (next, at_once) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        self.schedule.set_executor(OneSystemExecutor {
            inner: SingleThreadedExecutor::new(),
            next: Arc::clone(&next),
            at_once: Arc::clone(&at_once),
            systems: systems.len(),
        });
        self.begin_tick(input, output);
        Tracing {
            simulation: self,
            input,
            output,
            systems,
            next,
            at_once,
        }
    }
}

impl Tracing<'_> {
    /// From here on, applies the deferred changes of each system immediately after it, and not at
    /// the sync points of the schedule. If several systems deferred changes, this shows which of
    /// them made a difference. The result of the tick may then differ.
    pub fn apply_at_once(&mut self) {
        self.at_once.store(true, Ordering::Relaxed);
    }

    /// Returns the system that [`Self::run_next`] will run. If the run panics, this is the cause.
    #[must_use]
    pub fn next_system(&self) -> Option<&str> {
        let next = self.systems.get(self.next.load(Ordering::Relaxed));
        next.map(|system| system.name.as_str())
    }

    /// If the last system applied deferred changes, returns the systems that deferred them, in
    /// order. Otherwise the list is empty.
    #[must_use]
    pub fn applied(&self) -> Vec<&str> {
        let ran = &self.systems[..self.next.load(Ordering::Relaxed)];
        let Some((_, before)) = ran.split_last().filter(|(last, _)| last.applies) else {
            return Vec::new();
        };
        let since = before
            .iter()
            .rposition(|system| system.applies)
            .map_or(0, |at| at + 1);
        let deferring = before[since..].iter().filter(|system| system.defers);
        deferring.map(|system| system.name.as_str()).collect()
    }

    /// Runs the next system. Returns its name, or `None` if all have run.
    pub fn run_next(&mut self) -> Option<&str> {
        let at = self.next.load(Ordering::Relaxed);
        if at >= self.systems.len() {
            return None;
        }
        self.simulation.schedule.run(&mut self.simulation.world);
        self.next.store(at + 1, Ordering::Relaxed);
        Some(&self.systems[at].name)
    }

    /// Appends the state after the systems so far, like [`Simulation::save`]. Its hash is that of
    /// the previous tick.
    pub fn save(&mut self, out: &mut Vec<u8>) {
        self.simulation.save(out);
    }
}

/// Runs the remaining systems, and ends the tick.
impl Drop for Tracing<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        while self.run_next().is_some() {}
        self.simulation
            .schedule
            .set_executor(SingleThreadedExecutor::new());
        self.simulation.end_tick(self.input, self.output);
    }
}

/// Runs one system of a schedule per call, and applies deferred changes at the sync points of the
/// schedule.
struct OneSystemExecutor {
    inner: SingleThreadedExecutor,
    next: Arc<AtomicUsize>,
    at_once: Arc<AtomicBool>,
    systems: usize,
}

impl SystemExecutor for OneSystemExecutor {
    fn init(&mut self, schedule: &SystemSchedule) {
        self.inner.init(schedule);
    }

    fn run(
        &mut self,
        schedule: &mut SystemSchedule,
        world: &mut World,
        _skip: Option<&FixedBitSet>,
        error_handler: fn(BevyError, ErrorContext),
    ) {
        let next = self.next.load(Ordering::Relaxed);
        let mut skip = FixedBitSet::with_capacity(self.systems);
        skip.insert_range(..);
        skip.set(next, false);
        // Deferred changes are applied at the sync points, and at the end.
        let at_once = self.at_once.load(Ordering::Relaxed);
        self.inner
            .set_apply_final_deferred(at_once || next + 1 == self.systems);
        self.inner.run(schedule, world, Some(&skip), error_handler);
    }

    fn set_apply_final_deferred(&mut self, _value: bool) {}
}

impl std::fmt::Debug for Tracing<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter
            .debug_struct("Tracing")
            .field("systems", &self.systems.len())
            .finish_non_exhaustive()
    }
}
