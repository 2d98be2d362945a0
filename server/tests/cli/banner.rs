//! The banner that a server prints once it has started.

use parlour_testing::TemporaryPath;

use crate::process::{ServerProcess, parlour, run};

#[test]
fn the_banner_shows_the_messages_to_type_and_the_time_limit() {
    let server = ServerProcess::start(&[]);
    server.wait_for_line("npx wscat -c ws://127.0.0.1:");
    let line = server.wait_for_line("and type");
    assert_eq!(
        line.trim_start(),
        r#"and type {"hello":{"protocol":1}} within 60 s, then {"join":{"room":"garden"}}"#
    );
    let args = [
        "--handshake-timeout",
        "3s",
        "--listen",
        "0.0.0.0:0",
        "--guests",
        "on",
        "--admin",
        "127.0.0.1:0",
    ];
    let server = ServerProcess::start_command(parlour(&args).stderr(std::process::Stdio::piped()));
    let line = server.wait_for_line("Guests:");
    assert!(line.ends_with("can join without a token"), "{line}");
    let line = server.wait_for_line("and type");
    assert!(line.ends_with(" (or within 3 s from another machine)"), "{line}");
}

#[test]
fn counts_of_one_are_singular() {
    let skins = TemporaryPath::named_file("one-skin.toml", "[[skin]]\nid = \"teal\"\n");
    let (code, out, err) = run(&mut parlour(&["config", "check", "--skins", skins.path()]));
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out, "The configuration is valid: 3 maps, 1 skin.\n");
    let server = ServerProcess::start(&["demo", "--bots", "1"]);
    server.wait_for_line("1, in plaza");
    server.wait_for_line("1 bot is walking around, starting in plaza.");
}
