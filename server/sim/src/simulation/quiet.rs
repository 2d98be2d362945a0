//! Quiet worlds: in which nothing is due, so that ticks without input can be skipped.
//!
//! A step computes when it ends how many ticks after it can be skipped. Until then the owner of the
//! world only compares numbers. A skipped tick advances the clock and the state hash. What a viewer
//! notes in each tick is made up for at the start of the next step.
//!
//! A tick depends on the tick number, the state and the input. So if a step without input changed
//! nothing, then only something that waits for a tick can change anything later. Each feature with
//! such a thing names its tick here: [`Simulation::next_due`] has the list. Everything else only
//! has to be settled: [`SETTLE_TICKS`].

use bevy_app::App;
use bevy_ecs::{
    prelude::*,
    schedule::{ApplyDeferred, InternedSystemSet, SystemKey},
};
use parlour_shared::ids::Tick;
use parlour_tick::{Pace, TickInput};

use super::Simulation;
use crate::{
    clock::Clock,
    digest::{Digest, DigestSet},
    movement::Walkers,
    replication::{self, ReplicateSet},
    rooms,
    schedule::{MaySleep, TickSchedule},
    wake_times::WakeTimes,
};

/// The number of steps without a change after which a world can be quiet. After a player has moved,
/// each pair of players is checked within 6 ticks, the maximum of `RoomRules::refresh_ticks`. Game
/// logic may also have moved a player after `Walk`: its position then changes in the next tick.
/// Encounters and the remains of players last for two ticks.
const SETTLE_TICKS: u32 = 7;

/// How long a world is quiet.
pub(super) struct Quiet {
    /// The number of ticks that can be skipped from here.
    ticks: u32,
    /// Whether every tick must run, because game logic asks for every tick.
    never: bool,
    /// The pace of the last step. A tick with a different pace is not skipped: it may be due for a
    /// viewer.
    pace: Pace,
    /// The last tick in which the state changed, a player moved or an event arrived.
    active: Tick,
    /// The tick after which ticks were skipped, if viewers have not noted that yet.
    skipped_after: Option<Tick>,
    walkers: Walkers,
}

/// Returns the systems of the schedule, before game logic adds its own.
pub(super) fn built_in_systems(app: &App) -> Vec<SystemKey> {
    let schedule = app.get_schedule(TickSchedule).expect("it was added");
    schedule.graph().systems.iter().map(|(key, ..)| key).collect()
}

/// Returns whether game logic has a system that is not in [`MaySleep`].
fn asks_for_every_tick(schedule: &Schedule, built_in: &[SystemKey]) -> bool {
    // Systems that declarations of game logic add. They only react to changes of the state.
    let sets: [InternedSystemSet; 5] = [
        MaySleep.intern(),
        DigestSet::Sum.intern(),
        DigestSet::Verify.intern(),
        ReplicateSet::Deliver.intern(),
        ReplicateSet::Components.intern(),
    ];
    let in_set = |set: &InternedSystemSet, key: &SystemKey| {
        let systems = schedule.graph().systems_in_set(*set);
        systems.is_ok_and(|systems| systems.contains(key))
    };
    let mut systems = schedule.systems().expect("it is initialized");
    systems.any(|(key, system)| {
        !built_in.contains(&key)
            && system.system_type() != std::any::TypeId::of::<ApplyDeferred>()
            && !sets.iter().any(|set| in_set(set, &key))
    })
}

impl Quiet {
    pub(super) fn new(schedule: &Schedule, built_in: &[SystemKey]) -> Self {
        Self {
            ticks: 0,
            never: asks_for_every_tick(schedule, built_in),
            pace: Pace::default(),
            active: Tick(0),
            skipped_after: None,
            walkers: Walkers::default(),
        }
    }
}

