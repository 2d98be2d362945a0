//! A world names the systems of its game logic whose parameters know something that is not part of
//! the state.

use bevy_app::App;
use bevy_ecs::{
    prelude::{Component, IntoScheduleConfigs, Query, ResMut, Resource, With},
    system::{ParamSet, SystemParam},
};
use parlour_sim::{
    Added, Changed, HiddenState, Local, Player, RemovedComponents, Simulation, SimulationApp, Skin, StepSet,
    TickSchedule, Walk,
};
use parlour_testing::plaza;
use serde::{Deserialize, Serialize};

/// Memory of a system.
#[derive(Default)]
struct Scratch(Vec<u32>);

#[derive(Component, Default, Serialize, Deserialize)]
struct Score(u32);

#[derive(Resource, Default, Serialize, Deserialize)]
struct Steps(u32);

#[derive(SystemParam)]
struct Nested<'w, 's> {
    scratch: Local<'w, 's, Scratch>,
}

fn count(mut count: Local<u32>, mut steps: ResMut<Steps>) {
    *count += 1;
    steps.0 = *count;
}

fn welcome(mut players: Query<&mut Score, (With<Player>, Added<Player>)>) {
    for mut score in &mut players {
        score.0 = 1;
    }
}

type Dressed<'w, 's> = Query<'w, 's, &'static mut Score, Changed<Skin>>;

fn dress(mut both: ParamSet<(Dressed, Query<&Score>)>) {
    for mut score in &mut both.p0() {
        score.0 += 1;
    }
}

fn farewell(mut left: RemovedComponents<Player>, mut nested: Nested) {
    nested.scratch.0.clear();
    nested.scratch.0.extend(left.read().map(|_| 1));
}

fn honest(mut steps: ResMut<Steps>, players: Query<&Score, With<Player>>) {
    steps.0 += players.iter().count() as u32;
}

fn sometimes(mut asked: Local<bool>) -> bool {
    std::mem::replace(&mut *asked, true)
}

/// Returns what a world with game logic finds.
fn found(logic: impl Fn(&mut App) + Send + Sync + 'static) -> Vec<HiddenState> {
    let add = move |app: &mut App| {
        app.init_resource::<Steps>().state_resource::<Steps>("steps");
        app.replicate::<Score>("score");
        logic(app);
    };
    Simulation::with_plugins(plaza(), add).hidden_state()
}

fn simulate<M>(app: &mut App, systems: impl IntoScheduleConfigs<bevy_ecs::system::ScheduleSystem, M>) {
    app.add_systems(TickSchedule, systems.in_set(StepSet::Simulate).before(Walk));
}

fn all_systems(app: &mut App) {
    simulate(app, (count, welcome, dress, farewell, honest).chain());
}

#[test]
fn each_system_is_named_with_its_parameter() {
    let names: Vec<(String, String)> = found(all_systems)
        .into_iter()
        .map(|found| (found.system.unwrap_or_default(), found.parameter))
        .collect();
    let expected = [
        ("count", "Local<u32>"),
        ("dress", "Changed<Skin>"),
        ("farewell", "Local<Scratch>"),
        ("farewell", "RemovedComponents<Player>"),
        ("welcome", "Added<Player>"),
    ];
    let expected = expected.map(|(system, of)| (format!("hidden_state::{system}"), of.to_owned()));
    assert_eq!(names, expected);
}

#[test]
fn a_world_without_such_game_logic_finds_nothing() {
    assert_eq!(found(|app| simulate(app, honest)), []);
    assert_eq!(Simulation::new(plaza()).hidden_state(), []);
}

#[test]
fn the_text_says_why_and_what_to_write() {
    let found = found(all_systems);
    let text = |parameter: &str| {
        let found = found.iter().find(|found| found.parameter == parameter);
        found.map(ToString::to_string).unwrap_or_default()
    };
    assert_eq!(
        text("Local<u32>"),
        "the system hidden_state::count has the parameter Local<u32>: its content is not saved, so in a replay, or after \
         a restart of the world, it is at its default. Instead, keep the value in a resource that is declared with \
         app.state_resource, or in a component that is declared with app.state_component. If no later tick depends on \
         it, call app.allow_hidden_state(\"hidden_state::count\", \"the reason\") in the plugin"
    );
    for (parameter, words) in [
        ("Added<Player>", ["everything was just added", "RoomEvent"]),
        (
            "Changed<Skin>",
            ["everything was just changed", "a value in the state"],
        ),
        (
            "RemovedComponents<Player>",
            ["forgotten at the end of a tick", "RoomEvent"],
        ),
    ] {
        let text = text(parameter);
        assert!(words.iter().all(|words| text.contains(words)), "{text}");
    }
}

#[test]
fn a_system_or_a_parameter_that_is_allowed_keeps_its_reason() {
    let found = found(|app| {
        all_systems(app);
        app.allow_hidden_state("count", "of tests");
        app.allow_hidden_state("hidden_state::dress", "of the skin");
        app.allow_hidden_state("Local<Scratch>", "cleared in each tick");
        // Not the end of a path.
        app.allow_hidden_state("come", "never");
    });
    let allowed: Vec<(String, Option<&str>)> = found
        .iter()
        .map(|found| (found.parameter.clone(), found.allowed))
        .collect();
    let expected = [
        ("Local<u32>", Some("of tests")),
        ("Changed<Skin>", Some("of the skin")),
        ("Local<Scratch>", Some("cleared in each tick")),
        ("RemovedComponents<Player>", None),
        ("Added<Player>", None),
    ];
    assert_eq!(allowed, expected.map(|(of, why)| (of.to_owned(), why)));
    let text = found[0].to_string();
    assert!(
        text.ends_with("Local<u32>, which game logic allows: of tests"),
        "{text}"
    );
}

#[test]
fn a_run_condition_is_found_without_its_name() {
    let found = found(|app| simulate(app, honest.run_if(sometimes)));
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].system.as_deref(), found[0].parameter.as_str()),
        (None, "Local<bool>")
    );
    let text = found[0].to_string();
    assert!(
        text.starts_with("a run condition or an exclusive system has the parameter Local<bool>: "),
        "{text}"
    );
}

/// The marks must not keep a filter from finding anything.
#[test]
fn the_filters_find_what_was_added_in_the_tick() {
    let mut world = Simulation::with_plugins(plaza(), |app: &mut App| {
        app.init_resource::<Steps>().state_resource::<Steps>("steps");
        app.replicate::<Score>("score");
        app.register_required_components::<Player, Score>();
        simulate(app, welcome);
    });
    let mut input = parlour_tick::TickInput::default();
    let session = parlour_shared::ids::SessionId(1);
    let arrival = parlour_tick::Arrival::new(parlour_shared::ids::PlayerId(7), "Ada".into());
    let kind = parlour_tick::EventKind::Arrive(arrival);
    input.events = vec![parlour_tick::Event { session, kind }];
    world.step(&mut input, &mut parlour_tick::TickOutput::default());
    let player = world.player(session).expect("the session is open");
    assert_eq!(world.world().get::<Score>(player).map(|score| score.0), Some(1));
}
