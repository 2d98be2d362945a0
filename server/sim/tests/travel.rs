//! What players carry from world to world.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::PlayerId,
    message::{Move, MoveHeading, Refusal, Scope},
    motion::Direction,
};
use parlour_sim::{FromPlayer, Player, Rate, Simulation, SimulationApp as _, StepSet, TickSchedule};
use parlour_testing::{SessionActions as _, TestWorld, encoded, plaza};
use parlour_tick::{Arrival, Carried, EventKind, Report};
use serde::{Deserialize, Serialize};

#[derive(Component, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Coins(u32);

#[derive(Component, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Diary(String);

fn knows_coins(app: &mut App) {
    app.travels::<Coins>("coins");
    app.register_required_components::<Player, Coins>();
}

fn knows_both(app: &mut App) {
    // A component that is already part of the state travels by the same name.
    app.replicate::<Coins>("coins").travels::<Coins>("coins");
    app.state_component::<Diary>("diary").travels::<Diary>("diary");
    app.register_required_components::<Player, Diary>();
}

/// A player fills its diary with this many letters.
fn grows_a_diary(app: &mut App) {
    fn write(mut lengths: MessageReader<FromPlayer<u32>>, mut diaries: Query<&mut Diary>) {
        for length in lengths.read() {
            diaries.get_mut(length.player).unwrap().0 = "x".repeat(length.message as usize);
        }
    }
    app.travels::<Diary>("diary").player_message::<u32>("write");
    app.register_required_components::<Player, Diary>();
    app.add_systems(TickSchedule, write.in_set(StepSet::Simulate));
}

fn carried(name: &str, value: &impl Serialize) -> Carried {
    Carried {
        name: name.into(),
        value: encoded(value),
    }
}

fn arrive(world: &mut TestWorld, carried: Vec<Carried>) {
    let arrival = Arrival {
        carried,
        ..Arrival::new(PlayerId(7), "Ada".into())
    };
    world.event(1, EventKind::Arrive(arrival));
    world.tick();
}

/// Makes the session leave, and returns what the next world is given.
fn depart(world: &mut TestWorld) -> Arrival {
    world.close(1);
    world.tick();
    let departed = world.output.reports.iter().find_map(|report| match report {
        Report::Departed { player, .. } => Some(player.clone()),
        _ => None,
    });
    departed.unwrap()
}

#[test]
fn a_component_travels_through_a_world_that_does_not_know_it() {
    let mut worlds = [
        TestWorld::with_plugins(plaza(), knows_both),
        TestWorld::with_plugins(plaza(), knows_coins),
        TestWorld::new(plaza()),
        TestWorld::with_plugins(plaza(), knows_both),
    ];
    let start = vec![
        carried("coins", &Coins(5)),
        carried("diary", &Diary("Dear diary".into())),
    ];
    let mut arrival = Arrival {
        carried: start.clone(),
        ..Arrival::new(PlayerId(7), "Ada".into())
    };
    for world in &mut worlds {
        world.event(1, EventKind::Arrive(arrival));
        world.join(1, "plaza");
        world.tick();
        arrival = depart(world);
        assert_eq!(arrival.carried, start);
    }
    assert_eq!(arrival.counters.view, 4, "one stay in each world");
}

#[test]
fn logic_finds_the_value_that_the_player_brought() {
    let mut world = TestWorld::with_plugins(plaza(), knows_both);
    arrive(&mut world, vec![carried("diary", &Diary("Hi".into()))]);
    assert_eq!(world.get::<Diary>(1), Some(&Diary("Hi".into())));
    assert_eq!(world.get::<Coins>(1), None, "it brought none");
}

#[test]
fn a_value_that_does_not_decode_is_replaced_by_that_of_a_new_player() {
    let mut world = TestWorld::with_plugins(plaza(), knows_coins);
    let broken = Carried {
        name: "coins".into(),
        value: vec![1, 2, 3, 4, 5],
    };
    arrive(&mut world, vec![broken]);
    assert_eq!(world.get::<Coins>(1), Some(&Coins(0)));
    assert_eq!(depart(&mut world).carried, [carried("coins", &Coins(0))]);
}

