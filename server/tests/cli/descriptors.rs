//! The limit of open files: it is raised, and a process with too few descriptors still answers.

use std::{
    fs,
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::process::{FREE_PORTS, Running, Temporary, in_the_test, run};

/// A server with a limit of open files.
struct Limited {
    server: Running,
    listen: SocketAddr,
    admin: SocketAddr,
    log: Temporary,
}

impl Limited {
    fn start(name: &str, soft: u32, hard: u32, words: &[&str]) -> Self {
        let log = Temporary::file(&format!("{name}.log"), "");
        let words = [words, &FREE_PORTS[..]].concat();
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={soft}:{hard}"));
        let file = fs::File::create(&log.0).unwrap();
        let server = Running::start_by(command, Stdio::from(file), &words);
        let address = |what: &str, end: &str| -> SocketAddr {
            let line = server.line(what);
            let (_, address) = line.split_once("://").unwrap();
            address.strip_suffix(end).unwrap().parse().unwrap()
        };
        let (listen, admin) = (address("world ", "/ws"), address("metrics ", "/metrics"));
        Self {
            server,
            listen,
            admin,
            log,
        }
    }

    /// Ends the server, and returns its log.
    fn stop(self) -> String {
        self.server.signal(Signal::TERM);
        assert_eq!(self.server.end().0, Some(0));
        fs::read_to_string(&self.log.0).unwrap()
    }

    fn get(&self, path: &str) -> String {
        ask(
            self.admin,
            &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        )
    }

    /// Connects a client that says hello. Fails with the answer if it may not connect.
    fn client(&self) -> Result<TcpStream, String> {
        let mut stream = connect(self.listen);
        let sent = stream.write_all(
            b"GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                  sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
                  sec-websocket-protocol: parlour.v1.json\r\n\r\n",
        );
        if sent.is_err() {
            return Err(RESET.to_owned());
        }
        let mut answer = Vec::new();
        let mut bytes = [0; 4096];
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read(&mut bytes) {
                Ok(count @ 1..) => answer.extend_from_slice(&bytes[..count]),
                Ok(_) => break,
                // The server did not wait for a request that came late.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Err(RESET.to_owned()),
                Err(error) => panic!("no answer: {error}, after {:?}", String::from_utf8_lossy(&answer)),
            }
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if !answer.starts_with("HTTP/1.1 101 ") {
            return Err(answer);
        }
        let hello = br#"{"hello":{"protocol":1,"name":"you"}}"#;
        // A text frame, with a mask of zeros.
        let mut frame = vec![0x81, 0x80 | u8::try_from(hello.len()).unwrap(), 0, 0, 0, 0];
        frame.extend_from_slice(hello);
        stream.write_all(&frame).unwrap();
        // The welcome: from here on it stays.
        assert!(stream.read(&mut bytes).unwrap() > 0);
        Ok(stream)
    }
}

const RESET: &str = "reset";

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends a request, and returns the whole answer.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_soft_limit_is_raised_and_a_limit_that_is_too_low_is_named() {
    for soft in [64, 256] {
        let server = Limited::start(&format!("soft-{soft}"), soft, 4096, &["--history", "0s"]);
        let limits = fs::read_to_string(format!("/proc/{}/limits", server.server.id())).unwrap();
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max open files"))
            .unwrap();
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>(),
            ["Max", "open", "files", "4096", "4096", "files"]
        );
        let log = server.stop();
        let warnings: Vec<&str> = log.lines().filter(|line| line.contains("WARN")).collect();
        assert_eq!(warnings.len(), 1, "{log}");
        for words in ["4096", "20000", "ulimit -n", "LimitNOFILE=", "--max-connections"] {
            assert!(warnings[0].contains(words), "{words}: {log}");
        }
    }
    let server = Limited::start(
        "enough",
        256,
        4096,
        &["--history", "0s", "--max-connections", "3000"],
    );
    let log = server.stop();
    assert!(!log.contains("WARN"), "{log}");
}

#[test]
fn a_limit_that_leaves_none_for_connections_ends_the_start() {
    let mut command = Command::new("prlimit");
    command.args(["--nofile=24:24", env!("CARGO_BIN_EXE_parlour")]);
    let (code, _, log) = run(in_the_test(&mut command, &FREE_PORTS));
    assert_eq!(code, Some(71), "{log}");
    assert!(
        log.contains("limit of open files is 24") && log.contains("ulimit -n"),
        "{log}"
    );
}

