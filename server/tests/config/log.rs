//! The filter of log lines: each part has a level, so a typing mistake never makes the log silent.

use crate::{given, refused};

#[test]
fn each_part_has_a_level_and_a_mistake_is_reported_with_what_was_meant() {
    for (filter, right) in [
        (
            "inf",
            "but \"inf\" is no level (did you mean `info`?); it is \"inf\"",
        ),
        ("verbose", "\"verbose\" is no level (did you mean `debug`?)"),
        ("warning", "\"warning\" is no level (did you mean `warn`?)"),
        ("quiet", "\"quiet\" is no level (did you mean `off`?)"),
        ("6", "\"6\" is no level: levels are off, error, warn"),
        (
            "hyper",
            "\"hyper\" is no level: levels are off, error, warn, info, debug, trace; a target needs one of them, as \
             in `hyper=debug`",
        ),
        (
            "parlour",
            "\"parlour\" has no level (write `parlour=trace` for all lines of it)",
        ),
        (
            "info,parlour_server::edge",
            "\"parlour_server::edge\" has no level (write `parlour_server::edge=trace` for all lines of it)",
        ),
        ("parlour_server=", "has no level (write `parlour_server=trace`"),
        ("parlour_server=inf", "\"inf\" is no level (did you mean `info`?)"),
        (
            "warn,[tick{late=1}]",
            "has no level (write `[tick{late=1}]=trace`",
        ),
        ("=debug", "\"=debug\" has no target"),
        (
            "info,parlour_sever::edge=debug",
            "\"parlour_sever\" is no target of Parlour (did you mean `parlour_server`?)",
        ),
        ("parlour-server=debug", "(did you mean `parlour_server`?)"),
        ("hyper=off", "this writes no line at all"),
        ("hyper=off,tokio=0", "(write \"info,hyper=off,tokio=0\")"),
        ("info,a b=c=d", "is no level"),
        ("[", "has no level"),
        (",", "must be a filter such as info"),
        ("", "must be a filter such as info"),
    ] {
        let lines = refused(None, &[], &[("log", filter)]);
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(
            lines[0].starts_with("--log: log must be a filter such as info") && lines[0].contains(right),
            "{}\nshould contain\n{right}",
            lines[0]
        );
    }
}

#[test]
fn all_wrong_parts_are_reported_at_once_from_each_layer() {
    let expected = "\"inf\" is no level (did you mean `info`?), and \"hypr\" is no level";
    for (file, variables) in [
        (Some("log = \"inf,tokio=warn,hypr\""), vec![]),
        (None, vec![("PARLOUR_LOG", "inf,tokio=warn,hypr")]),
        (None, vec![("RUST_LOG", "inf,tokio=warn,hypr")]),
    ] {
        let lines = refused(file, &variables, &[("capacity", "0")]);
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains(expected)), "{lines:#?}");
    }
}

#[test]
fn correct_filters_are_accepted() {
    for filter in [
        "info",
        "TRACE",
        "off",
        "3",
        "parlour=debug",
        "parlour_s=debug",
        "info,parlour_client_sim=debug",
        "hyper=off,info",
        "warn,parlour_server::edge=trace,tag=5",
        "my_game=debug",
        "parlour_tick=debug",
        "parlour_tag=debug",
        "parlour_sims=debug",
        "harbour=debug",
        "info,[tick]=debug",
        "info,parlour_server[tick{late=1}]=debug",
    ] {
        let settings = given(None, &[], &[("log", filter)]).unwrap().settings;
        assert_eq!(settings.log, filter);
    }
    let spaced = given(None, &[], &[("log", " info , hyper=off, ")]).unwrap();
    assert_eq!(spaced.settings.log, "info,hyper=off");
}
