//! The limit of open files is raised at start, and a server with too few descriptors still answers.

use std::{
    fs,
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    time::Instant,
};

use parlour_testing::{TemporaryPath, eventually};

use crate::{
    process::{FREE_PORTS, ServerProcess, parlour_with_limits, run},
    support::{
        http::{connect, exchange, status_of},
        raw_client::{RawClient, upgrade_request},
    },
};

/// A server with a limit of open files.
struct LimitedServer {
    process: ServerProcess,
    listen: SocketAddr,
    admin: SocketAddr,
    log: TemporaryPath,
}

impl LimitedServer {
    fn start(soft: u32, hard: u32, args: &[&str]) -> Self {
        let log = TemporaryPath::named_file("descriptors.log", "");
        let mut command = parlour_with_limits(soft, hard, &[args, &FREE_PORTS].concat());
        command.stderr(Stdio::from(fs::File::create(&log.0).unwrap()));
        let process = ServerProcess::start_command(&mut command);
        let (listen, admin) = (process.wait_for_address(), process.wait_for_admin_address());
        Self {
            process,
            listen,
            admin,
            log,
        }
    }

    /// Stops the server. Returns its log.
    fn stop(self) -> String {
        self.process.stop();
        fs::read_to_string(&self.log.0).unwrap()
    }

    fn get_admin(&self, path: &str) -> String {
        exchange(
            connect(self.admin),
            &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        )
    }

    fn is_alive(&self) -> bool {
        status_of(&self.get_admin("/livez")) == 200
    }

    /// Connects a client. Returns the answer of the server as an error if it rejects the client, or
    /// an empty text if it resets the connection.
    fn client(&self) -> Result<RawClient, String> {
        let mut stream = connect(self.listen);
        if stream.write_all(&upgrade_request("parlour.v1")).is_err() {
            return Err(String::new());
        }
        let head = read_head_or_reset(&mut stream)?;
        if status_of(&head) != 101 {
            let mut body = String::new();
            // The server may reset the connection after its answer.
            let _ = stream.read_to_string(&mut body);
            return Err(head + &body);
        }
        let mut client = RawClient::after_upgrade(stream, "parlour.v1");
        client.hello("ann");
        Ok(client)
    }
}

/// Reads the head of an answer. Returns what was received as an error if the connection ends first,
/// and an empty text if it is reset.
fn read_head_or_reset(stream: &mut TcpStream) -> Result<String, String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(0) => return Err(String::from_utf8(head).unwrap()),
            Ok(_) => head.push(byte[0]),
            // The server did not wait for a request that arrived late.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Err(String::new()),
            Err(error) => panic!("no answer: {error}, after {:?}", String::from_utf8_lossy(&head)),
        }
    }
    Ok(String::from_utf8(head).unwrap())
}

/// Connects clients until one is rejected. Returns them, and the answer to the rejected one.
fn clients_until_rejected(server: &LimitedServer) -> (Vec<RawClient>, String) {
    let mut clients = Vec::new();
    loop {
        match server.client() {
            Ok(client) => clients.push(client),
            Err(answer) => return (clients, answer),
        }
        assert!(clients.len() < 128, "more clients than descriptors");
    }
}

#[test]
fn the_soft_limit_is_raised_and_a_limit_that_is_too_low_is_reported() {
    for soft in [64, 256] {
        let server = LimitedServer::start(soft, 4096, &["--history", "0s"]);
        let limits = fs::read_to_string(format!("/proc/{}/limits", server.process.id())).unwrap();
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
        for text in ["4096", "20000", "ulimit -n", "LimitNOFILE=", "--max-connections"] {
            assert!(warnings[0].contains(text), "{text}: {log}");
        }
    }
    let log = LimitedServer::start(256, 4096, &["--history", "0s", "--max-connections", "3000"]).stop();
    assert!(!log.contains("WARN"), "{log}");
}

