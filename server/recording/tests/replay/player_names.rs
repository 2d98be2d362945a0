//! Finding a player by name: case does not matter if only one name matches.

use parlour_recording::replay::{PlayerQuery, WindowPlayers};
use parlour_testing::SessionActions as _;

use crate::support::{TemporaryPath, replay, ticks, without_events};

/// Returns the names that match `asked` among players with these names.
fn matching(asked: &str, names: &[&str]) -> Vec<String> {
    let mut script = without_events();
    for (nth, name) in names.iter().enumerate() {
        script.at(10).open_as_and_join(nth as u64 + 1, name, "east");
    }
    let file = TemporaryPath::file(&script.record(20));
    let players = WindowPlayers::of(&mut replay(&file), ticks(1, 20)).unwrap();
    let matching = PlayerQuery(asked.into()).among(players.iter());
    matching.into_iter().map(|player| player.name.clone()).collect()
}

#[test]
fn a_name_is_found_in_any_case() {
    for (asked, name) in [
        ("ada", "Ada"),
        ("ADA", "Ada"),
        ("zoË", "Zoë"),
        // Decomposed, as some keyboards and file systems write it.
        ("zoe\u{308}", "Zoë"),
        ("ΟΔΥΣΣΕΥΣ", "Οδυσσευς"),
        ("STRASSE", "Straße"),
        ("δίας", "ΔΊΑΣ"),
        ("иван", "Иван"),
    ] {
        assert_eq!(matching(asked, &[name, "Bob"]), [name], "{asked}");
    }
}

#[test]
fn an_exact_match_of_the_name_is_preferred() {
    assert_eq!(matching("Ada", &["ada", "Ada", "ADA", "Ada"]), ["Ada", "Ada"]);
    assert_eq!(
        matching("ada", &["Ada", "Ada"]),
        ["Ada", "Ada"],
        "two players with one name"
    );
    assert!(matching("ada", &["Ada", "ADA"]).is_empty(), "two names");
    assert!(matching("ad", &["Ada"]).is_empty());
}
