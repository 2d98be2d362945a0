//! Chains of carriers: players and objects carry each other, leave, and are put down. A loaded
//! world goes on in the same way.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::ObjectId,
    motion::{Direction, Position, Velocity, WallGrid},
};
use parlour_sim::{
    Control, CurrentPosition, FromPlayer, Interest, MaySleep, SimConfig, Simulation, SimulationApp as _,
    StableId, StepSet, TickSchedule, Walk,
};
use parlour_testing::{
    MoverOrder, ObeyOrders, SessionActions as _, TestWorld, maps::open_map, movers_plugin, plaza,
};
use parlour_tick::{TickInput, TickOutput};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

const SIDE: u16 = 24;
const OFFSET: Position = Position { x: 700, y: -300 };

/// The body of the message `carry`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Order {
    /// The first one is carried by the second one.
    Carry(StableId, StableId),
    PutDown(StableId),
    /// Remove the `Control` of an object, or replace that of a player, which always has one.
    Lose(StableId),
}

fn logic(app: &mut App) {
    movers_plugin(app);
    app.player_message::<Order>("carry");
    let obey = obey.after(ObeyOrders).before(Walk);
    app.add_systems(TickSchedule, obey.in_set(StepSet::Simulate).in_set(MaySleep));
}

fn obey(
    mut orders: MessageReader<FromPlayer<Order>>,
    ids: Query<(Entity, &StableId)>,
    mut controls: Query<&mut Control>,
    mut commands: Commands,
) {
    for order in orders.read() {
        let (Order::Carry(id, _) | Order::PutDown(id) | Order::Lose(id)) = order.message;
        let found = ids.iter().find(|(_, other)| **other == id);
        let Some(entity) = found.map(|(entity, _)| entity) else {
            continue;
        };
        match (order.message, controls.get_mut(entity)) {
            (Order::Carry(_, carrier), Ok(mut control)) => control.carry(carrier, OFFSET),
            (Order::Carry(_, carrier), Err(_)) => {
                let mut control = Control::default();
                control.carry(carrier, OFFSET);
                commands.entity(entity).try_insert(control);
            }
            (Order::PutDown(_), Ok(mut control)) => control.put_down(),
            (Order::PutDown(_), Err(_)) => {}
            (Order::Lose(_), Ok(mut control)) if id.as_object().is_none() => *control = Control::default(),
            (Order::Lose(_), _) => {
                commands.entity(entity).try_remove::<Control>();
            }
        }
    }
}

fn config() -> SimConfig {
    let mut map = open_map("plaza", SIDE, 1);
    map.walls = WallGrid::new(SIDE, SIDE, 16);
    [(12, 3), (12, 4), (5, 15), (18, 20)]
        .iter()
        .for_each(|&(column, row)| map.walls.block(column, row));
    let mut config = plaza();
    config.rules.interest = Interest::All;
    config.rules.rates.custom.burst = 1_000;
    config.rules.rates.custom.every_ticks = 1;
    config.maps = vec![Arc::new(map)];
    config
}

/// A world with players, and with balls that do not move.
fn world(players: u64, balls: i32) -> TestWorld {
    let mut world = TestWorld::with_plugins(config(), logic);
    for session in 1..=players {
        world.open_and_join(session, "plaza");
    }
    world.tick();
    for ball in 0..balls {
        let order = MoverOrder::Launch {
            kind: "ball".into(),
            place: Position::from_px(40 + 20 * ball, 100),
            velocity: Velocity::default(),
        };
        world.custom(1, "mover", &order);
    }
    world.ticks(2);
    world
}

fn order(world: &mut TestWorld, order: Order) {
    world.custom(1, "carry", &order);
}

fn ball(number: u32) -> StableId {
    StableId::object(ObjectId(number))
}

fn player(world: &TestWorld, session: u64) -> StableId {
    StableId::player(world.client(session).player)
}

fn get<C: Component + Copy>(sim: &Simulation, id: StableId) -> Option<C> {
    let mut all = sim.world().iter_entities();
    let entity = all.find(|entity| entity.get::<StableId>() == Some(&id))?;
    entity.get::<C>().copied()
}

fn is_carried(world: &TestWorld, id: StableId) -> bool {
    get::<Control>(&world.sim, id).is_some_and(|control| control.is_carried())
}

fn place(world: &TestWorld, id: StableId) -> Position {
    get::<CurrentPosition>(&world.sim, id).unwrap().0
}

