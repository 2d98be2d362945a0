//! Which origins a pattern allows, and which error an invalid text causes.

use proptest::prelude::*;

use super::*;

fn allows(pattern: &str, origin: &str) -> bool {
    let pattern: OriginPattern = pattern.parse().unwrap();
    let again: OriginPattern = pattern.to_string().parse().unwrap();
    assert_eq!(again, pattern);
    pattern.matches(&Origin::parse(origin).unwrap())
}

#[test]
fn default_ports_compare_equal() {
    for (one, other) in [
        ("https://game.example", "https://game.example:443"),
        ("http://game.example", "http://game.example:80"),
        ("wss://game.example:443", "https://game.example"),
        ("ws://game.example", "http://game.example:80"),
        ("https://[::1]:443/", "https://[::1]"),
    ] {
        assert!(allows(one, other.trim_end_matches('/')), "{one} {other}");
        assert!(allows(other, one.trim_end_matches('/')), "{other} {one}");
    }
    for other in [
        "https://game.example:80",
        "http://game.example",
        "https://game.example:8443",
    ] {
        assert!(!allows("https://game.example", other), "{other}");
    }
    // A scheme without a default port.
    assert!(!allows("app://game:80", "app://game"));
}

#[test]
fn a_wildcard_allows_all_sub_domains_and_not_the_domain() {
    let below = |origin| allows("https://*.Game.example", origin);
    assert!(below("https://a.game.example") && below("https://a.b.game.example:443"));
    for other in [
        "https://game.example",
        "https://agame.example",
        "https://a.game.example.org",
        "http://a.game.example",
        "https://a.game.example:444",
    ] {
        assert!(!below(other), "{other}");
    }
}

#[test]
fn custom_schemes_are_also_origins() {
    for origin in [
        "capacitor://localhost",
        "tauri://localhost",
        "chrome-extension://abcdefgh",
    ] {
        assert!(allows(origin, origin));
        assert!(!allows(origin, "https://localhost"));
    }
}

#[test]
fn every_mistake_has_an_error_with_advice() {
    use PatternError::*;
    for (text, error) in [
        ("example.org", NoScheme("example.org".into())),
        ("localhost:8080", NoScheme("localhost:8080".into())),
        ("https://a/b", Path("https://a".into())),
        ("https://a:1/?q", Path("https://a:1".into())),
        ("https://", Host),
        ("https://a b", Host),
        ("https://me@a", Host),
        ("https://a:x", Port),
        ("https://a:65536", Port),
        ("1http://a", Scheme),
        ("://a", Scheme),
        ("https://*", Wildcard),
        ("https://a.*.org", Wildcard),
        ("https://*a.org", Wildcard),
        ("https://*.1.2.3.4", Wildcard),
        ("https://münchen.example", NotAscii),
        ("null", Null),
        ("", Host),
    ] {
        assert_eq!(text.parse::<OriginPattern>(), Err(error), "{text}");
    }
    for (text, error) in [
        ("https://a.org", NotOnlyHost("a.org".into())),
        ("a.org:80", NotOnlyHost("a.org".into())),
        ("https://a.org:80/x", NotOnlyHost("a.org".into())),
        ("a b", Host),
        ("", Host),
        ("*a", Wildcard),
    ] {
        assert_eq!(text.parse::<HostPattern>(), Err(error), "{text}");
    }
    assert!("[::1]".parse::<HostPattern>().is_ok());
}

proptest! {
    #[test]
    fn every_pattern_can_be_printed_and_read_again(text in "(https?://|app://)?[a-zA-Z0-9*.:/%\\[\\]-]{0,20}") {
        if let Ok(pattern) = text.parse::<OriginPattern>() {
            prop_assert_eq!(pattern.to_string().parse(), Ok(pattern));
        }
        if let Ok(pattern) = text.parse::<HostPattern>() {
            prop_assert_eq!(pattern.to_string().parse(), Ok(pattern));
        }
    }

    #[test]
    fn an_origin_without_a_wildcard_allows_only_itself(host in "[a-z]{1,3}(\\.[a-z]{1,3}){0,2}", other in "[a-z]{1,3}(\\.[a-z]{1,3}){0,2}") {
        let pattern: OriginPattern = format!("https://{host}").parse().unwrap();
        let origin = Origin::parse(&format!("https://{other}")).unwrap();
        prop_assert_eq!(pattern.matches(&origin), host == other);
        let below: OriginPattern = format!("https://*.{host}").parse().unwrap();
        prop_assert_eq!(below.matches(&origin), other.ends_with(&format!(".{host}")));
    }
}