#[test]
fn with_too_few_descriptors_new_clients_get_503_and_everything_else_works() {
    // Its clients answer no pings.
    let words = ["--max-unauthenticated-per-address", "10000", "--heartbeat", "60s"];
    let server = Limited::start("few", 128, 128, &words);
    let begun = Instant::now();
    let mut inside = Vec::new();
    let refused = loop {
        match server.client() {
            Ok(client) => inside.push(client),
            Err(answer) => break answer,
        }
        assert!(inside.len() < 128, "more clients than descriptors");
    };
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused:?}");
    assert!(
        inside.len() >= 40,
        "only {} clients of 128 descriptors",
        inside.len()
    );

    // Many that connect and say nothing: they take no more than a few descriptors, and hang
    // nowhere.
    let silent: Vec<TcpStream> = (0..300).map(|_| connect(server.listen)).collect();
    assert!(server.get("/livez").starts_with("HTTP/1.1 200 "));
    assert!(
        server
            .get("/metrics")
            .contains("parlour_rejects_total{class=\"too_few_descriptors\"}")
    );
    // The history is empty until it has ticks.
    let history = loop {
        let answer = ask(
            server.admin,
            "POST /history HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        );
        if answer.starts_with("HTTP/1.1 200 ") {
            break answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{answer}");
        std::thread::park_timeout(Duration::from_millis(200));
    };
    assert!(history.contains("-asked"), "{history}");
    let answers: Vec<String> = (0..5).map(|_| server.client().map(drop).unwrap_err()).collect();
    assert!(
        answers.iter().any(|answer| answer.starts_with("HTTP/1.1 503 ")),
        "{answers:?}"
    );

    // Connected clients notice nothing, and clients that leave make room.
    let took = begun.elapsed();
    drop((silent, inside.split_off(10)));
    let until = Instant::now() + Duration::from_secs(20);
    let again = loop {
        match server.client() {
            Ok(client) => break client,
            Err(answer) => assert!(Instant::now() < until, "{answer}"),
        }
        std::thread::park_timeout(Duration::from_millis(50));
    };
    for client in &mut inside {
        client.set_nonblocking(true).unwrap();
        let mut bytes = [0; 4096];
        // Only pings may have arrived; the end of the connection would read 0 bytes.
        assert!(!matches!(client.read(&mut bytes), Ok(0)));
    }
    drop(again);
    let log = server.stop();
    let lines = log.lines().filter(|line| line.contains("open files")).count() as u64;
    // One at the start.
    let most = 2 + took.as_secs() + begun.elapsed().as_secs();
    assert!(
        (2..=most).contains(&lines),
        "{lines} lines, at most {most}: {log}"
    );
}

#[test]
fn without_any_descriptor_clients_are_answered_through_a_spare_one() {
    let server = Limited::start("none", 128, 128, &["--history", "0s", "--max-connections", "10"]);
    // Both threads have what they need to run.
    assert!(server.get("/livez").starts_with("HTTP/1.1 200 "));
    drop(server.client().unwrap());
    let open = fs::read_dir(format!("/proc/{}/fd", server.server.id())).unwrap();
    let numbers = open.map(|entry| {
        entry
            .unwrap()
            .file_name()
            .into_string()
            .unwrap()
            .parse::<u32>()
            .unwrap()
    });
    // Descriptors that the test inherited may have higher numbers.
    let highest = numbers.filter(|number| *number < 128).max().unwrap();
    let limit = |soft: u32| {
        let words = [
            format!("--pid={}", server.server.id()),
            format!("--nofile={soft}:128"),
        ];
        assert!(Command::new("prlimit").args(words).status().unwrap().success());
    };
    limit(highest + 1);
    // A lower number may be free.
    let mut inside = Vec::new();
    while let Ok(client) = server.client() {
        inside.push(client);
        assert!(inside.len() < 10);
    }
    let mut answered = 0;
    for _ in 0..10 {
        let answer = server.client().map(drop).unwrap_err();
        if answer.starts_with("HTTP/1.1 503 ") {
            answered += 1;
            assert!(
                answer.contains("\r\ncontent-type: application/problem+json\r\n")
                    && answer.contains("\"class\":\"too_few_descriptors\""),
                "{answer}"
            );
        }
        assert!(server.get("/livez").starts_with("HTTP/1.1 200 "));
    }
    assert!(answered > 0, "no client got an answer");
    limit(128);
    let until = Instant::now() + Duration::from_secs(20);
    while let Err(answer) = server.client() {
        assert!(Instant::now() < until, "{answer}");
    }
    let metrics = server.get("/metrics");
    let errors = metrics
        .lines()
        .find_map(|line| line.strip_prefix("parlour_accept_errors_total "));
    // One or two per connection. A spinning loop would count thousands.
    assert!(errors.unwrap().parse::<u32>().unwrap() <= 100, "{errors:?}");
}
