//! Owners of objects: one player at a time, and what happens to the object when that player leaves
//! the room, closes its session or drops.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::collections::{BTreeMap, BTreeSet};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{ObjectId, PlayerId},
    message::Refusal,
    motion::Position,
    rng::{Purpose, Stream},
};
use parlour_sim::{
    InRoom, LoadError, Object, Owner, OwnerError, OwnerLeaves, Owners, Player, SimConfig, Simulation,
    StableId, StepSet, TickSchedule,
};
use parlour_testing::{
    ObeyOrders, ObjectOrder, SessionActions as _, TestWorld, generous_rules, objects_in, objects_plugin,
    plaza,
};
use parlour_tick::TickOutput;

use OwnerLeaves::{Despawn, Keep, Release};

fn config() -> SimConfig {
    let mut config = plaza();
    config.rules = generous_rules();
    config
}

/// A world with three sessions in the plaza, and six chairs with the ids 1 to 6.
fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(config(), objects_plugin);
    (1..=3).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    (0..6).for_each(|x| order(&mut world, 1, chair(x)));
    world.tick();
    world
}

fn chair(x: i32) -> ObjectOrder {
    ObjectOrder::Spawn {
        kind: "chair".into(),
        place: Position::from_px(100 + 20 * x, 100),
        color: None,
    }
}

fn order(world: &mut TestWorld, session: u64, order: ObjectOrder) {
    world.custom(session, "order", &order);
}

fn take(world: &mut TestWorld, session: u64, id: u32, leaves: OwnerLeaves) {
    order(world, session, ObjectOrder::Take(ObjectId(id), leaves));
}

fn release(world: &mut TestWorld, session: u64, id: u32) {
    order(world, session, ObjectOrder::Release(ObjectId(id)));
}

/// The owner of each object in the plaza.
fn owners(sim: &Simulation) -> BTreeMap<u32, Option<PlayerId>> {
    let world = sim.world();
    let objects = objects_in(world, "plaza");
    let entity = |object: &Object| {
        let slots = world.get::<parlour_sim::ObjectSlots>(object.room()).unwrap();
        slots.get(object.slot()).unwrap()
    };
    objects
        .iter()
        .map(|(_, object)| {
            let owner = world.get::<Owner>(entity(object)).unwrap();
            (object.id().0, owner.player())
        })
        .collect()
}

fn id(world: &TestWorld, session: u64) -> Option<PlayerId> {
    Some(world.client(session).player)
}

#[test]
fn an_object_has_one_owner_at_a_time() {
    let mut world = world();
    assert_eq!(owners(&world.sim), (1..=6).map(|id| (id, None)).collect());
    // Both in one tick: the first one has it.
    take(&mut world, 1, 4, Release);
    take(&mut world, 2, 4, Release);
    world.tick();
    assert_eq!(owners(&world.sim)[&4], id(&world, 1));
    release(&mut world, 2, 4);
    world.tick();
    assert_eq!(owners(&world.sim)[&4], id(&world, 1), "not that of the second");
    release(&mut world, 1, 4);
    take(&mut world, 2, 4, Release);
    world.tick();
    assert_eq!(owners(&world.sim)[&4], id(&world, 2));
}

#[test]
fn an_owner_that_leaves_or_drops_releases_keeps_or_takes_along() {
    type Leaving = fn(&mut TestWorld);
    let ways: [Leaving; 4] = [
        // It has no link, and keeps its seat.
        |world| world.drop_link(1),
        |world| world.leave(1),
        |world| world.close(1),
        |world| world.join(1, "plaza/2"),
    ];
    for leaving in ways {
        let mut world = world();
        let ada = id(&world, 1);
        take(&mut world, 1, 1, Release);
        take(&mut world, 1, 2, Keep);
        take(&mut world, 1, 3, Despawn);
        take(&mut world, 2, 4, Despawn);
        world.tick();
        leaving(&mut world);
        world.tick();
        let bob = id(&world, 2);
        let left: BTreeMap<_, _> = [(1, None), (2, ada), (4, bob), (5, None), (6, None)].into();
        assert_eq!(owners(&world.sim), left);
        assert_eq!(world.output.counts.objects, 5);
    }
}

