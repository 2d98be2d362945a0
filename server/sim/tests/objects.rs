//! Game logic spawns and despawns objects: each has an id, a slot and a place, and is part of the
//! state.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::collections::BTreeSet;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{ObjectId, Slot, Tick},
    limits::MAX_ROOM_OBJECTS,
    motion::Position,
};
use parlour_sim::{
    Clock, CurrentPosition, EntityKinds, LoadError, Object, ObjectKind, ObjectSlots, Objects, Rooms,
    SimConfig, Simulation, SimulationApp as _, StableId, StepSet, TickSchedule,
};
use parlour_testing::{
    Color, ObeyOrders, ObjectOrder, SessionActions as _, TestWorld, generous_rules, objects_in,
    objects_plugin, plaza,
};
use parlour_tick::{TickInput, TickOutput};

fn config() -> SimConfig {
    let mut config = plaza();
    config.rules = generous_rules();
    config
}

fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(config(), objects_plugin);
    world.open_and_join(1, "plaza");
    world.tick();
    world
}

fn chair(x: i32) -> ObjectOrder {
    ObjectOrder::Spawn {
        kind: "chair".into(),
        place: Position::from_px(x, 100),
        color: Some(Color(x as u32)),
    }
}

fn order(world: &mut TestWorld, order: &ObjectOrder) {
    world.custom(1, "order", order);
}

/// Every object of the room by id.
fn ids(world: &TestWorld) -> BTreeSet<u32> {
    let objects = objects_in(world.sim.world(), "plaza");
    objects.iter().map(|(_, object)| object.id().0).collect()
}

#[test]
fn a_spawned_object_has_an_id_a_slot_and_a_place() {
    let mut world = world();
    order(&mut world, &chair(40));
    order(&mut world, &chair(50));
    world.tick();
    let objects = objects_in(world.sim.world(), "plaza");
    assert_eq!(objects.len(), 2);
    assert_eq!(ids(&world), [1, 2].into());
    for (slot, object) in objects {
        assert_eq!((slot, slot >= Slot::FIRST_OBJECT), (object.slot(), true));
        let room = world.room("plaza").unwrap();
        assert_eq!(object.room(), room);
        let sim = world.sim.world();
        let entity = sim.get::<ObjectSlots>(room).unwrap().get(slot).unwrap();
        assert_eq!(
            sim.get::<StableId>(entity).copied(),
            Some(StableId::object(object.id()))
        );
        let kinds = sim.resource::<EntityKinds>();
        assert_eq!(kinds.get(object.kind()).unwrap().name(), "chair");
        let x = sim.get::<Color>(entity).unwrap().0 as i32;
        assert_eq!(
            sim.get::<CurrentPosition>(entity).unwrap().0,
            Position::from_px(x, 100)
        );
    }
    assert_eq!(world.output.counts.objects, 2);
}

#[test]
fn ids_are_never_used_again_and_slots_are() {
    let mut world = world();
    let mut slots = BTreeSet::new();
    for round in 0..200_u32 {
        order(&mut world, &chair(40));
        world.tick();
        let [(slot, object)] = objects_in(world.sim.world(), "plaza")[..] else {
            panic!("one object");
        };
        assert_eq!(object.id(), ObjectId(round + 1));
        slots.insert(slot);
        order(&mut world, &ObjectOrder::Despawn(object.id()));
        world.tick();
        assert_eq!(world.output.counts.objects, 0);
    }
    let room = world.room("plaza").unwrap();
    let slot_count = world.sim.world().get::<ObjectSlots>(room).unwrap().slot_count();
    assert_eq!(slot_count, 64, "one object needs no more slots");
    assert!(slots.len() > 30, "slots are random: {}", slots.len());
}

#[test]
fn a_full_room_takes_no_more_objects() {
    let mut config = config();
    config.rules.max_objects = 3;
    let mut world = TestWorld::with_plugins(config, objects_plugin);
    world.open_and_join(1, "plaza");
    world.tick();
    for x in 0..5 {
        order(&mut world, &chair(x));
    }
    world.tick();
    assert_eq!(ids(&world), [1, 2, 3].into());
    order(&mut world, &ObjectOrder::Despawn(ObjectId(2)));
    world.tick();
    order(&mut world, &chair(9));
    world.tick();
    assert_eq!(ids(&world), [1, 3, 4].into());
}

/// Game logic despawns a room, and in the same system spawns an object in it.
#[test]
fn an_object_of_a_room_that_is_gone_is_despawned() {
    fn logic(app: &mut App) {
        objects_plugin(app);
        let rebuild = |mut commands: Commands, mut objects: Objects, rooms: Res<Rooms>, clock: Res<Clock>| {
            if clock.tick == Tick(5) {
                let room = rooms.get("plaza").unwrap();
                commands.entity(room).despawn();
                let mut chair = objects.spawn(room, "chair", Position::from_px(40, 40)).unwrap();
                chair.insert(Color(1));
            }
        };
        let rebuild = rebuild.in_set(StepSet::Simulate).after(ObeyOrders);
        app.add_systems(TickSchedule, rebuild);
    }
    let mut world = TestWorld::with_plugins(config(), logic);
    world.open_and_join(1, "plaza");
    world.tick();
    order(&mut world, &chair(40));
    world.tick();
    world.leave(1);
    world.ticks(3);
    assert!(world.room("plaza").is_none(), "despawned");
    assert_eq!(world.output.counts.objects, 0);
    let saved = world.saved();
    Simulation::load(config(), logic, &saved).unwrap();
    world.ticks(20);
}

