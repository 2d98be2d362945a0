//! Open files: the limit is raised, and a process that has too few of them still answers.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::process::{FREE_PORTS, Running, Temporary};

/// A server that may have so many files open.
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

    fn log(&self) -> String {
        fs::read_to_string(&self.log.0).unwrap()
    }

    fn get(&self, path: &str) -> String {
        ask(
            self.admin,
            &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        )
    }

    /// A client that has said hello, or the answer to one that may not connect.
    fn client(&self) -> Result<TcpStream, String> {
        let mut stream = connect(self.listen);
        stream
            .write_all(
                b"GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                  sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
                  sec-websocket-protocol: parlour.v1.json\r\n\r\n",
            )
            .unwrap();
        let mut answer = Vec::new();
        let mut bytes = [0; 4096];
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read(&mut bytes) {
                Ok(count @ 1..) => answer.extend_from_slice(&bytes[..count]),
                Ok(_) => break,
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

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// The answer to a request, to its end.
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
        server.server.signal(Signal::TERM);
        let log = server.log();
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
    server.server.signal(Signal::TERM);
    assert!(!server.log().contains("WARN"), "{}", server.log());
}

#[test]
fn with_too_few_descriptors_new_clients_get_503_and_everything_else_goes_on() {
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

    // Many that connect and say nothing: they take no more than a few descriptors, and hang nowhere.
    let silent: Vec<TcpStream> = (0..300).map(|_| connect(server.listen)).collect();
    assert!(server.get("/livez").starts_with("HTTP/1.1 200 "));
    assert!(
        server
            .get("/metrics")
            .contains("parlour_rejects_total{class=\"too_few_descriptors\"}")
    );
    // Until ticks are in the history it is empty.
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
    let answer = server.client().map(drop).unwrap_err();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer:?}");

    // Who is inside notices nothing, and who leaves makes room.
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
        // Only pings may have come; an end would be a zero.
        assert!(!matches!(client.read(&mut bytes), Ok(0)));
    }
    drop(again);
    server.server.signal(Signal::TERM);
    let log = server.log();
    let lines = log.lines().filter(|line| line.contains("open files")).count() as u64;
    // One at the start.
    let most = 2 + took.as_secs() + begun.elapsed().as_secs();
    assert!(
        (2..=most).contains(&lines),
        "{lines} lines, at most {most}: {log}"
    );
}
