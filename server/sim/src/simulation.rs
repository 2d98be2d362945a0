//! A world, and the step that runs a tick.

mod census;
mod declared;
mod quiet;
mod saving;
mod trace;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use bevy_app::{App, FixedUpdate, Last, Plugins, PostUpdate, PreUpdate, Startup, Update};
use bevy_ecs::{
    message::MessageRegistry,
    prelude::*,
    schedule::{InternedScheduleLabel, ScheduleGraph, ScheduleLabel, Schedules},
};
use parlour_shared::ids::{ObjectId, SessionId, Tick};
use parlour_tick::{Counts, TickInput, TickOutput};

use crate::{
    broadcast_budget,
    clock::Clock,
    config::{Setup, SimConfig},
    digest::{self, Digest},
    doors, dropped, extend, failed_system,
    hidden_state::{self, HiddenState},
    inbox::Inbox,
    kinds, movement, object_interest, object_space, objects,
    objects::ObjectCount,
    outbox::Outbox,
    player, proximity,
    replication::{self, Pacing},
    requests, room_state,
    rooms::{self, Rooms, Seats},
    schedule::{StepSet, TickSchedule, new_schedule},
    schedule_error,
    sessions::{self, Sessions},
    skins,
    state::{self, Saver, StableId, check_declared},
    throttle, timers, travel, wake_times,
};

use quiet::Quiet;

pub use census::{Census, ObjectInfo, PlayerInfo};
pub use saving::EntityOrder;
pub use trace::Tracing;

/// A world. Live play, tests and replays all step it in the same way.
pub struct Simulation {
    pub(crate) world: World,
    schedule: Schedule,
    saver: Saver,
    /// The queues of all types of messages. Not in the world, because a step uses both.
    messages: MessageRegistry,
    /// The change tick at the end of the last step, when messages and change detection were
    /// cleared.
    messages_cleared_at: bevy_ecs::change_detection::Tick,
    /// Whether input and output are inside the world: during a step, and after one that panicked.
    lent: bool,
    /// Whether the schedule still has its graph: before the first tick.
    has_graph: bool,
    /// The number of archetypes whose components are known to be declared.
    archetypes_checked: usize,
    quiet: Quiet,
    /// The system whose panic ended the last step.
    failed_system: Option<String>,
}

impl Simulation {
    /// Makes a world with the built-in features.
    ///
    /// # Panics
    /// If the configuration is impossible: see [`Self::with_plugins`].
    #[must_use]
    pub fn new(config: SimConfig) -> Self {
        Self::with_plugins(config, ())
    }

    /// Makes a world with your game logic: a plugin, a tuple of plugins, or a function that takes
    /// the app. [`crate::SimulationApp`] has what they need.
    ///
    /// # Panics
    /// If the configuration is invalid ([`SimConfig::check`]), a plugin has systems in a schedule
    /// of Bevy, two systems access the same data without an order, or a system uses undeclared
    /// messages from or to players.
    #[must_use]
    pub fn with_plugins<M>(config: SimConfig, plugins: impl Plugins<M>) -> Self {
        if let Err(error) = config.check() {
            panic!("{error}");
        }
        let mut app = App::empty();
        app.add_schedule(new_schedule());
        app.init_resource::<Clock>().init_resource::<Outbox>();
        app.insert_resource(Setup::of(&config));
        state::derived::<Clock>(&mut app);
        state::derived::<Outbox>(&mut app);
        state::derived::<Setup>(&mut app);
        rooms::configure(&mut app, &config);
        for plugin in [
            kinds::plugin,
            player::plugin,
            skins::plugin,
            throttle::plugin,
            timers::plugin,
            digest::plugin,
            extend::plugin,
            hidden_state::plugin,
            // Parts of the state that a command changes are declared one after the other, so that
            // their shares of the hash are next to each other in memory.
            movement::plugin,
            sessions::plugin,
            dropped::plugin,
            requests::plugin,
            rooms::plugin,
            objects::plugin,
            object_space::plugin,
            object_interest::plugin,
            room_state::plugin,
            broadcast_budget::plugin,
            doors::plugin,
            proximity::plugin,
            replication::plugin,
            travel::plugin,
            wake_times::plugin,
            // After all parts of the state were declared.
            digest::built_in,
        ] {
            plugin(&mut app);
        }
        let built_in = quiet::built_in_systems(&app);
        app.add_plugins(plugins);
        app.finish();
        app.cleanup();
        let mut world = std::mem::take(app.world_mut());
        let mut schedules = world.resource_mut::<Schedules>();
        let mut schedule = schedules.remove(TickSchedule).expect("added above");
        check_schedules(&schedules);
        extend::explain_errors(&mut world);
        initialize(&mut schedule, &mut world);
        let mut simulation = Self {
            quiet: Quiet::new(&schedule, &built_in),
            messages: world.remove_resource().unwrap_or_default(),
            messages_cleared_at: world.change_tick(),
            world,
            schedule,
            saver: Saver::default(),
            lent: false,
            has_graph: true,
            archetypes_checked: 0,
            failed_system: None,
        };
        extend::check_declarations(&simulation.world, &simulation.schedule);
        // Bevy put its own systems there. No tick runs them.
        simulation.world.remove_resource::<Schedules>();
        simulation
    }

