//! A server that cannot start prints one line, and its exit code names the kind of cause.

use std::net::TcpListener;

use parlour_testing::TemporaryPath;

use crate::process::{parlour, run};

/// Runs a command that must fail. Returns the exit code and standard error.
fn failure(args: &[&str]) -> (Option<i32>, String) {
    let (code, out, err) = run(parlour(args).env("PARLOUR_LOG", "off"));
    assert_eq!(out, "", "{err}");
    (code, err)
}

#[test]
fn a_port_in_use_exits_with_69() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (flag, other) in [("--listen", "--admin"), ("--admin", "--listen")] {
        let (code, err) = failure(&[flag, &address, other, "127.0.0.1:0"]);
        assert_eq!(code, Some(69), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
        assert!(
            err.contains(&address) && err.contains("in use") && err.contains(flag),
            "{err}"
        );
    }
}

#[test]
fn an_address_of_a_different_machine_exits_with_69() {
    let (code, err) = failure(&["--listen", "192.0.2.1:7373", "--guests", "on"]);
    assert_eq!(code, Some(69), "{err}");
    assert!(err.contains("--listen") && err.lines().count() == 1, "{err}");
}

#[test]
fn invalid_maps_and_skins_exit_with_65() {
    let skins = TemporaryPath::named_file("skins.toml", "[[skin]]\nid = \"Not An Id\"\n");
    let (code, err) = failure(&["--skins", skins.path()]);
    assert_eq!(code, Some(65), "{err}");
    assert!(err.contains("skins.toml:1: "), "{err}");
    let (code, err) = failure(&["config", "check", "--maps", "/nowhere"]);
    assert_eq!(code, Some(65), "{err}");
    assert!(err.contains("/nowhere: cannot be read"), "{err}");
}

#[test]
fn invalid_arguments_exit_with_2() {
    for args in [
        &["sevre"][..],
        &["--lisen", "x"],
        &["demo", "--bots", "0"],
        &["config"],
        &["--seed"],
    ] {
        let (code, err) = failure(args);
        assert_eq!(code, Some(2), "{args:?}");
        assert!(err.contains("--help"), "{args:?}: {err}");
    }
    assert!(failure(&["--lisen", "x"]).1.contains("--listen"));
    let (_, err) = failure(&["demo", "--bots", "many"]);
    assert!(err.contains("must be a whole number from 1 to 10000"), "{err}");
}
