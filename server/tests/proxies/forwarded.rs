//! `Forwarded` and `X-Forwarded-For`: the right-most address that is not a trusted proxy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use parlour::proxies::{ForwardedError, ReportedClient, client_of_request};
use proptest::prelude::*;

/// An address with its port, or `None` for a client that is hidden.
type Node = Option<(IpAddr, Option<u16>)>;
type Found = Result<Option<ReportedClient>, ForwardedError>;

/// The proxies of these tests.
fn is_trusted(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 10)
}

fn find(forwarded: &[&str], x_forwarded_for: &[&str]) -> Found {
    let bytes = |lines: &[&str]| {
        lines
            .iter()
            .map(|line| line.as_bytes().to_vec())
            .collect::<Vec<_>>()
    };
    let (forwarded, x_forwarded_for) = (bytes(forwarded), bytes(x_forwarded_for));
    client_of_request(
        forwarded.iter().map(Vec::as_slice),
        x_forwarded_for.iter().map(Vec::as_slice),
        is_trusted,
    )
}

/// Returns the client as text: an address with its port, `hidden`, `none`, or the error.
fn client(forwarded: &[&str], x_forwarded_for: &[&str]) -> String {
    match find(forwarded, x_forwarded_for) {
        Ok(Some(ReportedClient::Address(address))) => address.to_string(),
        Ok(Some(ReportedClient::Hidden)) => "hidden".to_owned(),
        Ok(None) => "none".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn the_right_most_address_that_is_no_proxy_counts() {
    for (line, expected) in [
        ("192.0.2.1", "192.0.2.1"),
        ("198.51.100.9, 192.0.2.1", "192.0.2.1"),
        ("198.51.100.9,192.0.2.1, 10.0.0.1 ,10.9.9.9", "192.0.2.1"),
        ("10.0.0.1, 10.0.0.2", "10.0.0.1"),
        ("192.0.2.1:4711", "192.0.2.1:4711"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711, 10.0.0.1", "[2001:db8::1]:4711"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("192.0.2.1, unknown", "hidden"),
        ("192.0.2.1, 10.0.0.1, [192.0.2.1]", "hidden"),
        (" , ,", "none"),
        ("", "none"),
    ] {
        assert_eq!(client(&[], &[line]), expected, "{line}");
    }
    assert_eq!(client(&[], &["192.0.2.1", "192.0.2.2", "10.0.0.1"]), "192.0.2.2");
    assert_eq!(client(&[], &[]), "none");
}

#[test]
fn the_examples_of_rfc_7239_are_understood() {
    for (line, expected) in [
        ("for=\"_gazonk\"", "hidden"),
        ("For=\"[2001:db8:cafe::17]:4711\"", "[2001:db8:cafe::17]:4711"),
        ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
        ("for=192.0.2.43, for=198.51.100.17", "198.51.100.17"),
        ("for=192.0.2.43, for=\"[2001:db8:cafe::17]\"", "2001:db8:cafe::17"),
        ("for=\"192.0.2.43:47011\"", "192.0.2.43:47011"),
        ("for=192.0.2.43:47011", "192.0.2.43:47011"),
        ("for=unknown", "hidden"),
        ("proto=https", "hidden"),
        (
            "by=10.0.0.2;host=\"a, for=192.0.2.9\";for=192.0.2.1 ; proto=http,for=10.0.0.1",
            "192.0.2.1",
        ),
        ("for=\"192.0.2\\.1\"", "hidden"),
    ] {
        assert_eq!(client(&[line], &[]), expected, "{line}");
    }
}

#[test]
fn a_client_cannot_hide_what_a_proxy_appends() {
    for line in [
        "for=\", for=192.0.2.1",
        "for=192.0.2.9;host=\"x, for=192.0.2.1",
        "for=x;y=\"z, for=\"[2001:db8::1]\"",
        "for=192.0.2.9 for=192.0.2.1",
        "for=192.0.2.9;for=192.0.2.1",
        "for=, for=192.0.2.1",
        "for, for=192.0.2.1",
        "=x, for=192.0.2.1",
        "for = 192.0.2.1",
        "for=\"192.0.2.1\"x",
    ] {
        assert_eq!(find(&[line], &[]), Err(ForwardedError::Malformed), "{line}");
    }
    // In a line of its own, what the proxy writes is not affected, but nothing is believed.
    assert_eq!(
        find(&["for=\"", "for=192.0.2.1"], &[]),
        Err(ForwardedError::Malformed)
    );
}

#[test]
fn two_headers_must_report_the_same_client() {
    assert_eq!(
        client(&["for=192.0.2.1"], &["198.51.100.9, 192.0.2.1"]),
        "192.0.2.1"
    );
    for (forwarded, x_forwarded_for) in [
        ("for=198.51.100.9", "192.0.2.1"),
        ("for=unknown", "192.0.2.1"),
        ("for=192.0.2.1", "x"),
    ] {
        assert_eq!(client(&[forwarded], &[x_forwarded_for]), "Disagree");
    }
}

/// An address as proxies report it, and how it is written without quotation marks.
fn node() -> impl Strategy<Value = (Node, String)> {
    let v4 = (any::<u8>(), any::<[u8; 3]>(), any::<bool>());
    let v4 = v4.prop_map(|(first, [b, c, d], is_proxy)| {
        IpAddr::from(Ipv4Addr::new(if is_proxy { 10 } else { first }, b, c, d))
    });
    let v6 = any::<u128>().prop_map(|bits| IpAddr::from(Ipv6Addr::from_bits(bits)));
    prop_oneof![
        4 => (prop_oneof![v4, v6], any::<Option<u16>>()).prop_map(|(ip, port)| {
            let text = match (ip, port) {
                (IpAddr::V6(ip), None) => format!("[{ip}]"),
                (IpAddr::V6(ip), Some(port)) => format!("[{ip}]:{port}"),
                (ip, None) => ip.to_string(),
                (ip, Some(port)) => format!("{ip}:{port}"),
            };
            (Some((ip.to_canonical(), port)), text)
        }),
        1 => "(unknown|_[a-z]{1,8})".prop_map(|text| (None, text)),
    ]
}

/// The simple way: from the right, skip proxies.
fn expected(nodes: &[(Node, String)]) -> Option<Node> {
    let is_proxy = |node: &Node| node.is_some_and(|(ip, _)| is_trusted(ip));
    let nodes: Vec<_> = nodes.iter().map(|(node, _)| *node).collect();
    nodes
        .iter()
        .rev()
        .find(|node| !is_proxy(node))
        .or(nodes.first())
        .copied()
}

fn found(found: Found) -> Option<Node> {
    found.unwrap().map(|client| match client {
        ReportedClient::Address(address) => Some((address.ip, address.port)),
        ReportedClient::Hidden => None,
    })
}

proptest! {
    #[test]
    fn both_headers_are_read_like_a_list_from_the_right(
        nodes in prop::collection::vec(node(), 0..8),
        lines in 1usize..3,
    ) {
        let chunk = nodes.len().div_ceil(lines).max(1);
        let usual: Vec<String> = nodes
            .chunks(chunk)
            .map(|nodes| nodes.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(", "))
            .collect();
        let standard: Vec<String> = nodes
            .chunks(chunk)
            .map(|nodes| {
                let element = |(_, text): &(_, String)| format!("proto=https;FOR=\"{text}\";by=\"a\\\"b\"");
                nodes.iter().map(element).collect::<Vec<_>>().join(" ,")
            })
            .collect();
        let usual: Vec<&str> = usual.iter().map(String::as_str).collect();
        let standard: Vec<&str> = standard.iter().map(String::as_str).collect();
        prop_assert_eq!(found(find(&[], &usual)), expected(&nodes));
        prop_assert_eq!(found(find(&standard, &[])), expected(&nodes));
        prop_assert_eq!(found(find(&standard, &usual)), expected(&nodes));
    }

    #[test]
    fn what_a_client_sends_never_replaces_what_its_proxy_appends(sent in "[ -~]{0,60}") {
        let usual = format!("{sent}, 192.0.2.1, 10.0.0.1");
        prop_assert_eq!(client(&[], &[&usual]), "192.0.2.1");
        let standard = format!("{sent}, for=192.0.2.1;proto=https");
        let client = client(&[&standard], &[]);
        prop_assert!(client == "192.0.2.1" || client == "Malformed", "{}", client);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(
        standard in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..3),
        usual in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..3),
    ) {
        let lines = |lines: &'_ [Vec<u8>]| lines.to_vec();
        let (standard, usual) = (lines(&standard), lines(&usual));
        let _ = client_of_request(standard.iter().map(Vec::as_slice), usual.iter().map(Vec::as_slice), is_trusted);
    }
}
