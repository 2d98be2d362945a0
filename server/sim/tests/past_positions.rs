//! Past positions: queries about a past tick return the same as a search through everything that
//! was remembered of this tick, before and after players and objects move, in small and large
//! rooms, with and without solid bodies, and in a loaded world.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod space_scene;

use std::{collections::BTreeMap, time::Duration};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{KindId, ObjectId, Slot, Tick},
    motion::{Direction, Position, Velocity},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Clamped, Clock, EntityKinds, FoundEntity, InRoom, KindSet, Motion, Object, ObjectKind, ObjectSlots,
    PastSpace, Player, Room, Rooms, Seat, Seats, Simulation, SimulationApp as _, Space, Steer, StepSet,
    TickSchedule, Walk,
};
use parlour_testing::{MoverOrder, ObeyOrders, SessionActions as _, TestWorld, movers_plugin, solids_plugin};
use parlour_tick::TickOutput;
use space_scene::{Scene, config, position};

/// An entity at the end of a tick, and the number of the stay of a player.
type Remembered = (FoundEntity, u8);

/// Everything at the end of each tick, by tick and room.
#[derive(Resource, Default)]
struct Memory(BTreeMap<(Tick, Entity), Vec<Remembered>>);

/// How often queries were compared, and what they found.
#[derive(Resource, Default)]
struct Compared {
    all: u32,
    found: u32,
}

#[derive(Clone, Copy)]
struct World {
    /// Whether bodies stop bodies.
    solid: bool,
    kept_ms: u64,
}

impl World {
    fn kept(self) -> u32 {
        (self.kept_ms * 60).div_ceil(1000) as u32
    }

    fn logic(self) -> impl Fn(&mut App) + Clone {
        move |app: &mut App| {
            match self.solid {
                true => solids_plugin(app),
                false => movers_plugin(app),
            }
            app.object_kind(ObjectKind::new("chair"));
            app.object_kind(ObjectKind::new("bell").size_px(8, 24).near_px(600));
            app.object_kind(ObjectKind::new("beam").size_px(400, 3));
            // The longest time applies.
            app.keep_past_positions(Duration::from_millis(10));
            app.keep_past_positions(Duration::from_millis(self.kept_ms));
            app.init_resource::<Memory>().presentation_only::<Memory>();
            app.init_resource::<Compared>().presentation_only::<Compared>();
            let ask = move |past: PastSpace, scene: Ask, compared: ResMut<Compared>| {
                scene.compare(&past, self.kept(), compared);
            };
            let systems = (
                ask.after(ObeyOrders).before(Walk),
                (ask, move_late).chain().after(Walk),
            );
            app.add_systems(TickSchedule, systems.in_set(StepSet::Simulate));
            app.add_systems(TickSchedule, remember.in_set(StepSet::Digest));
        }
    }
}

/// Game logic that moves something now and then after `Walk`.
fn move_late(movers: Query<(Entity, Option<&Player>, Option<&Object>)>, mut steer: Steer, clock: Res<Clock>) {
    for (entity, player, object) in &movers {
        let id = match (player, object) {
            (Some(player), _) => player.id.0,
            (_, Some(object)) => object.id().0,
            _ => continue,
        };
        let random = &mut Stream::new(id.into(), clock.tick.0.into(), Purpose::Game);
        match random.below(200) {
            0 => steer.teleport(entity, position(random)),
            1 => steer.set_velocity(entity, Velocity { x: 300, y: -200 }),
            _ => true,
        };
    }
}

/// Notes where everything is at the end of a tick.
fn remember(
    players: Query<(Entity, &InRoom, &Seat, &Player, &Motion)>,
    objects: Query<(Entity, &Object, &Motion)>,
    mut memory: ResMut<Memory>,
    clock: Res<Clock>,
) {
    let tick = clock.tick;
    let mut note = |room, stay, entity, (kind, slot), motion: &Motion| {
        let position = motion.segment().at(tick);
        let found = FoundEntity {
            entity,
            kind,
            slot,
            position,
        };
        memory.0.entry((tick, room)).or_default().push((found, stay));
    };
    for (player, room, seat, details, motion) in &players {
        note(room.0, details.view, player, (KindId::PLAYER, seat.slot), motion);
    }
    for (entity, object, motion) in &objects {
        note(object.room(), 0, entity, (object.kind(), object.slot()), motion);
    }
}

