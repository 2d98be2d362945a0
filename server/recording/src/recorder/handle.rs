//! Opens, closes and recovers worlds, from any thread that is not a tick thread.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    time::Duration,
};

use parlour_shared::{ids::Tick, text::panic_message};
use parlour_sim::Simulation;
use parlour_tick::WorldId;

use super::{
    OpenWorldError, RecoverError, RecoveredWorld, WorldInfo, WorldTicks,
    context::WorldContext,
    first_tick::FirstTick,
    open_worlds::OpenWorlds,
    recovery::{SavedWorld, rebuild},
    request::Request,
    world_info::is_world_name,
};

/// The maximum time that a recovery waits for the recorder thread. It usually answers within a
/// millisecond.
const ANSWER: Duration = Duration::from_secs(5);

/// Opens, closes and recovers worlds. Clones share the recorder.
///
/// The calls may wait for the recorder thread for a few milliseconds, so they are not for tick
/// threads.
#[derive(Clone, Debug)]
pub struct RecorderHandle {
    pub(super) requests: SyncSender<Request>,
    pub(super) worlds: Arc<OpenWorlds>,
    pub(super) build: &'static str,
    pub(super) keyframe_ticks: u32,
}

impl RecorderHandle {
    /// Starts to record a world that was made with the configuration and logic of `info`. Call it
    /// before the world runs: the recording starts with the first tick or, if the world has had
    /// ticks already, with its state now, which is saved for that.
    ///
    /// If a thread of the recorder has panicked, this succeeds as well: the server goes on, and the
    /// ticks are counted as dropped.
    ///
    /// # Errors
    /// [`OpenWorldError`].
    pub fn open(&self, info: WorldInfo, world: &mut Simulation) -> Result<WorldTicks, OpenWorldError> {
        let context = self.context(info, world)?;
        let saved = (world.tick() > Tick(0)).then(|| {
            let mut state = Vec::new();
            world.save(&mut state);
            let tick = world.tick();
            SavedWorld { tick, state }
        });
        self.send(Request::Open(Arc::clone(&context), saved, None));
        Ok(WorldTicks::new(context, self.keyframe_ticks))
    }

    /// Like [`Self::open`], for a world whose last tick is the first one of the recording.
    ///
    /// # Errors
    /// [`OpenWorldError`].
    pub fn open_with(
        &self,
        info: WorldInfo,
        world: &Simulation,
        first: FirstTick,
    ) -> Result<WorldTicks, OpenWorldError> {
        let context = self.context(info, world)?;
        let (before, first) = first.into_batch(context.id);
        self.send(Request::Open(Arc::clone(&context), Some(before), Some(first)));
        Ok(WorldTicks::new(context, self.keyframe_ticks))
    }

    fn context(&self, info: WorldInfo, world: &Simulation) -> Result<Arc<WorldContext>, OpenWorldError> {
        if !is_world_name(&info.name) {
            return Err(OpenWorldError::BadName(info.name));
        }
        if !self.worlds.add(&info.name, info.id) {
            return Err(OpenWorldError::NameTaken(info.name));
        }
        let parts = world.part_names().map(str::to_owned).collect();
        Ok(Arc::new(WorldContext::new(info, parts, self.build)))
    }

    /// Ends the recording of a world. Call it after the tick thread has sent the last tick of the
    /// world ([`super::TickSender::flush`]): later ones are dropped. From now on, a different world
    /// can have the name.
    pub fn close(&self, world: WorldId) {
        self.send(Request::Close(world));
        self.worlds.remove(world);
    }

    /// Rebuilds a world as it was after its last finished tick, from its last saved state and the
    /// ticks since, which are in memory. The recording goes on with the returned
    /// [`WorldTicks`], in a new file that continues the one of the panic.
    ///
    /// Call it after the tick thread has sent the tick that panicked
    /// ([`super::TickSender::flush`]), and not on a tick thread: it runs up to as many ticks as
    /// there are between two saved worlds. If the ring was full, the last ticks are missing:
    /// compare [`Simulation::tick`] with the tick that panicked.
    ///
    /// A world that did not panic can be rebuilt in the same way, after it has left its tick
    /// thread.
    ///
    /// # Errors
    /// [`RecoverError`].
    pub fn recover(&self, world: WorldId) -> Result<RecoveredWorld, RecoverError> {
        let (sender, answer) = sync_channel(1);
        let sent = self.requests.send(Request::Recover(world, sender));
        sent.map_err(|_| RecoverError::Gone)?;
        let recovery = answer.recv_timeout(ANSWER).map_err(|_| RecoverError::Gone)??;
        // A plugin may panic while it is added to the new world.
        let rebuilt = catch_unwind(AssertUnwindSafe(|| rebuild(&recovery)));
        let rebuilt = rebuilt.unwrap_or_else(|panic| {
            let (tick, message) = (recovery.last, panic_message(&*panic));
            Err(RecoverError::Panicked { tick, message })
        })?;
        if let Some(tick) = rebuilt.diverged {
            tracing::error!(
                world = recovery.world.name,
                tick = tick.0,
                "the recovered world differs from the recorded one: game logic is not deterministic. The world goes on as it was \
                 recovered"
            );
        }
        self.send(Request::Continue(world, rebuilt.saved));
        Ok(RecoveredWorld {
            world: rebuilt.world,
            ticks: WorldTicks::new(Arc::clone(&recovery.world), self.keyframe_ticks),
            diverged: rebuilt.diverged,
        })
    }

    /// Sends a request. If the recorder thread is gone, the log says why.
    fn send(&self, request: Request) {
        let _ = self.requests.send(request);
    }
}
