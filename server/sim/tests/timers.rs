//! Timers ring in their tick, and end with the entity that they belong to.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::time::Duration;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::{Epoch, Tick};
use parlour_sim::{
    Clock, FromPlayer, LoadError, MaySleep, Room, RoomEvent, Rooms, SimConfig, Simulation,
    SimulationApp as _, StableId, StepSet, TickSchedule, TimerError, TimerId, TimerRang, Timers, every,
};
use parlour_testing::{SessionActions as _, TestWorld, encoded, forged_part, plaza};
use parlour_tick::{EventKind, TickInput, TickOutput};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ring(String);

/// What a session orders.
#[derive(Clone, Serialize, Deserialize)]
enum Order {
    /// A timer of the session's player, after this many ticks.
    Mine(u32),
    /// A timer of the room, every so many ticks.
    Every(u32),
    /// A timer of the room in this tick.
    At(u32),
    Cancel(u32),
    /// This many timers of the room.
    Many(u32),
    /// This many timers of the session's player.
    ManyMine(u32),
}

#[derive(Resource, Default, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Rang(Vec<(u32, String)>);

#[derive(Resource, Default, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct LastError(Option<String>);

fn ticks(count: u32) -> Duration {
    Duration::from_nanos(u64::from(count) * 1_000_000_000 / 60)
}

fn timers(app: &mut App) {
    app.init_resource::<Rang>().state_resource::<Rang>("rang");
    app.init_resource::<LastError>()
        .state_resource::<LastError>("last_error");
    app.player_message::<Order>("order")
        .timer_message::<Ring>("rings");
    let systems = (obey, listen).chain();
    app.add_systems(TickSchedule, systems.in_set(StepSet::Simulate).in_set(MaySleep));
}

fn obey(
    mut orders: MessageReader<FromPlayer<Order>>,
    rooms: Res<Rooms>,
    mut timers: Timers<Ring>,
    mut error: ResMut<LastError>,
    mut ids: Local<Vec<TimerId>>,
) {
    for order in orders.read() {
        let room = rooms.get("plaza").unwrap();
        let set = match order.message {
            Order::Mine(after) => timers.after(order.player, ticks(after), Ring("mine".into())),
            Order::Every(after) => timers.every(room, ticks(after), Ring("every".into())),
            Order::At(tick) => timers.at(room, Tick(tick), Ring("at".into())),
            Order::Cancel(timer) => {
                let id = ids[timer as usize];
                let message = timers.cancel(id);
                assert!(message.is_some() && timers.next(id).is_none());
                Ok(id)
            }
            Order::Many(count) | Order::ManyMine(count) => {
                let is_mine = matches!(order.message, Order::ManyMine(_));
                let of = if is_mine { order.player } else { room };
                (0..count)
                    .map(|_| timers.after(of, ticks(1000), Ring(String::new())))
                    .last()
                    .unwrap()
            }
        };
        match set {
            Ok(id) => ids.push(id),
            Err(why) => error.0 = Some(why.to_string()),
        }
    }
}

fn listen(mut rang: MessageReader<TimerRang<Ring>>, clock: Res<Clock>, mut all: ResMut<Rang>) {
    for ring in rang.read() {
        all.0.push((clock.tick.0, ring.message.0.clone()));
    }
}

fn world() -> TestWorld {
    let mut config = plaza();
    config.rules.empty_ticks = 3;
    let mut world = TestWorld::with_plugins(config, timers);
    world.open_and_join(1, "plaza");
    world.tick();
    world
}

fn order(world: &mut TestWorld, session: u64, order: &Order) {
    world.custom(session, "order", order);
    world.tick();
}

fn rang(sim: &Simulation) -> Vec<(u32, &str)> {
    let rang = &sim.world().resource::<Rang>().0;
    rang.iter().map(|(tick, what)| (*tick, what.as_str())).collect()
}

#[test]
fn a_timer_rings_in_its_tick() {
    let mut world = world();
    order(&mut world, 1, &Order::Mine(10)); // set in tick 2
    order(&mut world, 1, &Order::At(20));
    order(&mut world, 1, &Order::At(1)); // over: the next tick, 5
    world.ticks(40);
    assert_eq!(rang(&world.sim), [(5, "at"), (12, "mine"), (20, "at")]);
}

#[test]
fn a_timer_rings_again_and_again_until_it_is_cancelled() {
    let mut world = world();
    order(&mut world, 1, &Order::Every(5)); // set in tick 2
    world.ticks(16);
    order(&mut world, 1, &Order::Cancel(0)); // tick 19
    world.ticks(20);
    assert_eq!(rang(&world.sim), [(7, "every"), (12, "every"), (17, "every")]);
}

