//! What a client sends in binary: refused, or exactly what encoding writes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parlour_shared::codec;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = codec::decode_client(bytes) {
        let mut encoded = Vec::new();
        codec::encode(&message, &mut encoded);
        assert_eq!(encoded, bytes);
    }
    // A server is read by clients, who trust it as little.
    let _ = codec::decode_server(bytes);
});
