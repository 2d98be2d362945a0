//! `parlour config print` and `parlour config check`.

use crate::process::{Temporary, parlour, run};

#[test]
fn the_printed_configuration_can_be_used() {
    let words = ["config", "print", "--seed", "7", "--interest-radius", "all"];
    let (code, first, err) = run(parlour(&words).env("PARLOUR_CAPACITY", "9"));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(first.contains("\nseed = 7 # --seed\n"), "{first}");
    assert!(first.contains("\ncapacity = 9 # PARLOUR_CAPACITY\n"), "{first}");

    let file = Temporary::file("print.toml", &first);
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
    // The file can be named without a flag, as for the check.
    let (code, third, err) = run(&mut parlour(&["config", "print", file.path()]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(second, third);
}

#[test]
fn the_file_is_named_by_flag_or_variable_and_nothing_else() {
    let file = Temporary::file("named.toml", "seed = 3\n");
    let (_, out, _) = run(parlour(&["config", "print"]).env("PARLOUR_CONFIG", &file.0));
    assert!(out.contains("seed = 3 # "), "{out}");
    let other = Temporary::file("other.toml", "seed = 4\n");
    let flag = ["--config", other.path(), "config", "print"];
    let (_, out, _) = run(parlour(&flag).env("PARLOUR_CONFIG", &file.0));
    assert!(out.contains("seed = 4 # "), "{out}");
}

#[test]
fn a_good_configuration_is_reported_as_good() {
    let (code, out, err) = run(parlour(&["config", "check"]).env("PARLOUR_SEDE", "1"));
    assert_eq!(code, Some(0));
    assert!(out.starts_with("The configuration is good: 3 maps, "), "{out}");
    assert!(
        err.contains("warning: PARLOUR_SEDE") && err.contains("`PARLOUR_SEED`"),
        "{err}"
    );
}

#[test]
fn a_warning_about_a_variable_names_it_and_what_was_meant_once() {
    for words in [&["config", "check"][..], &["config", "print"]] {
        let (code, _, err) = run(parlour(words).env("PARLOUR_LISTN", "127.0.0.1:80"));
        assert_eq!(code, Some(0), "{err}");
        assert_eq!(
            err,
            "parlour: warning: PARLOUR_LISTN: unknown variable; did you mean `PARLOUR_LISTEN`?\n"
        );
    }
}

#[test]
fn a_log_filter_that_would_write_nothing_does_not_start() {
    let words = ["serve", "--listen", "192.0.2.1:1", "--log", "inf"];
    let (code, out, err) = run(&mut parlour(&words));
    assert_eq!((code, out.as_str()), (Some(78), ""), "{err}");
    assert!(err.contains("did you mean `info`?"), "{err}");
}

#[test]
fn flags_before_the_command_count_for_every_command() {
    let (_, out, _) = run(&mut parlour(&["--seed", "7", "config", "print"]));
    assert!(out.contains("seed = 7 # --seed\n"), "{out}");
    let (code, _, err) = run(&mut parlour(&["--seed", "7", "replay", "/nowhere.plr"]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("does not use --seed"), "{err}");
}

#[test]
fn every_mistake_is_reported_and_the_code_is_78() {
    let file = Temporary::file("bad.toml", "sede = 1\ncapacity = 0\n");
    for words in [
        &["config", "check", file.path()][..],
        &["--config", file.path()],
        &["demo", "--config", file.path()],
    ] {
        let (code, out, err) = run(parlour(words).env("PARLOUR_LISTEN", "here"));
        assert_eq!((code, out.as_str()), (Some(78), ""), "{words:?}");
        assert!(
            err.starts_with("parlour: 3 mistakes in the configuration:\n"),
            "{err}"
        );
        for piece in ["bad.toml:1: ", "`seed`", "bad.toml:2: ", "PARLOUR_LISTEN: "] {
            assert!(err.contains(piece), "{piece}\n{err}");
        }
    }
}

#[test]
fn the_check_reports_the_mistakes_of_all_layers_and_of_maps_and_skins_in_one_run() {
    let maps = std::env::temp_dir().join("parlour-no-such-maps");
    let skins = Temporary::file("bad-skins.toml", "[[skin]]\nid = \"Teal!\"\n");
    let text = format!("capacity = 0\nmaps = {:?}\n", maps.to_str().unwrap());
    let file = Temporary::file("all.toml", &text);
    let words = [
        "config",
        "check",
        file.path(),
        "--skins",
        skins.path(),
        "--log",
        "inf",
    ];
    let (code, out, err) = run(parlour(&words).env("PARLOUR_LISTEN", "here"));
    assert_eq!((code, out.as_str()), (Some(78), ""), "{err}");
    for piece in [
        "parlour: 3 mistakes in the configuration:\n",
        "all.toml:1: capacity must be",
        "PARLOUR_LISTEN: listen must be",
        "--log: log must be",
        "\nparlour: these maps cannot be used:\n",
        "parlour-no-such-maps: cannot be read",
        "\nparlour: the skins cannot be used:\n",
        "bad-skins.toml:1: the id",
    ] {
        assert!(err.contains(piece), "{piece}\n{err}");
    }
    // Without mistakes of its own, the configuration is not what fails.
    let words = ["config", "check", "--skins", skins.path()];
    let (code, _, err) = run(parlour(&words).env("PARLOUR_MAPS", &maps));
    assert_eq!(code, Some(65), "{err}");
    assert!(err.starts_with("parlour: these maps cannot be used:\n"), "{err}");
    assert!(err.contains("\nparlour: the skins cannot be used:\n"), "{err}");
}

#[test]
fn the_check_omits_maps_that_a_mistake_leaves_unknown() {
    // The broken file may name a directory of maps, unless flags replace its settings.
    let file = Temporary::file("broken.toml", "bundled_maps = \n");
    let none = ["config", "check", file.path(), "--bundled-maps", "none"];
    for (flags, is_checked) in [(&[][..], false), (&["--maps", "bundled"], true)] {
        let (code, _, err) = run(&mut parlour(&[&none, flags].concat()));
        assert_eq!(code, Some(78), "{err}");
        assert!(err.contains("broken.toml:1: not TOML"), "{err}");
        assert_eq!(err.contains("no map is left"), is_checked, "{err}");
    }
    // A misspelt key may be the directory of maps.
    let file = Temporary::file("misspelt.toml", "map = \"maps\"\n");
    let words = ["config", "check", file.path(), "--bundled-maps", "none"];
    let (code, _, err) = run(&mut parlour(&words));
    assert_eq!(code, Some(78), "{err}");
    assert!(
        err.contains("did you mean `maps`?") && !err.contains("no map is left"),
        "{err}"
    );
}

#[test]
fn a_missing_file_is_reported_with_the_other_mistakes() {
    let (code, _, err) = run(&mut parlour(&["--config", "/nowhere.toml", "--seed", "-1"]));
    assert_eq!(code, Some(78));
    assert!(
        err.contains("/nowhere.toml: cannot be read") && err.contains("--seed: "),
        "{err}"
    );
}

#[test]
fn a_map_in_another_format_is_warned_about_by_check_and_start() {
    let directory = Temporary::file("maps-beside", "");
    std::fs::remove_file(&directory.0).unwrap();
    std::fs::create_dir(&directory.0).unwrap();
    std::fs::write(directory.0.join("office.tmj"), "{}").unwrap();
    // Alone, it is a folder without maps.
    let (code, out, err) = run(parlour(&["config", "check"]).env("PARLOUR_MAPS", &directory.0));
    assert_eq!((code, out.as_str()), (Some(65), ""), "{err}");
    assert!(
        err.contains("there is no map in this directory: *.tmx") && err.contains("office.tmj: is not read"),
        "{err}"
    );
    let plaza = include_str!("../../../assets/maps/plaza.tmx");
    std::fs::write(directory.0.join("plaza.tmx"), plaza).unwrap();
    let (code, out, err) = run(parlour(&["config", "check"]).env("PARLOUR_MAPS", &directory.0));
    assert_eq!(code, Some(0), "{out}");
    assert!(
        err.contains("parlour: warning: ") && err.contains("office.tmj: is not read"),
        "{err}"
    );
    // This start fails immediately, because the address is not this machine's.
    let words = ["serve", "--listen", "192.0.2.1:1"];
    let (_, out, err) = run(parlour(&words).env("PARLOUR_MAPS", &directory.0));
    assert!(
        format!("{out}{err}").contains("office.tmj: is not read"),
        "{out}{err}"
    );
    std::fs::remove_dir_all(&directory.0).unwrap();
}