/// Game logic may give objects to a dropped player. They are its own until it leaves.
#[test]
fn a_dropped_player_can_own_what_game_logic_gives_it() {
    let mut world = world();
    world.drop_link(1);
    world.tick();
    take(&mut world, 1, 1, Release);
    world.tick();
    assert_eq!(owners(&world.sim)[&1], id(&world, 1));
    world.resume(1);
    world.tick();
    assert_eq!(
        owners(&world.sim)[&1],
        id(&world, 1),
        "nothing happens when it resumes"
    );
    world.close(1);
    world.tick();
    assert_eq!(owners(&world.sim)[&1], None);
}

#[test]
fn the_last_choice_of_what_happens_applies() {
    let mut world = world();
    let ada = id(&world, 1);
    take(&mut world, 1, 1, Despawn);
    take(&mut world, 1, 1, Keep);
    take(&mut world, 1, 2, Keep);
    take(&mut world, 1, 2, Release);
    take(&mut world, 1, 3, Despawn);
    release(&mut world, 1, 3);
    world.tick();
    world.leave(1);
    world.tick();
    let owners = owners(&world.sim);
    assert_eq!((owners[&1], owners[&2], owners[&3]), (ada, None, None));
}

#[test]
fn a_kept_object_is_still_owned_when_its_owner_comes_back() {
    let mut world = world();
    take(&mut world, 1, 1, Keep);
    world.tick();
    world.close(1);
    world.ticks(5);
    take(&mut world, 2, 1, Release);
    world.open_and_join(1, "plaza");
    world.tick();
    assert_eq!(owners(&world.sim)[&1], id(&world, 1));
    release(&mut world, 1, 1);
    world.tick();
    assert_eq!(owners(&world.sim)[&1], None);
}

#[test]
fn an_object_can_have_an_owner_from_the_start() {
    let mut world = world();
    let (ada, bob) = (id(&world, 1).unwrap(), id(&world, 2).unwrap());
    let place = Position::from_px(50, 50);
    order(&mut world, 3, ObjectOrder::SpawnOwned(place, ada, Despawn));
    order(&mut world, 3, ObjectOrder::SpawnOwned(place, bob, Release));
    world.tick();
    assert_eq!(owners(&world.sim)[&7], Some(ada));
    assert_eq!(owners(&world.sim)[&8], Some(bob));
    world.leave(1);
    world.leave(2);
    world.tick();
    assert_eq!(owners(&world.sim).get(&7), None);
    assert_eq!(owners(&world.sim)[&8], None);
    // The owner is not in the room any more.
    for leaves in [Despawn, Release, Keep] {
        order(&mut world, 3, ObjectOrder::SpawnOwned(place, ada, leaves));
    }
    world.tick();
    let owners = owners(&world.sim);
    assert_eq!(owners.get(&9), None, "despawned at once");
    assert_eq!((owners[&10], owners[&11]), (None, Some(ada)));
}

#[test]
fn who_is_elsewhere_takes_nothing() {
    fn takes(app: &mut App) {
        objects_plugin(app);
        app.add_systems(TickSchedule, check.in_set(StepSet::Simulate).after(ObeyOrders));
    }
    fn check(mut owners: Owners, players: Query<(Entity, &Player)>, objects: Query<(Entity, &Object)>) {
        let Some((object, _)) = objects.iter().find(|(_, object)| object.id() == ObjectId(1)) else {
            return;
        };
        let find = |session: u64| players.iter().find(|(_, player)| player.session.0 == session);
        let [ada, elsewhere, outside] = [1, 2, 3].map(|session| find(session).unwrap().0);
        assert_eq!(owners.take(object, elsewhere, Release), Err(OwnerError::NotThere));
        assert_eq!(owners.take(object, outside, Keep), Err(OwnerError::NotThere));
        assert_eq!(owners.take(object, object, Keep), Err(OwnerError::NotThere));
        assert_eq!(owners.take(ada, ada, Release), Err(OwnerError::NotThere));
        assert_eq!(owners.release(object, elsewhere), Err(OwnerError::NotOwned));
        assert_eq!(owners.take(object, ada, Release), Ok(()));
        assert_eq!(owners.take(object, ada, Release), Ok(()));
        assert!(owners.is_owner(ada, object));
        owners.take_away(object);
        assert_eq!(owners.of(object), None);
        assert_eq!(owners.release(object, ada), Err(OwnerError::NotOwned));
    }
    let mut world = TestWorld::with_plugins(config(), takes);
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza/2");
    world.open(3);
    world.tick();
    order(&mut world, 1, chair(0));
    world.ticks(3);
    assert_eq!(owners(&world.sim).len(), 1, "the system found it");
}

