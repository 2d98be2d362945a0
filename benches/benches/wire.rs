//! The wire codec: structured messages in binary and as JSON, and WebSocket framing.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use criterion::{Criterion, criterion_group, criterion_main};
use parlour_shared::{
    codec,
    ids::{Epoch, PlayerId, Tick},
    message::{ChatSaid, ClientMessage, Move, MoveHeading, Scope, ServerMessage, Stamp},
    motion::Direction,
    websocket::{Decoder, Limits, OpCode, Role, encode_into},
};

fn wire(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire");
    let command = Move {
        seq: 1234,
        tick: Tick(77_000),
        heading: MoveHeading::walk(Direction::East),
    };
    let mut bytes = Vec::new();
    codec::encode(&ClientMessage::Move(command), &mut bytes);
    group.bench_function("decode a move", |bencher| {
        bencher.iter(|| codec::decode_client(&bytes))
    });
    let json = r#"{"move":{"seq":1234,"tick":77000,"direction":"east"}}"#;
    group.bench_function("decode a move from JSON", |bencher| {
        bencher.iter(|| codec::from_json(json))
    });
    let said = ServerMessage::Chat(ChatSaid {
        stamp: Stamp {
            epoch: Epoch(3),
            seq: 99,
        },
        tick: Tick(77_000),
        scope: Scope::Room,
        player: PlayerId(123_456_789),
        name: "a walker".into(),
        text: "let's all meet in the garden".into(),
    });
    let mut out = Vec::new();
    group.bench_function("encode a chat", |bencher| {
        bencher.iter(|| {
            out.clear();
            codec::encode(&said, &mut out);
        });
    });
    group.bench_function("encode a chat as JSON", |bencher| {
        bencher.iter(|| codec::to_json(&said))
    });
    let mut frame = Vec::new();
    encode_into(&mut frame, OpCode::Binary, &bytes, Some([1, 2, 3, 4]));
    let mut scratch = frame.clone();
    let mut decoder = Decoder::new(
        Role::Server,
        Limits {
            max_message: 16 * 1024,
            max_fragments: 64,
        },
    );
    group.bench_function("unframe a masked move", |bencher| {
        bencher.iter(|| {
            scratch.copy_from_slice(&frame);
            let mut rest = &mut scratch[..];
            let mut events = 0;
            while let Ok(Some(_)) = decoder.next(&mut rest) {
                events += 1;
            }
            events
        });
    });
}

criterion_group!(benches, wire);
criterion_main!(benches);
