//! The PROXY protocol: headers are read however they are split, and nothing else is a header.

use std::net::{IpAddr, SocketAddr};

use parlour::proxies::{MAX_PROXY_HEADER, ProxyHeader, ProxyHeaderError, parse_proxy_header};
use proptest::prelude::*;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn parse(bytes: impl AsRef<[u8]>) -> Result<Option<(ProxyHeader, usize)>, ProxyHeaderError> {
    parse_proxy_header(bytes.as_ref())
}

fn header(bytes: impl AsRef<[u8]>) -> Option<ProxyHeader> {
    parse(bytes).unwrap().map(|(header, _)| header)
}

fn client(address: &str) -> Option<ProxyHeader> {
    Some(ProxyHeader::Client(address.parse::<SocketAddr>().unwrap().into()))
}

/// Returns a header of version 2.
fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family], &length, rest].concat()
}

/// Returns the addresses and ports of version 2.
fn addresses(source: SocketAddr, destination: SocketAddr) -> Vec<u8> {
    let octets = |ip| match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let ports = [source.port().to_be_bytes(), destination.port().to_be_bytes()].concat();
    [octets(source.ip()), octets(destination.ip()), ports].concat()
}

#[test]
fn a_line_of_text_names_the_client() {
    assert_eq!(
        header("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\nGET / HTTP/1.1\r\n"),
        client("192.0.2.1:56324")
    );
    assert_eq!(
        header("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"),
        client("[2001:db8::1]:0")
    );
    assert_eq!(header("PROXY UNKNOWN\r\n"), Some(ProxyHeader::NoClient));
    assert_eq!(
        header("PROXY UNKNOWN ff::1 \u{e9} x\r\n"),
        Some(ProxyHeader::NoClient)
    );
    let longest = "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    assert_eq!(longest.len(), 107);
    assert_eq!(header(longest), Some(ProxyHeader::NoClient));
}

#[test]
fn a_line_with_a_mistake_is_no_header() {
    use ProxyHeaderError::{Malformed, Missing, TooLong, Unknown};
    let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(92));
    for (line, error) in [
        ("GET / HTTP/1.1\r\n", Missing),
        ("PROXX", Missing),
        ("PROXY UDP4 192.0.2.1 198.51.100.7 1 2\r\n", Unknown),
        ("PROXY  TCP4 192.0.2.1 198.51.100.7 1 2\r\n", Unknown),
        ("PROXY TCP4 192.0.2.1 198.51.100.7 1\r\n", Malformed),
        ("PROXY TCP4 192.0.2.1 198.51.100.7 1 2 3\r\n", Malformed),
        ("PROXY TCP4 192.0.2.1 198.51.100.7 01 2\r\n", Malformed),
        ("PROXY TCP4 192.0.2.1 198.51.100.7 +1 2\r\n", Malformed),
        ("PROXY TCP4 192.0.2.1 198.51.100.7 1 65536\r\n", Malformed),
        ("PROXY TCP4 192.0.2.01 198.51.100.7 1 2\r\n", Malformed),
        ("PROXY TCP4 192.0.2.1 ::1 1 2\r\n", Malformed),
        ("PROXY TCP6 192.0.2.1 198.51.100.7 1 2\r\n", Malformed),
        ("PROXY TCP4 192.0.2.1  198.51.100.7 1 2\r\n", Malformed),
        (&long, TooLong),
    ] {
        assert_eq!(parse(line), Err(error), "{line}");
    }
}

#[test]
fn binary_headers_name_the_client_or_nobody() {
    let v4 = addresses(
        "192.0.2.1:56324".parse().unwrap(),
        "198.51.100.7:443".parse().unwrap(),
    );
    assert_eq!(header(binary(0x21, 0x11, &v4)), client("192.0.2.1:56324"));
    let v6 = addresses("[2001:db8::1]:9".parse().unwrap(), "[::1]:443".parse().unwrap());
    let with_fields = [&v6[..], &[3, 0, 4, 1, 2, 3, 4]].concat();
    assert_eq!(
        header(binary(0x21, 0x21, &with_fields)),
        client("[2001:db8::1]:9")
    );
    let mapped = addresses(
        "[::ffff:192.0.2.1]:9".parse().unwrap(),
        "[::1]:443".parse().unwrap(),
    );
    assert_eq!(header(binary(0x21, 0x21, &mapped)), client("192.0.2.1:9"));
    for (command, family, rest) in [
        (0x20, 0, &[][..]),
        (0x20, 0x11, &v4),
        (0x21, 0, &[]),
        (0x21, 0x31, &[0; 216]),
    ] {
        assert_eq!(header(binary(command, family, rest)), Some(ProxyHeader::NoClient));
    }
}

