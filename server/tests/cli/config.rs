//! `parlour config print` and `parlour config check`.

use std::fs;

use parlour_testing::TemporaryPath;

use crate::process::{parlour, run};

#[test]
fn the_printed_configuration_can_be_read_again() {
    let args = ["config", "print", "--seed", "7", "--interest-radius", "all"];
    let (code, first, err) = run(parlour(&args).env("PARLOUR_CAPACITY", "9"));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(first.contains("\nseed = 7 # --seed\n"), "{first}");
    assert!(first.contains("\ncapacity = 9 # PARLOUR_CAPACITY\n"), "{first}");

    let file = TemporaryPath::named_file("print.toml", &first);
    let (code, second, err) = run(&mut parlour(&[
        "config",
        "print",
        "--format",
        "toml",
        "--config",
        file.path(),
    ]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let values = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.split(" # ").next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(values(&first), values(&second));
    assert_eq!(run(&mut parlour(&["config", "check", file.path()])).0, Some(0));
    // The file can be named without a flag, as for `config check`.
    let (code, third, err) = run(&mut parlour(&["config", "print", file.path()]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(second, third);
}

#[test]
fn the_flag_overrides_the_variable_that_names_the_file() {
    let file = TemporaryPath::named_file("named.toml", "seed = 3\n");
    let (_, out, _) = run(parlour(&["config", "print"]).env("PARLOUR_CONFIG", &file.0));
    assert!(out.contains("seed = 3 # "), "{out}");
    let other = TemporaryPath::named_file("other.toml", "seed = 4\n");
    let flag = ["--config", other.path(), "config", "print"];
    let (_, out, _) = run(parlour(&flag).env("PARLOUR_CONFIG", &file.0));
    assert!(out.contains("seed = 4 # "), "{out}");
}

#[test]
fn a_valid_configuration_is_reported_with_its_warnings() {
    let (code, out, err) = run(parlour(&["config", "check"]).env("PARLOUR_SEDE", "1"));
    assert_eq!(code, Some(0));
    assert!(out.starts_with("The configuration is valid: 3 maps, "), "{out}");
    assert!(
        err.contains("warning: PARLOUR_SEDE") && err.contains("`PARLOUR_SEED`"),
        "{err}"
    );
}

#[test]
fn an_unknown_variable_is_reported_once_with_a_suggestion() {
    for args in [&["config", "check"][..], &["config", "print"]] {
        let (code, _, err) = run(parlour(args).env("PARLOUR_LISTN", "127.0.0.1:80"));
        assert_eq!(code, Some(0), "{err}");
        assert_eq!(
            err,
            "parlour: warning: PARLOUR_LISTN: unknown variable; did you mean `PARLOUR_LISTEN`?\n"
        );
    }
}

#[test]
fn a_server_with_an_invalid_log_filter_does_not_start() {
    let args = ["serve", "--listen", "192.0.2.1:1", "--log", "inf"];
    let (code, out, err) = run(&mut parlour(&args));
    assert_eq!((code, out.as_str()), (Some(78), ""), "{err}");
    assert!(err.contains("did you mean `info`?"), "{err}");
}

#[test]
fn flags_before_the_subcommand_are_applied_or_rejected() {
    let (_, out, _) = run(&mut parlour(&["--seed", "7", "config", "print"]));
    assert!(out.contains("seed = 7 # --seed\n"), "{out}");
    let (code, _, err) = run(&mut parlour(&["--seed", "7", "replay", "/nowhere.plr"]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("does not use --seed"), "{err}");
}

#[test]
fn all_mistakes_are_reported_and_the_exit_code_is_78() {
    let file = TemporaryPath::named_file("bad.toml", "sede = 1\ncapacity = 0\n");
    for args in [
        &["config", "check", file.path()][..],
        &["--config", file.path()],
        &["demo", "--config", file.path()],
    ] {
        let (code, out, err) = run(parlour(args).env("PARLOUR_LISTEN", "here"));
        assert_eq!((code, out.as_str()), (Some(78), ""), "{args:?}");
        assert!(
            err.starts_with("parlour: 3 mistakes in the configuration:\n"),
            "{err}"
        );
        for text in ["bad.toml:1: ", "`seed`", "bad.toml:2: ", "PARLOUR_LISTEN: "] {
            assert!(err.contains(text), "{text}\n{err}");
        }
    }
}

#[test]
fn the_check_reports_the_mistakes_of_all_layers_maps_and_skins_in_one_run() {
    let maps = TemporaryPath::missing("no-such-maps");
    let skins = TemporaryPath::named_file("bad-skins.toml", "[[skin]]\nid = \"Teal!\"\n");
    let text = format!("capacity = 0\nmaps = {:?}\n", maps.path());
    let file = TemporaryPath::named_file("all.toml", text);
    let args = [
        "config",
        "check",
        file.path(),
        "--skins",
        skins.path(),
        "--log",
        "inf",
    ];
    let (code, out, err) = run(parlour(&args).env("PARLOUR_LISTEN", "here"));
    assert_eq!((code, out.as_str()), (Some(78), ""), "{err}");
    for text in [
        "parlour: 3 mistakes in the configuration:\n",
        "all.toml:1: capacity must be",
        "PARLOUR_LISTEN: listen must be",
        "--log: log must be",
        "\nparlour: the maps cannot be used:\n",
        "no-such-maps: cannot be read",
        "\nparlour: the skins cannot be used:\n",
        "bad-skins.toml:1: the id",
    ] {
        assert!(err.contains(text), "{text}\n{err}");
    }
    // The exit code is different if the configuration itself has no mistakes.
    let args = ["config", "check", "--skins", skins.path()];
    let (code, _, err) = run(parlour(&args).env("PARLOUR_MAPS", &maps.0));
    assert_eq!(code, Some(65), "{err}");
    assert!(err.starts_with("parlour: the maps cannot be used:\n"), "{err}");
    assert!(err.contains("\nparlour: the skins cannot be used:\n"), "{err}");
}

#[test]
fn the_check_omits_maps_if_a_mistake_may_hide_their_directory() {
    // The broken file may name a directory of maps, unless flags override its settings.
    let file = TemporaryPath::named_file("broken.toml", "bundled_maps = \n");
    let none = ["config", "check", file.path(), "--bundled-maps", "none"];
    for (flags, is_checked) in [(&[][..], false), (&["--maps", "bundled"], true)] {
        let (code, _, err) = run(&mut parlour(&[&none, flags].concat()));
        assert_eq!(code, Some(78), "{err}");
        assert!(err.contains("broken.toml:1: not TOML"), "{err}");
        assert_eq!(err.contains("there is no map to serve"), is_checked, "{err}");
    }
    // A misspelt key may name the directory of maps.
    let file = TemporaryPath::named_file("misspelt.toml", "map = \"maps\"\n");
    let args = ["config", "check", file.path(), "--bundled-maps", "none"];
    let (code, _, err) = run(&mut parlour(&args));
    assert_eq!(code, Some(78), "{err}");
    assert!(
        err.contains("did you mean `maps`?") && !err.contains("there is no map to serve"),
        "{err}"
    );
}

#[test]
fn a_missing_file_is_reported_together_with_other_mistakes() {
    let (code, _, err) = run(&mut parlour(&["--config", "/nowhere.toml", "--seed", "-1"]));
    assert_eq!(code, Some(78));
    assert!(
        err.contains("/nowhere.toml: cannot be read") && err.contains("--seed: "),
        "{err}"
    );
}

#[test]
fn a_map_in_a_different_format_is_reported_by_the_check_and_by_the_start() {
    let directory = TemporaryPath::directory();
    fs::write(directory.0.join("office.tmj"), "{}").unwrap();
    // Without other files, the directory has no maps.
    let (code, out, err) = run(parlour(&["config", "check"]).env("PARLOUR_MAPS", &directory.0));
    assert_eq!((code, out.as_str()), (Some(65), ""), "{err}");
    assert!(
        err.contains("contains no map: only *.tmx") && err.contains("office.tmj: is not read"),
        "{err}"
    );
    let plaza = include_str!("../../../assets/maps/plaza.tmx");
    fs::write(directory.0.join("plaza.tmx"), plaza).unwrap();
    let (code, out, err) = run(parlour(&["config", "check"]).env("PARLOUR_MAPS", &directory.0));
    assert_eq!(code, Some(0), "{out}");
    assert!(
        err.contains("parlour: warning: ") && err.contains("office.tmj: is not read"),
        "{err}"
    );
    // This start fails at once because the address belongs to a different machine.
    let args = ["serve", "--listen", "192.0.2.1:1"];
    let (_, out, err) = run(parlour(&args).env("PARLOUR_MAPS", &directory.0));
    assert!(
        format!("{out}{err}").contains("office.tmj: is not read"),
        "{out}{err}"
    );
}

#[test]
fn mistakes_in_the_keys_of_room_types_do_not_hide_others() {
    let file = TemporaryPath::named_file(
        "types.toml",
        "[room_types.Office]\nmap = 7\n\n[room_types.tag]\nmap = \"plasa\"\ncapasity = 5\ncapacity = 0\n\
         room_empty_after = \"5s\"\ndurable = true\nfallback = \"quizz\"\n[room_types.tag.options]\n\
         capacity = \"2 to 900\"\nrounds = \"9 to 1\"\n\n[room_types]\nquiz = 5\n",
    );
    let expected = [
        ":1: room type \"Office\": the name must be",
        ":2: room type \"Office\": map must be the name of a map",
        ":6: room type \"tag\": unknown key \"capasity\"",
        ":7: room type \"tag\": capacity must be",
        ":16: room_types.quiz must be a section",
        ":5: room type \"tag\": the map \"plasa\" does not exist",
        ":13: room type \"tag\": the option \"rounds\" has a minimum above its maximum",
        ":8: room type \"tag\": is durable, but its empty rooms are removed after 5 s",
        ":10: room type \"tag\": the fallback \"quizz\" belongs to no room type: did you mean `quiz`?",
    ];
    for args in [
        &["config", "check", file.path()][..],
        &["serve", "--listen", "192.0.2.1:1", "--config", file.path()],
    ] {
        let (code, _, err) = run(&mut parlour(args));
        assert_eq!(code, Some(78), "{err}");
        let found: Vec<&str> = err.lines().filter(|line| line.contains(".toml:")).collect();
        assert_eq!(found.len(), expected.len(), "{err}");
        for (line, expected) in found.iter().zip(expected) {
            assert!(line.contains(expected), "{line}\nshould contain\n{expected}");
        }
    }
}