#[test]
fn each_room_has_a_timer_from_its_creation_until_it_ends() {
    let mut config = plaza();
    config.rules.empty_ticks = 3;
    let plugin = |app: &mut App| {
        app.init_resource::<Rang>().state_resource::<Rang>("rang");
        app.room_timer("rings", ticks(5), Ring("round".into()));
        app.add_systems(TickSchedule, listen.in_set(StepSet::Simulate).in_set(MaySleep));
    };
    let mut world = TestWorld::with_plugins(config, plugin);
    world.open_and_join(1, "plaza");
    world.ticks(12);
    assert_eq!(rang(&world.sim), [(6, "round"), (11, "round")]);
    world.leave(1);
    world.ticks(30);
    let again = world.now().0 + 1;
    world.join(1, "plaza");
    world.ticks(12);
    // The timer of the first room ended with it.
    let rang = rang(&world.sim);
    let later: Vec<_> = rang.iter().filter(|(tick, _)| *tick > again - 20).collect();
    assert_eq!(later, [&(again + 5, "round"), &(again + 10, "round")]);
}

#[test]
fn a_timer_ends_with_its_player_and_its_room() {
    let mut world = world();
    world.open_and_join(2, "plaza");
    world.tick();
    order(&mut world, 2, &Order::Mine(30));
    order(&mut world, 2, &Order::Every(8));
    world.event(2, EventKind::Depart);
    world.ticks(10);
    assert_eq!(rang(&world.sim).len(), 1, "that of the room");
    world.leave(1);
    world.ticks(60);
    assert!(world.room("plaza").is_none());
    assert_eq!(rang(&world.sim).len(), 1);
}

#[test]
fn a_player_that_comes_back_has_no_timers() {
    let mut world = world();
    world.open_and_join(2, "plaza");
    world.tick();
    let player = world.client(2).player;
    order(&mut world, 2, &Order::Mine(30));
    world.event(2, EventKind::Depart);
    world.ticks(3);
    world.open_and_join(2, "plaza");
    world.ticks(60);
    assert_eq!(world.client(2).player, player);
    assert_eq!(rang(&world.sim), []);
}

fn error(world: &TestWorld) -> Option<String> {
    world.sim.world().resource::<LastError>().0.clone()
}

#[test]
fn there_are_at_most_65_536_timers() {
    let mut world = world();
    order(&mut world, 1, &Order::Many(65_536));
    assert_eq!(error(&world), None);
    order(&mut world, 1, &Order::Many(1));
    assert_eq!(error(&world), Some(TimerError::TooMany.to_string()));
}

#[test]
fn timers_that_ended_with_their_entity_do_not_count() {
    let mut world = world();
    world.open_and_join(2, "plaza");
    world.tick();
    order(&mut world, 2, &Order::ManyMine(65_536));
    world.close(2);
    world.ticks(3);
    order(&mut world, 1, &Order::Many(65_536));
    assert_eq!(error(&world), None);
}

/// The hash is updated with every timer that is set, rings, is cancelled or ends. A loaded world
/// computes it from all timers.
#[test]
fn a_world_can_be_loaded_after_every_tick() {
    let mut world = world();
    world.open_and_join(2, "plaza");
    world.tick();
    order(&mut world, 1, &Order::Every(3));
    order(&mut world, 2, &Order::Mine(5));
    order(&mut world, 1, &Order::Every(4));
    order(&mut world, 2, &Order::Mine(100));
    let mut config = plaza();
    config.rules.empty_ticks = 3;
    for tick in 0..30 {
        match tick {
            10 => order(&mut world, 1, &Order::Cancel(0)),
            15 => world.close(2),
            _ => world.tick(),
        }
        let saved = world.saved();
        let mut loaded = Simulation::load(config.clone(), timers, &saved).unwrap();
        let mut again = Vec::new();
        loaded.save(&mut again);
        assert_eq!(again, saved, "after {tick} ticks");
    }
    assert!(rang(&world.sim).len() > 8);
}

/// The saved form of all timers: the number set so far, and tick, id, owner, period and message.
type SavedTimers = (u32, Vec<(Tick, u32, StableId, u32, Ring)>);

