//! If game logic uses a type without declaring it, the world panics with the line to add.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_app::App;
use bevy_ecs::{
    error::{BevyError, ErrorContext, FallbackErrorHandler},
    prelude::*,
};
use parlour_sim::{
    ActionOn, Answer, Chance, FromPlayer, Objects, Owners, PathSearches, Player, RoomListings, RoomStates,
    Simulation, SimulationApp, Space, StepSet, TickSchedule, TimerRang, Timers, ToPlayers, Walk,
};
use parlour_testing::plaza;
use parlour_tick::{TickInput, TickOutput};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Ghost;

#[derive(Clone, Serialize, Deserialize)]
struct Alarm;

#[derive(Resource, Serialize, Deserialize)]
struct Speed(f32);

#[derive(Message)]
struct Boo;

#[derive(Resource, Default, Serialize, Deserialize)]
struct Score(u32);

#[derive(Component, Default, Serialize, Deserialize)]
struct Lamp(u32);

/// Returns the panic message of making a world with these systems, and that of its first tick. A
/// message is empty if there was no panic.
fn panics(add: impl Fn(&mut App) + Send + Sync + 'static) -> (String, String) {
    let text = |panic: Box<dyn std::any::Any + Send>| *panic.downcast::<String>().unwrap();
    let made = catch_unwind(AssertUnwindSafe(|| Simulation::with_plugins(plaza(), add)));
    let mut sim = match made {
        Ok(sim) => sim,
        Err(panic) => return (text(panic), String::new()),
    };
    let step = || sim.step(&mut TickInput::default(), &mut TickOutput::default());
    let ticked = catch_unwind(AssertUnwindSafe(step));
    (String::new(), ticked.map_or_else(text, |()| String::new()))
}

fn at_start(add: impl Fn(&mut App) + Send + Sync + 'static) -> String {
    panics(add).0
}

fn in_the_first_tick(add: impl Fn(&mut App) + Send + Sync + 'static) -> String {
    let (at_start, in_tick) = panics(add);
    assert_eq!(at_start, "");
    in_tick
}

/// A plugin with these systems.
macro_rules! systems {
    ($systems:expr) => {
        |app: &mut App| _ = app.add_systems(TickSchedule, $systems.in_set(StepSet::Simulate))
    };
}

fn haunt(_: MessageWriter<ToPlayers<Ghost>>) {}
fn be_haunted(_: MessageReader<FromPlayer<Ghost>>, _: MessageWriter<Answer<Ghost>>) {}

#[test]
fn an_undeclared_message_to_players_panics_at_the_start() {
    assert_eq!(
        at_start(systems!(haunt)),
        "message undeclared::Ghost is used but not declared: call \
         app.client_message::<undeclared::Ghost>(\"name\") in the plugin that adds the system undeclared::haunt"
    );
}

#[test]
fn an_undeclared_message_from_players_is_reported_once() {
    assert_eq!(
        at_start(systems!(be_haunted)),
        "message undeclared::Ghost is used but not declared: call \
         app.player_message::<undeclared::Ghost>(\"name\") in the plugin that adds the system undeclared::be_haunted"
    );
}

#[test]
fn all_undeclared_messages_are_reported_together() {
    let text = at_start(systems!((haunt, be_haunted)));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].contains("app.client_message::<"), "{text}");
    assert!(lines[1].contains("app.player_message::<"), "{text}");
}

#[test]
fn a_message_that_is_only_added_to_bevy_is_undeclared() {
    let add = |app: &mut App| {
        app.add_message::<ToPlayers<Ghost>>();
        app.add_systems(TickSchedule, haunt.in_set(StepSet::Simulate));
    };
    assert!(at_start(add).contains("app.client_message::<undeclared::Ghost>(\"name\")"));
}

