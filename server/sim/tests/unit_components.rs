//! Components without fields: viewers are sent whether an entity has one.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{codec, motion::Position};
use parlour_sim::{
    FromPlayer, Object, ObjectKind, Objects, RoomEvent, SimulationApp as _, StepSet, TickSchedule,
};
use parlour_testing::{SessionActions as _, TestWorld, plaza};
use serde::{Deserialize, Serialize};

#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct It;

/// Inserts the flag into the player and all objects, or removes it.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Flag(bool);

fn flags(app: &mut App) {
    app.replicate::<It>("it").player_message::<Flag>("flag");
    app.object_kind(ObjectKind::new("post").with::<It>("it"));
    app.add_systems(TickSchedule, (place, flag).in_set(StepSet::Simulate));
}

fn place(mut events: MessageReader<RoomEvent>, mut objects: Objects) {
    for event in events.read() {
        if let RoomEvent::Created { room } = *event {
            objects.spawn(room, "post", Position::from_px(40, 40)).unwrap();
        }
    }
}

fn flag(
    mut requests: MessageReader<FromPlayer<Flag>>,
    objects: Query<Entity, With<Object>>,
    mut commands: Commands,
) {
    for request in requests.read() {
        for entity in objects.iter().chain([request.player]) {
            match request.message.0 {
                true => commands.entity(entity).insert(It),
                false => commands.entity(entity).remove::<It>(),
            };
        }
    }
}

/// Returns the components of player 1 and of the object, as player 2 sees them.
fn seen(world: &TestWorld) -> [Vec<(u8, Vec<u8>)>; 2] {
    let player = world.sees(2, 1).unwrap().components.to_vec();
    let mut objects = world.client(2).view.objects();
    let (_, _, object) = objects.next().unwrap();
    [player, object.components.to_vec()]
}

#[test]
fn viewers_are_sent_that_a_flag_is_inserted_and_removed() {
    let mut world = TestWorld::with_plugins(plaza(), flags);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(12);
    assert_eq!(seen(&world), [vec![], vec![]]);
    for _ in 0..2 {
        world.custom(1, "flag", &Flag(true));
        world.tick();
        let flag = vec![(0, codec::UNIT_COMPONENT.to_vec())];
        assert_eq!(seen(&world), [flag.clone(), flag]);
        world.check_views(false);
        // A player that comes later is sent the flag with the whole entity.
        world.open_and_join(3, "plaza");
        world.ticks(12);
        assert_eq!(world.sees(3, 1).unwrap().components.len(), 1);
        world.check_views(false);
        world.close(3);
        world.custom(1, "flag", &Flag(false));
        world.tick();
        assert_eq!(seen(&world), [vec![], vec![]]);
        world.ticks(3);
    }
}

#[test]
fn components_decode_as_they_were_encoded() {
    let mut bytes = vec![9];
    codec::encode_component(&It, &mut bytes);
    assert_eq!(bytes, [1]);
    assert_eq!(codec::decode_component::<It>(&bytes), Ok(It));
    assert!(codec::decode_component::<It>(&[2]).is_err());
    assert!(codec::decode_component::<It>(&[1, 1]).is_err());
    codec::encode_component(&Flag(true), &mut bytes);
    assert!(codec::decode_component::<Flag>(&bytes).unwrap().0);
    assert!(codec::decode_component::<(u8, u8)>(&[1]).is_err());
}