#[derive(bevy_ecs::system::SystemParam)]
struct Ask<'w, 's> {
    space: Space<'w, 's>,
    rooms: Query<'w, 's, (&'static Room, &'static Seats, &'static ObjectSlots)>,
    players: Query<'w, 's, &'static Player>,
    directory: Res<'w, Rooms>,
    kinds: Res<'w, EntityKinds>,
    clock: Res<'w, Clock>,
    memory: Res<'w, Memory>,
}

impl Ask<'_, '_> {
    fn compare(&self, past: &PastSpace, kept: u32, mut compared: ResMut<Compared>) {
        let now = self.clock.tick;
        for room in self.directory.iter() {
            let (details, seats, slots) = self.rooms.get(room).unwrap();
            let random = &mut Stream::new(compared.all.into(), now.0.into(), Purpose::Game);
            // Also ticks that are too long ago, or not over.
            let asked = Tick((now.0 + random.below(4)).saturating_sub(random.below(22)));
            let then = past.room_at(room, asked).unwrap();
            let (first, last) = (Tick(now.0.saturating_sub(kept)), Tick(now.0 - 1));
            let clamped = match asked {
                _ if asked < first => Some(Clamped::TooOld),
                _ if asked > last => Some(Clamped::NotOver),
                _ => None,
            };
            assert_eq!((then.tick, then.clamped), (asked.clamp(first, last), clamped));

            let present: Vec<_> = seats.iter().chain(slots.iter()).collect();
            let remembered = self.memory.0.get(&(then.tick, room));
            let place = |slot: Slot, entity: Entity| {
                let stay = self.players.get(entity).map_or(0, |player| player.view);
                let mut all = remembered.into_iter().flatten();
                let then = all.find(|(then, was)| (then.entity, then.slot, *was) == (entity, slot, stay));
                then.map(|(then, _)| *then)
            };
            for (slot, entity) in &present {
                let expected = place(*slot, *entity).map(|then| then.position);
                assert_eq!(then.position_of(*entity), expected, "{slot:?} at {:?}", then.tick);
            }
            assert_eq!(then.position_of(room), None);
            let all = present.iter().filter_map(|(slot, entity)| place(*slot, *entity));
            let scene = Scene {
                all: all.collect(),
                kinds: &self.kinds,
                walls: &details.map.walls,
            };
            compared.all += 1;
            compared.found += scene.compare(&self.space, then.space, random);
        }
        assert!(past.room_at(Entity::PLACEHOLDER, now).is_none());
    }
}

/// Something that a session does.
fn act(world: &mut TestWorld, random: &mut Stream, players: u64) {
    let session = u64::from(random.below(players as u32));
    let object = ObjectId(1 + random.below(60 + world.now().0 / 2));
    let place = position(random);
    let mut along = || random.below(1200) as i16 - 600;
    let velocity = match (along(), along()) {
        (x, _) if x < 0 => Velocity::default(),
        (x, y) => Velocity { x, y },
    };
    let mut order = |order: MoverOrder| world.custom(session, "mover", &order);
    match random.below(18) {
        0..=1 => order(MoverOrder::TeleportMe(place)),
        2..=5 => world.walk(session, Direction::ALL[random.below(9) as usize]),
        6 => world.leave(session),
        7..=8 => world.join(session, ["plaza", "plaza", "plaza/2"][random.below(3) as usize]),
        9..=10 => order(MoverOrder::Launch {
            kind: ["chair", "bell", "ball", "beam"][random.below(4) as usize].into(),
            place,
            velocity,
        }),
        11 => order(MoverOrder::Despawn(object)),
        12 => order(MoverOrder::Turn(object, velocity)),
        13 => order(MoverOrder::Ride(object, Position::default())),
        14 => order(MoverOrder::GetOff),
        15 => order(MoverOrder::PickUp(object, Position { x: 900, y: 0 })),
        16 => {
            // In the same tick.
            world.leave(session);
            world.join(session, "plaza");
        }
        _ => order(MoverOrder::Teleport(object, place)),
    }
}

/// Players and objects come, go and move. With a larger `calm`, most of them rest.
fn crowd(kind: World, players: u64, ticks: u32, calm: u32) {
    let mut world = TestWorld::with_plugins(config(players), kind.logic());
    let mut random = Stream::new(9, players * 100 + u64::from(calm), Purpose::Game);
    (0..players).for_each(|session| world.open_and_join(session, "plaza"));
    for _ in 0..ticks {
        for _ in 0..if random.below(calm) == 0 { 12 } else { 1 } {
            act(&mut world, &mut random, players);
        }
        world.tick();
    }
    let compared = world.sim.world().resource::<Compared>();
    let Compared { all, found } = compared;
    assert!(
        *all > 2 * ticks && *found > all / 2,
        "{found} found in {all} rooms, {ticks} ticks"
    );
}

const OPEN: World = World {
    solid: false,
    kept_ms: 250,
};
const SOLID: World = World {
    solid: true,
    kept_ms: 250,
};

#[test]
fn the_past_of_small_rooms_equals_a_search_through_what_was_remembered() {
    crowd(OPEN, 10, 120, 2);
    crowd(OPEN, 10, 120, 20);
    crowd(SOLID, 10, 80, 5);
}

#[test]
fn the_past_of_large_rooms_equals_a_search_through_what_was_remembered() {
    crowd(OPEN, 90, 60, 2);
    crowd(SOLID, 90, 40, 20);
}

#[test]
fn a_shorter_past_equals_what_was_remembered_of_it() {
    for kept_ms in [1, 50, 100] {
        let solid = false;
        crowd(World { solid, kept_ms }, 10, 50, 3);
    }
}

/// What a world answers about the last 15 ticks of each room, without entities, which a loaded
/// world has other ones of.
#[derive(Resource, Default)]
struct Answers(Vec<(Tick, KindId, Slot, Position)>);

fn answer(past: PastSpace, rooms: Res<Rooms>, clock: Res<Clock>, mut answers: ResMut<Answers>) {
    let mut found = Vec::new();
    for room in rooms.iter() {
        for age in 1..=15 {
            let tick = Tick(clock.tick.0.saturating_sub(age));
            let then = past.room_at(room, tick).unwrap();
            let middle = Position::from_px(300, 300);
            then.space.in_circle(middle, 280 * 256, KindSet::ALL, &mut found);
            let answer = |found: &FoundEntity| (tick, found.kind, found.slot, found.position);
            answers.0.extend(found.iter().map(answer));
        }
    }
}

#[test]
fn a_loaded_world_remembers_the_same() {
    let logic = |app: &mut App| {
        movers_plugin(app);
        app.object_kind(ObjectKind::new("chair"));
        app.keep_past_positions(Duration::from_millis(250));
        app.init_resource::<Answers>().presentation_only::<Answers>();
        // Before anything is recorded in the tick, and after it.
        let both = (answer.after(ObeyOrders).before(Walk), answer.after(Walk));
        app.add_systems(TickSchedule, both.in_set(StepSet::Simulate));
    };
    let mut world = TestWorld::with_plugins(config(3), logic);
    let mut random = Stream::new(4, 4, Purpose::Game);
    (0..8).for_each(|session| world.open_and_join(session, "plaza"));
    let mut loaded: Option<Simulation> = None;
    let mut compared = 0;
    for tick in 1..=160 {
        (0..2).for_each(|_| act(&mut world, &mut random, 8));
        world.input.sort();
        let mut input = world.input.clone();
        world.tick();
        if let Some(loaded) = &mut loaded {
            let mut output = TickOutput::default();
            loaded.step(&mut input, &mut output);
            assert_eq!(output.hash, world.output.hash, "tick {tick}");
            let answers = |world: &Simulation| world.world().resource::<Answers>().0.clone();
            let expected = answers(&world.sim);
            let start = expected.len() - answers(loaded).len();
            compared += expected.len() - start;
            assert_eq!(answers(loaded), expected[start..], "tick {tick}");
        }
        if tick % 20 == 0 {
            let saved = world.saved();
            loaded = Some(Simulation::load(config(3), logic, &saved).unwrap());
        }
    }
    assert!(compared > 1000, "{compared}");
}

/// A room with the players 1 and 2, whose logic keeps the past and moves what sessions order.
fn two_players() -> TestWorld {
    let logic = |app: &mut App| {
        movers_plugin(app);
        app.keep_past_positions(Duration::from_millis(250));
        app.init_resource::<Past>().presentation_only::<Past>();
        let look = look.after(ObeyOrders).before(Walk);
        app.add_systems(TickSchedule, look.in_set(StepSet::Simulate));
    };
    let mut world = TestWorld::with_plugins(config(1), logic);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(10);
    world
}

/// Where each entity was in each tick of the past, and the kinds of those around the spawn point.
#[derive(Resource, Default)]
struct Past {
    positions: BTreeMap<(Tick, Entity), Option<Position>>,
    found: BTreeMap<Tick, Vec<KindId>>,
}

fn look(
    past: PastSpace,
    rooms: Res<Rooms>,
    movers: Query<Entity, With<Motion>>,
    clock: Res<Clock>,
    mut seen: ResMut<Past>,
) {
    *seen = Past::default();
    let room = rooms.iter().next().unwrap();
    for age in 1..=15 {
        let tick = Tick(clock.tick.0.saturating_sub(age));
        let then = past.room_at(room, tick).unwrap();
        for entity in &movers {
            seen.positions.insert((tick, entity), then.position_of(entity));
        }
        let mut found = Vec::new();
        then.space
            .in_circle(Position::from_px(16, 16), 2000 * 256, KindSet::ALL, &mut found);
        seen.found
            .insert(tick, found.iter().map(|found| found.kind).collect());
    }
}

#[test]
fn the_past_is_what_clients_have_drawn() {
    let mut world = two_players();
    let mut drawn = BTreeMap::new();
    for tick in 0..60 {
        match tick % 9 {
            0 => world.walk(2, Direction::ALL[1 + tick / 9]),
            4 => world.custom(2, "mover", &MoverOrder::TeleportMe(Position::from_px(100, 24))),
            _ => {}
        }
        world.tick();
        let now = world.now();
        drawn.insert(now, world.sees(1, 2).unwrap().segment.at(now));
        let walker = world.sim.player(parlour_shared::ids::SessionId(2)).unwrap();
        let past = world.sim.world().resource::<Past>();
        for (tick, drawn) in drawn.range(Tick(now.0.saturating_sub(15))..now) {
            assert_eq!(
                past.positions[&(*tick, walker)],
                Some(*drawn),
                "{tick:?} in {now:?}"
            );
        }
    }
}

#[test]
fn what_is_gone_is_not_found_in_the_past_and_what_came_later_was_not_there() {
    let mut world = two_players();
    let launch = MoverOrder::Launch {
        kind: "ball".into(),
        place: Position::from_px(60, 16),
        velocity: Velocity { x: 20, y: 0 },
    };
    let players = vec![KindId::PLAYER; 2];
    world.custom(1, "mover", &launch);
    world.tick();
    let launched = world.now();
    world.ticks(5);
    let ball = world.sim.world().resource::<EntityKinds>().find("ball").unwrap();
    for (tick, found) in &world.sim.world().resource::<Past>().found {
        let balls = found.iter().filter(|kind| **kind == ball).count();
        assert_eq!(balls, usize::from(*tick >= launched), "{tick:?}");
    }
    world.custom(1, "mover", &MoverOrder::Despawn(ObjectId(1)));
    world.ticks(2);
    let past = world.sim.world().resource::<Past>();
    assert!(
        past.found.values().all(|found| *found == players),
        "{:?}",
        past.found
    );
    world.leave(2);
    world.ticks(2);
    let past = world.sim.world().resource::<Past>();
    assert!(
        past.found.values().all(|found| found.len() == 1),
        "{:?}",
        past.found
    );
}

#[test]
#[should_panic(expected = "call app.keep_past_positions(Duration::from_millis(250))")]
fn a_world_that_keeps_no_past_cannot_be_asked_about_it() {
    let ask = |past: PastSpace| assert!(past.room_at(Entity::PLACEHOLDER, Tick(1)).is_none());
    let _ = TestWorld::with_plugins(config(1), move |app: &mut App| {
        app.add_systems(TickSchedule, ask.in_set(StepSet::Simulate).after(Walk));
    });
}

#[test]
#[should_panic(expected = "for at most 250 ms, not 260ms")]
fn a_longer_past_than_250_ms_is_refused() {
    let _ = TestWorld::with_plugins(config(1), |app: &mut App| {
        app.keep_past_positions(Duration::from_millis(260));
    });
}
