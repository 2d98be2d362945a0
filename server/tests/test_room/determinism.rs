//! At the end of a test, its inputs run again, and the state must be the same.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU32, Ordering},
};

use parlour::{prelude::*, testing::TestRoom};
use serde::{Deserialize, Serialize};

#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Count(u32);

#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Order(u32);

fn counting(app: &mut App) {
    app.init_resource::<Count>().state_resource::<Count>("count");
}

/// Returns the text of the panic at the end of a test with this logic.
fn failure(plugin: impl Plugin) -> String {
    let mut room = TestRoom::new(plugin);
    room.join("Ada");
    room.join("Bob");
    room.seconds(1);
    let panic = catch_unwind(AssertUnwindSafe(|| drop(room))).expect_err("the check must fail");
    parlour_shared::text::panic_message(&*panic)
}

#[test]
fn good_logic_passes() {
    let mut room = TestRoom::new(|app: &mut App| {
        counting(app);
        let count = |mut count: ResMut<Count>| count.0 += 1;
        app.add_systems(TickSchedule, count.in_set(StepSet::Simulate));
    });
    room.join("Ada");
    room.seconds(1);
    room.check_determinism();
    room.seconds(1);
}

#[test]
fn a_counter_in_a_local_is_found() {
    let text = failure(|app: &mut App| {
        counting(app);
        let count = |mut count: ResMut<Count>, mut ticks: Local<u32>| {
            *ticks += 1;
            count.0 = *ticks;
        };
        app.add_systems(TickSchedule, count.in_set(StepSet::Simulate));
    });
    assert!(
        text.contains("saved and loaded") && text.contains("Local"),
        "{text}"
    );
    assert!(text.contains("count of the world (a resource): "), "{text}");
}

#[test]
fn a_decision_by_added_is_found() {
    let text = failure(|app: &mut App| {
        app.state_component::<Order>("order");
        app.register_required_components::<Player, Order>();
        let count = |mut players: Query<&mut Order, Added<Player>>| {
            players.iter_mut().for_each(|mut order| order.0 += 1);
        };
        app.add_systems(TickSchedule, count.in_set(StepSet::Simulate));
    });
    assert!(
        text.contains("order of Ada: 1, and in the second world 2"),
        "{text}"
    );
}

#[test]
fn a_static_is_found() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let text = failure(|app: &mut App| {
        counting(app);
        let count = |mut count: ResMut<Count>| count.0 = RUNS.fetch_add(1, Ordering::Relaxed);
        app.add_systems(TickSchedule, count.in_set(StepSet::Simulate));
    });
    assert!(text.contains("Even an equal second world differs"), "{text}");
}

#[test]
fn a_system_that_sleeps_too_long_is_found() {
    let text = failure(|app: &mut App| {
        counting(app);
        let count = |mut count: ResMut<Count>, clock: Res<Clock>| {
            if clock.tick.0 == 46 {
                count.0 += 1;
            }
        };
        app.add_systems(TickSchedule, count.in_set(StepSet::Simulate).in_set(MaySleep));
    });
    assert!(text.contains("MaySleep"), "{text}");
}

#[test]
fn the_check_can_be_left_out() {
    let mut room = TestRoom::builder()
        .plugin(|app: &mut App| {
            counting(app);
            let count = |mut count: ResMut<Count>, mut ticks: Local<u32>| {
                *ticks += 1;
                count.0 = *ticks;
            };
            app.add_systems(TickSchedule, count.in_set(StepSet::Simulate));
        })
        .without_determinism_check()
        .build();
    room.join("Ada");
    room.seconds(1);
    assert_eq!(room.resource::<Count>(), &Count(61));
}