#[test]
fn the_errors_have_refusals() {
    assert_eq!(Refusal::from(OwnerError::OfOther), Refusal::Taken);
    assert_eq!(Refusal::from(OwnerError::NotOwned), Refusal::NotYours);
    assert_eq!(Refusal::from(OwnerError::NotThere), Refusal::OutOfReach);
}

/// Orders of random sessions, which also come and go.
fn random_orders(world: &mut TestWorld, random: &mut Stream, open: &mut BTreeSet<u64>) {
    for session in 1..=6 {
        if !open.contains(&session) {
            if random.below(8) == 0 {
                open.insert(session);
                world.open_and_join(session, "plaza");
            }
            continue;
        }
        let leaves = [Release, Keep, Despawn][random.below(3) as usize];
        let object = 1 + random.below(40);
        match random.below(30) {
            0 => {
                open.remove(&session);
                world.close(session);
            }
            1 => world.leave(session),
            2 => world.join(session, "plaza"),
            3 => world.join(session, "plaza/2"),
            4 => order(world, session, chair(3)),
            5 => {
                let owner = id(world, session).unwrap();
                order(
                    world,
                    session,
                    ObjectOrder::SpawnOwned(Position::default(), owner, leaves),
                );
            }
            6 => order(world, session, ObjectOrder::Despawn(ObjectId(object))),
            10..20 => take(world, session, object, leaves),
            20..24 => release(world, session, object),
            _ => {}
        }
    }
}

#[test]
fn owners_are_in_their_room_and_a_loaded_world_continues_the_same() {
    let mut world = TestWorld::with_plugins(config(), objects_plugin);
    let mut open = BTreeSet::new();
    let mut loaded: Option<Simulation> = None;
    let (mut bound, mut kept) = (0, 0);
    for tick in 0..1_200 {
        let random = &mut Stream::new(8, tick, Purpose::Game);
        random_orders(&mut world, random, &mut open);
        world.input.sort();
        if let Some(loaded) = &mut loaded {
            let mut output = TickOutput::default();
            loaded.step(&mut world.input.clone(), &mut output);
            world.tick();
            assert_eq!(output.hash, world.sim.hash(), "tick {tick}");
            assert_eq!(owners(loaded), owners(&world.sim));
        } else {
            world.tick();
        }
        if tick % 50 == 20 {
            let saved = world.saved();
            loaded = Some(Simulation::load(config(), objects_plugin, &saved).unwrap());
        }
        // An owner that is gone has kept its object.
        let entities = || world.sim.world().iter_entities();
        let places: BTreeSet<_> = entities()
            .filter_map(|entity| Some((entity.get::<Player>()?.id, entity.get::<InRoom>()?.0)))
            .collect();
        for entity in entities() {
            let (Some(object), Some(owner)) = (entity.get::<Object>(), entity.get::<Owner>()) else {
                continue;
            };
            let Some(player) = owner.player() else { continue };
            let is_here = places.contains(&(player, object.room()));
            assert!(
                is_here || owner.leaves() == Some(Keep),
                "tick {tick}: {object:?} {owner:?}"
            );
            bound += u32::from(is_here);
            kept += u32::from(!is_here);
        }
    }
    assert!(bound > 1_000 && kept > 100, "{bound}, {kept}");
}

#[test]
fn a_forged_owner_is_refused() {
    let mut world = world();
    take(&mut world, 1, 1, Release);
    world.tick();
    let saved = world.saved();
    let parsed = parlour_sim::SavedState::parse(&saved).unwrap();
    let tag = world.sim.part_names().position(|name| name == "owner").unwrap();
    let object = parsed.entity(StableId::object(ObjectId(1))).unwrap();
    let part = object
        .parts
        .iter()
        .find(|part| usize::from(part.tag) == tag)
        .unwrap();
    // The same bytes with a different player, who does not exist.
    let at = part.bytes.as_ptr() as usize - saved.as_ptr() as usize;
    let mut forged = saved.clone();
    forged[at + 2] ^= 1;
    let error = Simulation::load(config(), objects_plugin, &forged).unwrap_err();
    let LoadError::Contradiction(text) = &error else {
        panic!("{error}");
    };
    assert_eq!(text, "object 1: its owner is not in the room");
}
