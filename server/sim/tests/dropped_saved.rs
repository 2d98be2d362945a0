//! A saved world with dropped players continues like the original.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use parlour_shared::{ids::Tick, motion::Direction};
use parlour_sim::{EntityOrder, LoadError, OnDrop, SimConfig, Simulation};
use parlour_testing::{
    Script, SessionActions as _, TestWorld, encoded, forged_part, maps::connected_maps, movers_plugin, plaza,
};
use parlour_tick::TickOutput;

fn config(on_drop: OnDrop) -> SimConfig {
    let mut config = plaza();
    config.maps = connected_maps();
    config.rules.on_drop = on_drop;
    config
}

/// Players that walk, drop, go on to walls, and resume.
fn script() -> Script {
    let mut script = Script::default();
    for session in 1..=4 {
        script.at(1).open_and_join(session, "east");
        let direction = Direction::ALL[1 + session as usize];
        script.at(3 + session as u32).walk(session, direction);
        script.at(20 + 7 * session as u32).drop_link(session);
    }
    script.at(150).resume(1);
    script.at(160).walk(1, Direction::West);
    script.at(170).close(2);
    script.at(200).drop_link(1);
    script.at(220).resume(3);
    script
}

#[test]
fn a_world_that_is_loaded_at_any_time_continues_the_same() {
    for on_drop in [OnDrop::Stand, OnDrop::Continue, OnDrop::Logic] {
        let mut world = TestWorld::with_plugins(config(on_drop), movers_plugin);
        let script = script();
        let mut copies: Vec<Simulation> = Vec::new();
        let mut output = TickOutput::default();
        for tick in 1..=240_u32 {
            world.play(&script, 1);
            for copy in &mut copies {
                copy.step(&mut script.input(tick), &mut output);
                assert_eq!(copy.hash(), world.sim.hash(), "tick {tick}, {on_drop:?}");
                // What is sent to dropped players is only messages.
                assert_eq!(output.counts.viewers, world.output.counts.viewers);
            }
            if tick.is_multiple_of(23) {
                let order = EntityOrder::Reversed;
                let saved = world.saved();
                let copy = Simulation::load_rearranged(config(on_drop), movers_plugin, &saved, order);
                copies.push(copy.unwrap());
            }
        }
    }
}

#[test]
fn a_state_with_an_impossible_drop_is_refused() {
    let mut world = TestWorld::new(config(OnDrop::Stand));
    world.open_and_join(1, "east");
    world.drop_link(1);
    world.ticks(5);
    let load = |saved: &[u8]| Simulation::load(config(OnDrop::Stand), (), saved);
    let saved = world.saved();
    assert!(load(&saved).is_ok());
    let later = forged_part(&mut world, "dropped", &encoded(&(Tick(7), false)));
    assert!(matches!(load(&later), Err(LoadError::Contradiction(_))));
}
