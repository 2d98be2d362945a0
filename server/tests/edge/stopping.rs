//! A server that stops says so to its clients.

use parlour_shared::{close::CloseCode, message::ServerMessage, websocket::OpCode};

use crate::support::{Client, Got, TestServer, start, start_with};

#[test]
fn every_client_gets_a_closing_message_and_1012() {
    let server = start();
    let mut ann = server.player("ann");
    ann.join("plaza");
    let mut silent = server.player("silent");
    let mut nobody = server.websocket("parlour.v1");
    let stopping = std::thread::spawn(move || server.server.stop());
    let code = ann.wait(|message| match message {
        ServerMessage::Closing(closing) => {
            assert!(closing.reconnect_after_ms > 0);
            Some(closing.code)
        }
        _ => None,
    });
    assert_eq!(code, CloseCode::ServiceRestart);
    assert_eq!(ann.closed(), 1012);
    ann.frame(OpCode::Close, &1012_u16.to_be_bytes());
    assert_eq!(ann.next(), Got::End);
    assert_eq!(nobody.closed(), 1012);
    nobody.frame(OpCode::Close, &1012_u16.to_be_bytes());
    // It reads the close frame, and does not answer.
    assert_eq!(silent.closed(), 1012);
    let report = stopping.join().unwrap();
    assert_eq!((report.closed, report.aborted, report.failure), (2, 1, None));
    assert!(report.tick.0 > 0);
}

/// Stops a server with `count` clients. Returns when each may come back, in milliseconds.
fn come_back(server: TestServer, count: usize) -> Vec<u32> {
    let mut clients: Vec<Client> = (0..count).map(|_| server.player("ann")).collect();
    let stopping = std::thread::spawn(move || server.server.stop());
    let after = |client: &mut Client| {
        client.wait(|message| match message {
            ServerMessage::Closing(closing) => Some(closing.reconnect_after_ms),
            _ => None,
        })
    };
    let times = clients.iter_mut().map(after).collect();
    drop(clients);
    stopping.join().unwrap();
    times
}

#[test]
fn clients_come_back_at_random_within_a_window_that_grows_with_their_number() {
    let few = come_back(start(), 20);
    let (least, most) = (few.iter().min().unwrap(), few.iter().max().unwrap());
    assert!(*least >= 500 && *most < 2500, "{few:?}");
    // The chance that 20 random times in 2 s are all within 0.5 s is 1 in 10^10.
    assert!(most - least > 500, "{few:?}");
    let many = come_back(start_with(|options| options.edge.reconnect_rate = 2), 20);
    let most = many.iter().max().unwrap();
    assert!((2500..10_500).contains(most), "{many:?}");
}
