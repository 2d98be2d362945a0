//! Game logic receives an event when a room is created or ends, and when a player enters or leaves.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::PlayerId,
    message::{LeaveReason, Refusal},
};
use parlour_sim::{
    MaySleep, Player, Room, RoomEvent, SimConfig, Simulation, SimulationApp as _, StepSet, TickSchedule,
};
use parlour_testing::{SessionActions as _, TestWorld, maps::connected_maps, plaza, teleport_plugin};
use parlour_tick::{EventKind, TickOutput};

/// The events so far, as text: the tick, the event, and the number of the player.
#[derive(Resource, Default, Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
struct Told(Vec<String>);

fn listens(app: &mut App) {
    teleport_plugin(app);
    app.init_resource::<Told>().state_resource::<Told>("told");
    app.add_systems(TickSchedule, listen.in_set(StepSet::Simulate).in_set(MaySleep));
}

fn listen(
    mut events: MessageReader<RoomEvent>,
    rooms: Query<&Room>,
    players: Query<&Player>,
    clock: Res<parlour_sim::Clock>,
    mut told: ResMut<Told>,
) {
    for event in events.read() {
        let room = rooms.get(event.room()).map_or("?", |room| room.name.as_str());
        let what = match *event {
            RoomEvent::Created { .. } => "created".to_owned(),
            RoomEvent::Entered { player, id, .. } => {
                assert_eq!(players.get(player).unwrap().id, id);
                format!("entered by {}", id.0)
            }
            RoomEvent::Left { id, why, .. } => format!("left by {} {why:?}", id.0),
            RoomEvent::Dropped { id, .. } => format!("dropped by {}", id.0),
            RoomEvent::Resumed { id, .. } => format!("resumed by {}", id.0),
            RoomEvent::Emptied { .. } => "emptied".to_owned(),
            RoomEvent::Closing { .. } => "closing".to_owned(),
        };
        told.0.push(format!("{} {room} {what}", clock.tick.0));
    }
}

fn world(config: SimConfig) -> TestWorld {
    TestWorld::with_plugins(config, listens)
}

fn told(world: &TestWorld) -> Vec<&str> {
    let told = world.sim.world().resource::<Told>();
    told.0.iter().map(String::as_str).collect()
}

fn id(world: &TestWorld, session: u64) -> u32 {
    let PlayerId(id) = world.client(session).player;
    id
}

#[test]
fn a_room_tells_its_whole_life() {
    let mut config = plaza();
    config.rules.empty_ticks = 5;
    let mut world = world(config);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.tick();
    let (one, two) = (id(&world, 1), id(&world, 2));
    world.leave(1);
    world.tick();
    world.event(2, EventKind::Depart);
    world.ticks(20);
    assert!(world.room("plaza").is_none());
    assert_eq!(
        told(&world),
        [
            "1 plaza created",
            &format!("1 plaza entered by {one}"),
            &format!("1 plaza entered by {two}"),
            &format!("2 plaza left by {one} {:?}", LeaveReason::Asked),
            &format!("3 plaza left by {two} {:?}", LeaveReason::Moved),
            "3 plaza emptied",
            "8 plaza closing",
        ]
    );
}

#[test]
fn a_room_that_is_entered_again_does_not_close() {
    let mut config = plaza();
    config.rules.empty_ticks = 5;
    let mut world = world(config);
    world.open_and_join(1, "plaza");
    world.tick();
    world.leave(1);
    world.ticks(4);
    world.join(1, "plaza");
    world.ticks(10);
    let one = id(&world, 1);
    assert_eq!(
        told(&world)[2..],
        [
            format!("2 plaza left by {one} Asked"),
            "2 plaza emptied".to_owned(),
            format!("6 plaza entered by {one}"),
        ]
    );
}

#[test]
fn a_door_is_told_in_the_next_tick_also_by_a_loaded_world() {
    let config = SimConfig::new(connected_maps());
    let mut world = world(config.clone());
    world.open_and_join(1, "east");
    world.tick();
    let door = world
        .sim
        .world()
        .get::<Room>(world.room("east").unwrap())
        .unwrap()
        .map
        .doors[0]
        .clone();
    let middle = |at: i32, size: i32| (at + size / 2) * 256;
    world.teleport(1, middle(door.x, door.w), middle(door.y, door.h));
    world.tick();
    let to = world.client(1).room().room.clone();
    assert_ne!(to, "east", "the door leads elsewhere");
    let before = told(&world).len();

    let saved = world.saved();
    let mut loaded = Simulation::load(config, listens, &saved).unwrap();
    world.tick();
    loaded.step(&mut world.input.clone(), &mut TickOutput::default());
    let one = id(&world, 1);
    let tick = world.now().0;
    assert_eq!(
        told(&world)[before..],
        [
            format!("{tick} {to} created"),
            format!("{tick} east left by {one} Moved"),
            format!("{tick} east emptied"),
            format!("{tick} {to} entered by {one}"),
        ]
    );
    assert_eq!(
        loaded.world().resource::<Told>(),
        world.sim.world().resource::<Told>()
    );
    assert_eq!(loaded.hash(), world.sim.hash());
}

#[test]
fn game_logic_refuses_a_player_before_it_takes_a_seat() {
    /// Players with an odd id may not enter.
    fn only_even(app: &mut App) {
        listens(app);
        app.may_join(|world, joining| {
            assert!(world.get::<Room>(joining.room).is_some());
            let id = world
                .get::<Player>(joining.player)
                .map_or(0, |player| player.id.0);
            if id.is_multiple_of(2) { Ok(()) } else { Err(77) }
        });
    }
    let mut world = TestWorld::with_plugins(plaza(), only_even);
    for session in 1..=20 {
        world.open_and_join(session, "plaza");
    }
    world.tick();
    // The first one created the room.
    for session in 2..=20 {
        let is_odd = !id(&world, session).is_multiple_of(2);
        let expected = is_odd.then_some(Refusal::Declined { code: 77 });
        assert_eq!(world.refusals(session), expected.into_iter().collect::<Vec<_>>());
        assert_eq!(world.client(session).room.is_none(), is_odd);
    }
    let inside = told(&world)
        .iter()
        .filter(|told| told.contains("entered"))
        .count();
    assert_eq!(inside as u32, world.output.counts.players);
}
