//! Helpers for the WebSocket tests: they build frames without the encoder under test, and collect
//! events.
#![allow(dead_code, reason = "each test file uses only some of the helpers")]

use parlour_shared::websocket::{Decoder, Limits, Role, WebSocketError, WebSocketEvent};
use proptest::prelude::*;

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

pub(crate) const FIN: u8 = 0x80;

pub(crate) const LIMITS: Limits = Limits {
    max_message: 16 * 1024,
    max_fragments: 64,
};

/// A [`WebSocketEvent`] that owns its contents.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OwnedEvent {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
}

impl From<WebSocketEvent<'_>> for OwnedEvent {
    fn from(event: WebSocketEvent<'_>) -> Self {
        match event {
            WebSocketEvent::Text(text) => OwnedEvent::Text(text.to_owned()),
            WebSocketEvent::Binary(bytes) => OwnedEvent::Binary(bytes.to_vec()),
            WebSocketEvent::Ping(bytes) => OwnedEvent::Ping(bytes.to_vec()),
            WebSocketEvent::Pong(bytes) => OwnedEvent::Pong(bytes.to_vec()),
            WebSocketEvent::Close { code, reason } => OwnedEvent::Close(code, reason.to_owned()),
        }
    }
}

/// Returns all events in `input`, and the error that ends them.
pub(crate) fn feed(decoder: &mut Decoder, input: &[u8]) -> (Vec<OwnedEvent>, Option<WebSocketError>) {
    let mut scratch = input.to_vec();
    let mut rest = &mut scratch[..];
    let mut events = Vec::new();
    loop {
        match decoder.next(&mut rest) {
            Ok(Some(event)) => events.push(event.into()),
            Ok(None) => {
                assert!(rest.is_empty(), "None means that the input is consumed");
                return (events, None);
            }
            Err(error) => return (events, Some(error)),
        }
    }
}

/// Returns all events of a connection that receives exactly `bytes`, in one piece.
pub(crate) fn decode(role: Role, limits: Limits, bytes: &[u8]) -> (Vec<OwnedEvent>, Option<WebSocketError>) {
    feed(&mut Decoder::new(role, limits), bytes)
}

/// Like [`decode`], for bytes that arrive in pieces. The sizes repeat.
pub(crate) fn decode_in_pieces(
    role: Role,
    limits: Limits,
    bytes: &[u8],
    sizes: &[usize],
) -> (Vec<OwnedEvent>, Option<WebSocketError>) {
    let mut decoder = Decoder::new(role, limits);
    let mut events = Vec::new();
    let mut rest = bytes;
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let size = sizes.next().map_or(1, |size| (*size).clamp(1, rest.len()));
        let (piece, after) = rest.split_at(size);
        rest = after;
        let (more, error) = feed(&mut decoder, piece);
        events.extend(more);
        if error.is_some() {
            return (events, error);
        }
    }
    (events, None)
}

/// Returns a frame as `role` would receive it, with its length in the shortest form.
pub(crate) fn frame_to(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    frame(
        first,
        payload,
        (role == Role::Server).then_some([0x37, 0xFA, 0x21, 0x3D]),
    )
}

pub(crate) fn frame(first: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let len_bytes = match payload.len() {
        0..126 => 0,
        126..0x1_0000 => 2,
        _ => 8,
    };
    frame_with_length(first, payload, mask, payload.len() as u64, len_bytes)
}

