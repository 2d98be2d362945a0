//! Makes, loads and steps the worlds of a replay, and compares them with the recording.

use std::panic::{AssertUnwindSafe, catch_unwind};

use metrics::{NoopRecorder, with_local_recorder};
use parlour_shared::{ids::Tick, text::panic_message};
use parlour_sim::{EntityOrder, LoadError, Logic, SimConfig, Simulation};
use parlour_tick::{TickInput, TickOutput};

use super::{ReplayError, recording_files::FileItems};
use crate::format::{Item, TickRecord};

/// Runs code that makes or steps a world that is not live. Meanwhile, metrics of game logic on this
/// thread are discarded, even if the program has a global metrics recorder.
pub(crate) fn without_metrics<T>(run: impl FnOnce() -> T) -> T {
    with_local_recorder(&NoopRecorder, run)
}

/// Creates the world before the first tick that is read: loads the first saved world, or creates a
/// new world if none precedes the ticks.
pub(super) fn begin(
    items: &mut FileItems<'_>,
    config: &SimConfig,
    logic: &Logic,
) -> Result<Simulation, ReplayError> {
    let first_of_all = |record: &TickRecord| record.tick == Tick(1);
    match items
        .next_if(|item| !matches!(item, Ok(Item::Tick(_))))
        .transpose()?
    {
        Some(Item::Keyframe { tick, state }) => load(config, logic, tick, &state),
        _ => match items.peek() {
            Some(Ok(Item::Tick(record))) if first_of_all(record) => Ok(without_metrics(|| {
                Simulation::with_plugins(config.clone(), logic.clone())
            })),
            None => Err(ReplayError::Empty),
            Some(_) => Err(ReplayError::NoKeyframe),
        },
    }
}

/// Runs a tick and catches a panic, after which the world must not be used.
///
/// # Errors
/// The message of the panic.
pub fn step_caught(
    world: &mut Simulation,
    input: &mut TickInput,
    output: &mut TickOutput,
) -> Result<(), String> {
    let stepped = without_metrics(|| catch_unwind(AssertUnwindSafe(|| world.step(input, output))));
    stepped.map_err(|panic| panic_message(&*panic))
}

/// Skips a tick that was recorded as skipped. The output has only its tick and hash.
pub(super) fn skip(world: &mut Simulation, output: &mut TickOutput) {
    world.skip(1);
    output.clear();
    (output.tick, output.hash) = (world.tick(), world.hash());
}

/// Loads the world that was saved after a tick.
///
/// # Errors
/// [`ReplayError`] if it cannot be loaded, or was saved after a different tick.
pub(crate) fn load(
    config: &SimConfig,
    logic: &Logic,
    tick: Tick,
    state: &[u8],
) -> Result<Simulation, ReplayError> {
    let load = || Simulation::load(config.clone(), logic.clone(), state);
    of_tick(tick, without_metrics(load))
}

/// Like [`load`], for a world that is compared with another: its entities have other ids and
/// another order, which must make no difference.
pub(crate) fn load_rearranged(
    config: &SimConfig,
    logic: &Logic,
    tick: Tick,
    state: &[u8],
    order: EntityOrder,
) -> Result<Simulation, ReplayError> {
    let load = || Simulation::load_rearranged(config.clone(), logic.clone(), state, order);
    of_tick(tick, without_metrics(load))
}

fn of_tick(tick: Tick, loaded: Result<Simulation, LoadError>) -> Result<Simulation, ReplayError> {
    let world = loaded.map_err(|error| ReplayError::Keyframe { tick, error })?;
    match world.tick() {
        got if got == tick => Ok(world),
        got => Err(ReplayError::OtherTick { tick, got }),
    }
}

/// Returns an error for a tick that is not the world's next tick, because it would run under a
/// different number.
pub(super) fn check_next(world: &Simulation, tick: Tick) -> Result<(), ReplayError> {
    let last = world.tick();
    if last.0.checked_add(1) == Some(tick.0) {
        return Ok(());
    }
    Err(ReplayError::NotNext { tick, last })
}

/// Returns the names of the parts of the state that differ from the recording.
pub(crate) fn parts_that_differ(world: &Simulation, recorded: &[u16], got: &[u16]) -> Vec<String> {
    let both = world.part_names().zip(recorded.iter().zip(got));
    both.filter(|(_, (recorded, got))| recorded != got)
        .map(|(name, _)| name.to_owned())
        .collect()
}
