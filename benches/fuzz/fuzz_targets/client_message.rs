//! Binary messages of clients: each is refused, or encodes to the same bytes again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_shared::codec;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = codec::decode_client(bytes) {
        let mut encoded = Vec::new();
        codec::encode(&message, &mut encoded);
        assert_eq!(encoded, bytes);
    }
    // Clients decode messages of a server that may be hostile.
    let _ = codec::decode_server(bytes);
});