/// Returns a frame that announces `len` in 0, 2 or 8 further bytes, regardless of its payload.
pub(crate) fn frame_with_length(
    first: u8,
    payload: &[u8],
    mask: Option<[u8; 4]>,
    len: u64,
    len_bytes: usize,
) -> Vec<u8> {
    let short = match len_bytes {
        0 => len as u8,
        2 => 126,
        _ => 127,
    };
    let mut bytes = vec![first, short | if mask.is_some() { 0x80 } else { 0 }];
    bytes.extend_from_slice(&len.to_be_bytes()[8 - len_bytes..]);
    bytes.extend(mask.iter().flatten());
    let key = mask.unwrap_or_default();
    bytes.extend(
        payload
            .iter()
            .zip(key.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}

/// A frame that can be damaged before it is encoded.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
    pub(crate) mask: [u8; 4],
}

impl Sketch {
    pub(crate) fn bytes(&self, to: Role) -> Vec<u8> {
        frame(
            self.first,
            &self.payload,
            (to == Role::Server).then_some(self.mask),
        )
    }
}

/// The frames of a valid peer: messages, whole or in fragments with control frames between them,
/// and optionally a close at the end.
pub(crate) fn conversation() -> impl Strategy<Value = Vec<Sketch>> {
    let item = prop_oneof![4 => message(), 1 => control().prop_map(|frame| vec![frame])];
    let end = prop_oneof![2 => Just(None), 1 => close().prop_map(Some)];
    (prop::collection::vec(item, 0..8), end)
        .prop_map(|(items, end)| items.into_iter().flatten().chain(end).collect())
}

fn message() -> impl Strategy<Value = Vec<Sketch>> {
    let text = prop::collection::vec(any::<char>(), 0..60)
        .prop_map(|chars| (TEXT, String::from_iter(chars).into_bytes()));
    let binary = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..60),
        1 => (120..135usize, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
        1 => (0..2000usize, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ]
    .prop_map(|bytes| (BINARY, bytes));
    let cut = (
        any::<prop::sample::Index>(),
        prop::option::weighted(0.3, control()),
    );
    let cuts = prop_oneof![1 => Just(Vec::new()), 1 => prop::collection::vec(cut, 1..6)];
    (prop_oneof![text, binary], cuts, any::<[u8; 4]>()).prop_map(|((opcode, payload), cuts, mask)| {
        let mut cuts: Vec<_> = cuts
            .into_iter()
            .map(|(at, control)| (at.index(payload.len() + 1), control))
            .collect();
        cuts.sort_by_key(|(at, _)| *at);
        let mut frames = Vec::new();
        let mut begin = 0;
        let mut opcode = opcode;
        for (end, control) in cuts {
            frames.push(Sketch {
                first: opcode,
                payload: payload[begin..end].to_vec(),
                mask,
            });
            frames.extend(control);
            begin = end;
            opcode = CONTINUATION;
        }
        frames.push(Sketch {
            first: FIN | opcode,
            payload: payload[begin..].to_vec(),
            mask,
        });
        frames
    })
}

fn control() -> impl Strategy<Value = Sketch> {
    let payload = prop_oneof![prop::collection::vec(any::<u8>(), 0..10), Just(vec![7; 125])];
    (prop::sample::select(vec![PING, PONG]), payload, any::<[u8; 4]>()).prop_map(|(opcode, payload, mask)| {
        Sketch {
            first: FIN | opcode,
            payload,
            mask,
        }
    })
}

fn close() -> impl Strategy<Value = Sketch> {
    let code = prop_oneof![1000..=1003u16, 1007..=1013u16, 3000..=4999u16];
    let reason = prop::collection::vec(any::<char>(), 0..20).prop_map(String::from_iter);
    (prop::option::of((code, reason)), any::<[u8; 4]>()).prop_map(|(content, mask)| {
        let payload = content.map_or(Vec::new(), |(code, reason)| {
            [&code.to_be_bytes(), reason.as_bytes()].concat()
        });
        Sketch {
            first: FIN | CLOSE,
            payload,
            mask,
        }
    })
}

/// Random bytes, many of them almost frames.
pub(crate) fn noise() -> impl Strategy<Value = Vec<u8>> {
    let anything = prop::collection::vec(any::<u8>(), 0..40);
    let first = prop::sample::select(vec![0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A]);
    let second = prop_oneof![
        any::<u8>(),
        0x80..0x90u8,
        0x00..0x10u8,
        0xFE..=0xFFu8,
        0x7E..=0x7Fu8
    ];
    let nearly = (first, second, prop::collection::vec(any::<u8>(), 0..24))
        .prop_map(|(first, second, rest)| [&[first, second], &rest[..]].concat());
    prop::collection::vec(prop_oneof![1 => anything, 4 => nearly], 0..8).prop_map(|parts| parts.concat())
}