    /// Runs one tick. The input must be in canonical order ([`TickInput::sort`]). It is lent to the
    /// world, so that its texts need no copy, and is unchanged afterwards. The output is cleared
    /// first.
    ///
    /// In steady state this allocates nothing. It allocates for sessions that open, joins, leaves,
    /// objects that are spawned, writes to room state, and messages of plugins.
    pub fn step(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        self.begin_tick(input, output);
        self.run_systems();
        self.end_tick(input, output);
    }

    /// After a step that panicked: returns the input that was lent to it, so that it can be
    /// recorded. The world cannot be used afterwards. Does nothing and returns `false` if there is
    /// nothing to return.
    pub fn reclaim_input(&mut self, input: &mut TickInput) -> bool {
        let inbox = self.world.get_resource_mut::<Inbox>();
        let Some(mut inbox) = inbox.filter(|_| self.lent) else {
            return false;
        };
        std::mem::swap(&mut inbox.input, input);
        self.lent = false;
        true
    }

    /// Returns the name of the system whose panic ended the last step. `None` if no system did, or
    /// if a plugin has set its own `FallbackErrorHandler`.
    #[must_use]
    pub fn failed_system(&self) -> Option<&str> {
        self.failed_system.as_deref()
    }

    /// Returns the last finished tick; 0 before the first.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.world.resource::<Clock>().tick
    }

    /// Returns the systems of game logic with a [`Local`](crate::Local), [`Added`](crate::Added),
    /// [`Changed`](crate::Changed) or [`RemovedComponents`](crate::RemovedComponents) of this crate
    /// as a parameter, sorted. What such a parameter knows of earlier ticks is not part of the
    /// state. A server logs them when it starts.
    ///
    /// The types of the same names in `bevy_ecs` are not found, because Bevy does not keep the
    /// types of parameters.
    #[must_use]
    pub fn hidden_state(&self) -> Vec<HiddenState> {
        hidden_state::find(&self.world, &self.schedule)
    }

    /// Returns the state hash after the last tick.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.world.resource::<Digest>().hash
    }

    /// Returns the ECS world, for reading.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Returns the player entity of an open session.
    #[must_use]
    pub fn player(&self, session: SessionId) -> Option<Entity> {
        self.world.resource::<Sessions>().get(session)
    }

    /// Returns the entity of an object, or `None` if there is no such object.
    #[must_use]
    pub fn object(&self, id: ObjectId) -> Option<Entity> {
        state::find(&self.world, StableId::object(id))
    }

    /// Returns the open sessions, in order.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> {
        self.world.resource::<Sessions>().iter()
    }

    /// Removes a room, as game logic can. For a room that must not go on after a world was loaded.
    /// Returns `false` if there is no such room. The players of the room must have left.
    pub fn remove_room(&mut self, name: &str) -> bool {
        self.wake();
        let room = self.world.resource::<Rooms>().get(name);
        room.is_some_and(|room| self.world.despawn(room))
    }

    /// Stops writing snapshots. A replay that only compares hashes needs nothing else.
    pub fn mute(&mut self) {
        self.wake();
        self.world.resource_mut::<Pacing>().muted = true;
    }

    /// Runs the systems in a different order that the declared order still allows. For tests, in
    /// which the hashes must not differ.
    ///
    /// # Panics
    /// After the first tick.
    pub fn shuffle_schedule(&mut self, seed: u64) {
        assert!(self.has_graph, "a schedule can be shuffled before the first tick");
        let settings = self.schedule.get_build_settings();
        self.schedule
            .set_build_settings(bevy_ecs::schedule::ScheduleBuildSettings {
                shuffle_seed: Some(seed),
                ..settings
            });
        // The order is already computed. Configuring a set makes Bevy compute it again.
        self.schedule.configure_sets(StepSet::Ingest);
        initialize(&mut self.schedule, &mut self.world);
    }

    /// Runs the systems of a tick.
    fn run_systems(&mut self) {
        failed_system::begin();
        // Unwind safety: the panic goes on, and the world cannot be used afterwards.
        let run = AssertUnwindSafe(|| self.schedule.run(&mut self.world));
        if let Err(panic) = catch_unwind(run) {
            self.failed_system = failed_system::take();
            resume_unwind(panic);
        }
    }

    fn begin_tick(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        self.catch_up();
        self.forget_graph();
        let mut clock = self.world.resource_mut::<Clock>();
        clock.tick = clock.tick.after(1);
        output.clear();
        output.tick = clock.tick;
        self.world.resource_mut::<Pacing>().pace = input.pace;
        self.lend(input, output);
    }

    fn end_tick(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        objects::despawn_orphans(&mut self.world);
        check_declared(&self.world, &mut self.archetypes_checked);
        rooms::report_changes(&mut self.world);
        self.lend(input, output);
        self.count(&mut output.counts);
        let clock = *self.world.resource::<Clock>();
        let mut digest = self.world.resource_mut::<Digest>();
        digest.finish(clock);
        output.hash = digest.hash;
        output.parts.extend(digest.fingerprints());
        self.forget();
        self.settle(input);
    }

    /// In the first tick: drops the graph from which the order of the systems was computed. It is a
    /// seventh of the memory of a small world.
    fn forget_graph(&mut self) {
        if !std::mem::replace(&mut self.has_graph, false) {
            return;
        }
        *self.schedule.graph_mut() = ScheduleGraph::new();
    }

    /// Swaps input and output into the world, and out of it again.
    fn lend(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        std::mem::swap(&mut self.world.resource_mut::<Inbox>().input, input);
        std::mem::swap(&mut *self.world.resource_mut::<Outbox>().out, output);
        self.lent = !self.lent;
    }

    fn count(&self, counts: &mut Counts) {
        let (world, rooms) = (&self.world, self.world.resource::<Rooms>());
        let players = rooms
            .occupied()
            .map(|room| world.get::<Seats>(room).map_or(0, Seats::len));
        counts.players = players.sum();
        counts.sessions = world.resource::<Sessions>().len() as u32;
        counts.rooms = rooms.len() as u32;
        counts.objects = world.resource::<ObjectCount>().0;
        counts.entities = counts.sessions + counts.rooms + counts.objects;
    }

    /// Makes messages and change detection forget this tick. Only the state continues into the next
    /// one; otherwise a replay from a keyframe would differ.
    fn forget(&mut self) {
        let since = std::mem::replace(&mut self.messages_cleared_at, self.world.change_tick());
        // Bevy keeps a message until the second update.
        self.messages.run_updates(&mut self.world, since);
        self.messages.run_updates(&mut self.world, since);
        self.world.clear_trackers();
        self.world.clear_trackers();
    }
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter
            .debug_struct("Simulation")
            .field("tick", &self.tick())
            .finish_non_exhaustive()
    }
}

