//! Results that need no rerun: the same recordings, different inputs, different worlds.

use bevy_app::App;
use parlour_recording::{
    format::Recording,
    replay::{
        Replay,
        diff::{Difference, diff_with_rerun},
    },
};
use parlour_shared::{
    message::{ClientMessage, Move, MoveHeading},
    motion::Direction,
};
use parlour_sim::Logic;
use parlour_testing::{SessionActions as _, TemporaryPath};
use parlour_tick::EventKind;

use crate::support::{TICKS, compare, config, inputs, logic, record, record_named, record_on, script};

fn plain() -> Logic {
    logic(|_: &mut App| ())
}

#[test]
fn equal_recordings_are_the_same() {
    let logic = plain();
    let one = record("same-one", &config(), &logic, &inputs());
    let other = record("same-other", &config(), &logic, &inputs()[..170]);
    let found = compare(&config(), &logic, [&one, &other]);
    let (from, to, last) = (1, 170, [TICKS, 170]);
    assert_eq!(found, Difference::Same { from, to, last });
    assert!(found.is_same());
}

#[test]
fn a_loaded_world_continues_the_same() {
    let logic = plain();
    let one = record("loaded-one", &config(), &logic, &inputs());
    let other = record_on("loaded-other", &logic, &one, 60);
    let found = compare(&config(), &logic, [&one, &other]);
    let (from, to, last) = (61, TICKS, [TICKS; 2]);
    assert_eq!(found, Difference::Same { from, to, last });
}

#[test]
fn inputs_that_differ_are_reported() {
    let logic = plain();
    let mut script = script();
    let command = Move {
        heading: MoveHeading::sprint(Direction::North),
        ..Move::default()
    };
    let message = ClientMessage::Move(command);
    script
        .at(100)
        .event(3, EventKind::Message { early: -15, message });
    let one = record("inputs-one", &config(), &logic, &inputs());
    let other = record("inputs-other", &config(), &logic, &script.inputs(TICKS));
    let Difference::Inputs(found) = compare(&config(), &logic, [&one, &other]) else {
        panic!("the inputs differ");
    };
    assert_eq!(found.tick, 100);
    let [session] = found.sessions.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((session.session, session.order), (3, false));
    assert_eq!(session.player.as_ref().unwrap().name, "Cleo");
    assert_eq!(session.room.as_deref(), Some("square"));
    assert!(session.only_one.is_empty());
    assert_eq!(
        session.only_other,
        ["sprint north (move 0, -1.5 ms before the deadline)"]
    );
    assert!(
        found.components.iter().any(|part| part == "motion"),
        "{:?}",
        found.components
    );
}

#[test]
fn a_different_order_of_inputs_is_reported_as_such() {
    let logic = plain();
    let turns = |directions: [Direction; 2]| {
        let mut script = script();
        directions
            .into_iter()
            .for_each(|direction| script.at(99).walk(2, direction));
        script.inputs(TICKS)
    };
    let (north, east) = (Direction::North, Direction::East);
    let one = record("order-one", &config(), &logic, &turns([north, east]));
    let other = record("order-other", &config(), &logic, &turns([east, north]));
    let Difference::Inputs(found) = compare(&config(), &logic, [&one, &other]) else {
        panic!("the inputs differ");
    };
    assert_eq!(found.tick, 99);
    assert_eq!(found.sessions.len(), 1);
    assert!(found.sessions[0].order);
}

#[test]
fn worlds_with_different_rules_are_not_compared() {
    let logic = plain();
    let mut other_config = config();
    other_config.seed = 6;
    other_config.rules.capacity = 7;
    let one = record("rules-one", &config(), &logic, &inputs());
    let other = record("rules-other", &other_config, &logic, &inputs());
    let Difference::Headers { headers } = compare(&config(), &logic, [&one, &other]) else {
        panic!("the headers differ");
    };
    let mut names: Vec<&str> = headers.iter().map(|header| header.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["rules.capacity", "seed"]);
}

#[test]
fn worlds_that_differ_only_in_their_names_are_compared() {
    let logic = plain();
    let one = record_named("named-one", "tag.1", &config(), &logic, &inputs());
    let other = record_named("named-other", "tag.2", &config(), &logic, &inputs());
    assert!(compare(&config(), &logic, [&one, &other]).is_same());
    let alone = record("named-alone", &config(), &logic, &inputs());
    assert!(compare(&config(), &logic, [&one, &alone]).is_same());
}

#[test]
fn the_report_of_different_worlds_starts_with_their_names() {
    let logic = plain();
    let mut other_config = config();
    other_config.seed = 6;
    let one = record_named("apart-named", "tag.1", &config(), &logic, &inputs());
    let other = record("apart-alone", &other_config, &logic, &inputs());
    let report = compare(&config(), &logic, [&one, &other]).to_string();
    let expected = "different worlds: they were made with different options (the first | the other)\n  \
                    world: \"tag.1\" | (none)\n  seed: \"5\" | \"6\"\n";
    assert!(report.starts_with(expected), "{report}");
}

#[test]
fn a_recording_keeps_the_name_of_its_world_when_it_is_recorded_again() {
    let logic = plain();
    let one = record_named("again-one", "main", &config(), &logic, &inputs());
    let again = TemporaryPath::missing("again.plr");
    let open = |path| Replay::open(path, &config().maps, logic.clone()).unwrap();
    open(&one.path).record_again(&again.0, "this program").unwrap();
    assert_eq!(Recording::open(&again.0).unwrap().header().world, "main");
    let found = diff_with_rerun(&mut open(&one.path), &mut open(&again.0)).unwrap();
    assert!(found.is_same(), "{found}");
}

#[test]
fn recordings_without_a_common_tick_are_apart() {
    let logic = plain();
    let one = record("apart-one", &config(), &logic, &inputs()[..100]);
    let whole = record("apart-whole", &config(), &logic, &inputs());
    let other = record_on("apart-other", &logic, &whole, 120);
    let found = compare(&config(), &logic, [&one, &other]);
    let ticks = [Some((1, 100)), Some((121, TICKS))];
    assert_eq!(found, Difference::Apart { ticks });
}
