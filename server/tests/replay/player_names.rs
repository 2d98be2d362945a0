//! `parlour replay` finds players by name in any case.

use parlour_testing::SessionActions as _;

use crate::support::{TemporaryPath, parlour, story, without_events};

#[test]
fn the_case_of_a_name_does_not_matter_in_any_command() {
    let file = TemporaryPath::file(&story().record(300));
    let (code, out, err) = parlour(&[file.path(), "--follow", "ada"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(out, parlour(&[file.path(), "--follow", "Ada"]).1);
    for what in ["players", "rooms", "chat", "commands"] {
        let show = |name| parlour(&[file.path(), "--dump", what, "--player", name]);
        assert_eq!(show("aDA"), show("Ada"), "{what}");
    }
    let (code, _, err) = parlour(&[file.path(), "--follow", "ada", "--to", "t5"]);
    assert_eq!(code, Some(64));
    assert!(
        err.contains("Ada (session 1) is present in ticks 10 to 300"),
        "{err}"
    );
}

#[test]
fn a_name_that_matches_two_names_in_other_cases_is_not_found() {
    let mut script = without_events();
    script.at(10).open_as_and_join(1, "Ada", "plaza");
    script.at(11).open_as_and_join(2, "ADA", "plaza");
    let file = TemporaryPath::file(&script.record(60));
    let (code, _, err) = parlour(&[file.path(), "--follow", "ada"]);
    assert_eq!(
        (code, err.as_str()),
        (
            Some(64),
            "parlour: no player \"ada\" in the recording; present: ADA, Ada\n"
        )
    );
}
