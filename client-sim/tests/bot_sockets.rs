//! Bots read data however the socket splits it, and notice the end of a stream at any position.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use parlour_client_sim::bots::{self, Plan, Report};
use parlour_shared::{
    close::CloseCode,
    websocket::{OpCode, encode_close, encode_into, handshake::accept_key},
};

const BOTS: u32 = 3;

/// Runs bots against a server that reads each upgrade request, and calls `serve` with the
/// connection and the response that accepts it.
fn run(serve: fn(&mut TcpStream, &[u8])) -> Report {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("bots connect");
            std::thread::spawn(move || {
                let response = response(&mut stream);
                serve(&mut stream, &response);
                // Ignore what the bots send.
                drop(std::io::copy(&mut stream, &mut std::io::sink()));
            });
        }
    });
    let plan = Plan {
        url: format!("ws://{address}"),
        count: BOTS,
        ramp_per_second: 100.0,
        settle: Duration::from_millis(100),
        duration: Some(Duration::from_millis(500)),
        ..Plan::default()
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(bots::run(plan, std::future::pending(), |_| {}))
        .expect("the plan is valid")
}

/// Reads the request and returns the response that accepts it.
fn response(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a whole request");
        request.extend(byte);
    }
    let request = String::from_utf8(request).expect("a request is text");
    let header = |name: &str| {
        let line = request
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.expect("the request has the header").to_owned()
    };
    let (key, protocol) = (header("Sec-WebSocket-Key"), header("Sec-WebSocket-Protocol"));
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n",
        accept_key(&key)
    )
    .into_bytes()
}

fn send(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).expect("bots read");
}

fn close() -> Vec<u8> {
    let mut frame = Vec::new();
    encode_close(&mut frame, CloseCode::TryLater.code(), "", None);
    frame
}

#[track_caller]
fn assert_all_closed_with(report: &Report, code: u16) {
    assert_eq!(report.connect_failures.len(), 0, "{report}");
    let codes: Vec<_> = report
        .disconnects_by_code
        .iter()
        .map(|(&code, &count)| (code, count))
        .collect();
    assert_eq!(codes, [(code, u64::from(BOTS))]);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the sleep lets the bot read each byte before the next one arrives"
)]
fn a_response_may_arrive_byte_by_byte() {
    let report = run(|stream, response| {
        stream.set_nodelay(true).expect("a socket");
        for byte in response.iter().chain(&close()) {
            send(stream, &[*byte]);
            std::thread::sleep(Duration::from_micros(200));
        }
    });
    assert_all_closed_with(&report, CloseCode::TryLater.code());
}

#[test]
fn a_frame_may_arrive_with_the_response() {
    let report = run(|stream, response| send(stream, &[response, &close()].concat()));
    assert_all_closed_with(&report, CloseCode::TryLater.code());
}

#[test]
fn the_end_of_the_stream_may_arrive_with_the_response() {
    let report = run(|stream, response| {
        send(stream, response);
        stream.shutdown(Shutdown::Write).expect("it is open");
    });
    assert_all_closed_with(&report, 1006);
}

#[test]
fn more_data_than_one_read_takes_is_read_completely() {
    let report = run(|stream, response| {
        let mut all = response.to_vec();
        while all.len() < 1 << 20 {
            encode_into(&mut all, OpCode::Pong, &[7; 100], None);
        }
        all.extend(close());
        send(stream, &all);
        stream.shutdown(Shutdown::Write).expect("it is open");
    });
    assert_all_closed_with(&report, CloseCode::TryLater.code());
}

#[test]
fn the_end_of_the_stream_instead_of_a_response_is_a_connect_failure() {
    let report = run(|stream, _| stream.shutdown(Shutdown::Write).expect("it is open"));
    assert_eq!(report.disconnects_by_code.len(), 0, "{report}");
    let failures: Vec<_> = report.connect_failures.values().collect();
    assert_eq!(failures, [&u64::from(BOTS)]);
}

#[test]
fn a_run_ends_even_if_the_server_never_responds() {
    let start = Instant::now();
    let report = run(|_, _| {});
    assert_eq!(report.connected, 0, "{report}");
    assert!(start.elapsed() < Duration::from_secs(5));
}