/// Quiet worlds. In a world where nobody moves and nothing is due, a tick without input changes
/// only the tick number and the hash. Such ticks need not run:
///
/// ```
/// # use parlour_sim::{SimConfig, Simulation};
/// # use parlour_tick::{TickInput, TickOutput};
/// # let mut world = Simulation::new(SimConfig::new(Vec::new()));
/// # let (mut input, mut output) = (TickInput::default(), TickOutput::default());
/// # for _ in 0..60 {
/// if world.may_skip(&input) {
///     world.skip(1); // or later, for several ticks together
/// } else {
///     world.step(&mut input, &mut output);
/// }
/// # }
/// # assert_eq!(world.tick().0, 60);
/// # assert_eq!(world.quiet_until(), Some(parlour_shared::ids::Tick(u32::MAX)));
/// ```
impl Simulation {
    /// Returns the next tick that must run even without input. All ticks before it can be skipped.
    /// `None`: the next tick must run. `Tick(u32::MAX)`: nothing is due until there is input.
    ///
    /// Any call that changes the world, for example [`Self::watch`], ends the quiet.
    #[must_use]
    pub fn quiet_until(&self) -> Option<Tick> {
        let ticks = self.quiet.ticks;
        (ticks > 0).then(|| Tick(self.tick().0.saturating_add(ticks).saturating_add(1)))
    }

    /// Returns whether the next tick can be skipped if this is its input. Costs three comparisons.
    #[must_use]
    pub fn may_skip(&self, input: &TickInput) -> bool {
        self.quiet.ticks > 0 && input.events.is_empty() && input.pace == self.quiet.pace
    }

    /// Returns how many ticks from here can be skipped, if there is no input and the pace stays as
    /// in the last step. So an owner can count skipped ticks itself, and call [`Self::skip`] once
    /// for all of them.
    #[must_use]
    pub fn quiet_ticks(&self) -> u32 {
        self.quiet.ticks
    }

    /// Skips this many ticks. Afterwards the world has the same tick, hash and saved state as after
    /// as many steps without input, and later steps have the same output. Those steps would have
    /// had no frames, closes or reports.
    ///
    /// That is only so if the ticks can be skipped ([`Self::may_skip`]), or were skipped by the
    /// world whose recording is replayed: a loaded world owes each viewer a first snapshot, which
    /// the next step sends.
    pub fn skip(&mut self, ticks: u32) {
        if ticks == 0 {
            return;
        }
        let mut clock = self.world.resource_mut::<Clock>();
        let before = clock.tick;
        clock.tick = before.after(ticks);
        let clock = *clock;
        self.world.resource_mut::<Digest>().finish(clock);
        self.quiet.skipped_after.get_or_insert(before);
        self.quiet.ticks = self.quiet.ticks.saturating_sub(ticks);
    }

    /// Ends the quiet: the next tick must run. Viewers note the ticks that were skipped so far.
    pub(crate) fn wake(&mut self) {
        self.catch_up();
        self.quiet.ticks = 0;
    }

    /// Brings viewers to the state that they would have if the skipped ticks had run.
    pub(super) fn catch_up(&mut self) {
        if let Some(after) = self.quiet.skipped_after.take() {
            replication::catch_up(&mut self.world, after);
        }
    }

    /// Computes at the end of a step how many ticks can be skipped after it.
    pub(super) fn settle(&mut self, input: &TickInput) {
        self.quiet.ticks = 0;
        if self.quiet.never {
            return;
        }
        let now = self.tick();
        let changed = self.world.resource_mut::<Digest>().take_changed();
        if changed || !input.events.is_empty() || input.pace != self.quiet.pace {
            self.quiet.active = now;
            self.quiet.pace = input.pace;
        } else if now.since(self.quiet.active) >= SETTLE_TICKS {
            let due = self.next_due(now);
            self.quiet.ticks = due.0.saturating_sub(now.0).saturating_sub(1);
        }
    }

    /// Returns the next tick in which something is due without input, given that a settled world
    /// did not change in this one. Stops as soon as that is the next tick.
    ///
    /// Not in the list, because they change the state or are settled: encounters, remains of
    /// players, checks of pairs. Rate limits and budgets are computed when they are used.
    fn next_due(&mut self, now: Tick) -> Tick {
        let Self { world, quiet, .. } = self;
        // A mover is found first and remembered, so that a busy world is not searched.
        let Some(mut due) = quiet.walkers.next_due(world, now) else {
            quiet.active = now;
            return now.after(1);
        };
        let mut earliest = |next: Option<Tick>| {
            due = due.min(next.unwrap_or(Tick(u32::MAX)).max(now.after(1)));
            due == now.after(1)
        };
        let is_next = earliest(Some(replication::next_due(world, now, quiet.pace, quiet.active)))
            || earliest(rooms::next_due(world))
            || world
                .resource::<WakeTimes>()
                .iter()
                .any(|next| earliest(next(world)));
        if is_next { now.after(1) } else { due }
    }
}
