//! JSON bodies of game logic: each is refused with a sentence, or is a value that survives a round
//! trip through JSON and through the binary form.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use parlour_shared::{
    codec::{CodecError, decode_body, encode},
    message::Body,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    count: u8,
    offset: i32,
    name: Option<String>,
    sides: Vec<Side>,
    stock: BTreeMap<String, u64>,
    pair: (i16, bool),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Side {
    North,
    Angle(u16),
    Free { x: i64, inner: Box<Option<Side>> },
}

fuzz_target!(|text: &str| {
    match decode_body::<Order>(&Body::Json(text.to_owned())) {
        Ok(order) => {
            let json = serde_json::to_string(&order).expect("all keys are text");
            assert_eq!(decode_body::<Order>(&Body::Json(json)).as_ref(), Ok(&order));
            let mut bytes = Vec::new();
            encode(&order, &mut bytes);
            assert_eq!(decode_body::<Order>(&Body::Bytes(bytes)), Ok(order));
        }
        Err(CodecError::Malformed(sentence)) => assert!(!sentence.is_empty()),
        Err(other) => panic!("{other}"),
    }
});
