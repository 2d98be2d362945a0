//! The saved lists of objects near players may come from an untrusted source. Loading refuses those
//! that no server saved, and never panics.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{
    ids::Slot,
    rng::{Purpose, Stream},
};
use parlour_sim::{LoadError, ObjectInterest, Simulation};
use parlour_testing::{
    ObjectOrder, SessionActions as _, TestWorld, encoded, forged_part, objects_plugin, plaza,
};

/// Returns the saved world with a different value of the lists.
fn forged(world: &mut TestWorld, value: &[u8]) -> Vec<u8> {
    forged_part(world, "objects_near", value)
}

/// A world with two players and three chairs near them, and the saved lists.
fn small_world() -> (TestWorld, Vec<(Slot, Vec<u16>)>) {
    let mut world = TestWorld::with_plugins(plaza(), objects_plugin);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    let start = world.position(1);
    let order = ObjectOrder::Spawn {
        kind: "chair".into(),
        place: start,
        color: None,
    };
    (0..3).for_each(|_| world.custom(1, "order", &order));
    world.ticks(6);
    let interest = world
        .sim
        .world()
        .get::<ObjectInterest>(world.room("plaza").unwrap())
        .unwrap();
    let index = |slot: &Slot| slot.object_index().unwrap() as u16;
    let mut lists: Vec<(Slot, Vec<u16>)> = [1, 2]
        .map(|session| world.client(session).slot())
        .map(|slot| (slot, interest.near(slot).iter().map(index).collect()))
        .into();
    lists.sort();
    assert_eq!(lists[1].1.len(), 3);
    (world, lists)
}

#[test]
fn lists_that_no_server_saved_are_refused() {
    let (mut world, honest) = small_world();
    let load = |bytes: &[u8]| Simulation::load(plaza(), objects_plugin, bytes).err();
    assert_eq!(load(&forged(&mut world, &encoded(&honest))).map(|_| ()), None);
    type Forge = fn(&mut Vec<(Slot, Vec<u16>)>);
    let cases: [Forge; 11] = [
        |lists| lists.swap(0, 1),
        |lists| lists.push(lists[1].clone()),
        |lists| lists[0].1.swap(0, 1),
        |lists| lists[0].1.clear(),
        |lists| {
            let first = lists[0].1[0];
            lists[0].1.insert(0, first);
        },
        |lists| lists[0].1.push(32_767),
        |lists| lists[0].1.push(u16::MAX),
        |lists| lists[1].0 = Slot(lists[1].0.0 + 1),
        |lists| lists[1].0 = Slot::NOBODY,
        |lists| lists.push((Slot(20_000), vec![3])),
        |lists| lists[1].0 = Slot::FIRST_OBJECT,
    ];
    for (at, forge) in cases.iter().enumerate() {
        let mut lists = honest.clone();
        forge(&mut lists);
        let error = load(&forged(&mut world, &encoded(&lists)));
        assert!(
            matches!(error, Some(LoadError::Contradiction(_))),
            "case {at}: {error:?}"
        );
    }
    let mut shorter = honest.clone();
    shorter.pop();
    let error = load(&forged(&mut world, &encoded(&shorter)));
    assert!(matches!(error, Some(LoadError::Hash { .. })), "{error:?}");
}

#[test]
fn random_bytes_never_panic() {
    let (mut world, _) = small_world();
    for case in 0..150 {
        let random = &mut Stream::new(case, 0, Purpose::Game);
        let bytes: Vec<u8> = (0..random.below(16)).map(|_| random.below(256) as u8).collect();
        let error = Simulation::load(plaza(), objects_plugin, &forged(&mut world, &bytes)).err();
        assert!(error.is_some(), "{bytes:?}");
    }
}
