//! A saved world from an untrusted source may hold motions and searches that no server saved.
//! Loading refuses them, and the world that it refuses never runs.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::time::Duration;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{ObjectId, Tick},
    motion::{Heading, Position, Segment, Velocity},
};
use parlour_sim::{
    FollowPaths, LoadError, PathRequest, Simulation, SimulationApp as _, StableId, TickSchedule,
};
use parlour_testing::{
    MoverOrder, ObeyOrders, SessionActions as _, TestWorld, encoded, forged_part, forged_part_of, plaza,
    solids_plugin,
};

fn logic(app: &mut App) {
    solids_plugin(app);
    app.follow_paths(100);
    app.keep_past_positions(Duration::from_millis(250));
    app.configure_sets(TickSchedule, ObeyOrders.before(FollowPaths));
}

/// A world with a player and a crate.
fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(plaza(), logic);
    world.open_and_join(1, "plaza");
    world.tick();
    let order = MoverOrder::Launch {
        kind: "crate".into(),
        place: Position::from_px(100, 100),
        velocity: Velocity { x: 100, y: 0 },
    };
    world.custom(1, "mover", &order);
    world.ticks(5);
    world
}

fn load(bytes: &[u8]) -> Option<LoadError> {
    Simulation::load(plaza(), logic, bytes).err()
}

#[test]
fn a_motion_that_begins_after_the_saved_tick_is_refused() {
    let mut world = world();
    let player = StableId::player(world.client(1).player);
    let moving = |since| {
        let mut segment = Segment::still(since, Position::from_px(80, 80));
        segment.gait.heading = Heading::free(Velocity { x: 10, y: 0 });
        encoded(&segment)
    };
    let now = world.now();
    for owner in [player, StableId::object(ObjectId(1))] {
        // Possible, but its hash is that of a different motion.
        let error = load(&forged_part_of(&mut world, owner, "motion", &moving(now)));
        assert!(matches!(error, Some(LoadError::Hash { .. })), "{error:?}");
        for since in [now.after(1), Tick(u32::MAX)] {
            let error = load(&forged_part_of(&mut world, owner, "motion", &moving(since)));
            assert!(matches!(error, Some(LoadError::Contradiction(_))), "{error:?}");
        }
    }
}

#[test]
fn searches_that_may_use_no_nodes_are_refused() {
    let mut world = world();
    let searches = |nodes: u32| {
        let (waiting, used): (Vec<PathRequest>, u32) = (Vec::new(), 0);
        encoded(&(nodes, (waiting, used)))
    };
    let honest = load(&forged_part(&mut world, "path_searches", &searches(100)));
    assert!(honest.is_none(), "{honest:?}");
    let error = load(&forged_part(&mut world, "path_searches", &searches(0)));
    assert!(matches!(error, Some(LoadError::Value { .. })), "{error:?}");
}

#[test]
fn pasts_that_no_motion_leaves_behind_are_refused() {
    let mut world = world();
    let ball = StableId::object(ObjectId(1));
    let now = world.now();
    let kept = |from: u32, since: u32| (Tick(from), Segment::still(Tick(since), Position::from_px(80, 80)));
    let past = |latest: Option<(Tick, Segment)>, ended: &[(Tick, Segment)]| encoded(&(latest, ended));
    let latest = Some(kept(now.0, now.0));
    // Possible, but its hash is that of a different past.
    for possible in [past(latest, &[kept(1, 1), kept(2, 1)]), past(None, &[])] {
        let error = load(&forged_part_of(&mut world, ball, "past_motion", &possible));
        assert!(matches!(error, Some(LoadError::Hash { .. })), "{error:?}");
    }
    let many: Vec<_> = (0..16).map(|from| kept(from, from)).collect();
    let impossible = [
        past(Some(kept(now.0 + 1, 1)), &[]),
        past(Some(kept(now.0, now.0 + 1)), &[]),
        past(latest, &[kept(2, 2), kept(1, 1)]),
        past(latest, &[kept(now.0, 1)]),
        past(None, &[kept(1, 1)]),
        past(Some(kept(20, 20)), &many),
    ];
    for impossible in impossible {
        let error = load(&forged_part_of(&mut world, ball, "past_motion", &impossible));
        assert!(matches!(error, Some(LoadError::Value { .. })), "{error:?}");
    }
}
