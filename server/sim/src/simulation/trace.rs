//! A tick taken apart: run system by system, to see which of them makes a difference.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bevy_ecs::{
    error::{BevyError, ErrorContext},
    prelude::*,
    schedule::{SingleThreadedExecutor, SystemExecutor, SystemSchedule},
};
use fixedbitset::FixedBitSet;

use super::Simulation;
use crate::{input::TickInput, output::TickOutput};

/// A tick that runs one system at a time. What it comes to is the same as with [`Simulation::step`].
pub struct Tracing<'a> {
    simulation: &'a mut Simulation,
    input: &'a mut TickInput,
    output: &'a mut TickOutput,
    systems: Vec<String>,
    next: Arc<AtomicUsize>,
}

impl Simulation {
    /// Begins a tick that runs system by system. For looking into a recording: it is slow.
    pub fn trace<'a>(&'a mut self, input: &'a mut TickInput, output: &'a mut TickOutput) -> Tracing<'a> {
        self.initialize();
        let systems = self.schedule.systems().expect("it is initialized");
        let systems: Vec<String> = systems.map(|(_, system)| system.name().to_string()).collect();
        let next = Arc::new(AtomicUsize::new(0));
        self.schedule.set_executor(OneByOne {
            inner: SingleThreadedExecutor::new(),
            next: Arc::clone(&next),
            systems: systems.len(),
        });
        self.begin_tick(input, output);
        Tracing {
            simulation: self,
            input,
            output,
            systems,
            next,
        }
    }
}

impl Tracing<'_> {
    /// Runs the next system; its name, or none if all have run.
    pub fn run_next(&mut self) -> Option<&str> {
        let at = self.next.load(Ordering::Relaxed);
        if at >= self.systems.len() {
            return None;
        }
        self.simulation.schedule.run(&mut self.simulation.world);
        self.next.store(at + 1, Ordering::Relaxed);
        Some(&self.systems[at])
    }

    /// Appends the state as the systems so far have left it, as [`Simulation::save`] does. Its hash is still that of the
    /// tick before, as long as the last systems have not run.
    pub fn save(&mut self, out: &mut Vec<u8>) {
        self.simulation.save(out);
    }
}

/// Runs the systems that are left, and ends the tick.
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

/// Runs one system of a schedule at each call, and what the systems before put off when its turn comes.
struct OneByOne {
    inner: SingleThreadedExecutor,
    next: Arc<AtomicUsize>,
    systems: usize,
}

impl SystemExecutor for OneByOne {
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
        // What systems put off is applied where the schedule says, and at the end.
        self.inner.set_apply_final_deferred(next + 1 == self.systems);
        self.inner.run(schedule, world, Some(&skip), error_handler);
    }

    fn set_apply_final_deferred(&mut self, _value: bool) {}
}

impl std::fmt::Debug for Tracing<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter
            .debug_struct("Tracing")
            .field("systems", &self.systems)
            .finish_non_exhaustive()
    }
}
