//! Frames that WebSocket does not allow close the connection.

use parlour_shared::websocket::{OpCode, encode_into};

use crate::support::{raw_client::ConnectionEvent, test_server::start};

/// Returns a frame with this first byte, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    encode_into(&mut frame, OpCode::Binary, payload, Some([0; 4]));
    frame[0] = first;
    frame
}

/// Sends bytes after the hello, and returns the close code. Checks that the connection then ends.
#[track_caller]
fn close_code(subprotocol: &str, bytes: &[u8]) -> u16 {
    let server = start();
    let mut client = server.websocket(subprotocol);
    client.hello("ann");
    client.send_bytes(bytes);
    let code = client.close_code();
    client.send_frame(OpCode::Close, &code.to_be_bytes());
    assert!(matches!(
        client.next_event(),
        ConnectionEvent::End | ConnectionEvent::Reset
    ));
    drop(client);
    server.await_metric("parlour_sessions", 0.0);
    assert!(server.inner.failure().is_none());
    code
}

#[test]
fn invalid_frames_close_with_1002() {
    let mut unmasked = Vec::new();
    encode_into(&mut unmasked, OpCode::Binary, b"x", None);
    let continued = [frame(0x02, b"x"), frame(0x82, b"y")].concat();
    let not_minimal = [0x82, 0x80 | 126, 0, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5];
    let cases: [(&str, &[u8]); 10] = [
        ("not masked", &unmasked),
        ("reserved bit", &frame(0xC2, b"x")),
        ("reserved opcode", &frame(0x83, b"x")),
        ("reserved control opcode", &frame(0x8B, b"x")),
        ("fragmented ping", &frame(0x09, b"x")),
        ("long ping", &frame(0x89, &[0; 126])),
        ("continuation of nothing", &frame(0x80, b"x")),
        ("message inside a message", &continued),
        ("length not minimal", &not_minimal),
        ("close code 1005", &frame(0x88, &1005_u16.to_be_bytes())),
    ];
    for (fault, bytes) in cases {
        assert_eq!(close_code("parlour.v1", bytes), 1002, "{fault}");
    }
}

#[test]
fn a_frame_of_the_wrong_type_closes_with_1003_and_invalid_utf_8_with_1007() {
    assert_eq!(close_code("parlour.v1", &frame(0x81, b"{}")), 1003);
    assert_eq!(close_code("parlour.v1.json", &frame(0x82, b"{}")), 1003);
    assert_eq!(close_code("parlour.v1.json", &frame(0x81, b"\xff")), 1007);
}

#[test]
fn a_message_may_have_64_fragments_and_65_close_with_1009() {
    let fragments = |count: usize, payload: &[u8]| {
        let mut frames = frame(0x02, payload);
        (2..count).for_each(|_| frames.extend(frame(0x00, b"")));
        frames.extend(frame(0x80, b""));
        frames
    };
    assert_eq!(close_code("parlour.v1", &fragments(65, b"")), 1009);
    // A bye.
    assert_eq!(close_code("parlour.v1", &fragments(64, &[9])), 1000);
}

#[test]
fn a_message_over_16_kib_closes_with_1009_whole_or_fragmented() {
    let too_long = vec![0; 16 * 1024 + 1];
    assert_eq!(close_code("parlour.v1", &frame(0x82, &too_long)), 1009);
    let pieces: Vec<u8> = std::iter::once(frame(0x02, &[0; 1000]))
        .chain((0..20).map(|_| frame(0x00, &[0; 1000])))
        .flatten()
        .collect();
    assert_eq!(close_code("parlour.v1", &pieces), 1009);
    // Only a header with a length: the server must not wait for the bytes.
    let announced = [0x82, 0x80 | 127, 0, 0, 0, 255, 0, 0, 0, 0];
    assert_eq!(close_code("parlour.v1", &announced), 1009);
}
