//! Addresses and networks of trusted proxies.

use parlour::proxies::{TrustedProxy, is_trusted};
use proptest::prelude::*;

fn error_of(text: &str) -> String {
    text.parse::<TrustedProxy>().unwrap_err().to_string()
}

#[test]
fn an_address_or_a_network_is_trusted() {
    let proxies = ["127.0.0.1", "::ffff:192.0.2.7", "10.0.0.0/8", "2001:db8::/32"];
    let proxies: Vec<TrustedProxy> = proxies.iter().map(|text| text.parse().unwrap()).collect();
    for (address, expected) in [
        ("127.0.0.1", true),
        ("::ffff:127.0.0.1", true),
        ("127.0.0.2", false),
        ("192.0.2.7", true),
        ("10.255.0.1", true),
        ("::ffff:10.255.0.1", true),
        ("11.0.0.0", false),
        ("2001:db8:ffff::1", true),
        ("2001:db9::1", false),
        ("::1", false),
    ] {
        assert_eq!(
            is_trusted(&proxies, address.parse().unwrap()),
            expected,
            "{address}"
        );
    }
    assert!(!is_trusted(&[], "127.0.0.1".parse().unwrap()));
}

#[test]
fn a_probable_mistake_is_refused_with_advice() {
    assert_eq!(
        error_of("10.0.0.1/8"),
        "is an address inside the network 10.0.0.0/8: write 10.0.0.0/8, or the address alone"
    );
    assert!(error_of("::ffff:10.0.0.0/104").contains("write it as IPv4"));
    for text in ["", "proxy.example.org", "10.0.0.0/33", "10.0.0/8", "127.0.0.1:80"] {
        assert_eq!(error_of(text), "is neither an address nor a network", "{text}");
    }
}

proptest! {
    #[test]
    fn a_network_contains_the_addresses_with_its_first_bits(network: u32, bits in 0u32..=32, address: u32) {
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        let text = format!("{}/{bits}", std::net::Ipv4Addr::from_bits(network & mask));
        let proxy: TrustedProxy = text.parse().unwrap();
        let contains = proxy.contains(std::net::Ipv4Addr::from_bits(address).into());
        prop_assert_eq!(contains, address & mask == network & mask);
        prop_assert_eq!(proxy.to_string().parse::<TrustedProxy>().unwrap(), proxy);
    }
}
