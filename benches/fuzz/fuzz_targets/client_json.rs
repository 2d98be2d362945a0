//! Messages of clients as JSON: each is refused, or survives a round trip through JSON and through
//! the binary form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_shared::codec;

fuzz_target!(|text: &str| {
    if let Ok(message) = codec::from_json(text) {
        let json = serde_json::to_string(&message).expect("a message has a JSON form");
        assert_eq!(codec::from_json(&json).as_ref(), Ok(&message));
        let mut encoded = Vec::new();
        codec::encode(&message, &mut encoded);
        // `from_json` has no size limit, so a text may be too long for a binary message.
        if encoded.len() < 4096 {
            assert_eq!(codec::decode_client(&encoded), Ok(message));
        }
    }
});