#[test]
fn what_is_too_long_or_too_much_stays_behind() {
    let text = |len: usize| Diary("x".repeat(len));
    // The length of the text takes three bytes.
    for (len, travels) in [(1021, true), (1022, false)] {
        let mut world = TestWorld::with_plugins(plaza(), grows_a_diary);
        arrive(&mut world, Vec::new());
        world.custom(1, "write", &(len as u32));
        world.tick();
        assert_eq!(world.get::<Diary>(1), Some(&text(len)));
        let carried = depart(&mut world).carried;
        assert_eq!(carried.len(), usize::from(travels), "{len}");
        // A node that sent it nevertheless.
        arrive(&mut world, vec![self::carried("diary", &text(len))]);
        let expected = if travels { text(len) } else { Diary::default() };
        assert_eq!(world.get::<Diary>(1), Some(&expected));
    }
    // 16 in all: first those that this world knows, then the others by name.
    let unknown = |n: usize| carried(&format!("unknown {n:02}"), &n);
    let mut world = TestWorld::with_plugins(plaza(), knows_coins);
    arrive(&mut world, (0..16).map(unknown).collect());
    let arrival = depart(&mut world);
    assert_eq!(arrival.carried.len(), Arrival::MAX_CARRIED);
    assert_eq!(arrival.carried[0], carried("coins", &Coins(0)));
    assert_eq!(arrival.carried[15], unknown(14));
}

#[test]
fn carried_components_are_part_of_the_state() {
    let mut world = TestWorld::new(plaza());
    arrive(&mut world, vec![carried("hat", &1)]);
    let mut other = TestWorld::new(plaza());
    arrive(&mut other, vec![carried("hat", &2)]);
    assert_ne!(world.sim.hash(), other.sim.hash());
    let bytes = world.saved();
    world.sim = Simulation::load(plaza(), (), &bytes).unwrap();
    assert_eq!(depart(&mut world).carried, [carried("hat", &1)]);
}

#[test]
fn sequence_numbers_and_views_continue_in_the_next_world() {
    let mut first = TestWorld::new(plaza());
    arrive(&mut first, Vec::new());
    for _ in 0..3000 {
        first.join(1, "plaza");
        first.walk(1, Direction::East);
        first.tick();
    }
    let arrival = depart(&mut first);
    assert_eq!((arrival.counters.view, arrival.counters.last_seq), (1, 3000));
    let mut second = TestWorld::new(plaza());
    second.event(1, EventKind::Arrive(arrival));
    second.join(1, "plaza");
    second.tick();
    assert_eq!(
        second.client(1).room().view,
        2,
        "a snapshot of the stay before is not one of this"
    );
    let command = Move {
        seq: 3001,
        heading: MoveHeading::walk(Direction::East),
        ..Move::default()
    };
    second.command(1, command);
    second.tick();
    assert_eq!(second.output.counts.moves, 1, "the client goes on counting");
}

#[test]
fn a_change_of_worlds_does_not_reset_a_rate_limit() {
    let mut config = plaza();
    config.rules.rates.chat = Rate {
        burst: 2,
        every_ticks: 100,
    };
    let mut first = TestWorld::new(config.clone());
    first.ticks(500);
    arrive(&mut first, Vec::new());
    first.join(1, "plaza");
    first.tick();
    (0..2).for_each(|_| first.chat(1, Scope::Room, "hi"));
    first.ticks(30);
    let arrival = depart(&mut first);
    let mut second = TestWorld::new(config);
    second.event(1, EventKind::Arrive(arrival));
    second.join(1, "plaza");
    second.tick();
    second.chat(1, Scope::Room, "hi");
    second.ticks(60);
    assert!(matches!(second.refusals(1)[..], [Refusal::RateLimited { .. }]));
    second.ticks(15);
    second.chat(1, Scope::Room, "hi");
    second.tick();
    assert_eq!(second.refusals(1), []);
}

#[test]
#[should_panic(expected = "is part of the state as coins, and cannot travel as money")]
fn a_component_travels_only_by_its_own_name() {
    let _ = TestWorld::with_plugins(plaza(), |app: &mut App| {
        app.state_component::<Coins>("coins").travels::<Coins>("money");
    });
}
