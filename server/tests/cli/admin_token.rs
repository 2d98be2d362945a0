//! The token of the admin port on the command line.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use parlour_testing::TemporaryPath;

use crate::process::{ServerProcess, parlour, run};

const TOKEN: &str = "correct-horse-battery-staple";

#[test]
fn rooms_uses_the_token_of_the_settings() {
    let file = TemporaryPath::named_file("token", format!("{TOKEN}\n"));
    let server = ServerProcess::start(&["--admin-token-file", file.path()]);
    let admin = server.wait_for_admin_address().to_string();
    let rooms = ["rooms", "--admin", &admin];
    let (code, _, err) = run(&mut parlour(&rooms));
    assert_eq!(code, Some(69), "{err}");
    assert!(
        err.contains("status 401, the admin port needs its token"),
        "{err}"
    );
    let (code, out, err) = run(&mut parlour(
        &[&rooms[..], &["--admin-token-file", file.path()]].concat(),
    ));
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let (code, ..) = run(parlour(&rooms).env("PARLOUR_ADMIN_TOKEN", TOKEN));
    assert_eq!(code, Some(0));
    let (code, _, err) = run(parlour(&rooms).env("PARLOUR_ADMIN_TOKEN", "some-other-token"));
    assert_eq!(code, Some(69), "{err}");
    assert!(err.contains("this is not the token"), "{err}");
    let log = server.stop();
    assert!(!log.contains(TOKEN), "{log}");
}

#[test]
fn an_admin_port_for_everyone_without_a_token_exits_with_78() {
    for command in [&["serve"][..], &["config", "check"]] {
        let args = [command, &["--listen", "127.0.0.1:0", "--admin", "0.0.0.0:7374"]].concat();
        let (code, out, err) = run(parlour(&args).env("PARLOUR_LOG", "off"));
        assert_eq!((code, out.as_str()), (Some(78), ""), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
        assert!(
            err.contains("0.0.0.0:7374") && err.contains("--admin-token-file"),
            "{err}"
        );
    }
    let (code, _, err) = run(&mut parlour(&[
        "config",
        "check",
        "--admin-token-file",
        "/nowhere",
    ]));
    assert_eq!(code, Some(78), "{err}");
    assert!(err.contains("/nowhere") && err.contains("No such file"), "{err}");
}

#[test]
fn the_log_has_the_address_that_a_trusted_proxy_reports() {
    let server = ServerProcess::start(&[
        "--trusted-proxies",
        "127.0.0.1",
        "--log-format",
        "json",
        "--log",
        "info",
    ]);
    let address = server.wait_for_address();
    let get = |path: &str, header: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n{header}\r\n").unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    };
    get("/reported", "x-forwarded-for: 198.51.100.9, 192.0.2.1\r\n");
    get("/direct", "");
    let log = server.stop();
    let from = |path: &str| {
        let line = log.lines().find(|line| line.contains(path)).expect(&log);
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["fields"]["from"].as_str().unwrap().to_owned()
    };
    assert_eq!(from("/reported"), "192.0.2.1");
    assert!(from("/direct").starts_with("127.0.0.1:"), "{log}");
}
