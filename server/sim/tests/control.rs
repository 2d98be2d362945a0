//! Game logic controls the motion of players: velocities, pushes, locks, slowed input, carriers.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

#[allow(dead_code, reason = "each test file uses a part of it")]
#[path = "../../../shared/tests/support/naive.rs"]
mod naive;

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use naive::Walker;
use parlour_shared::{
    ids::PlayerId,
    message::MoveHeading,
    motion::{Direction, Heading, Position as Place, Velocity, WallGrid},
};
use parlour_sim::{
    Clock, Control, FromPlayer, Interest, MaySleep, Motion, SimConfig, Simulation, SimulationApp, StableId,
    StepSet, TickSchedule, Walk,
};
use parlour_testing::{SessionActions as _, TestWorld, maps::open_map, plaza};
use parlour_tick::TickOutput;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// What a player asks game logic to do with it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Order {
    Velocity(i16, i16),
    Push(i16, i16, u32),
    EndPush,
    Stop,
    Lock(Option<u32>),
    Release,
    Slow(u16),
    Carry(PlayerId, Place),
    PutDown,
}

fn orders(app: &mut App) {
    app.control_motion().control_motion();
    app.player_message::<Order>("order");
    let obey = obey.before(Walk).in_set(StepSet::Simulate).in_set(MaySleep);
    app.add_systems(TickSchedule, obey);
}

fn obey(mut requests: MessageReader<FromPlayer<Order>>, mut players: Query<&mut Control>, clock: Res<Clock>) {
    let now = clock.tick;
    for request in requests.read() {
        let Ok(mut control) = players.get_mut(request.player) else {
            continue;
        };
        match request.message {
            Order::Velocity(x, y) => control.set_velocity(Velocity { x, y }),
            Order::Push(x, y, ticks) => control.push(now, Velocity { x, y }, ticks),
            Order::EndPush => control.end_push(),
            Order::Stop => control.stop(),
            Order::Lock(ticks) => control.lock_input(ticks.map(|ticks| now.after(ticks))),
            Order::Release => control.release_input(),
            Order::Slow(n) => control.slow_input(n),
            Order::Carry(carrier, offset) => control.carry(StableId::player(carrier), offset),
            Order::PutDown => control.put_down(),
        }
    }
}

fn config(walls: &[(u16, u16)]) -> SimConfig {
    let mut map = open_map("plaza", 24, 1);
    map.walls = WallGrid::new(24, 24, 16);
    let blocked = walls.iter().filter(|wall| **wall != (1, 1));
    blocked.for_each(|&(column, row)| map.walls.block(column, row));
    let mut config = plaza();
    config.rules.interest = Interest::All;
    config.rules.rates.custom.burst = 1000;
    config.rules.rates.custom.every_ticks = 1;
    config.maps = vec![Arc::new(map)];
    config
}

fn world_of(players: u64) -> TestWorld {
    let mut world = TestWorld::with_plugins(config(&[]), orders);
    for session in 1..=players {
        world.open_and_join(session, "plaza");
    }
    world.ticks(2);
    world
}

fn order(world: &mut TestWorld, session: u64, order: Order) {
    world.custom(session, "order", &order);
}

fn player(world: &TestWorld, session: u64) -> PlayerId {
    world.client(session).player
}

/// Runs a tick, and returns how far a player moved in it.
fn moved(world: &mut TestWorld, session: u64) -> (i32, i32) {
    let before = world.position(session);
    world.tick();
    world.check_views(true);
    let after = world.position(session);
    (after.x - before.x, after.y - before.y)
}

#[test]
fn a_push_lasts_its_ticks_and_then_the_own_heading_continues() {
    let mut world = world_of(1);
    world.walk(1, Direction::East);
    world.tick();
    order(&mut world, 1, Order::Push(3000, 500, 3));
    assert_eq!(
        moved(&mut world, 1),
        (640, 0),
        "it begins where the player is at this tick"
    );
    world.walk(1, Direction::South);
    for _ in 0..3 {
        assert_eq!(moved(&mut world, 1), (3000, 500));
    }
    assert_eq!(moved(&mut world, 1), (0, 640), "the command was remembered");
}

#[test]
fn a_set_velocity_lasts_until_the_next_command_and_a_lock_delays_it() {
    let mut world = world_of(1);
    order(&mut world, 1, Order::Velocity(-5, 77));
    world.tick();
    assert_eq!(moved(&mut world, 1), (-5, 77));
    world.walk(1, Direction::East);
    world.tick();
    assert_eq!(moved(&mut world, 1), (640, 0));
    order(&mut world, 1, Order::Lock(Some(10)));
    order(&mut world, 1, Order::Stop);
    world.tick();
    world.walk(1, Direction::South);
    for _ in 0..10 {
        assert_eq!(moved(&mut world, 1), (0, 0));
    }
    assert_eq!(moved(&mut world, 1), (0, 640), "from the end of the lock on");
    order(&mut world, 1, Order::Lock(None));
    world.tick();
    world.walk(1, Direction::Still);
    world.ticks(200);
    assert_eq!(moved(&mut world, 1), (0, 0), "a wall stopped it");
    let heading = world.get::<Motion>(1).unwrap().segment().gait.heading;
    assert_eq!(
        heading,
        Heading::walk(Direction::South),
        "it continued as it moved"
    );
    order(&mut world, 1, Order::Release);
    world.tick();
    let heading = world.get::<Motion>(1).unwrap().segment().gait.heading;
    assert_eq!(heading, Heading::walk(Direction::Still));
}