fn beside(carrier: Position, offsets: i32) -> Position {
    Position {
        x: carrier.x + offsets * OFFSET.x,
        y: carrier.y + offsets * OFFSET.y,
    }
}

#[test]
fn what_a_put_down_carrier_carries_stays_with_it() {
    // The balls are in memory in the order of their numbers, so both orders are tried.
    for chain in [[1, 2, 3], [3, 2, 1], [2, 1, 3], [1, 3, 2]] {
        let mut world = world(1, 3);
        let [first, second, third] = chain.map(ball);
        order(&mut world, Order::Carry(second, first));
        order(&mut world, Order::Carry(third, second));
        world.ticks(2);
        let here = place(&world, first);
        assert_eq!(place(&world, third), beside(here, 2));
        world.custom(1, "mover", &MoverOrder::Despawn(first.as_object().unwrap()));
        world.ticks(2);
        assert!(!is_carried(&world, second), "{chain:?}");
        assert!(is_carried(&world, third), "{chain:?}");
        assert_eq!(place(&world, second), beside(here, 1));
        assert_eq!(place(&world, third), beside(here, 2));
        let turn = MoverOrder::Turn(second.as_object().unwrap(), Velocity { x: 0, y: 200 });
        world.custom(1, "mover", &turn);
        world.ticks(10);
        assert_ne!(place(&world, second), beside(here, 1));
        assert_eq!(place(&world, third), beside(place(&world, second), 1));
    }
}

#[test]
fn those_that_carry_each_other_and_those_on_them_are_put_down() {
    let mut world = world(1, 4);
    order(&mut world, Order::Carry(ball(1), ball(2)));
    order(&mut world, Order::Carry(ball(2), ball(1)));
    order(&mut world, Order::Carry(ball(3), ball(2)));
    order(&mut world, Order::Carry(ball(4), ball(4)));
    let before: Vec<Position> = (1..=4).map(|number| place(&world, ball(number))).collect();
    world.tick();
    for number in 1..=4 {
        assert!(!is_carried(&world, ball(number)), "{number}");
        assert_eq!(place(&world, ball(number)), before[number as usize - 1]);
    }
}

#[test]
fn a_chain_of_more_than_eight_carriers_ends_there() {
    let mut world = world(1, 12);
    for number in 1..=11 {
        order(&mut world, Order::Carry(ball(number), ball(number + 1)));
    }
    world.tick();
    let carried: Vec<u32> = (1..=12)
        .filter(|number| is_carried(&world, ball(*number)))
        .collect();
    assert_eq!(carried, (4..=11).collect::<Vec<_>>());
    let here = place(&world, ball(12));
    assert_eq!(place(&world, ball(4)), beside(here, 8));
}

#[test]
fn walls_stop_an_entity_that_lost_its_control_while_it_was_carried() {
    let mut world = world(1, 1);
    let me = player(&world, 1);
    order(&mut world, Order::Carry(me, ball(1)));
    let velocity = Velocity { x: 0, y: 900 };
    world.custom(1, "mover", &MoverOrder::Turn(ObjectId(1), velocity));
    world.ticks(5);
    let mut loaded = Simulation::load(config(), logic, &world.saved()).unwrap();
    order(&mut world, Order::Lose(me));
    for _ in 0..120 {
        world.input.sort();
        let mut output = TickOutput::default();
        loaded.step(&mut world.input.clone(), &mut output);
        world.tick();
        assert_eq!(output.hash, world.output.hash, "at {:?}", world.now());
    }
    let edge = i32::from(SIDE) * 16 * 256;
    assert_eq!(place(&world, me).y, edge - 8 * 256);
}

#[test]
fn a_loaded_world_in_which_carried_entities_rest_sleeps() {
    let mut world = world(2, 2);
    let (first, second) = (player(&world, 1), player(&world, 2));
    order(&mut world, Order::Carry(second, first));
    order(&mut world, Order::Carry(ball(1), first));
    // A wall stops the carrier, so both of them have a heading and do not move.
    world.walk(1, Direction::North);
    world.ticks(200);
    assert!(is_carried(&world, second) && is_carried(&world, ball(1)));
    let mut loaded = Simulation::load(config(), logic, &world.saved()).unwrap();
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    input.pace = world.input.pace;
    let mut slept = |sim: &mut Simulation| {
        let quiet = (0..60).filter(|_| {
            sim.step(&mut input, &mut output);
            sim.quiet_ticks() > 0
        });
        quiet.count()
    };
    // Heartbeats are due in a few ticks, and a loaded world settles first.
    assert!(slept(&mut world.sim) > 40);
    assert!(slept(&mut loaded) > 40);
}

