//! The PROXY protocol: each connection from a trusted proxy begins with a header, and the header of
//! nobody else is believed.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use parlour::ServerOptions;
use parlour_testing::eventually;

use crate::support::{
    http::{self, GET_INDEX, status_of},
    raw_client::RawClient,
    test_server::{TestServer, start_with},
};

const FAULTS: &str = "parlour_rejects_total{class=\"proxy_header\"}";
const ANN: &str = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n";
const BOB: &str = "PROXY TCP4 192.0.2.2 198.51.100.7 56324 443\r\n";

/// Starts a server behind a proxy on this machine, which admits one connection without hello from
/// each address.
fn start(change: impl FnOnce(&mut ServerOptions)) -> TestServer {
    start_with(|options| {
        options.edge.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        options.edge.proxy_protocol = true;
        options.edge.max_unauthenticated_per_address = 1;
        change(options);
    })
}

/// Opens a connection and sends these bytes.
fn connect(server: &TestServer, bytes: impl AsRef<[u8]>) -> TcpStream {
    let mut stream = server.connect();
    stream.write_all(bytes.as_ref()).unwrap();
    stream
}

/// Returns a header of version 2 for a client with this IPv4 address.
fn binary(command: u8, client: [u8; 4]) -> Vec<u8> {
    let fixed = [b"\r\n\r\n\0\r\nQUIT\n".as_slice(), &[command, 0x11, 0, 12]].concat();
    [&fixed[..], &client, &[198, 51, 100, 7, 0x80, 0, 1, 187]].concat()
}

fn index(server: &TestServer, header: impl AsRef<[u8]>) -> u16 {
    status_of(&http::exchange(connect(server, header), GET_INDEX))
}

/// Waits until the server has closed the connection. Returns what it sent.
fn end(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

#[test]
fn limits_apply_to_the_client_in_the_header() {
    let server = start(|_| {});
    let _ann = RawClient::upgrade(connect(&server, ANN), "parlour.v1");
    assert_eq!(index(&server, ANN), 429);
    assert_eq!(index(&server, binary(0x21, [192, 0, 2, 1])), 429);
    assert_eq!(index(&server, BOB), 200);
    assert_eq!(index(&server, binary(0x21, [192, 0, 2, 3])), 200);
    // Only proxies may report other clients in the headers of HTTP.
    let request = GET_INDEX.replace("host:", "x-forwarded-for: 192.0.2.4\r\nhost:");
    let answer = http::exchange(connect(&server, ANN), &request);
    assert_eq!(status_of(&answer), 429, "{answer}");
}

#[test]
fn the_client_of_a_proxy_behind_a_proxy_is_in_the_headers_of_http() {
    let server = start(|options| options.edge.trusted_proxies.push("192.0.2.1".parse().unwrap()));
    let header = ("x-forwarded-for", "203.0.113.5");
    let _idle = RawClient::upgrade_with_headers(connect(&server, ANN), "parlour.v1", &[header]);
    let request = GET_INDEX.replace("host:", "x-forwarded-for: 203.0.113.5\r\nhost:");
    assert_eq!(status_of(&http::exchange(connect(&server, ANN), &request)), 429);
    assert_eq!(index(&server, ANN), 200);
}

#[test]
fn a_header_may_arrive_in_pieces_and_together_with_the_request() {
    let server = start(|_| {});
    for header in [ANN.as_bytes().to_vec(), binary(0x21, [192, 0, 2, 1])] {
        let mut stream = server.connect();
        stream.set_nodelay(true).unwrap();
        let bytes = [&header[..], GET_INDEX.as_bytes()].concat();
        let (first, rest) = bytes.split_at(header.len() - 3);
        for byte in first {
            stream.write_all(&[*byte]).unwrap();
        }
        stream.write_all(rest).unwrap();
        let answer = String::from_utf8(end(stream)).unwrap();
        assert_eq!(status_of(&answer), 200, "{answer}");
    }
}

#[test]
fn health_checks_of_the_proxy_are_answered() {
    let server = start(|_| {});
    let idle: Vec<TcpStream> = (0..3).map(|_| connect(&server, binary(0x20, [0; 4]))).collect();
    server.await_metric("parlour_unauthenticated_connections", 3.0);
    assert_eq!(index(&server, binary(0x20, [0; 4])), 200);
    assert_eq!(index(&server, "PROXY UNKNOWN\r\n"), 200);
    // A check that only opens the port is no fault.
    drop((idle, server.connect()));
    server.await_metric("parlour_unauthenticated_connections", 0.0);
    assert_eq!(server.metric(FAULTS), 0.0);
}

#[test]
fn a_connection_without_a_valid_header_is_closed() {
    let server = start(|_| {});
    let long = format!("PROXY UNKNOWN {}", "x".repeat(200));
    for (nth, bytes) in [
        GET_INDEX.as_bytes(),
        b"PROXY TCP4 192.0.2.1\r\n",
        long.as_bytes(),
        &binary(0x21, [1, 2, 3, 4]).repeat(2)[4..],
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(end(connect(&server, bytes)), b"", "no response");
        server.await_metric(FAULTS, nth as f64 + 1.0);
    }
}

#[test]
fn a_slow_header_is_cut_off_at_the_time_limit_of_the_handshake() {
    let server = start(|options| options.edge.handshake_timeout = Duration::from_millis(300));
    let begin = Instant::now();
    let mut half = connect(&server, &ANN[..20]);
    assert_eq!(half.read(&mut [0; 8]).unwrap_or(0), 0);
    assert!(
        begin.elapsed() >= Duration::from_millis(300),
        "{:?}",
        begin.elapsed()
    );
    server.await_metric("parlour_rejects_total{class=\"handshake_timeout\"}", 1.0);
    // The header and the request have one time limit.
    let begun = Instant::now();
    end(connect(&server, format!("{ANN}GET / HTTP/1.1\r\n")));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_header_of_a_peer_that_is_not_trusted_ends_the_connection() {
    let nobody = start(|options| options.edge.trusted_proxies.clear());
    let off = start(|options| options.edge.proxy_protocol = false);
    for server in [nobody, off] {
        for header in [ANN.as_bytes().to_vec(), binary(0x21, [192, 0, 2, 1])] {
            let before = server.metric(FAULTS);
            let answer = end(connect(&server, [&header[..], GET_INDEX.as_bytes()].concat()));
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.is_empty() || status_of(&answer) == 400, "{answer}");
            eventually("the fault is counted", || server.metric(FAULTS) == before + 1.0);
        }
        assert_eq!(status_of(&server.request(GET_INDEX)), 200);
    }
}

#[test]
fn a_client_behind_a_proxy_has_no_time_to_type() {
    let server = start(|options| {
        options.edge.handshake_timeout = Duration::from_millis(300);
        options.edge.max_unauthenticated_per_address = 100;
    });
    for header in ["PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", "PROXY UNKNOWN\r\n"] {
        let mut client = RawClient::upgrade(connect(&server, header), "parlour.v1.json");
        let (code, reason) = client.close_code_and_reason();
        assert_eq!(
            (code, &*reason),
            (4408, "no hello within 0.3 s of connecting"),
            "{header}"
        );
    }
}
