//! A start that fails: one line of text, and an exit code for the kind of cause.

use std::net::TcpListener;

use crate::process::{Temporary, parlour, run};

/// Returns the exit code and the one line of a server that does not start.
fn refused(words: &[&str]) -> (Option<i32>, String) {
    let (code, out, err) = run(parlour(words).env("PARLOUR_LOG", "off"));
    assert_eq!(out, "", "{err}");
    (code, err)
}

#[test]
fn a_taken_port() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (flag, other) in [("--listen", "--admin"), ("--admin", "--listen")] {
        let (code, err) = refused(&[flag, &address, other, "127.0.0.1:0"]);
        assert_eq!(code, Some(69), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
        assert!(
            err.contains(&address) && err.contains("in use") && err.contains(flag),
            "{err}"
        );
    }
}

#[test]
fn an_address_of_another_machine() {
    let (code, err) = refused(&["--listen", "192.0.2.1:7373"]);
    assert_eq!(code, Some(69), "{err}");
    assert!(err.contains("--listen") && err.lines().count() == 1, "{err}");
}

#[test]
fn maps_and_skins_that_cannot_be_used() {
    let skins = Temporary::file("skins.toml", "[[skin]]\nid = \"Not An Id\"\n");
    let (code, err) = refused(&["--skins", skins.path()]);
    assert_eq!(code, Some(65), "{err}");
    assert!(err.contains("skins.toml:1: "), "{err}");
    let (code, err) = refused(&["config", "check", "--maps", "/nowhere"]);
    assert_eq!(code, Some(65), "{err}");
    assert!(err.contains("/nowhere: cannot be read"), "{err}");
}

#[test]
fn words_that_cannot_be_understood() {
    for words in [
        &["sevre"][..],
        &["--lisen", "x"],
        &["demo", "--bots", "0"],
        &["config"],
        &["--seed"],
    ] {
        let (code, err) = refused(words);
        assert_eq!(code, Some(2), "{words:?}");
        assert!(err.contains("--help"), "{words:?}: {err}");
    }
    assert!(refused(&["--lisen", "x"]).1.contains("--listen"));
}
