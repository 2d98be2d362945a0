//! The second world finds what is not state within 20 seconds of ticks, with the default interval
//! between saved worlds. No thread and no clock is involved.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bevy_app::App;
use bevy_ecs::{lifecycle::RemovedComponents, prelude::*, system::ScheduleSystem};
use parlour_sim::{Clock, InRoom, Logic, Player, Seat, SimulationApp as _, StepSet, TickSchedule};
use parlour_testing::Crowd;
use parlour_tick::{TickOutput, WorldId};
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    format::{TicksBuilder, seal_keyframe},
    recorder::WorldInfo,
};

/// 20 seconds.
const TICKS: u32 = 1200;

/// A number that is part of the state.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Steps(u64);

/// A component that is declared presentation-only.
#[derive(Component, Default)]
struct Combo(u64);

/// Returns game logic with this system.
fn with<M>(system: impl IntoScheduleConfigs<ScheduleSystem, M> + Clone + Send + Sync + 'static) -> Logic {
    Logic::new(move |app: &mut App| {
        declare(app);
        app.add_systems(TickSchedule, system.clone().in_set(StepSet::Simulate));
    })
}

fn declare(app: &mut App) {
    app.init_resource::<Steps>().state_resource::<Steps>("steps");
    app.presentation_only::<Combo>();
    app.register_required_components::<Player, Combo>();
}

/// Returns whether the world is saved after this tick. It is at the interval of a server, and at
/// the phase that its first world has.
fn is_saved(tick: u32) -> bool {
    tick % 600 == 230
}

/// Runs a world of many players, and a second one. Returns the first difference, and the number of
/// times that the second one started from a saved state.
fn follow(logic: Logic) -> (Option<Divergence>, u32) {
    let config = Crowd::config();
    let mut live = Simulation::with_plugins(config.clone(), logic.clone());
    let parts: Box<[String]> = live.part_names().map(String::from).collect();
    let (mut builder, info) = (
        TicksBuilder::new(parts.len()),
        WorldInfo {
            id: WorldId(1),
            name: "main".to_owned(),
            config,
            logic,
        },
    );
    let context = Arc::new(WorldContext::new(info, parts, "test"));
    let (mut second, metrics) = (ShadowWorld::default(), RecorderMetrics::default());
    let mut output = TickOutput::default();
    for mut input in Crowd::new(1).take(TICKS as usize) {
        live.step(&mut input, &mut output);
        let (tick, result) = (output.tick, Some((output.hash, output.parts.as_slice())));
        builder.push(tick, 0, result, &input).unwrap();
        let mut batches = Vec::new();
        if is_saved(tick.0) || tick.0.is_multiple_of(60) {
            batches.extend(builder.seal().map(|ticks| vec![ticks]));
        }
        if is_saved(tick.0) {
            let mut state = Vec::new();
            live.save(&mut state);
            batches.push(seal_keyframe(tick, 0, &state).unwrap());
        }
        for chunks in batches {
            let batch = Batch::new(&context, chunks, false).unwrap();
            if let Err(divergence) = second.follow(&batch, &metrics) {
                return (Some(divergence), second.starts);
            }
        }
    }
    (None, second.starts)
}

/// Returns the difference that a system causes.
fn found<M>(
    system: impl IntoScheduleConfigs<ScheduleSystem, M> + Clone + Send + Sync + 'static,
) -> Divergence {
    found_in(with(system))
}

fn found_in(logic: Logic) -> Divergence {
    let divergence = follow(logic).0.expect("it is found within 20 seconds");
    assert_eq!(divergence.parts, "steps");
    divergence
}

/// The first start from a saved state comes earlier than the first saved world.
const FIRST: Start = Start::Own(RESTART);

#[test]
fn a_world_that_depends_only_on_its_state_is_the_same_after_each_start() {
    fn count(mut steps: ResMut<Steps>, players: Query<&Seat>) {
        steps.0 += players.iter().count() as u64;
    }
    // After ticks 211, 230, 441, 652, 830 and 1041.
    assert_eq!(follow(with(count)), (None, 6));
}

/// Every interval between saved worlds is a multiple of 10, and so is the first saved tick.
#[test]
fn a_counter_in_a_local_is_found_even_if_its_period_is_that_of_saved_worlds() {
    fn count(mut count: Local<u64>, mut steps: ResMut<Steps>) {
        *count += 1;
        steps.0 += u64::from(count.is_multiple_of(10));
    }
    let found = found(count);
    assert_eq!((found.tick, found.start), (220, FIRST));
}