#[test]
fn binary_headers_with_a_mistake_are_rejected() {
    use ProxyHeaderError::{Malformed, Missing, NotTcp, TooLong, Unknown};
    for (command, family, length, error) in [
        (0x11, 0x11, 12, Unknown),
        (0x22, 0x11, 12, Unknown),
        (0x21, 0x41, 12, Unknown),
        (0x21, 0x10, 12, Unknown),
        (0x21, 0x01, 12, Unknown),
        (0x21, 0x12, 12, NotTcp),
        (0x21, 0x22, 36, NotTcp),
        (0x21, 0x11, 11, Malformed),
        (0x21, 0x21, 35, Malformed),
        (0x20, 0x00, 521, TooLong),
        (0x21, 0x11, 65535, TooLong),
    ] {
        let header = binary(command, family, &vec![0; length]);
        assert_eq!(parse(&header), Err(error), "{command:x} {family:x} {length}");
    }
    assert_eq!(parse("\r\n\r\nGET / HTTP/1.1"), Err(Missing));
    assert_eq!(header(binary(0x20, 0, &[0; 520])), Some(ProxyHeader::NoClient));
}

fn pair() -> impl Strategy<Value = (SocketAddr, SocketAddr)> {
    let v4 = any::<[([u8; 4], u16); 2]>().prop_map(|ends| ends.map(SocketAddr::from));
    let v6 = any::<[([u8; 16], u16); 2]>().prop_map(|ends| ends.map(SocketAddr::from));
    prop_oneof![v4, v6].prop_map(|[source, destination]| (source, destination))
}

/// Returns both headers for a connection.
fn both((source, destination): (SocketAddr, SocketAddr), fields: &[u8]) -> [Vec<u8>; 2] {
    let (name, family) = if source.is_ipv4() {
        ("TCP4", 0x11)
    } else {
        ("TCP6", 0x21)
    };
    let (from, to) = (source.ip(), destination.ip());
    let line = format!(
        "PROXY {name} {from} {to} {} {}\r\n",
        source.port(),
        destination.port()
    );
    let rest = [&addresses(source, destination), fields].concat();
    [line.into_bytes(), binary(0x21, family, &rest)]
}

proptest! {
    #[test]
    fn every_header_is_read_back_and_no_part_of_it_is_one(
        ends in pair(),
        fields in prop::collection::vec(any::<u8>(), 0..300),
        rest in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        for bytes in both(ends, &fields) {
            let expected = (ProxyHeader::Client(ends.0.into()), bytes.len());
            prop_assert_eq!(parse([&bytes[..], &rest].concat()), Ok(Some(expected)));
            for cut in 0..bytes.len() {
                prop_assert_eq!(parse(&bytes[..cut]), Ok(None));
            }
        }
    }

    #[test]
    fn a_changed_header_is_bounded_and_causes_no_panic(
        ends in pair(),
        changes in prop::collection::vec((0usize..60, any::<u8>()), 1..4),
        rest in prop::collection::vec(any::<u8>(), 0..700),
    ) {
        for mut bytes in both(ends, &rest[..rest.len().min(500)]) {
            for (at, byte) in &changes {
                let at = at % bytes.len();
                bytes[at] = *byte;
            }
            let whole = [&bytes[..], &rest].concat();
            match parse(&whole) {
                Ok(Some((_, length))) => prop_assert!((15..=MAX_PROXY_HEADER.min(whole.len())).contains(&length)),
                // It waits for more bytes only below its bound.
                Ok(None) => prop_assert!(whole.len() < MAX_PROXY_HEADER),
                Err(_) => {}
            }
        }
    }
}