#[test]
fn undeclared_messages_in_options_conditions_and_exclusive_systems_are_found() {
    fn with_option(_: Option<MessageWriter<ToPlayers<Ghost>>>) {}
    fn with_world(
        _: &mut World,
        _: &mut bevy_ecs::system::SystemState<MessageWriter<'static, ToPlayers<Ghost>>>,
    ) {
    }
    fn condition(_: MessageReader<FromPlayer<Ghost>>) -> bool {
        false
    }
    for text in [
        at_start(systems!(with_option)),
        at_start(systems!(haunt.run_if(|| false))),
        at_start(systems!(with_world.after(Walk))),
    ] {
        assert!(
            text.contains("app.client_message::<undeclared::Ghost>(\"name\")"),
            "{text}"
        );
    }
    let text = at_start(systems!((|| ()).run_if(condition)));
    assert!(
        text.contains("app.player_message::<undeclared::Ghost>(\"name\")"),
        "{text}"
    );
}

#[test]
fn a_missing_message_between_systems_is_reported_with_its_system() {
    fn hear(_: MessageReader<Boo>) {}
    fn shout(_: MessageWriter<Boo>) {}
    for (text, system) in [
        (in_the_first_tick(systems!(hear)), "hear"),
        (in_the_first_tick(systems!(shout)), "shout"),
    ] {
        assert!(text.starts_with("system undeclared::"), "{text}");
        assert!(
            text.ends_with(&format!(
                "::{system} cannot run: message undeclared::Boo does not exist: call \
                 app.add_message::<undeclared::Boo>() in the plugin that adds it"
            )),
            "{text}"
        );
    }
}

#[test]
fn a_missing_resource_is_reported_with_its_system() {
    fn count(_: ResMut<Score>) {}
    fn show(_: Res<Score>) {}
    fn enough(_: Res<Score>) -> bool {
        true
    }
    for (text, system) in [
        (in_the_first_tick(systems!(count)), "count"),
        (in_the_first_tick(systems!(show)), "show"),
        (in_the_first_tick(systems!((|| ()).run_if(enough))), "enough"),
    ] {
        let begin = "::a_missing_resource_is_reported_with_its_system::";
        assert!(text.contains(&format!("{begin}{system} cannot run: ")), "{text}");
        assert!(
            text.ends_with(
                "resource undeclared::Score does not exist: call app.insert_resource(..) or \
                 app.init_resource::<undeclared::Score>() in the plugin that adds it, and declare it there with \
                 app.state_resource::<undeclared::Score>(\"name\") or app.presentation_only::<undeclared::Score>()"
            ),
            "{text}"
        );
    }
}

#[test]
fn undeclared_resources_and_components_are_reported_with_the_line_to_add() {
    let resource = in_the_first_tick(|app| _ = app.init_resource::<Score>());
    assert_eq!(
        resource,
        "resource undeclared::Score is neither part of the state nor declared presentation-only: call \
         app.state_resource::<undeclared::Score>(\"name\") or app.presentation_only::<undeclared::Score>() in the \
         plugin that adds it"
    );
    let component = in_the_first_tick(|app| {
        app.world_mut().spawn(Lamp(1));
    });
    assert!(
        component.starts_with("component undeclared::Lamp is neither"),
        "{component}"
    );
    assert!(
        component.contains("app.state_component::<undeclared::Lamp>(\"name\")"),
        "{component}"
    );
    assert!(component.contains("replicate"), "{component}");
}

#[test]
fn an_undeclared_action_is_reported_once() {
    fn be_poked(_: MessageReader<ActionOn<Ghost>>, _: MessageWriter<Answer<Ghost>>) {}
    assert_eq!(
        at_start(systems!(be_poked)),
        format!(
            "message undeclared::Ghost is used but not declared: call \
             app.player_action::<undeclared::Ghost>(\"name\", reach) in the plugin that adds the system {}",
            std::any::type_name_of_val(&be_poked)
        )
    );
}