#[test]
fn a_decision_by_added_is_found() {
    fn welcome(mut steps: ResMut<Steps>, players: Query<(), Added<Player>>) {
        steps.0 += players.iter().count() as u64;
    }
    let found = found(welcome);
    assert_eq!((found.tick, found.start), (RESTART + 1, FIRST));
}

#[test]
fn a_decision_by_changed_is_found() {
    fn count_moves(mut steps: ResMut<Steps>, players: Query<(), Changed<InRoom>>) {
        steps.0 += players.iter().count() as u64;
    }
    let found = found(count_moves);
    assert_eq!((found.tick, found.start), (RESTART + 1, FIRST));
}

/// It is first run in tick 240, in which everything is new to both worlds.
#[test]
fn a_change_that_waits_for_a_run_condition_is_found() {
    fn count_moves(mut steps: ResMut<Steps>, players: Query<(), Changed<InRoom>>) {
        steps.0 += players.iter().count() as u64;
    }
    fn later(clock: Res<Clock>) -> bool {
        clock.tick.0.is_multiple_of(240)
    }
    let found = found_in(Logic::new(|app: &mut App| {
        declare(app);
        app.add_systems(TickSchedule, count_moves.run_if(later).in_set(StepSet::Simulate));
    }));
    assert_eq!((found.tick, found.start), (480, Start::Own(441)));
}

/// Messages about removed components are dropped at the end of a tick. So they carry nothing into a
/// later one, neither in the first world nor in the second.
#[test]
fn removed_components_of_an_earlier_tick_are_not_seen_in_any_world() {
    fn count_leavers(mut steps: ResMut<Steps>, mut left: RemovedComponents<InRoom>, clock: Res<Clock>) {
        if clock.tick.0.is_multiple_of(7) {
            steps.0 += left.read().count() as u64;
        }
    }
    assert_eq!(follow(with(count_leavers)).0, None);
}

#[test]
fn the_index_of_an_entity_in_the_state_is_found() {
    fn smallest(mut steps: ResMut<Steps>, players: Query<Entity, With<Player>>) {
        let least = players.iter().map(Entity::index_u32).min();
        steps.0 = least.unwrap_or_default().into();
    }
    let found = found(smallest);
    assert_eq!((found.tick, found.start), (RESTART + 1, FIRST));
}

#[test]
fn the_remainder_of_the_index_of_an_entity_is_found() {
    fn teams(mut steps: ResMut<Steps>, players: Query<Entity, With<Player>>) {
        steps.0 = players
            .iter()
            .map(|player| u64::from(player.index_u32() % 4))
            .sum();
    }
    assert_eq!(found(teams).start, FIRST);
}

#[test]
fn the_order_of_a_query_is_found() {
    fn first(mut steps: ResMut<Steps>, players: Query<&Player>) {
        steps.0 = players.iter().next().map_or(0, |player| player.id.0.into());
    }
    found(first);
}

#[test]
fn a_presentation_only_component_that_has_an_effect_is_found() {
    fn cash(mut steps: ResMut<Steps>, mut players: Query<&mut Combo>) {
        for mut combo in &mut players {
            combo.0 += 1;
            steps.0 += u64::from(combo.0.is_multiple_of(100));
        }
    }
    assert_ne!(found(cash).start, Start::First);
}

#[test]
fn the_order_of_a_hash_map_is_found() {
    fn any(mut steps: ResMut<Steps>) {
        let map: HashMap<u64, ()> = (0..100).map(|key| (key, ())).collect();
        steps.0 += map.keys().next().copied().unwrap_or_default();
    }
    let found = found(any);
    assert!(found.tick < 60 && found.start == Start::First, "{found:?}");
}

/// Both worlds are in one process, so the second finds what the first has left.
#[test]
fn a_static_that_changes_is_found() {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    fn count(mut steps: ResMut<Steps>) {
        steps.0 = COUNT.fetch_add(1, Ordering::Relaxed).into();
    }
    let found = found(count);
    assert_eq!((found.tick, found.start), (1, Start::First));
}

/// Both worlds are in one process: only a replay in another process can find this.
#[test]
fn a_static_that_is_the_same_for_the_whole_process_is_not_found() {
    static SEED: AtomicU32 = AtomicU32::new(0);
    fn read(mut steps: ResMut<Steps>) {
        steps.0 += u64::from(SEED.load(Ordering::Relaxed));
    }
    SEED.store(std::process::id(), Ordering::Relaxed);
    assert_eq!(follow(with(read)).0, None);
}
