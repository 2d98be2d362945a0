//! A server process that is stopped for longer than the heartbeat, for example by a debugger or
//! while its virtual machine moves, closes no client when it continues.

use std::{thread::park_timeout, time::Duration};

use rustix::process::Signal;

use crate::{
    process::ServerProcess,
    support::{http::connect, raw_client::RawClient},
};

const STOP: Duration = Duration::from_secs(3);

#[test]
fn a_process_that_was_stopped_closes_no_client_and_logs_the_gap_once() {
    let server = ServerProcess::start(&[
        "--heartbeat",
        "1s",
        "--handshake-timeout",
        "2s",
        "--io-threads",
        "2",
    ]);
    let address = server.wait_for_address();
    let mut clients: Vec<RawClient> = (0..8)
        .map(|_| {
            let mut client = RawClient::upgrade(connect(address), "parlour.v1");
            client.hello("ann");
            client
        })
        .collect();
    let without_request = connect(address);
    let without_hello = RawClient::upgrade(connect(address), "parlour.v1");

    server.signal(Signal::STOP);
    park_timeout(STOP);
    server.signal(Signal::CONT);

    // A wrong close would arrive with the first sweep, 100 ms later.
    park_timeout(Duration::from_millis(500));
    clients.push(without_hello);
    clients.push(RawClient::upgrade(without_request, "parlour.v1"));
    for client in &mut clients[8..] {
        client.hello("late");
    }
    for client in &mut clients {
        client.ping();
    }
    // From then on, silent clients are closed as always.
    assert_eq!(clients[0].close_code(), 4002);
    let log = server.stop();
    // A busy machine may have starved the process at other times, but for less.
    let gaps = log.split("gap_ms=").skip(1).map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().unwrap()
    });
    let long: Vec<u64> = gaps.filter(|gap| *gap >= 2500).collect();
    assert!(matches!(long[..], [gap] if gap < 20_000), "{long:?}: {log}");
    assert!(!log.contains("ERROR"), "{log}");
}
