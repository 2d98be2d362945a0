//! `parlour rooms`, and room types in the configuration file.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use parlour_testing::{TemporaryPath, eventually};

use crate::process::{ServerProcess, parlour, run};

#[test]
fn the_worlds_of_a_running_server_are_printed() {
    let file = TemporaryPath::named_file(
        "types.toml",
        "[room_types.office]\nmap = \"lobby\"\n[room_types.tag]\nmap = \"plaza\"\nown_world = true\n",
    );
    let server = ServerProcess::start(&["--config", file.path()]);
    server.wait_for_line("is serving the maps garden, lobby and plaza, with the room types office and tag.");
    let clients = server.wait_for_address().to_string();
    let admin = server.wait_for_admin_address().to_string();
    let rooms = |more: &[&str]| run(&mut parlour(&[&["rooms", "--admin", &admin], more].concat()));
    eventually("the main world is listed", || {
        let (code, out, err) = rooms(&[]);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        let mut lines = out.lines();
        lines.next().unwrap().starts_with("WORLD  ")
            && lines
                .next()
                .is_some_and(|line| line.starts_with("main   -     running"))
            && out.ends_with("\n\nNo rooms.\n")
    });
    let (_, out, _) = rooms(&["--json"]);
    let node: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(node["worlds"][0]["name"], "main");
    let (code, _, err) = run(&mut parlour(&["rooms", "--admin", &clients]));
    assert_eq!(code, Some(69), "{err}");
    assert!(
        err.starts_with(&format!(
            "parlour: {clients} is the port for clients (the setting listen)"
        )),
        "{err}"
    );
    server.stop();
}

#[test]
fn without_a_server_the_error_says_what_to_do() {
    // Nothing listens on a port that was just free.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, out, err) = run(&mut parlour(&["rooms", "--admin", &free.to_string()]));
    assert_eq!((code, out.as_str()), (Some(69), ""));
    assert!(
        err.starts_with(&format!("parlour: no server answers at {free}: ")) && err.contains("--admin"),
        "{err}"
    );
}

#[test]
fn a_different_program_on_the_port_is_reported() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let answers = thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        // Without this, the system resets the connection, because there is unread data.
        let mut request = [0; 1024];
        assert!(stream.read(&mut request).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n<html>").unwrap();
    });
    let (code, _, err) = run(&mut parlour(&["rooms", "--admin", &address]));
    answers.join().unwrap();
    assert_eq!(code, Some(69), "{err}");
    assert!(
        err.contains(&format!("{address} answers, but not like Parlour: ")),
        "{err}"
    );
}

#[test]
fn the_check_reports_mistakes_in_room_types_with_their_lines() {
    let file = TemporaryPath::named_file(
        "types.toml",
        "[room_types.office]\nmap = \"loby\"\n\n[room_types.tag]\n",
    );
    let (code, _, err) = run(&mut parlour(&["config", "check", file.path()]));
    assert_eq!(code, Some(78), "{err}");
    assert!(
        err.starts_with("parlour: 2 mistakes in the room types:\n"),
        "{err}"
    );
    for text in [
        "types.toml:2: room type \"office\": the map \"loby\"",
        "`lobby`",
        "types.toml:4: room type \"tag\": no map",
    ] {
        assert!(err.contains(text), "{text}\n{err}");
    }
    // The server reports the same.
    let (code, _, again) = run(&mut parlour(&["--config", file.path()]));
    assert_eq!(code, Some(78), "{again}");
    assert!(again.contains("2 mistakes in the room types:"), "{again}");
    // A mistake elsewhere does not hide them.
    let (code, _, err) = run(&mut parlour(&["config", "check", file.path(), "--seed", "x"]));
    assert_eq!(code, Some(78), "{err}");
    assert!(
        err.contains("--seed: ") && err.contains("2 mistakes in the room types:"),
        "{err}"
    );
    let valid = TemporaryPath::named_file("types.toml", "[room_types.office]\nmap = \"lobby\"\n");
    let (code, out, err) = run(&mut parlour(&["config", "check", valid.path()]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("3 maps, 1 room type, "), "{out}");
}
