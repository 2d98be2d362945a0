//! After a panic, a world names the system that caused it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bevy_app::App;
use bevy_ecs::{prelude::*, schedule::ScheduleLabel};
use parlour_shared::motion::{Position, WallGrid};
use parlour_sim::{SimConfig, Simulation, StepSet, TickSchedule};
use parlour_testing::maps::map;
use parlour_tick::{TickInput, TickOutput};

fn world(logic: impl Fn(&mut App) + Send + Sync + 'static) -> Simulation {
    let square = map(
        "square",
        WallGrid::new(4, 4, 16),
        Position::from_px(20, 20),
        Vec::new(),
    );
    Simulation::with_plugins(SimConfig::new(vec![Arc::new(square)]), move |app: &mut App| {
        logic(app);
    })
}

/// Runs a tick that panics. Returns the system that the world names.
fn failed(mut world: Simulation) -> Option<String> {
    assert_eq!(world.failed_system(), None);
    let step = || world.step(&mut TickInput::default(), &mut TickOutput::default());
    assert!(catch_unwind(AssertUnwindSafe(step)).is_err(), "no panic");
    world.failed_system().map(str::to_owned)
}

/// Runs a tick with this system. Returns the system that the world names.
macro_rules! in_simulate {
    ($system:expr) => {
        failed(world(|app| {
            app.add_systems(TickSchedule, $system.in_set(StepSet::Simulate));
        }))
    };
}

fn explode() {
    panic!("game logic that fails");
}

#[test]
fn the_system_that_panics_is_named() {
    assert_eq!(in_simulate!(explode).as_deref(), Some("failed_system::explode"));
}

#[test]
fn a_system_that_returns_an_error_is_named() {
    fn give_up() -> Result {
        Err("no luck".into())
    }
    let name = in_simulate!(give_up).unwrap();
    assert!(name.ends_with("::give_up"), "{name}");
}

#[test]
fn a_condition_that_panics_is_named() {
    fn is_due() -> bool {
        panic!("a condition that fails")
    }
    fn idle() {}
    let name = in_simulate!(idle.run_if(is_due)).unwrap();
    assert!(name.ends_with("::is_due"), "{name}");
}

#[test]
fn the_system_whose_command_panics_is_named() {
    fn send(mut commands: Commands) {
        commands.queue(|_: &mut World| panic!("a command that fails"));
    }
    let name = in_simulate!(send).unwrap();
    assert!(name.ends_with("::send"), "{name}");
}

#[test]
fn of_a_system_and_the_one_that_runs_it_the_inner_one_is_named() {
    #[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
    struct Inner;

    fn run_inner(world: &mut World) {
        let mut schedule = Schedule::new(Inner);
        schedule.add_systems(explode);
        schedule.run(world);
    }
    assert_eq!(
        in_simulate!(run_inner.ambiguous_with_all()).as_deref(),
        Some("failed_system::explode")
    );
}

#[test]
fn a_panic_that_game_logic_caught_in_an_earlier_step_is_forgotten() {
    fn catch(world: &mut World) {
        let mut schedule = Schedule::default();
        schedule.add_systems(explode);
        let run = AssertUnwindSafe(|| schedule.run(world));
        assert!(catch_unwind(run).is_err(), "no panic");
    }
    let mut careful = world(|app| {
        app.add_systems(TickSchedule, catch.in_set(StepSet::Simulate).ambiguous_with_all());
    });
    careful.step(&mut TickInput::default(), &mut TickOutput::default());
    assert_eq!(careful.failed_system(), None);
    fn other() {
        panic!("a different fault");
    }
    let name = in_simulate!(other).unwrap();
    assert!(name.ends_with("::other"), "{name}");
}
