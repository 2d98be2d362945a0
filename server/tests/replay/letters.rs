//! A player's name in other letters: upper and lower case do not matter where one name is meant.

use parlour_recording::replay::PlayerQuery;
use parlour_testing::SessionActions as _;

use crate::support::{Recorded, Temporary, parlour, replay, story, ticks};

/// The names of those who are meant, of players with these names.
fn among(asked: &str, names: &[&str]) -> Vec<String> {
    let mut script = Recorded::default();
    for (nth, name) in names.iter().enumerate() {
        script.at(10).arrive(nth as u64 + 1, name, "plaza");
    }
    let file = Temporary::file(&script.record(20));
    let people = parlour_recording::replay::WindowPlayers::of(&mut replay(&file), ticks(1, 20)).unwrap();
    let meant = PlayerQuery(asked.into()).among(people.iter());
    meant.into_iter().map(|who| who.name.clone()).collect()
}

#[test]
fn a_name_is_found_in_any_case() {
    for (asked, name) in [
        ("ada", "Ada"),
        ("ADA", "Ada"),
        ("zoË", "Zoë"),
        // As some keyboards and file systems compose it.
        ("zoe\u{308}", "Zoë"),
        ("ΟΔΥΣΣΕΥΣ", "Οδυσσευς"),
        ("STRASSE", "Straße"),
        ("δίας", "ΔΊΑΣ"),
        ("иван", "Иван"),
    ] {
        assert_eq!(among(asked, &[name, "Bob"]), [name], "{asked}");
    }
}

#[test]
fn the_name_as_it_is_written_goes_first() {
    assert_eq!(among("Ada", &["ada", "Ada", "ADA", "Ada"]), ["Ada", "Ada"]);
    assert_eq!(
        among("ada", &["Ada", "Ada"]),
        ["Ada", "Ada"],
        "one name of two players"
    );
    assert!(among("ada", &["Ada", "ADA"]).is_empty(), "two names");
    assert!(among("ad", &["Ada"]).is_empty());
}

#[test]
fn the_command_takes_it_everywhere() {
    let file = Temporary::file(&story().record(300));
    let (code, out, err) = parlour(&[file.path(), "--follow", "ada"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(out, parlour(&[file.path(), "--follow", "Ada"]).1);
    for what in ["players", "rooms", "chat", "commands"] {
        let show = |whom| parlour(&[file.path(), "--dump", what, "--player", whom]);
        assert_eq!(show("aDA"), show("Ada"), "{what}");
    }
    let (code, _, err) = parlour(&[file.path(), "--follow", "ada", "--to", "t5"]);
    assert_eq!(code, Some(64));
    assert!(err.contains("Ada (session 1) is in ticks 10 to 300"), "{err}");
}

#[test]
fn of_two_such_names_none_is_chosen() {
    let mut script = Recorded::default();
    script.at(10).arrive(1, "Ada", "plaza");
    script.at(11).arrive(2, "ADA", "plaza");
    let file = Temporary::file(&script.record(60));
    let (code, _, err) = parlour(&[file.path(), "--follow", "ada"]);
    assert_eq!(
        (code, err.as_str()),
        (Some(64), "parlour: \"ada\" is not in it; there are ADA, Ada\n")
    );
}
