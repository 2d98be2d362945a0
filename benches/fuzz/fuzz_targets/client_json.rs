//! What a client sends as JSON: refused, or a message that has a binary form and comes back from
//! it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_shared::codec;

fuzz_target!(|text: &str| {
    if let Ok(message) = codec::from_json(text) {
        let json = serde_json::to_string(&message).expect("a message has a JSON form");
        assert_eq!(codec::from_json(&json).as_ref(), Ok(&message));
        let mut encoded = Vec::new();
        codec::encode(&message, &mut encoded);
        // JSON is wordier than binary, but a text in it may hold more than a binary message.
        if encoded.len() < 4096 {
            assert_eq!(codec::decode_client(&encoded), Ok(message));
        }
    }
});
