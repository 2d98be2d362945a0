//! A process that is stopped for longer than clients may be silent (a debugger, a virtual machine
//! that moves): none of its clients is closed for that when it goes on.

use std::{net::TcpStream, thread::park_timeout, time::Duration};

use parlour_shared::websocket::OpCode;
use rustix::process::Signal;

use crate::{
    client::{Client, Got, TIMEOUT},
    process::{FREE_PORTS, Running},
};

const STOPPED: Duration = Duration::from_secs(3);

fn dial(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

#[test]
fn nobody_is_closed_when_it_goes_on_and_one_line_says_how_long_it_was() {
    let words = [
        "--heartbeat",
        "1s",
        "--handshake-timeout",
        "2s",
        "--io-threads",
        "2",
    ];
    let server = Running::start(&[&words[..], &FREE_PORTS].concat());
    let line = server.line("world    ws://");
    let (_, address) = line.split_once("ws://").unwrap();
    let address = address.strip_suffix("/ws").unwrap();
    let mut clients: Vec<Client> = (0..8)
        .map(|_| {
            let mut client = Client::upgrade(dial(address), "parlour.v1");
            client.hello("ann");
            client
        })
        .collect();
    let arriving = dial(address);
    let greeting = Client::upgrade(dial(address), "parlour.v1");

    server.signal(Signal::STOP);
    park_timeout(STOPPED);
    server.signal(Signal::CONT);

    // A close for what was before would come with the first sweep, 100 ms after.
    park_timeout(Duration::from_millis(500));
    clients.push(greeting);
    clients.push(Client::upgrade(arriving, "parlour.v1"));
    for client in &mut clients[8..] {
        client.hello("late");
    }
    for client in &mut clients {
        client.say(&parlour_shared::message::ClientMessage::Ping { nonce: 7 });
        loop {
            match client.next() {
                Got::Binary(payload) if payload[0] == 8 => break,
                Got::Ping(payload) => client.frame(OpCode::Pong, &payload),
                Got::Binary(_) => {}
                over => panic!("{over:?}"),
            }
        }
    }
    // Silence from then on counts as ever.
    assert_eq!(clients[0].closed(), 4002);
    server.signal(Signal::TERM);
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    // A busy machine may have starved it at another time, for less.
    let gaps = log.split("gap_ms=").skip(1).map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().unwrap()
    });
    let long: Vec<u64> = gaps.filter(|gap| *gap >= 2500).collect();
    assert!(matches!(long[..], [gap] if gap < 20_000), "{long:?}: {log}");
    assert!(!log.contains("ERROR"), "{log}");
}
