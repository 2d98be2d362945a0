//! Game logic receives an event when a player drops or resumes, and finds dropped players by their
//! component.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_sim::{
    Clock, Dropped, MaySleep, Player, RoomEvent, Simulation, SimulationApp as _, StepSet, TickSchedule,
};
use parlour_testing::{SessionActions as _, TestWorld, maps::connected_maps, plaza, teleport_plugin};
use parlour_tick::{Arrival, EventKind, TickOutput, player_id};
use serde::{Deserialize, Serialize};

/// The events so far, and how many players were dropped when they were received.
#[derive(Resource, Default, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Told(Vec<String>);

fn listens(app: &mut App) {
    teleport_plugin(app);
    app.init_resource::<Told>().state_resource::<Told>("told");
    app.add_systems(TickSchedule, listen.in_set(StepSet::Simulate).in_set(MaySleep));
}

fn listen(
    mut events: MessageReader<RoomEvent>,
    present: Query<&Player, Without<Dropped>>,
    dropped: Query<Has<Dropped>, With<Player>>,
    clock: Res<Clock>,
    mut told: ResMut<Told>,
) {
    for event in events.read() {
        let (what, player) = match *event {
            RoomEvent::Entered { player, .. } => ("entered", player),
            RoomEvent::Dropped { player, id, .. } => {
                assert_eq!(player_id(0, 1), id);
                ("dropped", player)
            }
            RoomEvent::Resumed { player, .. } => ("resumed", player),
            RoomEvent::Left { player, .. } => ("left", player),
            _ => continue,
        };
        let number = dropped.iter().filter(|dropped| *dropped).count();
        let present = if present.contains(player) {
            "present"
        } else {
            "not"
        };
        told.0
            .push(format!("{} {what}, {number} dropped, {present}", clock.tick.0));
    }
}

fn told(sim: &Simulation) -> Vec<&str> {
    let told = sim.world().resource::<Told>();
    told.0.iter().map(String::as_str).collect()
}

#[test]
fn drops_and_resumes_are_told_in_their_tick() {
    let mut world = TestWorld::with_plugins(plaza(), listens);
    world.open_and_join(1, "plaza");
    world.ticks(4);
    world.drop_link(1);
    world.ticks(5);
    world.drop_link(1);
    world.resume(1);
    world.resume(1);
    world.ticks(5);
    assert_eq!(
        told(&world.sim),
        [
            "1 entered, 0 dropped, present",
            "5 dropped, 1 dropped, not",
            "10 resumed, 0 dropped, present",
        ]
    );
}

#[test]
fn events_of_one_tick_are_told_in_their_order() {
    let mut world = TestWorld::with_plugins(plaza(), listens);
    world.open_and_join(1, "plaza");
    world.drop_link(1);
    world.resume(1);
    world.drop_link(1);
    world.leave(1);
    world.resume(1);
    world.drop_link(1);
    world.join(1, "plaza");
    world.close(1);
    world.tick();
    let told = told(&world.sim);
    let words = told.iter().map(|line| line.split([' ', ',']).nth(1).unwrap());
    assert_eq!(
        words.collect::<Vec<_>>(),
        [
            "entered", "dropped", "resumed", "dropped", "left", "entered", "dropped", "left"
        ]
    );
}

#[test]
fn a_dropped_player_that_arrives_enters_first() {
    let mut world = TestWorld::with_plugins(plaza(), listens);
    let arrival = Arrival {
        dropped: true,
        ..Arrival::new(player_id(0, 1), "Ada".into())
    };
    world.event(1, EventKind::Arrive(arrival));
    world.join(1, "plaza");
    world.tick();
    assert_eq!(
        told(&world.sim),
        ["1 entered, 1 dropped, not", "1 dropped, 1 dropped, not"]
    );
}

/// Doors are checked after game logic ran, so the events wait for the next tick. They are part of
/// the state until then.
#[test]
fn a_dropped_player_that_goes_through_a_door_is_told_also_in_a_loaded_world() {
    let mut config = plaza();
    config.maps = connected_maps();
    let mut world = TestWorld::with_plugins(config.clone(), listens);
    world.open_and_join(1, "east");
    world.tick();
    world.drop_link(1);
    world.tick();
    world.teleport(1, 310 * 256, 100 * 256);
    world.tick();
    assert_eq!(world.client(1).room().room, "west", "the message is sent");
    let saved = world.saved();
    let mut loaded = Simulation::load(config, listens, &saved).unwrap();
    world.tick();
    let (mut input, mut output) = (world.input.clone(), TickOutput::default());
    loaded.step(&mut input, &mut output);
    assert_eq!(loaded.hash(), world.sim.hash());
    assert_eq!(told(&loaded), told(&world.sim));
    assert_eq!(
        told(&loaded)[2..],
        [
            "4 left, 1 dropped, not",
            "4 entered, 1 dropped, not",
            "4 dropped, 1 dropped, not"
        ]
    );
}