#[test]
fn a_limit_that_leaves_no_descriptors_for_clients_ends_the_start() {
    let (code, _, log) = run(&mut parlour_with_limits(24, 24, &FREE_PORTS));
    assert_eq!(code, Some(71), "{log}");
    assert!(
        log.contains("limit of open files is 24") && log.contains("ulimit -n"),
        "{log}"
    );
}

#[test]
fn with_too_few_descriptors_only_new_clients_are_rejected() {
    // The clients answer no pings.
    let args = ["--max-unauthenticated-per-address", "10000", "--heartbeat", "60s"];
    let server = LimitedServer::start(128, 128, &args);
    let begin = Instant::now();
    let (mut clients, answer) = clients_until_rejected(&server);
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer:?}");
    let count = clients.len();
    assert!(count >= 40, "only {count} clients of 128 descriptors");

    // Silent connections take only a few descriptors and block nothing.
    let silent: Vec<TcpStream> = (0..300).map(|_| connect(server.listen)).collect();
    assert!(server.is_alive());
    let metrics = server.get_admin("/metrics");
    assert!(metrics.contains("parlour_rejects_total{class=\"too_few_descriptors\"}"));
    let write_history = || {
        exchange(
            connect(server.admin),
            "POST /history HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        )
    };
    // A history needs ticks, and the server writes at most one a second.
    let mut answer = String::new();
    eventually("a history is written", || {
        answer = write_history();
        status_of(&answer) == 200
    });
    assert!(answer.contains("-asked"), "{answer}");
    let answers: Vec<String> = (0..5).map(|_| server.client().map(drop).unwrap_err()).collect();
    assert!(
        answers.iter().any(|answer| answer.starts_with("HTTP/1.1 503 ")),
        "{answers:?}"
    );

    // Clients that leave make room for others, and the remaining ones are still connected.
    drop((silent, clients.split_off(10)));
    eventually("a client is accepted", || server.client().is_ok());
    for client in &mut clients {
        client.ping();
    }
    let log = server.stop();
    let lines = log.lines().filter(|line| line.contains("open files")).count() as u64;
    // One line at the start, and at most one in each second.
    let most = 3 + begin.elapsed().as_secs();
    assert!(
        (2..=most).contains(&lines),
        "{lines} lines, at most {most}: {log}"
    );
}

/// Returns the highest number of a descriptor of a process below `limit`.
fn highest_descriptor(process: u32, limit: u32) -> u32 {
    let entries = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let numbers = entries.map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.parse::<u32>().unwrap()
    });
    // Descriptors that the process inherited from the test may have higher numbers.
    numbers.filter(|number| *number < limit).max().unwrap()
}

/// Changes the soft limit of open files of a running process.
fn set_soft_limit(process: u32, soft: u32) {
    let args = [format!("--pid={process}"), format!("--nofile={soft}:128")];
    assert!(Command::new("prlimit").args(args).status().unwrap().success());
}

#[test]
fn without_any_free_descriptor_clients_are_answered_through_a_spare_one() {
    let server = LimitedServer::start(128, 128, &["--history", "0s", "--max-connections", "10"]);
    // All threads have opened the descriptors that they need to run.
    assert!(server.is_alive());
    drop(server.client().unwrap());
    let process = server.process.id();
    set_soft_limit(process, highest_descriptor(process, 128) + 1);
    // Lower numbers may be free.
    let (clients, _) = clients_until_rejected(&server);
    assert!(clients.len() < 10);
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
        assert!(server.is_alive());
    }
    assert!(answered > 0, "no client was answered");
    set_soft_limit(process, 128);
    eventually("a client is accepted", || server.client().is_ok());
    let metrics = server.get_admin("/metrics");
    let errors = metrics
        .lines()
        .find_map(|line| line.strip_prefix("parlour_accept_errors_total "));
    // One or two per connection. A loop that does not wait would count thousands.
    assert!(errors.unwrap().parse::<u32>().unwrap() <= 100, "{errors:?}");
}
