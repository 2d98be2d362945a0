//! A tick in which objects move, turn and rest allocates nothing, also among solid bodies.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    motion::{Direction, Position, Velocity},
    rng::{Purpose, Stream},
};
use parlour_sim::{Clock, Interest, Object, SimConfig, Simulation, Steer, StepSet, TickSchedule, Walk};
use parlour_testing::{
    MoverOrder, ObeyOrders, SessionActions as _,
    allocations::{CountingAllocator, on_this_thread},
    generous_rules,
    maps::open_map,
    movers_plugin, solids_plugin,
};
use parlour_tick::{TickInput, TickOutput};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

/// Turns an object in each tick, and lets some rest.
fn stir(objects: Query<(Entity, &Object)>, mut steer: Steer, clock: Res<Clock>) {
    for (entity, object) in &objects {
        let mut random = Stream::new(u64::from(object.id().0), u64::from(clock.tick.0), Purpose::Game);
        if random.below(30) == 0 {
            let mut speed = || random.below(1200) as i16 - 600;
            let velocity = Velocity {
                x: speed(),
                y: speed(),
            };
            steer.set_velocity(entity, velocity);
        } else if random.below(30) == 0 {
            steer.stop(entity);
        }
    }
}

fn stirred(app: &mut App, kinds: fn(&mut App)) {
    kinds(app);
    app.add_systems(
        TickSchedule,
        stir.in_set(StepSet::Simulate).before(Walk).after(ObeyOrders),
    );
}

/// Runs a room with players and 300 objects that move and rest, and returns the number of
/// allocations after the warm-up.
fn run_objects(kinds: fn(&mut App), names: &[&str]) -> u64 {
    let mut config = SimConfig::new(vec![Arc::new(open_map("plaza", 40, 1))]);
    config.rules = generous_rules();
    // Lists of near objects grow with the largest crowd so far: other tests count them.
    config.rules.interest = Interest::All;
    let mut sim = Simulation::with_plugins(config, move |app: &mut App| stirred(app, kinds));
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    (0..20).for_each(|session| input.open_and_join(session, "plaza"));
    sim.step(&mut input, &mut output);
    input.events.clear();
    for number in 0..300_u32 {
        let (column, row) = (number as i32 % 20, number as i32 / 20);
        let launch = MoverOrder::Launch {
            kind: names[number as usize % names.len()].into(),
            place: Position::from_px(30 + 30 * column, 30 + 30 * row),
            velocity: Velocity::default(),
        };
        input.custom(u64::from(number % 20), "mover", &launch);
    }
    input.sort();
    let mut allocations = 0;
    for tick in 0..1800 {
        let before = on_this_thread();
        sim.step(&mut input, &mut output);
        if tick >= 1200 {
            allocations += on_this_thread() - before;
        }
        input.events.clear();
        for session in (0..20).filter(|session| (tick + *session as u32).is_multiple_of(40)) {
            let way = Direction::ALL[(tick as usize / 40 + session as usize) % 9];
            input.walk(session, way);
        }
    }
    assert_eq!(output.counts.objects, 300);
    allocations
}

#[test]
fn a_tick_with_moving_objects_allocates_nothing() {
    assert_eq!(run_objects(movers_plugin, &["ball", "cart", "ghost"]), 0);
}

#[test]
fn a_tick_among_solid_bodies_allocates_nothing() {
    assert_eq!(
        run_objects(solids_plugin, &["crate", "gate", "truck", "ball", "spirit"]),
        0
    );
}
