//! Help reads well, and names everything there is.

use parlour_server::config::settings;

use crate::process::{parlour, run};

fn help(words: &[&str]) -> String {
    let (code, out, err) = run(&mut parlour(words));
    assert_eq!((code, err.as_str()), (Some(0), ""), "{words:?}");
    assert!(
        out.lines().all(|line| line.chars().count() <= 100),
        "{words:?} has lines that are too long:\n{out}"
    );
    out
}

#[test]
fn the_short_help_names_every_command() {
    let text = help(&["-h"]);
    for command in ["serve", "demo", "replay", "config", "--listen", "--config"] {
        assert!(text.contains(command), "{command}\n{text}");
    }
    assert!(text.lines().count() < 50, "{text}");
}

#[test]
fn the_long_help_names_every_setting_and_exit_code() {
    for words in [&["--help"][..], &["serve", "--help"], &["help", "serve"]] {
        let text = help(words);
        for setting in settings() {
            assert!(
                text.contains(&format!("--{} <{}>", setting.flag(), setting.form)),
                "{}",
                setting.name
            );
        }
        for piece in [
            "Examples:",
            "Exit codes:",
            "\n   78  ",
            "\n  130  ",
            "PARLOUR_INTEREST_RADIUS",
            "RUST_LOG",
        ] {
            assert!(text.contains(piece), "{words:?}: {piece}");
        }
    }
}

#[test]
fn other_commands_show_the_settings_that_they_use_and_say_where_the_rest_is() {
    for (words, shown) in [
        (
            &["demo", "--help"][..],
            &["listen", "admin", "interest_radius", "record", "log"][..],
        ),
        (&["demo", "-h"], &["listen", "admin", "interest_radius", "log"]),
        (
            &["help", "demo"],
            &["listen", "admin", "interest_radius", "record", "log"],
        ),
        (&["replay", "--help"], &["listen", "admin", "maps"]),
        (&["config", "--help"], &[]),
        (&["config", "print", "--help"], &[]),
        (&["config", "check", "--help"], &[]),
        (&["config", "check", "-h"], &[]),
    ] {
        let text = help(words);
        for setting in settings() {
            let line = format!("--{} <{}>", setting.flag(), setting.form);
            assert_eq!(
                text.contains(&line),
                shown.contains(&setting.name),
                "{words:?}: {line}\n{text}"
            );
        }
        assert!(text.contains("`parlour serve --help`"), "{words:?}\n{text}");
        assert!(text.contains("--config <FILE>"), "{words:?}\n{text}");
    }
}

#[test]
fn each_command_has_examples() {
    for words in [
        &["demo", "--help"][..],
        &["replay", "--help"],
        &["config", "print", "--help"],
        &["config", "check", "--help"],
    ] {
        assert!(help(words).contains("Examples:\n"), "{words:?}");
    }
    assert!(help(&["demo", "--help"]).contains("--bots <NUMBER>"));
    let config = help(&["config", "--help"]);
    assert!(config.contains("print") && config.contains("check"), "{config}");
}

#[test]
fn the_version_is_one_line_and_names_the_commit() {
    let version = help(&["--version"]);
    assert_eq!(version, format!("parlour {}\n", parlour_server::BUILD));
    let plain = format!("parlour {}", env!("CARGO_PKG_VERSION"));
    let commit = version.trim_end().strip_prefix(&plain).unwrap();
    let is_checkout = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.git")).exists();
    if is_checkout && option_env!("PARLOUR_BUILD").is_none() {
        let commit = commit.strip_prefix('+').unwrap().trim_end_matches("-dirty");
        assert!(commit.len() >= 12, "{version}");
        // HEAD may have moved since the build: the commit only has to be one of this repository.
        let known = std::process::Command::new("git")
            .args(["-C", env!("CARGO_MANIFEST_DIR"), "cat-file", "-e"])
            .arg(format!("{commit}^{{commit}}"))
            .status();
        assert!(known.unwrap().success(), "{version}");
    }
}
