//! Both sides of the HTTP exchange before the first frame.

mod websocket_support;

use std::io::{self, Cursor, Read, Write};

use parlour_shared::websocket::{
    Decoder, Role,
    handshake::{ClientHandshake, ClientRequest, HandshakeError, accept_key, is_valid_key},
};
use proptest::prelude::*;
use websocket_support::{FIN, LIMITS, OwnedEvent, TEXT, feed, frame};

/// The nonce of the RFC's example.
const NONCE: [u8; 16] = *b"the sample nonce";

const REQUEST: ClientRequest<'_> = ClientRequest {
    host: "example.org:7373",
    path: "/play?room=lobby",
    nonce: NONCE,
    subprotocols: &["parlour.v1", "parlour.v1.json"],
    headers: &[
        ("Origin", "https://example.org"),
        ("Authorization", "Bearer abc.def"),
    ],
};

const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: parlour.v1\r\n\r\n";

fn start() -> ClientHandshake {
    ClientHandshake::start(&REQUEST).expect("the request is valid").0
}

/// Returns a client's result for the response.
fn answer(response: &str) -> Result<Option<String>, HandshakeError> {
    start()
        .read(response.as_bytes())
        .map(|accepted| accepted.expect("the response is complete").subprotocol)
}

#[test]
fn the_accept_key_of_the_rfc() {
    assert_eq!(
        accept_key("dGhlIHNhbXBsZSBub25jZQ=="),
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
}

#[test]
fn a_key_is_16_bytes_in_base64() {
    assert!(is_valid_key("dGhlIHNhbXBsZSBub25jZQ=="));
    for bad in [
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZWU=",
        "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25jZWVl",
        "dGhlIHNhbXBsZSBub25jZQ==\n",
        "dGhlIHNhbXBsZSBub25jZR==",
        "dGhl\u{e9}HNhbXBsZSBub25jZQ==",
        "====================================",
    ] {
        assert!(!is_valid_key(bad), "{bad:?}");
    }
}

#[test]
fn the_request_is_plain_http() {
    let (_, bytes) = ClientHandshake::start(&REQUEST).unwrap();
    let expected = "GET /play?room=lobby HTTP/1.1\r\nHost: example.org:7373\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: parlour.v1, parlour.v1.json\r\nOrigin: https://example.org\r\n\
        Authorization: Bearer abc.def\r\n\r\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn no_part_of_a_request_can_inject_lines() {
    let broken = [
        (ClientRequest { path: "", ..REQUEST }, "path"),
        (
            ClientRequest {
                path: "play",
                ..REQUEST
            },
            "path",
        ),
        (
            ClientRequest {
                path: "/a b",
                ..REQUEST
            },
            "path",
        ),
        (
            ClientRequest {
                path: "/\r\nX: y",
                ..REQUEST
            },
            "path",
        ),
        (ClientRequest { host: "", ..REQUEST }, "host"),
        (
            ClientRequest {
                host: "a\r\nb",
                ..REQUEST
            },
            "host",
        ),
        (
            ClientRequest {
                subprotocols: &["a, b"],
                ..REQUEST
            },
            "subprotocol",
        ),
        (
            ClientRequest {
                headers: &[("A:", "b")],
                ..REQUEST
            },
            "header",
        ),
        (
            ClientRequest {
                headers: &[("A", "b\r\nC: d")],
                ..REQUEST
            },
            "header",
        ),
    ];
    for (request, part) in broken {
        assert_eq!(
            ClientHandshake::start(&request).err(),
            Some(HandshakeError::InvalidRequest(part))
        );
    }
}

#[test]
fn a_response_may_be_cut_anywhere_and_frames_may_follow_immediately() {
    let bytes = [RESPONSE.as_bytes(), &frame(FIN | TEXT, b"welcome", None)].concat();
    for cut in 0..=bytes.len() {
        let mut handshake = start();
        let mut decoder = Decoder::new(Role::Client, LIMITS);
        let mut accepted = false;
        let mut events = Vec::new();
        for mut piece in [&bytes[..cut], &bytes[cut..]] {
            if !accepted {
                let Some(answer) = handshake.read(piece).unwrap() else {
                    continue;
                };
                assert_eq!(answer.subprotocol.as_deref(), Some("parlour.v1"));
                accepted = true;
                piece = &piece[answer.consumed..];
            }
            let (more, error) = feed(&mut decoder, piece);
            assert_eq!(error, None);
            events.extend(more);
        }
        assert_eq!(events, [OwnedEvent::Text("welcome".into())], "cut at {cut}");
    }
}

#[test]
fn names_and_tokens_in_any_case_and_lists_are_accepted() {
    let response = RESPONSE
        .replace("Upgrade: websocket", "uPGRADE:\tWebSocket \t")
        .replace("Connection: Upgrade", "connection: keep-alive, upgrade")
        .replace(
            "Sec-WebSocket-Protocol: parlour.v1",
            "sec-websocket-protocol:parlour.v1.json\r\nServer: \u{e9}",
        )
        .replace(" Switching Protocols", "");
    assert_eq!(answer(&response), Ok(Some("parlour.v1.json".to_owned())));
}

#[test]
fn a_status_other_than_101_is_returned() {
    for status in [200, 302, 400, 403, 426, 429, 503] {
        let response = format!("HTTP/1.1 {status} No\r\nContent-Length: 4\r\n\r\nbody");
        assert_eq!(answer(&response), Err(HandshakeError::Status(status)));
    }
}

#[test]
fn headers_that_do_not_accept_the_request_are_refused() {
    let cases = [
        ("Upgrade: websocket\r\n", "", "Upgrade"),
        ("Upgrade: websocket", "Upgrade: h2c", "Upgrade"),
        ("Connection: Upgrade\r\n", "", "Connection"),
        ("Connection: Upgrade", "Connection: close", "Connection"),
        ("s3pP", "S3pP", "Sec-WebSocket-Accept"),
        (
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
            "",
            "Sec-WebSocket-Accept",
        ),
        ("parlour.v1\r\n", "parlour.v2\r\n", "Sec-WebSocket-Protocol"),
        (
            "Sec-WebSocket-Protocol: parlour.v1\r\n",
            "",
            "Sec-WebSocket-Protocol",
        ),
        (
            "parlour.v1\r\n",
            "parlour.v1\r\nSec-WebSocket-Protocol: parlour.v1\r\n",
            "Sec-WebSocket-Protocol",
        ),
        (
            "parlour.v1\r\n",
            "parlour.v1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
            "Sec-WebSocket-Extensions",
        ),
    ];
    for (from, to, header) in cases {
        assert!(RESPONSE.contains(from));
        assert_eq!(
            answer(&RESPONSE.replace(from, to)),
            Err(HandshakeError::Header(header)),
            "{from:?} -> {to:?}"
        );
    }
}

#[test]
fn no_subprotocol_is_chosen_if_none_was_offered() {
    let request = ClientRequest {
        subprotocols: &[],
        ..REQUEST
    };
    let (mut handshake, bytes) = ClientHandshake::start(&request).unwrap();
    assert!(
        !String::from_utf8(bytes)
            .unwrap()
            .contains("Sec-WebSocket-Protocol")
    );
    assert_eq!(
        handshake.clone().read(RESPONSE.as_bytes()),
        Err(HandshakeError::Header("Sec-WebSocket-Protocol"))
    );
    let plain = RESPONSE.replace("Sec-WebSocket-Protocol: parlour.v1\r\n", "");
    let accepted = handshake.read(plain.as_bytes()).unwrap().unwrap();
    assert_eq!((accepted.consumed, accepted.subprotocol), (plain.len(), None));
}

#[test]
fn a_response_that_is_not_http_is_malformed() {
    let good = "HTTP/1.1 101 X";
    for line in [
        "",
        "HTTP/1.0 101 X",
        "HTTP/2 101",
        "HTTP/1.1 1o1 X",
        "HTTP/1.1 +10 X",
        "HTTP/1.1 1011",
        "SSH-2.0",
        "HTTP/1.1 10",
    ] {
        assert_eq!(
            answer(&format!("{line}\r\nA: b\r\n\r\n")),
            Err(HandshakeError::Malformed),
            "{line:?}"
        );
    }
    for header in [
        "no colon",
        ": no name",
        "a b: c",
        "a : b",
        " folded: x",
        "a: b\rc",
        "a: b\nc: d",
        "a: \0",
    ] {
        assert_eq!(
            answer(&format!("{good}\r\n{header}\r\n\r\n")),
            Err(HandshakeError::Malformed),
            "{header:?}"
        );
    }
    assert_eq!(
        start().read(b"HTTP/1.1 101 \xFF\r\n\r\n"),
        Err(HandshakeError::Malformed)
    );
}

#[test]
fn an_endless_response_is_bounded() {
    let head = RESPONSE.strip_suffix("\r\n").unwrap();
    let padding = |len: usize| {
        format!(
            "{head}A: {}\r\n\r\n",
            "a".repeat(len - head.len() - "A: \r\n\r\n".len())
        )
    };
    assert!(answer(&padding(8192)).is_ok());
    assert_eq!(
        start().read(padding(8193).as_bytes()),
        Err(HandshakeError::TooLong)
    );

    let mut handshake = start();
    let mut pieces = padding(20_000).into_bytes();
    pieces.truncate(9000);
    let refused = pieces.chunks(100).find_map(|piece| handshake.read(piece).err());
    assert_eq!(refused, Some(HandshakeError::TooLong));
}

/// Reads the request and keeps the response.
struct Peer {
    request: Cursor<Vec<u8>>,
    response: Vec<u8>,
}

impl Read for Peer {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.request.read(into)
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.response.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_handshake_works_with_tungstenite() {
    let request = ClientRequest {
        subprotocols: &[],
        ..REQUEST
    };
    let (mut handshake, bytes) = ClientHandshake::start(&request).unwrap();
    let peer = Peer {
        request: Cursor::new(bytes),
        response: Vec::new(),
    };
    let socket = tungstenite::accept(peer).expect("the request is valid");
    let response = &socket.get_ref().response;
    assert_eq!(
        handshake.read(response).unwrap().unwrap().consumed,
        response.len()
    );
}

proptest! {
    #[test]
    fn damaged_responses_do_not_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        size in 1..60usize,
    ) {
        let mut bytes = RESPONSE.as_bytes().to_vec();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let whole = start().read(&bytes).map(|accepted| accepted.map(|it| it.subprotocol));
        let mut handshake = start();
        let pieces = bytes.chunks(size).find_map(|piece| handshake.read(piece).transpose());
        prop_assert_eq!(pieces.transpose().map(|accepted| accepted.map(|it| it.subprotocol)), whole);
    }
}
