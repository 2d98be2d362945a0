//! Components that belong to the stay of a player in a room.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_sim::{MaySleep, Player, RoomEvent, SimulationApp as _, StepSet, TickSchedule};
use parlour_testing::{SessionActions as _, TestWorld, maps::connected_maps, plaza, teleport_plugin};
use serde::{Deserialize, Serialize};

/// Every player has it. It ends with the stay.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Score(u32);

/// Some players have it. It ends with the stay.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct It;

/// Every player has it, and keeps it.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Coins(u32);

fn logic(app: &mut App) {
    teleport_plugin(app);
    // The order of the declarations does not matter.
    app.stays_in_room::<Score>().player_component::<Score>("score");
    app.replicate::<It>("it").stays_in_room::<It>();
    app.player_component::<Coins>("coins");
    app.add_systems(TickSchedule, earn.in_set(StepSet::Simulate).in_set(MaySleep));
}

/// A player that leaves has no component of its stay any more. A player that enters earns.
fn earn(
    mut events: MessageReader<RoomEvent>,
    mut players: Query<(&mut Score, &mut Coins, Has<It>)>,
    mut commands: Commands,
) {
    for event in events.read() {
        match *event {
            RoomEvent::Entered { player, .. } => {
                let (mut score, mut coins, is_it) = players.get_mut(player).unwrap();
                assert_eq!((score.0, is_it), (0, false));
                score.0 = 7;
                coins.0 += 1;
                commands.entity(player).insert(It);
            }
            RoomEvent::Left { player, .. } => {
                let (score, _, is_it) = players.get(player).unwrap();
                assert_eq!((score.0, is_it), (0, false));
            }
            _ => {}
        }
    }
}

fn components(world: &TestWorld) -> (Option<Score>, Option<It>, Option<Coins>) {
    (
        world.get(1).copied(),
        world.get(1).copied(),
        world.get(1).copied(),
    )
}

#[test]
fn a_player_that_leaves_and_comes_back_starts_again() {
    let mut world = TestWorld::with_plugins(plaza(), logic);
    world.open(1);
    world.tick();
    assert_eq!(components(&world), (Some(Score(0)), None, Some(Coins(0))));
    for stays in 1..=2 {
        world.join(1, "plaza");
        world.tick();
        assert_eq!(components(&world), (Some(Score(7)), Some(It), Some(Coins(stays))));
        world.check_views(false);
        world.leave(1);
        world.tick();
        assert_eq!(components(&world), (Some(Score(0)), None, Some(Coins(stays))));
    }
}

#[test]
fn a_player_that_goes_through_a_door_or_joins_elsewhere_starts_again() {
    let config = parlour_sim::SimConfig::new(connected_maps());
    let mut world = TestWorld::with_plugins(config, logic);
    world.open_and_join(1, "east");
    world.tick();
    world.teleport(1, 316 * 256, 100 * 256);
    world.ticks(3);
    assert_eq!(world.client(1).room().room, "west");
    assert_eq!(components(&world), (Some(Score(7)), Some(It), Some(Coins(2))));
    world.join(1, "east/2");
    world.tick();
    assert_eq!(components(&world), (Some(Score(7)), Some(It), Some(Coins(3))));
}

#[test]
fn a_session_that_closes_ends_its_stay() {
    let mut world = TestWorld::with_plugins(plaza(), logic);
    world.open_and_join(1, "plaza");
    world.tick();
    let player = world.sim.player(parlour_shared::ids::SessionId(1)).unwrap();
    world.close(1);
    world.tick();
    assert!(world.sim.world().get::<It>(player).is_none());
    assert!(world.sim.world().get::<Player>(player).is_none());
    world.ticks(3);
}
