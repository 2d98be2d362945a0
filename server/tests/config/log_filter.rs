//! Each part of the log filter needs a level, so that a typing mistake cannot silence the log.

use crate::{configure, errors};

#[test]
fn a_part_without_a_valid_level_is_reported_with_a_suggestion() {
    for (filter, expected) in [
        ("inf", "but \"inf\" is not a log level (did you mean `info`?)"),
        (
            "verbose",
            "\"verbose\" is not a log level (did you mean `debug`?)",
        ),
        ("warning", "\"warning\" is not a log level (did you mean `warn`?)"),
        ("quiet", "\"quiet\" is not a log level (did you mean `off`?)"),
        ("6", "\"6\" is not a log level; valid levels are off, error, warn"),
        (
            "hyper",
            "\"hyper\" is not a log level; valid levels are off, error, warn, info, debug, trace; if it is a target, \
             add a level, as in `hyper=debug`",
        ),
        (
            "parlour",
            "\"parlour\" has no level (write `parlour=trace` to log everything from this target)",
        ),
        (
            "info,parlour::edge",
            "\"parlour::edge\" has no level (write `parlour::edge=trace` to log everything from this target)",
        ),
        ("parlour=", "has no level (write `parlour=trace`"),
        ("parlour=inf", "\"inf\" is not a log level (did you mean `info`?)"),
        (
            "warn,[tick{late=1}]",
            "has no level (write `[tick{late=1}]=trace`",
        ),
        ("=debug", "\"=debug\" has no target before the `=`"),
        (
            "info,parlour_shard::view=debug",
            "\"parlour_shard\" is not a log target of Parlour (did you mean `parlour_shared`?)",
        ),
        ("parlour-shared=debug", "(did you mean `parlour_shared`?)"),
        ("hyper=off", "this disables all logging"),
        ("hyper=off,tokio=0", "(did you mean \"info,hyper=off,tokio=0\"?)"),
        ("info,a b=c=d", "is not a log level"),
        ("[", "has no level"),
        (",", "must be a filter such as info"),
        ("", "must be a filter such as info"),
    ] {
        let lines = errors(None, &[], &[("log", filter)]);
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(
            lines[0].starts_with("--log: log must be a filter such as info") && lines[0].contains(expected),
            "{}\nshould contain\n{expected}",
            lines[0]
        );
    }
}

#[test]
fn all_invalid_parts_are_reported_together_in_every_layer() {
    let expected = "\"inf\" is not a log level (did you mean `info`?), and \"hypr\" is not a log level";
    for (file, variables) in [
        (Some("log = \"inf,tokio=warn,hypr\""), vec![]),
        (None, vec![("PARLOUR_LOG", "inf,tokio=warn,hypr")]),
        (None, vec![("RUST_LOG", "inf,tokio=warn,hypr")]),
    ] {
        let lines = errors(file, &variables, &[("capacity", "0")]);
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains(expected)), "{lines:#?}");
    }
}

#[test]
fn valid_filters_are_accepted() {
    for filter in [
        "info",
        "TRACE",
        "off",
        "3",
        "parlour=debug",
        "parlour_s=debug",
        "info,parlour_client_sim=debug",
        "hyper=off,info",
        "warn,parlour::edge=trace,tag=5",
        "my_game=debug",
        "parlour_tick=debug",
        "parlour_tag=debug",
        "parlour_sims=debug",
        "harbour=debug",
        "info,[tick]=debug",
        "info,parlour[tick{late=1}]=debug",
    ] {
        let settings = configure(None, &[], &[("log", filter)]).unwrap().settings;
        assert_eq!(settings.log, filter);
    }
    let with_spaces = configure(None, &[], &[("log", " info , hyper=off, ")]).unwrap();
    assert_eq!(with_spaces.settings.log, "info,hyper=off");
}
