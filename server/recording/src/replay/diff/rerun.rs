//! Runs a recorded world again up to a tick, and runs that tick system by system.

use std::panic::{AssertUnwindSafe, catch_unwind};

use parlour_shared::ids::Tick;
use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput};

use crate::{
    format::{Item, Outcome, TickRecord},
    replay::{
        Replay, ReplayError,
        recording_files::FilePosition,
        world::{self, without_metrics},
    },
};

/// The maximum total size of the states kept for one tick. With 10,000 players, each change of the
/// state takes 2 MB.
const TRAIL_BYTES: usize = 512 * 1024 * 1024;

/// A world that was run again up to a tick.
pub(super) struct Rerun {
    /// The tick after which it started.
    pub(super) from: Tick,
    /// The hash after each tick.
    pub(super) hashes: Vec<Option<u64>>,
    /// The first tick that differed from the recording.
    pub(super) departure: Option<Departure>,
    /// The last tick, system by system.
    pub(super) trail: Trail,
    /// The world after the last tick. It is kept, so that another world does not reuse its memory
    /// addresses.
    pub(super) world: Simulation,
}

impl Rerun {
    /// Returns the last tick that was run.
    pub(super) fn last(&self) -> Tick {
        Tick(self.from.0 + self.hashes.len() as u32)
    }

    /// Returns the hash after a tick, or `None` if it panicked or was not run.
    pub(super) fn hash(&self, tick: Tick) -> Option<u64> {
        let nth = tick.0.checked_sub(self.from.0)?.checked_sub(1)?;
        self.hashes.get(nth as usize).copied().flatten()
    }
}

/// A tick that differs from the recording.
pub(super) struct Departure {
    pub(super) tick: Tick,
    /// The parts of the state that differ.
    pub(super) parts: Vec<String>,
}

/// The state after each system of a tick. It is empty if an earlier tick panicked.
#[derive(Default)]
pub(super) struct Trail {
    pub(super) before: Vec<u8>,
    pub(super) steps: Vec<TrailStep>,
}

/// One system, or a point where deferred commands are applied.
pub(super) struct TrailStep {
    pub(super) system: String,
    /// If this is such a point: the systems that deferred commands.
    pub(super) applied: Vec<String>,
    /// The state after the system, if it changed.
    pub(super) after: Option<Vec<u8>>,
    pub(super) panicked: bool,
}

/// How to run a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RerunMode {
    /// The last tick is run system by system.
    Plain,
    /// Like `Plain`, with deferred commands applied right after each system.
    AtOnce,
    /// All ticks are run system by system, up to the first that differs from the recording.
    Watchful,
}

/// Runs from `position` up to `aim`. Returns `None` if the ticks end earlier.
pub(super) fn run(
    replay: &mut Replay,
    position: FilePosition,
    aim: Tick,
    mode: RerunMode,
) -> Result<Option<Rerun>, ReplayError> {
    let mut items = replay.files.read_from(position);
    let mut world = world::begin(&mut items, &replay.config, &replay.logic)?;
    let from = world.tick();
    let (mut hashes, mut departure) = (Vec::new(), None::<Departure>);
    let mut output = TickOutput::default();
    for item in items {
        let Item::Tick(record) = item? else { continue };
        let TickRecord {
            tick,
            outcome,
            mut input,
        } = record;
        world::check_next(&world, tick)?;
        let (trail, panicked) = if matches!(outcome, Outcome::Skipped { .. }) {
            world::skip(&mut world, &mut output);
            // No system runs. Two worlds that differ here differed before.
            let mut trail = Trail::default();
            world.save(&mut trail.before);
            (trail, false)
        } else if tick < aim && mode != RerunMode::Watchful {
            let stepped = world::step_caught(&mut world, &mut input, &mut output);
            (Trail::default(), stepped.is_err())
        } else {
            let trail =
                without_metrics(|| trace(&mut world, &mut input, &mut output, mode == RerunMode::AtOnce));
            let panicked = trail.steps.last().is_some_and(|step| step.panicked);
            (trail, panicked)
        };
        let hash = (!panicked).then_some(output.hash);
        hashes.push(hash);
        let is_unknown = outcome == Outcome::Skipped { hash: None };
        if hash != outcome.hash() && !is_unknown && departure.is_none() {
            let parts = world::parts_that_differ(&world, outcome.parts(), &output.parts);
            departure = Some(Departure { tick, parts });
        }
        let goes_on = match mode {
            RerunMode::Watchful => departure.is_none(),
            RerunMode::Plain | RerunMode::AtOnce => !panicked,
        };
        if tick < aim && goes_on {
            continue;
        }
        return Ok(Some(Rerun {
            from,
            hashes,
            departure,
            trail,
            world,
        }));
    }
    Ok(None)
}

fn trace(world: &mut Simulation, input: &mut TickInput, output: &mut TickOutput, at_once: bool) -> Trail {
    let mut before = Vec::new();
    world.save(&mut before);
    let mut steps: Vec<TrailStep> = Vec::new();
    let (mut last, mut kept) = (before.clone(), before.len());
    // After a panic, the world is not run further.
    let traced = catch_unwind(AssertUnwindSafe(|| {
        let mut tracing = world.trace(input, output);
        if at_once {
            tracing.apply_at_once();
        }
        while let Some(system) = tracing.next_system().map(str::to_owned) {
            steps.push(TrailStep {
                system,
                applied: Vec::new(),
                after: None,
                panicked: true,
            });
            tracing.run_next();
            let Some(step) = steps.last_mut() else { break };
            step.panicked = false;
            step.applied = tracing.applied().into_iter().map(str::to_owned).collect();
            if kept > TRAIL_BYTES {
                // The remaining systems run, but are not traced.
                steps.pop();
                break;
            }
            let mut after = Vec::with_capacity(last.len());
            tracing.save(&mut after);
            if after[BEGIN..] != last[BEGIN..] {
                kept += after.len();
                last.clone_from(&after);
                step.after = Some(after);
            }
        }
    }));
    debug_assert!(traced.is_ok() || steps.last().is_none_or(|step| step.panicked));
    Trail { before, steps }
}

/// The bytes of tick and hash before the state. They are not updated within a tick.
pub(super) const BEGIN: usize = 12;
