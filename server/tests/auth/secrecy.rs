//! A token appears in no echo, log, recording, history or export.

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use parlour_shared::{
    limits::PROTOCOL,
    message::{Authenticate, ClientMessage, Hello, Join, ServerMessage},
};

use crate::{
    support::{
        http::{self, read_head},
        raw_client::RawClient,
    },
    tokens::{directory, welcome},
};

/// Each token of this test contains this text.
const MARKER: &str = "SecretMarkerOfThisTest";

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn hello(token: Option<String>) -> ClientMessage {
    ClientMessage::Hello(Hello {
        protocol: PROTOCOL,
        token,
        ..Hello::default()
    })
}

#[test]
fn a_token_is_found_nowhere() {
    let directory = directory("secrecy");
    let key = parlour::auth::DevelopmentKey::generate().unwrap();
    std::fs::write(directory.join("dev.jwk"), key.to_jwk()).unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_parlour"))
        .args([
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--log",
            "trace",
            "--token-in-query",
            "on",
        ])
        .args([
            "--record",
            "recordings",
            "--token-keys",
            "dev.jwk",
            "--history-dir",
            "histories",
        ])
        .current_dir(&directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = server.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        log.read_to_end(&mut bytes).map(|_| bytes)
    });
    let mut out = server.stdout.take().unwrap();
    let mut banner = Vec::new();
    while !contains(&banner, "Ctrl-C") {
        let mut byte = [0];
        out.read_exact(&mut byte).expect("a banner");
        banner.push(byte[0]);
    }
    let banner = String::from_utf8(banner).unwrap();
    let after = |text: &str| {
        let rest = &banner[banner.find(text).unwrap() + text.len()..];
        rest[..rest.find('/').unwrap()].parse().unwrap()
    };
    let (public, admin) = (after("ws://"), after("metrics  http://"));

    let token = format!(
        "{}.{}",
        MARKER,
        key.sign(
            &parlour::auth::NewToken::of_user("ada"),
            std::time::SystemTime::now()
        )
        .unwrap()
    );
    let good = key
        .sign(
            &parlour::auth::NewToken::of_user("ada"),
            std::time::SystemTime::now(),
        )
        .unwrap();
    let signature = good.rsplit('.').next().unwrap().to_owned();
    let mut received = Vec::new();
    // Refused: in the hello of both protocols, in malformed hellos, and in the upgrade.
    for protocol in ["parlour.v1", "parlour.v1.json"] {
        let mut client = RawClient::upgrade(http::connect(public), protocol);
        client.send(&hello(Some(token.clone())));
        received.extend(client.close_code_and_reason().1.into_bytes());
    }
    for text in [
        format!("{{\"hello\":{{\"protocol\":\"{token}\"}}}}"),
        format!("{{\"hello\":{{\"protocol\":1,\"{token}\":1}}}}"),
        format!("{{\"{token}\":1}}"),
        format!("{{\"hello\":{{\"protocol\":1,\"token\":[\"{token}\"]}}}}"),
        token.clone(),
    ] {
        let mut client = RawClient::upgrade(http::connect(public), "parlour.v1.json");
        client.send_text(&text);
        received.extend(client.close_code_and_reason().1.into_bytes());
    }
    let upgrade = |target: &str, protocols: &str, headers: &str| {
        let mut stream = http::connect(public);
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: {protocols}\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let head = read_head(&mut stream);
        (head, RawClient::after_upgrade(stream, "parlour.v1"))
    };
    for (target, protocols, headers) in [
        (
            "/ws".to_owned(),
            format!("parlour.v1, parlour.token.{token}"),
            String::new(),
        ),
        ("/ws".to_owned(), format!("parlour.token.{token}"), String::new()),
        (
            "/ws".to_owned(),
            "parlour.v1".to_owned(),
            format!("authorization: Bearer {token}\r\n"),
        ),
        (
            "/ws".to_owned(),
            format!("parlour.v1, parlour.token.{token}"),
            format!("authorization: Bearer {token}\r\n"),
        ),
        (
            format!("/ws?token={token}"),
            "parlour.v1".to_owned(),
            String::new(),
        ),
    ] {
        let (head, mut client) = upgrade(&target, &protocols, &headers);
        let is_upgraded = head.starts_with("HTTP/1.1 101");
        received.extend(head.into_bytes());
        if is_upgraded {
            client.send(&hello(None));
            received.extend(client.close_code_and_reason().1.into_bytes());
        }
    }
    let ticket =
        format!("POST /api/tickets HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n");
    received.extend(http::exchange(http::connect(public), &ticket).into_bytes());
    // Accepted: the signature of the token is the secret part.
    let mut client = RawClient::upgrade(http::connect(public), "parlour.v1.json");
    client.send(&hello(Some(good.clone())));
    welcome(&mut client);
    client.send(&ClientMessage::Join(Join::room(1, "plaza")));
    client.wait_for(|message| matches!(message, ServerMessage::RoomEntered(_)).then_some(()));
    for token in [good, token] {
        client.send(&ClientMessage::Authenticate(Authenticate { request: 2, token }));
        client.answer();
    }
    let history = "POST /history HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    received.extend(http::exchange(http::connect(admin), history).into_bytes());
    let worlds = "GET /worlds HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    received.extend(http::exchange(http::connect(admin), worlds).into_bytes());
    drop(client);
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&server),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    assert!(server.wait().unwrap().success());
    let log = log.join().unwrap().unwrap();
    out.read_to_end(&mut received).unwrap();

    let mut places = vec![
        ("what clients received".to_owned(), received),
        ("the log".to_owned(), log),
    ];
    let mut found = Vec::new();
    files(&directory.join("recordings"), &mut found);
    files(&directory.join("histories"), &mut found);
    assert!(!found.is_empty(), "there are recordings");
    for path in found {
        for what in ["--dump=commands", "--dump=players", "--export"] {
            let exported = Command::new(env!("CARGO_BIN_EXE_parlour"))
                .arg("replay")
                .arg(&path)
                .arg(what)
                .output()
                .unwrap();
            places.push((
                format!("{what} of {}", path.display()),
                [exported.stdout, exported.stderr].concat(),
            ));
        }
        places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
    }
    for (place, bytes) in places {
        assert!(
            !contains(&bytes, MARKER),
            "{place} has the token: {}",
            String::from_utf8_lossy(&bytes)
        );
        assert!(!contains(&bytes, &signature), "{place} has the signature");
    }
}
