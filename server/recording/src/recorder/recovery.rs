//! Rebuilds a world that panicked: loads its last saved state, and runs the recorded ticks since.

use std::sync::Arc;

use parlour_shared::{ids::Tick, text::count};
use parlour_sim::{LoadError, Simulation};
use parlour_tick::{TickOutput, WorldId};
use thiserror::Error;

use super::{WorldTicks, batch::Batch, context::WorldContext};
use crate::{
    format::{Outcome, open_keyframe, open_ticks},
    replay::{ReplayError, world},
};

/// A world as it was after a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SavedWorld {
    /// The tick.
    pub(super) tick: Tick,
    /// The result of `Simulation::save`.
    pub(super) state: Vec<u8>,
}

/// What is needed to rebuild a world.
#[derive(Debug)]
pub(super) struct Recovery {
    pub(super) world: Arc<WorldContext>,
    /// The last saved world and all ticks since.
    pub(super) batches: Vec<Arc<Batch>>,
    /// The last tick that finished.
    pub(super) last: Tick,
}

/// A world that was rebuilt.
#[derive(Debug)]
pub struct RecoveredWorld {
    /// The world after its last finished tick. Its next tick has the number of the tick that
    /// panicked. As after each load, all players are sent a full snapshot first, and no session is
    /// held: send `Hold` again for those that are.
    pub world: Simulation,
    /// Records the world from now on.
    pub ticks: WorldTicks,
    /// The first tick whose state hash differed from the recorded one: game logic is not
    /// deterministic. The world is usable, but not exactly the one that panicked.
    pub diverged: Option<Tick>,
}

/// Why a world cannot be rebuilt.
#[derive(Debug, Error)]
pub enum RecoverError {
    /// The recorder does not record this world: it was never opened, or is closed.
    #[error("world {0} is not recorded")]
    NoWorld(WorldId),
    /// Neither a saved world nor the ticks since the first are in memory.
    #[error(
        "no saved world is in memory: ticks were lost since the last one, or it was too large for the memory of recoveries"
    )]
    NothingSaved,
    /// The saved world cannot be loaded.
    #[error("the world saved after tick {} cannot be loaded: {error}", .tick.0)]
    Load {
        /// The tick.
        tick: Tick,
        /// Why.
        error: Box<LoadError>,
    },
    /// A tick that had finished panicked when it ran again: game logic is not deterministic.
    #[error("tick {} panicked when it ran again: {message}", .tick.0)]
    Panicked {
        /// The tick.
        tick: Tick,
        /// The message of the panic.
        message: String,
    },
    /// What was recorded cannot be read back: a bug of the recorder, or broken memory.
    #[error("what was recorded cannot be read back: {0}")]
    Unreadable(String),
    /// The recorder has ended, or does not answer.
    #[error("the recorder does not answer: the log says why")]
    Gone,
}

/// A world that was rebuilt, and its state as saved: `None` before the first tick.
pub(super) struct Rebuilt {
    pub(super) world: Simulation,
    pub(super) saved: Option<SavedWorld>,
    pub(super) diverged: Option<Tick>,
}

/// Rebuilds the world. It takes as long as a load, and the ticks since the last saved world without
/// their snapshots. Metrics of game logic on this thread are discarded meanwhile.
pub(super) fn rebuild(recovery: &Recovery) -> Result<Rebuilt, RecoverError> {
    let (mut world, diverged) = run_again(recovery)?;
    if world.tick() != recovery.last {
        let missing = recovery.last.0.saturating_sub(world.tick().0);
        let text = format!("{} after tick {}", count(missing, "missing tick"), world.tick().0);
        return Err(RecoverError::Unreadable(text));
    }
    let tick = world.tick();
    let mut state = Vec::new();
    world.save(&mut state);
    // What was sent to viewers is not saved, and was not sent now. A new world knows that.
    drop(world);
    let (world, saved) = if tick == Tick(0) {
        // Before its first tick, a world cannot be saved.
        (world::without_metrics(|| recovery.world.make_world()), None)
    } else {
        (load(recovery, tick, &state)?, Some(SavedWorld { tick, state }))
    };
    Ok(Rebuilt {
        world,
        saved,
        diverged,
    })
}

/// Returns the world after the last recorded tick that finished. It is muted.
fn run_again(recovery: &Recovery) -> Result<(Simulation, Option<Tick>), RecoverError> {
    let unreadable = |flaw: crate::format::Flaw| RecoverError::Unreadable(flaw.into_owned());
    let mut raw = Vec::new();
    let mut batches = recovery.batches.as_slice();
    let mut world = match batches.split_first() {
        Some((first, rest)) if first.is_keyframe() => {
            batches = rest;
            let state = open_keyframe(&first.chunks, &mut raw).map_err(unreadable)?;
            load(recovery, Tick(first.last_tick()), &state)?
        }
        Some(_) => world::without_metrics(|| recovery.world.make_world()),
        None => return Err(RecoverError::NothingSaved),
    };
    world.mute();
    let mut output = TickOutput::default();
    let mut diverged = None;
    for chunk in batches.iter().flat_map(|batch| &batch.chunks) {
        let parts = recovery.world.parts().len();
        for mut record in open_ticks(chunk, parts, &mut raw).map_err(unreadable)? {
            let tick = record.tick;
            if tick != world.tick().after(1) {
                let text = format!("tick {} follows tick {}", tick.0, world.tick().0);
                return Err(RecoverError::Unreadable(text));
            }
            let expected = match record.outcome {
                Outcome::Panicked => return Ok((world, diverged)),
                Outcome::Skipped { hash } => {
                    world.skip(1);
                    hash
                }
                Outcome::Finished { hash, .. } => {
                    world::step_caught(&mut world, &mut record.input, &mut output)
                        .map_err(|message| RecoverError::Panicked { tick, message })?;
                    Some(hash)
                }
            };
            if expected.is_some_and(|hash| hash != world.hash()) {
                diverged = diverged.or(Some(tick));
            }
        }
    }
    Ok((world, diverged))
}

fn load(recovery: &Recovery, tick: Tick, state: &[u8]) -> Result<Simulation, RecoverError> {
    let context = &recovery.world;
    world::load(&context.config, &context.logic, tick, state).map_err(|error| match error {
        ReplayError::Keyframe { tick, error } => RecoverError::Load {
            tick,
            error: Box::new(error),
        },
        other => RecoverError::Unreadable(other.to_string()),
    })
}