#[test]
fn a_world_sleeps_after_a_player_has_left_whose_control_changed_last() {
    let mut world = world(2, 2);
    let me = player(&world, 2);
    order(&mut world, Order::Carry(me, ball(1)));
    world.ticks(2);
    order(&mut world, Order::PutDown(me));
    world.leave(2);
    world.ticks(100);
    let quiet = (0..60).filter(|_| {
        world.tick();
        world.sim.quiet_ticks() > 0
    });
    assert!(quiet.count() > 40);
}

/// What happens in a tick.
#[derive(Clone, Copy, Debug)]
enum Act {
    Nothing,
    Carry(usize, usize),
    PutDown(usize),
    Lose(usize),
    Turn(u32, i16, i16),
    Despawn(u32),
    Walk(u64, usize),
    /// Enter another room, or come back.
    Go(u64, bool),
    Close(u64),
}

const PLAYERS: u64 = 4;
const BALLS: u32 = 8;

fn act() -> impl Strategy<Value = Act> {
    let any_of = 0..(PLAYERS as usize + BALLS as usize);
    let (velocity, ball, session) = (-900..900_i16, 1..=BALLS, 1..=PLAYERS);
    prop_oneof![
        3 => Just(Act::Nothing),
        8 => (any_of.clone(), any_of.clone()).prop_map(|(who, carrier)| Act::Carry(who, carrier)),
        2 => any_of.clone().prop_map(Act::PutDown),
        2 => any_of.prop_map(Act::Lose),
        3 => (ball.clone(), velocity.clone(), velocity).prop_map(|(ball, x, y)| Act::Turn(ball, x, y)),
        1 => ball.prop_map(Act::Despawn),
        2 => (session.clone(), 0..9_usize).prop_map(|(session, way)| Act::Walk(session, way)),
        2 => (session.clone(), any::<bool>()).prop_map(|(session, back)| Act::Go(session, back)),
        1 => session.prop_map(Act::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    /// A loaded world and one with a shuffled schedule reach the same hashes.
    #[test]
    fn the_order_of_entities_in_memory_does_not_matter(
        acts in prop::collection::vec((act(), 0..3_u32), 20..80),
        shuffle in any::<u64>(),
    ) {
        let mut world = world(PLAYERS, BALLS as i32);
        let players: Vec<StableId> = (1..=PLAYERS).map(|session| player(&world, session)).collect();
        let entity = |at: usize| match players.get(at) {
            Some(player) => *player,
            None => ball((at - players.len()) as u32 + 1),
        };
        let load = |world: &mut TestWorld| Simulation::load(config(), logic, &world.saved()).unwrap();
        let mut shuffled = load(&mut world);
        shuffled.shuffle_schedule(shuffle);
        let mut loaded = load(&mut world);
        for (number, (act, pause)) in acts.into_iter().enumerate() {
            if number % 8 == 7 {
                loaded = load(&mut world);
            }
            match act {
                Act::Nothing => {}
                Act::Carry(who, carrier) => order(&mut world, Order::Carry(entity(who), entity(carrier))),
                Act::PutDown(who) => order(&mut world, Order::PutDown(entity(who))),
                Act::Lose(who) => order(&mut world, Order::Lose(entity(who))),
                Act::Turn(ball, x, y) => {
                    world.custom(1, "mover", &MoverOrder::Turn(ObjectId(ball), Velocity { x, y }));
                }
                Act::Despawn(ball) => world.custom(1, "mover", &MoverOrder::Despawn(ObjectId(ball))),
                Act::Walk(session, way) => world.walk(session, Direction::ALL[way]),
                Act::Go(session, back) => world.join(session, if back { "plaza" } else { "plaza/2" }),
                // The first one gives the orders.
                Act::Close(session) => if session > 1 { world.close(session) },
            }
            for _ in 0..=pause {
                world.input.sort();
                let mut input = world.input.clone();
                world.tick();
                for (other, name) in [(&mut loaded, "loaded"), (&mut shuffled, "shuffled")] {
                    let mut output = TickOutput::default();
                    other.step(&mut input, &mut output);
                    prop_assert_eq!(output.hash, world.output.hash, "the {} world at {:?}", name, world.now());
                }
            }
        }
    }
}
