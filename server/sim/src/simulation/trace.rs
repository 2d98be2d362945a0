//! A tick taken apart: run system by system, to see which of them makes a difference.

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

use super::Simulation;

/// A tick that runs one system at a time. What it comes to is the same as with [`Simulation::step`].
pub struct Tracing<'a> {
    simulation: &'a mut Simulation,
    input: &'a mut TickInput,
    output: &'a mut TickOutput,
    systems: Vec<Traced>,
    next: Arc<AtomicUsize>,
    at_once: Arc<AtomicBool>,
}

/// A system of the schedule.
struct Traced {
    name: String,
    /// Applies what the systems before put off.
    applies: bool,
    /// Has commands to put off, or other things of that kind.
    puts_off: bool,
}

impl Simulation {
    /// Begins a tick that runs system by system. For looking into a recording: it is slow.
    pub fn trace<'a>(&'a mut self, input: &'a mut TickInput, output: &'a mut TickOutput) -> Tracing<'a> {
        self.initialize();
        let systems = self.schedule.systems().expect("it is initialized");
        let traced = |system: &dyn System<In = (), Out = ()>| Traced {
            name: system.name().to_string(),
            applies: system.system_type() == TypeId::of::<ApplyDeferred>(),
            puts_off: system.has_deferred(),
        };
        let systems: Vec<Traced> = systems.map(|(_, system)| traced(&**system)).collect();
        let (next, at_once) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        self.schedule.set_executor(OneByOne {
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
    /// From here on, applies what a system puts off right after it, not where the schedule says. That tells whose
    /// commands made a difference where several systems had some; the tick itself may come to something else then.
    pub fn apply_at_once(&mut self) {
        self.at_once.store(true, Ordering::Relaxed);
    }

    /// The system that [`Self::run_next`] will run: the one to name if it panics.
    #[must_use]
    pub fn next_system(&self) -> Option<&str> {
        let next = self.systems.get(self.next.load(Ordering::Relaxed));
        next.map(|system| system.name.as_str())
    }

    /// If the last system that ran applies what others put off: those others, in their order. Otherwise none.
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
        let putting_off = before[since..].iter().filter(|system| system.puts_off);
        putting_off.map(|system| system.name.as_str()).collect()
    }

    /// Runs the next system; its name, or none if all have run.
    pub fn run_next(&mut self) -> Option<&str> {
        let at = self.next.load(Ordering::Relaxed);
        if at >= self.systems.len() {
            return None;
        }
        self.simulation.schedule.run(&mut self.simulation.world);
        self.next.store(at + 1, Ordering::Relaxed);
        Some(&self.systems[at].name)
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
    at_once: Arc<AtomicBool>,
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