#[test]
fn undeclared_timers_panic_at_the_start() {
    fn set(_: Timers<Alarm>) {}
    fn ring(_: MessageReader<TimerRang<Alarm>>) {}
    for text in [at_start(systems!(set)), at_start(systems!(ring))] {
        assert!(
            text.starts_with(
                "message undeclared::Alarm of timers is used but not declared: call \
                 app.timer_message::<undeclared::Alarm>(\"name\") in the plugin that adds the system undeclared::"
            ),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn room_state_without_a_reserved_key_panics_at_the_start() {
    fn write(_: RoomStates) {}
    let text = at_start(systems!(write));
    assert!(
        text.starts_with("RoomStates is used but not declared: call app.owns_state(\"prefix\")"),
        "{text}"
    );
}

#[test]
fn paths_that_nobody_follows_panic_at_the_start() {
    fn slow_down(_: ResMut<PathSearches>) {}
    let text = at_start(systems!(slow_down.before(Walk)));
    assert!(
        text.starts_with("PathSearches is used but not declared: call app.follow_paths(2_000)"),
        "{text}"
    );
}

#[test]
fn parameters_that_every_world_has_need_no_declaration() {
    fn all(_: Space, _: Chance, _: RoomListings) {}
    fn spawn(_: Objects, _: Owners) {}
    let add = systems!((all, spawn).chain().after(Walk));
    assert_eq!(panics(add), (String::new(), String::new()));
}

#[test]
fn a_float_in_the_state_names_its_type_and_an_alternative() {
    let text = in_the_first_tick(|app| {
        app.insert_resource(Speed(1.5)).state_resource::<Speed>("speed");
    });
    assert!(
        text.starts_with("undeclared::Speed: the state must not contain floats"),
        "{text}"
    );
    assert!(text.contains("use an integer of a smaller unit"), "{text}");
}

#[test]
fn two_declarations_of_one_type_or_name_are_reported() {
    let twice = at_start(|app| {
        app.state_resource::<Score>("one").presentation_only::<Score>();
    });
    assert!(
        twice.starts_with("undeclared::Score is declared twice: keep one of its calls of state_component"),
        "{twice}"
    );
    let same_name = at_start(|app| {
        app.state_resource::<Score>("one").state_component::<Lamp>("one");
    });
    assert!(
        same_name.contains("the name one is already used by another part of the state: choose"),
        "{same_name}"
    );
    let message = at_start(|app| {
        app.client_message::<Ghost>("ghost")
            .client_message::<Ghost>("spirit");
    });
    assert!(
        message.contains("is declared twice: keep one call of app.client_message"),
        "{message}"
    );
}

#[test]
fn a_plugin_that_is_added_twice_is_named() {
    struct Tag;
    impl bevy_app::Plugin for Tag {
        fn build(&self, _: &mut App) {}
    }
    let text = at_start(|app| _ = app.add_plugins(Tag).add_plugins(Tag));
    assert!(text.contains("Tag") && text.contains("already added"), "{text}");
}

#[test]
fn other_errors_and_the_error_handler_of_a_plugin_are_unchanged() {
    fn fail() -> Result {
        Err("no luck".into())
    }
    let text = in_the_first_tick(systems!(fail));
    assert!(text.contains("no luck"), "{text}");
    assert!(!text.contains("cannot run"), "{text}");

    fn ignore(_: BevyError, _: ErrorContext) {}
    let text = in_the_first_tick(move |app| {
        app.insert_resource(FallbackErrorHandler(ignore));
        app.add_systems(TickSchedule, fail.in_set(StepSet::Simulate));
    });
    assert_eq!(text, "");
}

#[test]
fn declared_types_cause_no_error() {
    let add = |app: &mut App| {
        app.client_message::<Ghost>("ghost")
            .player_message::<Ghost>("ghost");
        app.replicate::<Lamp>("lamp").init_resource::<Score>();
        app.state_resource::<Score>("score");
        app.register_required_components::<Player, Lamp>();
        app.add_systems(TickSchedule, (haunt, be_haunted).in_set(StepSet::Simulate));
    };
    assert_eq!(panics(add), (String::new(), String::new()));
}