/// Computes the order of the systems.
fn initialize(schedule: &mut Schedule, world: &mut World) {
    if let Err(error) = schedule.initialize(world) {
        panic!("{}", schedule_error::explain(&error, schedule.graph(), world));
    }
}

/// Panics if a plugin added systems to a schedule of Bevy. No tick runs those schedules, so the
/// systems would silently do nothing. (`First` is allowed: Bevy puts its own systems there.)
fn check_schedules(schedules: &Schedules) {
    let labels: [InternedScheduleLabel; 6] = [
        Startup.intern(),
        PreUpdate.intern(),
        Update.intern(),
        PostUpdate.intern(),
        Last.intern(),
        FixedUpdate.intern(),
    ];
    for label in labels {
        assert!(
            !schedules.contains(label),
            "no tick runs {label:?}: add systems to `TickSchedule`, in a `StepSet`"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use super::*;
    use parlour_shared::{
        map::{Map, Spawn},
        motion::{Position, WallGrid},
    };

    fn order_of_systems(seed: Option<u64>) -> Vec<String> {
        let map = Map {
            name: "plaza".into(),
            walls: WallGrid::new(4, 4, 16),
            spawns: vec![Spawn {
                name: "default".into(),
                position: Position::from_px(20, 20),
            }],
            doors: Vec::new(),
            objects: Vec::new(),
        };
        // The built-in systems have only one order. Those of game logic have several.
        let mut sim = Simulation::with_plugins(SimConfig::new(vec![Arc::new(map)]), |app: &mut App| {
            app.add_systems(TickSchedule, (one, two, three).in_set(StepSet::Simulate));
        });
        if let Some(seed) = seed {
            sim.shuffle_schedule(seed);
        }
        sim.step(&mut TickInput::default(), &mut TickOutput::default());
        let systems = sim.schedule.systems().expect("it has run");
        systems.map(|(_, system)| system.name().to_string()).collect()
    }

    fn one() {}
    fn two() {}
    fn three() {}

    /// The determinism tests shuffle schedules, and prove nothing if this does not hold.
    #[test]
    fn shuffling_changes_the_order_of_systems() {
        let declared = order_of_systems(None);
        let orders: BTreeSet<_> = (1..=8).map(|seed| order_of_systems(Some(seed))).collect();
        // Two seeds may result in the same order by chance.
        assert!(orders.len() > 2, "{} orders", orders.len());
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        let declared = sorted(declared);
        assert!(orders.into_iter().all(|order| sorted(order) == declared));
    }
}
