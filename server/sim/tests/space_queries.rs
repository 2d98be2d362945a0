//! Queries of game logic: all of them return the same as a search through all players and objects,
//! before and after these move, in small and large rooms.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod space_scene;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{KindId, ObjectId},
    motion::{Direction, Position, UNITS_PER_PX, Velocity},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Clock, CurrentPosition, EntityKinds, FoundEntity, KindSet, Object, ObjectKind, ObjectSlots, Rect, Room,
    Rooms, Seats, SimulationApp as _, Space, StepSet, TickSchedule, Walk,
};
use parlour_testing::{MoverOrder, ObeyOrders, SessionActions as _, TestWorld, movers_plugin};
use space_scene::{Scene, config, position};

/// How often queries were compared, and how often they found something.
#[derive(Resource, Default)]
struct Compared {
    all: u32,
    found: u32,
    touching: u32,
}

/// Every query is also answered by a search through all entities.
fn ask(
    space: Space,
    rooms: Query<(&Room, &Seats, &ObjectSlots)>,
    (positions, objects): (Query<&CurrentPosition>, Query<&Object>),
    (directory, kinds, clock): (Res<Rooms>, Res<EntityKinds>, Res<Clock>),
    mut compared: ResMut<Compared>,
) {
    for room in directory.iter() {
        let (details, seats, slots) = rooms.get(room).unwrap();
        let entity = |slot, entity, kind: KindId| {
            let position = positions.get(entity).unwrap().0;
            FoundEntity {
                entity,
                kind,
                slot,
                position,
            }
        };
        let players = seats
            .iter()
            .map(|(slot, player)| entity(slot, player, KindId::PLAYER));
        let things = slots
            .iter()
            .map(|(slot, object)| entity(slot, object, objects.get(object).unwrap().kind()));
        let scene = Scene {
            all: players.chain(things).collect(),
            kinds: &kinds,
            walls: &details.map.walls,
        };
        let random = &mut Stream::new(compared.all.into(), clock.tick.0.into(), Purpose::Game);
        compared.all += 1;
        compared.found += scene.compare(&space, space.room(room).unwrap(), random);
        let of = random.below(scene.all.len() as u32 + 1) as usize;
        if let Some(of) = scene.all.get(of) {
            let px = random.below(300);
            let mut expected = scene.by_distance(of.position, px as i32 * UNITS_PER_PX, KindSet::ALL);
            expected.retain(|found| found.entity != of.entity);
            assert_eq!(space.within(of.entity, px, KindSet::ALL), expected);
            let body = |found: &FoundEntity| {
                let size = kinds.get(found.kind).unwrap().size();
                Rect::of_body(found.position, size.into())
            };
            let (own, mut expected) = (body(of), scene.by_distance(of.position, i32::MAX, KindSet::ALL));
            expected.retain(|found| {
                let other = body(found);
                let gap = |low: i32, high: i32, other_low: i32, other_high: i32| {
                    low <= other_high && other_low <= high
                };
                found.entity != of.entity
                    && gap(own.left, own.right, other.left, other.right)
                    && gap(own.top, own.bottom, other.top, other.bottom)
            });
            compared.touching += u32::from(!expected.is_empty());
            assert_eq!(space.touching(of.entity, KindSet::ALL), expected);
        }
    }
    assert!(space.room(Entity::PLACEHOLDER).is_none());
    assert_eq!(space.within(Entity::PLACEHOLDER, 1_000, KindSet::ALL), []);
    assert_eq!(space.touching(Entity::PLACEHOLDER, KindSet::ALL), []);
}

/// Kinds of several sizes and radii.
fn logic(app: &mut App) {
    movers_plugin(app);
    app.object_kind(ObjectKind::new("chair"));
    app.object_kind(ObjectKind::new("bell").size_px(8, 24).near_px(600));
    app.object_kind(ObjectKind::new("pin").size_px(1, 1).near_px(40));
    app.object_kind(ObjectKind::new("beam").size_px(400, 3));
    app.init_resource::<Compared>().presentation_only::<Compared>();
    let before = ask.after(ObeyOrders).before(Walk);
    app.add_systems(TickSchedule, (before, ask.after(Walk)).in_set(StepSet::Simulate));
}

/// Players walk, ride, teleport, change rooms and leave; objects are spawned, turned, moved and
/// despawned; every query is compared twice in each tick. With a larger `calm`, most of them rest.
fn crowd(players: u64, ticks: u32, calm: u32) {
    let mut world = TestWorld::with_plugins(config(players), logic);
    let mut random = Stream::new(9, players * 100 + u64::from(calm), Purpose::Game);
    (0..players).for_each(|session| world.open_and_join(session, "plaza"));
    for tick in 1..=ticks {
        for _ in 0..if random.below(calm) == 0 { 12 } else { 1 } {
            let session = u64::from(random.below(players as u32));
            let object = ObjectId(1 + random.below(60 + tick / 2));
            let place = position(&mut random);
            let mut along = || random.below(1200) as i16 - 600;
            let velocity = match (along(), along()) {
                (x, _) if x < 0 => Velocity::default(),
                (x, y) => Velocity { x, y },
            };
            let mut order = |order: MoverOrder| world.custom(session, "mover", &order);
            match random.below(16) {
                0..=2 => order(MoverOrder::TeleportMe(place)),
                3..=4 => world.walk(session, Direction::ALL[random.below(9) as usize]),
                5 => world.walk(session, Direction::Still),
                6 => world.leave(session),
                7..=8 => world.join(session, ["plaza", "plaza", "plaza/2"][random.below(3) as usize]),
                9..=10 => order(MoverOrder::Launch {
                    kind: ["chair", "bell", "pin", "beam"][random.below(4) as usize].into(),
                    place,
                    velocity,
                }),
                11 => order(MoverOrder::Despawn(object)),
                12 => order(MoverOrder::Turn(object, velocity)),
                13 => order(MoverOrder::Ride(object, Position::default())),
                14 => order(MoverOrder::GetOff),
                _ => order(MoverOrder::Teleport(object, place)),
            }
        }
        world.tick();
    }
    let compared = world.sim.world().resource::<Compared>();
    assert!(compared.all > 2 * ticks && compared.found > compared.all);
}

#[test]
fn queries_in_small_rooms_equal_a_search_through_all() {
    crowd(10, 200, 2);
    crowd(10, 200, 20);
}

#[test]
fn queries_in_large_rooms_equal_a_search_through_all() {
    crowd(90, 100, 2);
    crowd(90, 100, 20);
}
