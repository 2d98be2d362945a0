//! What the command prints when it has started.

use crate::process::{FREE_PORTS, Running, Temporary, parlour, run};

#[test]
fn it_says_what_to_type_by_hand_and_how_soon() {
    let server = Running::start(&FREE_PORTS);
    server.line("npx wscat -c ws://127.0.0.1:");
    let line = server.line("and type");
    assert_eq!(
        line.trim_start(),
        r#"and type {"hello":{"protocol":1}} within 60 s, then {"join":{"room":"garden"}}"#
    );
    let everywhere = ["--listen", "0.0.0.0:0", "--admin", "127.0.0.1:0"];
    let server = Running::start(&[&everywhere[..], &["--handshake-timeout", "3s"]].concat());
    let line = server.line("and type");
    assert!(line.ends_with(" (from other machines within 3 s)"), "{line}");
}

#[test]
fn counts_of_one_are_singular() {
    let skins = Temporary::file("one-skin.toml", "[[skin]]\nid = \"teal\"\n");
    let (code, out, err) = run(&mut parlour(&["config", "check", "--skins", skins.path()]));
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out, "The configuration is good: 3 maps, 1 skin.\n");
    let words = [&["demo", "--bots", "1"], &FREE_PORTS[..]].concat();
    let server = Running::start(&words);
    server.line("1 bot, in the plaza");
    server.line("1 bot walks about, from plaza on.");
}
