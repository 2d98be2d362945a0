//! With what world a recording begins, and what is compared: the same wherever one is run again.

use parlour_shared::ids::Tick;
use parlour_sim::{Logic, SimConfig, Simulation};

use super::{ReplayError, tape::TapeItems};
use crate::uncounted::uncounted;
use crate::format::{Item, TickRecord};

/// The world before the first tick that is read; with that tick, if it was read to know that it is the first of all.
pub(super) fn begin(
    items: &mut TapeItems<'_>,
    config: &SimConfig,
    logic: &Logic,
) -> Result<(Simulation, Option<TickRecord>), ReplayError> {
    match items.next().transpose()? {
        None => Err(ReplayError::Empty),
        Some(Item::Keyframe { tick, state }) => Ok((load(config, logic, tick, &state)?, None)),
        Some(Item::Tick(record)) if record.tick == Tick(1) => {
            let fresh = uncounted(|| Simulation::with_plugins(config.clone(), logic.clone()));
            Ok((fresh, Some(record)))
        }
        Some(Item::Tick(_)) => Err(ReplayError::NoKeyframe),
    }
}

/// The world that was saved after a tick.
///
/// # Errors
/// [`ReplayError`] if it cannot be loaded, or is that of another tick.
pub(crate) fn load(
    config: &SimConfig,
    logic: &Logic,
    tick: Tick,
    state: &[u8],
) -> Result<Simulation, ReplayError> {
    let world = uncounted(|| Simulation::load(config.clone(), logic.clone(), state))
        .map_err(|error| ReplayError::Keyframe { tick, error })?;
    if world.tick() != tick {
        let got = world.tick();
        return Err(ReplayError::OtherTick { tick, got });
    }
    Ok(world)
}

/// Refuses a tick that does not come next in a world: it would be run under another number.
pub(super) fn check_next(world: &Simulation, tick: Tick) -> Result<(), ReplayError> {
    let last = world.tick();
    if last.0.checked_add(1) == Some(tick.0) {
        return Ok(());
    }
    Err(ReplayError::NotNext { tick, last })
}

/// The names of the parts of the state that came to something else than was recorded.
pub(crate) fn parts_that_differ(world: &Simulation, recorded: &[u16], got: &[u16]) -> Vec<String> {
    let both = world.part_names().zip(recorded.iter().zip(got));
    both.filter(|(_, (recorded, got))| recorded != got)
        .map(|(name, _)| name.to_owned())
        .collect()
}
