//! A server that stops tells its clients when to come back.

use parlour_shared::{close::CloseCode, message::ServerMessage, websocket::OpCode};

use crate::support::{
    raw_client::{ConnectionEvent, RawClient},
    test_server::{TestServer, start, start_with},
};

#[test]
fn all_clients_receive_a_closing_message_and_1012() {
    let server = start();
    let mut ann = server.player_in_plaza("ann");
    let mut silent = server.player("silent");
    let mut without_hello = server.websocket("parlour.v1");
    let stopping = std::thread::spawn(move || server.inner.stop());
    let code = ann.wait_for(|message| match message {
        ServerMessage::Closing(closing) => {
            assert!(closing.reconnect_after_ms > 0);
            Some(closing.code)
        }
        _ => None,
    });
    assert_eq!(code, CloseCode::ServiceRestart);
    assert_eq!(ann.close_code(), 1012);
    ann.send_frame(OpCode::Close, &1012_u16.to_be_bytes());
    assert_eq!(ann.next_event(), ConnectionEvent::End);
    assert_eq!(without_hello.close_code(), 1012);
    without_hello.send_frame(OpCode::Close, &1012_u16.to_be_bytes());
    // This client does not answer the close frame.
    assert_eq!(silent.close_code(), 1012);
    let report = stopping.join().unwrap();
    assert_eq!((report.closed, report.aborted, report.failure), (2, 1, None));
    assert!(report.tick.0 > 0);
}

/// Stops a server with `count` clients. Returns after how many milliseconds each may reconnect.
fn reconnect_delays(server: TestServer, count: usize) -> Vec<u32> {
    let mut clients: Vec<RawClient> = (0..count).map(|_| server.player("ann")).collect();
    let stopping = std::thread::spawn(move || server.inner.stop());
    let delay = |client: &mut RawClient| {
        client.wait_for(|message| match message {
            ServerMessage::Closing(closing) => Some(closing.reconnect_after_ms),
            _ => None,
        })
    };
    let delays = clients.iter_mut().map(delay).collect();
    drop(clients);
    stopping.join().unwrap();
    delays
}

#[test]
fn reconnect_delays_are_random_in_a_window_that_grows_with_the_number_of_clients() {
    let few = reconnect_delays(start(), 20);
    let (least, most) = (few.iter().min().unwrap(), few.iter().max().unwrap());
    assert!(*least >= 500 && *most < 2500, "{few:?}");
    // The chance that 20 random delays of 2 s all lie within 0.5 s is 1 in 10^10.
    assert!(most - least > 500, "{few:?}");
    let many = reconnect_delays(start_with(|options| options.edge.reconnect_rate = 2), 20);
    let most = many.iter().max().unwrap();
    assert!((2500..10_500).contains(most), "{many:?}");
}