#[test]
fn slow_input_affects_commands_and_not_pushes() {
    let mut world = world_of(1);
    order(&mut world, 1, Order::Slow(64));
    world.walk(1, Direction::Southeast);
    world.tick();
    assert_eq!(moved(&mut world, 1), (113, 113));
    order(&mut world, 1, Order::Push(1000, 0, 1));
    world.tick();
    assert_eq!(moved(&mut world, 1), (1000, 0));
    order(&mut world, 1, Order::Slow(256));
    world.tick();
    assert_eq!(moved(&mut world, 1), (452, 452));
}

#[test]
fn a_carried_player_follows_its_carrier_until_it_is_put_down() {
    let mut world = world_of(3);
    let offset = Place { x: 2_000, y: -1_000 };
    let (carrier, carried) = (player(&world, 1), player(&world, 2));
    order(&mut world, 2, Order::Carry(carrier, offset));
    // A chain: the third is carried by the second.
    order(&mut world, 3, Order::Carry(carried, offset));
    world.walk(1, Direction::South);
    let at = |world: &TestWorld, session| world.position(session);
    for tick in 0..200 {
        if tick == 50 {
            world.sprint(1, Direction::East);
            world.walk(2, Direction::West);
        }
        world.tick();
        world.check_views(true);
        let (first, second, third) = (at(&world, 1), at(&world, 2), at(&world, 3));
        assert_eq!(
            (second.x - first.x, second.y - first.y),
            (2_000, -1_000),
            "at {tick}"
        );
        assert_eq!(
            (third.x - first.x, third.y - first.y),
            (4_000, -2_000),
            "at {tick}"
        );
    }
    world.walk(1, Direction::West);
    world.ticks(3);
    order(&mut world, 2, Order::PutDown);
    world.tick();
    assert_eq!(
        moved(&mut world, 2),
        (-640, 0),
        "the command that it gave meanwhile"
    );
    world.leave(1);
    world.leave(2);
    world.tick();
    world.ticks(2);
    assert!(!world.get::<Control>(3).unwrap().is_carried());
    assert_eq!(moved(&mut world, 3), (0, 0));
    assert!(
        config(&[]).maps[0].walls.is_free(world.position(3)),
        "not in a wall"
    );
}

#[test]
fn players_that_carry_each_other_are_put_down() {
    let mut world = world_of(2);
    let ids = [player(&world, 1), player(&world, 2)];
    let offset = Place { x: 9, y: 9 };
    order(&mut world, 1, Order::Carry(ids[1], offset));
    order(&mut world, 2, Order::Carry(ids[0], offset));
    world.tick();
    let carried = |world: &TestWorld, session| world.get::<Control>(session).unwrap().is_carried();
    assert!(!carried(&world, 1) && !carried(&world, 2));
}

#[test]
fn control_starts_again_in_each_room() {
    let mut world = world_of(1);
    order(&mut world, 1, Order::Lock(None));
    world.tick();
    world.join(1, "plaza/2");
    world.ticks(3);
    assert_eq!(world.get::<Control>(1), Some(&Control::default()));
    world.walk(1, Direction::East);
    world.tick();
    assert_eq!(moved(&mut world, 1), (640, 0));
}

#[test]
fn a_quiet_world_wakes_at_the_end_of_a_lock() {
    let mut world = world_of(1);
    order(&mut world, 1, Order::Lock(Some(500)));
    world.walk(1, Direction::East);
    world.ticks(100);
    let end = world.now().0 + 401;
    assert_eq!(
        world.get::<Motion>(1).unwrap().segment().gait.heading,
        Heading::default()
    );
    let mut quiet_ticks = 0;
    while world.now().0 < end - 1 {
        world.tick();
        quiet_ticks += u32::from(world.sim.quiet_ticks() > 0);
        assert!(world.sim.quiet_until().is_none_or(|until| until.0 <= end));
    }
    assert!(quiet_ticks > 200, "{quiet_ticks}");
    assert_eq!(moved(&mut world, 1), (0, 0));
    assert_eq!(moved(&mut world, 1), (640, 0));
}

/// What a player does in a tick: an order, a command, or both.
type Act = (Option<Order>, Option<MoveHeading>);