#[test]
fn an_unknown_kind_spawns_nothing() {
    let mut world = world();
    for kind in ["table", "player", ""] {
        order(
            &mut world,
            &ObjectOrder::Spawn {
                kind: kind.into(),
                place: Position::default(),
                color: None,
            },
        );
    }
    world.tick();
    assert_eq!(world.output.counts.objects, 0);
    let count = world
        .sim
        .world()
        .iter_entities()
        .filter(EntityRef::contains::<Object>);
    assert_eq!(count.count(), 0);
}

#[test]
fn a_room_that_ends_takes_its_objects_along() {
    let mut world = world();
    order(&mut world, &chair(40));
    world.tick();
    world.leave(1);
    world.tick();
    assert_eq!(world.output.counts.objects, 1);
    assert!(world.sim.remove_room("plaza"));
    world.tick();
    assert_eq!(world.output.counts.objects, 0);
    let left = world
        .sim
        .world()
        .iter_entities()
        .filter(EntityRef::contains::<Object>);
    assert_eq!(left.count(), 0);
}

#[test]
fn the_kinds_of_a_room_are_announced() {
    let world = world();
    let kinds = &world.client(1).room().kinds;
    let names: Vec<_> = kinds.iter().map(|kind| kind.name.as_str()).collect();
    assert_eq!(names, ["player", "chair", "bell"]);
    assert_eq!(kinds[2].components, ["rings", "color"]);
    assert_eq!((kinds[2].half_x, kinds[2].half_y), (4 * 256, 12 * 256));
}

#[test]
fn a_loaded_world_continues_with_the_same_objects() {
    let mut world = world();
    for x in 0..40 {
        order(&mut world, &chair(x));
    }
    world.tick();
    for id in [3, 9, 27] {
        order(&mut world, &ObjectOrder::Despawn(ObjectId(id)));
    }
    order(&mut world, &ObjectOrder::Paint(ObjectId(5), None));
    world.tick();
    let saved = world.saved();
    let mut loaded = Simulation::load(config(), objects_plugin, &saved).unwrap();
    assert_eq!(loaded.hash(), world.sim.hash());
    for x in 0..100 {
        order(&mut world, &chair(x));
        let mut output = TickOutput::default();
        loaded.step(&mut world.input.clone(), &mut output);
        world.tick();
        assert_eq!(loaded.hash(), world.sim.hash());
        assert_eq!(output.counts, world.output.counts);
    }
    assert_eq!(
        objects_in(loaded.world(), "plaza").len(),
        objects_in(world.sim.world(), "plaza").len()
    );
}

#[test]
fn a_world_with_different_kinds_is_refused() {
    let mut world = world();
    let saved = world.saved();
    let other = |app: &mut App| {
        app.object_kind(ObjectKind::new("sofa"));
        objects_plugin(app);
    };
    let error = Simulation::load(config(), other, &saved).unwrap_err();
    assert!(matches!(error, LoadError::Value { part: "kinds", .. }), "{error}");
}

#[test]
fn the_largest_room_has_a_slot_for_each_object() {
    let mut config = config();
    config.rules.max_objects = MAX_ROOM_OBJECTS;
    let mut sim = Simulation::with_plugins(config, fill);
    let mut input = TickInput::default();
    input.open_and_join(1, "plaza");
    sim.step(&mut input, &mut TickOutput::default());
    input.events.clear();
    let mut output = TickOutput::default();
    for _ in 0..2 {
        sim.step(&mut input, &mut output);
    }
    assert_eq!(output.counts.objects, MAX_ROOM_OBJECTS);
    let slots: BTreeSet<_> = objects_in(sim.world(), "plaza")
        .iter()
        .map(|(slot, _)| *slot)
        .collect();
    assert_eq!(slots.len(), MAX_ROOM_OBJECTS as usize);
    assert!(!slots.contains(&Slot::NOBODY));
}

fn fill(app: &mut App) {
    use bevy_ecs::prelude::*;
    use parlour_sim::{Objects, Room, StepSet, TickSchedule};
    objects_plugin(app);
    app.add_systems(
        TickSchedule,
        (|mut objects: Objects, rooms: Query<Entity, With<Room>>| {
            for room in &rooms {
                while objects.spawn(room, "chair", Position::default()).is_ok() {}
            }
        })
        .in_set(StepSet::Simulate)
        .before(ObeyOrders),
    );
}
