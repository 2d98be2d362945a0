//! A server that stops says so.

use parlour_shared::{close::CloseCode, message::ServerMessage, websocket::OpCode};

use crate::support::{Got, start};

#[test]
fn everyone_is_told_and_closed_with_1012() {
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
    // It reads, and does not answer.
    assert_eq!(silent.closed(), 1012);
    let report = stopping.join().unwrap();
    assert_eq!((report.closed, report.aborted, report.failed), (2, 1, false));
    assert!(report.tick.0 > 0);
}
