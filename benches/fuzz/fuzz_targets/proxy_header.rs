//! What proxies report: headers of the PROXY protocol, however they are split, and the headers of
//! HTTP. A header is bounded, and no bytes after it change it.
#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use parlour::proxies::{MAX_PROXY_HEADER, ReportedClient, client_of_request, parse_proxy_header};

fn is_trusted(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 10)
}

fuzz_target!(|input: &[u8]| {
    match parse_proxy_header(input) {
        Ok(Some((header, length))) => {
            assert!(length <= MAX_PROXY_HEADER && length <= input.len());
            for cut in 0..length {
                assert_eq!(parse_proxy_header(&input[..cut]), Ok(None));
            }
            assert_eq!(parse_proxy_header(&input[..length]), Ok(Some((header, length))));
        }
        Ok(None) => assert!(input.len() < MAX_PROXY_HEADER),
        // More bytes make no header of it.
        Err(error) => assert_eq!(parse_proxy_header(&[input, b"\r\n"].concat()), Err(error)),
    }
    let lines = || input.split(|byte| *byte == b'\n');
    let none = || std::iter::empty::<&[u8]>();
    for found in [
        client_of_request(lines(), none(), is_trusted),
        client_of_request(none(), lines(), is_trusted),
        client_of_request(lines(), lines(), is_trusted),
    ] {
        // A trusted proxy is the client only if there is nobody else.
        if let Ok(Some(ReportedClient::Address(address))) = found {
            assert_eq!(address.ip, address.ip.to_canonical());
        }
    }
    // What a client sends is to the left of what its proxy appends.
    let appended = [input, b", 192.0.2.1, 10.0.0.1"].concat();
    let line = appended.split(|byte| *byte == b'\n').collect::<Vec<_>>();
    let found = client_of_request(none(), line.into_iter(), is_trusted);
    assert!(matches!(found, Ok(Some(ReportedClient::Address(address))) if address.to_string() == "192.0.2.1"));
});