fn act() -> impl Strategy<Value = Act> {
    let ticks = 0..30_u32;
    let order = prop_oneof![
        (any::<i16>(), any::<i16>()).prop_map(|(x, y)| Order::Velocity(x, y)),
        (-900..900_i16, -900..900_i16).prop_map(|(x, y)| Order::Velocity(x, y)),
        (-3000..3000_i16, -3000..3000_i16, ticks.clone()).prop_map(|(x, y, n)| Order::Push(x, y, n)),
        Just(Order::EndPush),
        Just(Order::Stop),
        proptest::option::of(ticks).prop_map(Order::Lock),
        Just(Order::Release),
        (0..600_u16).prop_map(Order::Slow),
    ];
    let keys = (0..9_usize, any::<bool>()).prop_map(|(direction, sprint)| MoveHeading::Keys {
        direction: Direction::ALL[direction],
        sprint,
    });
    let angle = (any::<u8>(), 0..2_u8).prop_map(|(angle, speed)| MoveHeading::Angle { angle, speed });
    (
        proptest::option::weighted(0.15, order),
        proptest::option::weighted(0.2, prop_oneof![keys, angle]),
    )
}

/// The rules of control, in the words of the documentation.
struct Model {
    walker: Walker,
    wanted: Heading,
    slow: u16,
    set: Option<Heading>,
    push: Option<(Heading, u32)>,
    lock: Option<Option<u32>>,
}

impl Model {
    fn own(&self) -> Heading {
        self.wanted.scaled(self.slow)
    }

    fn head(&mut self, heading: Heading) {
        if self.walker.gait.heading != heading {
            self.walker.turn(heading);
        }
    }

    fn tick(&mut self, now: u32, (order, command): Act) {
        self.walker.step();
        let mut due = false;
        let velocity = |x, y| Heading::free(Velocity { x, y });
        match order {
            Some(Order::Velocity(x, y)) => (self.set, due) = (Some(velocity(x, y)), true),
            Some(Order::Stop) => (self.set, due) = (Some(Heading::default()), true),
            Some(Order::Push(x, y, ticks)) => (self.push, due) = (Some((velocity(x, y), now + ticks)), true),
            Some(Order::EndPush) => (self.push, due) = (None, true),
            Some(Order::Slow(n)) => (self.slow, due) = (n, true),
            Some(Order::Release) if self.lock.is_some() => (self.lock, self.set, due) = (None, None, true),
            Some(Order::Lock(ticks)) => {
                self.set = self.set.or(Some(self.own()));
                self.lock = Some(ticks.map(|ticks| now + ticks));
            }
            _ => {}
        }
        if self.push.is_some_and(|(_, until)| until <= now) {
            (self.push, due) = (None, true);
        }
        if self.lock.flatten().is_some_and(|until| until <= now) {
            (self.lock, self.set, due) = (None, None, true);
        }
        if due {
            let heading = self.push.map(|(heading, _)| heading).or(self.set);
            self.head(heading.unwrap_or(self.own()));
        }
        if let Some(command) = command {
            self.wanted = command.resolve(&[640, 1024]).unwrap();
            if self.lock.is_none() {
                self.set = None;
                if self.push.is_none() {
                    self.head(self.own());
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn control_equals_a_model_tick_by_tick_and_a_loaded_world(
        walls in prop::collection::vec((0..24_u16, 0..24_u16), 0..120),
        acts in prop::collection::vec(act(), 60..200),
        save_at in 5..60_u32,
    ) {
        let config = config(&walls);
        let mut world = TestWorld::with_plugins(config.clone(), orders);
        world.open_and_join(1, "plaza");
        world.tick();
        let start = world.position(1);
        prop_assume!(config.maps[0].walls.is_free(start));
        let mut model = Model {
            walker: Walker::new(&config.maps[0].walls, start),
            wanted: Heading::default(), slow: 256, set: None, push: None, lock: None,
        };
        let mut copy: Option<Simulation> = None;
        for (number, act) in (1..).zip(acts) {
            if number == save_at {
                copy = Some(Simulation::load(config.clone(), orders, &world.saved()).unwrap());
            }
            if let Some(wish) = act.0 {
                order(&mut world, 1, wish);
            }
            if let Some(heading) = act.1 {
                world.command(1, parlour_shared::message::Move { heading, ..Default::default() });
            }
            world.input.sort();
            let mut input = world.input.clone();
            world.tick();
            world.check_views(true);
            model.tick(world.now().0, act);
            prop_assert_eq!(world.position(1), model.walker.position, "at {:?}", world.now());
            prop_assert_eq!(world.get::<Motion>(1).unwrap().segment().gait, model.walker.gait);
            if let Some(copy) = &mut copy {
                let mut output = TickOutput::default();
                copy.step(&mut input, &mut output);
                prop_assert_eq!(output.hash, world.output.hash);
            }
        }
    }
}
