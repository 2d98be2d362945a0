//! The help names all commands, settings and exit codes.

use parlour::config::settings;

use crate::process::{parlour, run};

/// Runs a command that prints help. Checks the width of the lines and returns the help.
fn help(args: &[&str]) -> String {
    let (code, out, err) = run(&mut parlour(args));
    assert_eq!((code, err.as_str()), (Some(0), ""), "{args:?}");
    assert!(
        out.lines().all(|line| line.chars().count() <= 100),
        "{args:?} has lines that are too long:\n{out}"
    );
    out
}

#[test]
fn the_short_help_names_every_command() {
    let text = help(&["-h"]);
    for command in [
        "serve", "demo", "rooms", "replay", "config", "new", "--listen", "--config",
    ] {
        assert!(text.contains(command), "{command}\n{text}");
    }
    assert!(text.lines().count() < 50, "{text}");
}

#[test]
fn the_long_help_names_every_setting_and_exit_code() {
    for args in [&["--help"][..], &["serve", "--help"], &["help", "serve"]] {
        let text = help(args);
        for setting in settings() {
            assert!(
                text.contains(&format!("--{} <{}>", setting.flag(), setting.form)),
                "{}",
                setting.name
            );
        }
        for text_in_help in [
            "Examples:",
            "Exit codes:",
            "\n   78  ",
            "\n  130  ",
            "PARLOUR_INTEREST_RADIUS",
            "RUST_LOG",
        ] {
            assert!(text.contains(text_in_help), "{args:?}: {text_in_help}");
        }
    }
}

#[test]
fn the_help_of_other_commands_names_the_settings_that_they_use_and_refers_to_serve() {
    for (args, shown) in [
        (
            &["demo", "--help"][..],
            &["listen", "admin", "interest_radius", "record", "log"][..],
        ),
        (&["demo", "-h"], &["listen", "admin", "interest_radius", "log"]),
        (
            &["help", "demo"],
            &["listen", "admin", "interest_radius", "record", "log"],
        ),
        (&["rooms", "--help"], &["admin"]),
        (&["replay", "--help"], &["listen", "admin", "maps"]),
        (&["config", "--help"], &[]),
        (&["config", "print", "--help"], &[]),
        (&["config", "check", "--help"], &[]),
        (&["config", "check", "-h"], &[]),
    ] {
        let text = help(args);
        for setting in settings() {
            let line = format!("--{} <{}>", setting.flag(), setting.form);
            assert_eq!(
                text.contains(&line),
                shown.contains(&setting.name),
                "{args:?}: {line}\n{text}"
            );
        }
        assert!(text.contains("`parlour serve --help`"), "{args:?}\n{text}");
        assert!(text.contains("--config <FILE>"), "{args:?}\n{text}");
    }
}

#[test]
fn the_help_of_each_command_has_examples() {
    for args in [
        &["demo", "--help"][..],
        &["rooms", "--help"],
        &["replay", "--help"],
        &["new", "--help"],
        &["config", "print", "--help"],
        &["config", "check", "--help"],
    ] {
        assert!(help(args).contains("Examples:\n"), "{args:?}");
    }
    assert!(help(&["demo", "--help"]).contains("--bots <NUMBER>"));
    let config = help(&["config", "--help"]);
    assert!(config.contains("print") && config.contains("check"), "{config}");
}

#[test]
fn the_version_is_one_line_with_the_commit() {
    let version = help(&["--version"]);
    assert_eq!(version, format!("parlour {}\n", parlour::BUILD));
    let plain = format!("parlour {}", env!("CARGO_PKG_VERSION"));
    let suffix = version.trim_end().strip_prefix(&plain).unwrap();
    let is_checkout = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.git")).exists();
    if is_checkout && option_env!("PARLOUR_BUILD").is_none() {
        let commit = suffix.strip_prefix('+').unwrap().trim_end_matches("-dirty");
        assert!(commit.len() >= 12, "{version}");
        // HEAD may have moved since the build, so any commit of this repository is accepted.
        let cat_file = std::process::Command::new("git")
            .args(["-C", env!("CARGO_MANIFEST_DIR"), "cat-file", "-e"])
            .arg(format!("{commit}^{{commit}}"))
            .status();
        assert!(cat_file.unwrap().success(), "{version}");
    }
}