#[test]
fn timers_that_no_server_saved_are_refused() {
    let mut world = world();
    order(&mut world, 1, &Order::At(50));
    order(&mut world, 1, &Order::At(60));
    world.ticks(10);
    let epoch = world.sim.world().get::<Room>(world.room("plaza").unwrap());
    let epoch = epoch.unwrap().epoch;
    let timer = |tick, id| (tick, id, StableId::room(epoch), 0, Ring("at".into()));
    let honest: SavedTimers = (2, vec![timer(Tick(50), 1), timer(Tick(60), 2)]);
    let now = world.now();
    let mut load = |timers_of: &SavedTimers| {
        let saved = forged_part(&mut world, "rings", &encoded(timers_of));
        Simulation::load(plaza(), timers, &saved).err()
    };
    assert!(load(&honest).is_none());
    type Forge<'a> = &'a dyn Fn(&mut SavedTimers);
    let cases: [Forge; 5] = [
        // It would ring once for each tick that is over.
        &|(_, timers)| (timers[0].0, timers[0].3) = (Tick(1), 1),
        &|(_, timers)| timers[0].0 = now,
        &|(_, timers)| timers[1].1 = 1,
        &|(_, timers)| timers[1].1 = 3,
        &|(_, timers)| timers[1].2 = StableId::room(Epoch(77)),
    ];
    for (at, forge) in cases.iter().enumerate() {
        let mut forged = honest.clone();
        forge(&mut forged);
        let error = load(&forged);
        assert!(
            matches!(error, Some(LoadError::Value { part: "rings", .. })),
            "case {at}: {error:?}"
        );
    }
}

#[test]
fn a_quiet_world_wakes_for_a_timer_and_a_loaded_one_has_it() {
    let mut world = world();
    order(&mut world, 1, &Order::At(400));
    world.ticks(100);
    let until = world.sim.quiet_until().unwrap();
    assert!(until <= Tick(400), "{until:?}");
    let saved = world.saved();
    let mut config = plaza();
    config.rules.empty_ticks = 3;
    let mut loaded = Simulation::load(config, timers, &saved).unwrap();
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    for _ in 0..400 {
        world.tick();
        input.pace = world.input.pace;
        loaded.step(&mut input, &mut output);
        assert_eq!(loaded.hash(), world.sim.hash());
    }
    assert_eq!(rang(&loaded), [(400, "at")]);
}

#[test]
fn a_run_condition_holds_once_in_its_time() {
    #[derive(Resource, Default, Serialize, Deserialize)]
    struct Ran(Vec<u32>);
    fn logic(app: &mut App) {
        app.init_resource::<Ran>().state_resource::<Ran>("ran");
        let run = |mut ran: ResMut<Ran>, clock: Res<Clock>| ran.0.push(clock.tick.0);
        let due = every(Duration::from_millis(500));
        app.add_systems(TickSchedule, run.in_set(StepSet::Simulate).run_if(due));
    }
    let mut sim = Simulation::with_plugins(SimConfig::new(Vec::new()), logic);
    for _ in 0..100 {
        sim.step(&mut TickInput::default(), &mut TickOutput::default());
    }
    assert_eq!(sim.world().resource::<Ran>().0, [30, 60, 90]);
}

/// Timers set by the event of a new room.
#[test]
fn a_new_room_can_set_its_timers() {
    fn logic(app: &mut App) {
        timers(app);
        app.add_systems(
            TickSchedule,
            (|mut events: MessageReader<RoomEvent>, mut timers: Timers<Ring>| {
                for event in events.read() {
                    if let RoomEvent::Created { room } = *event {
                        timers.after(room, ticks(4), Ring("round".into())).unwrap();
                    }
                }
            })
            .in_set(StepSet::Simulate)
            .before(obey),
        );
    }
    let mut world = TestWorld::with_plugins(plaza(), logic);
    world.open_and_join(1, "plaza");
    world.ticks(10);
    assert_eq!(rang(&world.sim), [(5, "round")]);
}

/// In the last of all ticks, a timer that rings again and again has no next tick.
#[test]
fn a_timer_that_rings_again_and_again_ends_with_the_last_tick() {
    fn logic(app: &mut App) {
        timers(app);
        let set = |mut timers: Timers<Ring>, clock: Res<Clock>, owners: Query<Entity, With<StableId>>| {
            if clock.tick == Tick(u32::MAX - 3) {
                let owner = owners.iter().next().unwrap();
                timers.every(owner, ticks(1), Ring("every".into())).unwrap();
            }
        };
        app.world_mut().spawn(StableId::game(1));
        app.add_systems(TickSchedule, set.in_set(StepSet::Simulate).before(obey));
    }
    let mut sim = Simulation::with_plugins(SimConfig::new(Vec::new()), logic);
    sim.skip(u32::MAX - 5);
    for _ in 0..5 {
        sim.step(&mut TickInput::default(), &mut TickOutput::default());
    }
    let last = u32::MAX;
    assert_eq!(
        rang(&sim),
        [(last - 2, "every"), (last - 1, "every"), (last, "every")]
    );
}
