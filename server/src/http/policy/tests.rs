//! The policy at addresses that a test cannot listen on.

use super::*;

const LAN: &str = "192.168.1.10";

fn request(host: &str, lines: &[(&'static str, &str)]) -> Request<()> {
    let mut request = Request::get("/").header(header::HOST, host);
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

fn policy(origins: &[&str], hosts: &[&str]) -> Policy {
    let origins = origins.iter().map(|text| text.parse().unwrap());
    let hosts = hosts.iter().map(|text| text.parse().unwrap());
    Policy::new(origins.collect(), hosts.collect())
}

/// Checks a request at an address of the network.
fn admits(
    policy: &Policy,
    lines: &[(&'static str, &str)],
    host: &str,
    access: Access,
) -> Result<(), AccessRefusal> {
    let request = request(host, lines);
    let to = policy.host(&request, LAN.parse().unwrap())?;
    policy.admits(request.headers(), &to, access)
}

/// Returns whether a page may connect.
fn connects(policy: &Policy, origin: &str, host: &str) -> bool {
    admits(policy, &[("origin", origin)], host, Access::Players).is_ok()
}

#[test]
fn the_default_allows_pages_of_the_servers_own_origin_and_of_loopback() {
    let policy = Policy::default();
    let allows = |origin, host| connects(&policy, origin, host);
    assert!(allows("https://Play.example.org", "play.example.org"));
    assert!(allows("https://play.example.org", "play.example.org:443"));
    assert!(allows("http://play.example.org:80", "play.example.org."));
    assert!(allows("http://127.0.0.1:8000", "127.0.0.1:7373"));
    assert!(allows("http://localhost:8000", "127.0.0.1:7373"));
    assert!(allows("http://[::1]:8000", "127.0.0.1:7373"));
    assert!(!allows("https://play.example.org:444", "play.example.org"));
    assert!(!allows("http://play.example.org", "play.example.org:443"));
    assert!(!allows("https://evil.org", "play.example.org"));
    assert!(!allows("https://play.example.org.evil.org", "play.example.org"));
    assert!(!allows("http://localhost.evil.org", "127.0.0.1:7373"));
    assert!(!allows("null", "127.0.0.1:7373"));
}

#[test]
fn a_list_replaces_the_default() {
    let policy = policy(&["https://a.org/", "https://b.org"], &[]);
    let allows = |origin, host| connects(&policy, origin, host);
    assert!(allows("https://A.org", "x"));
    assert!(!allows("https://c.org", "c.org"));
    assert!(!allows("http://a.org", "x"));
    assert!(!allows("http://localhost", "localhost"));
}

#[test]
fn a_star_allows_any_origin_but_not_two_origin_headers() {
    let policy = policy(&["*"], &[]);
    assert!(connects(&policy, "null", "x") && connects(&policy, "https://evil.org", "x"));
    let two = [("origin", "http://localhost"), ("origin", "http://localhost")];
    assert_eq!(
        admits(&policy, &two, "x", Access::Players),
        Err(AccessRefusal::RepeatedHeader(header::ORIGIN))
    );
    // This includes pages that send no origin.
    let unnamed = [("sec-fetch-site", "cross-site")];
    assert_eq!(admits(&policy, &unnamed, "x", Access::Players), Ok(()));
    // The list applies to players only.
    for access in [Access::Operators, Access::Private] {
        let page = admits(&policy, &[("origin", "https://evil.org")], LAN, access);
        assert_eq!(page, Err(AccessRefusal::Page));
        assert_eq!(admits(&policy, &unnamed, LAN, access), Err(AccessRefusal::Page));
    }
}

#[test]
fn sec_fetch_site_identifies_pages_that_send_no_origin() {
    let (open, listed) = (Policy::default(), policy(&["https://a.org"], &[]));
    for policy in [&open, &listed] {
        for access in [Access::Players, Access::Operators, Access::Private] {
            for (site, allowed) in [
                ("same-origin", true),
                ("none", true),
                ("same-site", false),
                ("cross-site", false),
                ("x", false),
            ] {
                let lines = [("sec-fetch-site", site)];
                let admitted = admits(policy, &lines, LAN, access);
                assert_eq!(admitted.is_ok(), allowed, "{site} {access:?}");
            }
            assert_eq!(admits(policy, &[], LAN, access), Ok(()));
        }
        let lines = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.org")];
        assert!(admits(policy, &lines, LAN, Access::Players).is_err());
        assert_eq!(admits(policy, &lines, LAN, Access::Anyone), Ok(()));
    }
}

#[test]
fn a_repeated_header_is_refused_even_with_an_allowed_origin() {
    let listed = policy(&["https://a.org"], &[]);
    let any = policy(&["*"], &[]);
    for policy in [&Policy::default(), &listed, &any] {
        for access in [Access::Players, Access::Operators, Access::Private] {
            for (lines, name) in [
                (&[("sec-fetch-site", "none"); 2][..], SEC_FETCH_SITE),
                (
                    &[("sec-fetch-site", "none"), ("sec-fetch-site", "same-origin")],
                    SEC_FETCH_SITE,
                ),
                (
                    &[
                        ("origin", "https://a.org"),
                        ("sec-fetch-site", "same-origin"),
                        ("sec-fetch-site", "cross-site"),
                    ],
                    SEC_FETCH_SITE,
                ),
                (&[("origin", "http://localhost"); 2], header::ORIGIN),
            ] {
                assert_eq!(
                    admits(policy, lines, LAN, access),
                    Err(AccessRefusal::RepeatedHeader(name)),
                    "{lines:?} {access:?}"
                );
                assert_eq!(admits(policy, lines, LAN, Access::Anyone), Ok(()));
            }
        }
    }
}

#[test]
fn a_page_without_an_origin_is_refused_with_advice_for_its_port() {
    let unnamed = [("sec-fetch-site", "cross-site")];
    let refused = |access| admits(&Policy::default(), &unnamed, LAN, access).unwrap_err();
    assert_eq!(refused(Access::Players), AccessRefusal::PageWithoutOrigin);
    assert!(refused(Access::Players).to_string().contains("new WebSocket"));
    assert_eq!(refused(Access::Operators), AccessRefusal::Page);
    assert!(refused(Access::Operators).to_string().contains("use curl"));
}

#[test]
fn the_allowed_hosts_depend_on_the_address_of_the_connection() {
    let open = Policy::default();
    let listed = policy(&[], &["play.example.org"]);
    let host = |policy: &Policy, host, local: &str| {
        let to = policy.host(&request(host, &[]), local.parse().unwrap());
        to.map(|to| to.known).ok()
    };
    for local in ["127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(host(&open, "evil.example", local), None, "{local}");
        assert_eq!(host(&open, "localhost:7373", local), Some(true), "{local}");
        assert_eq!(host(&listed, "play.example.org", local), Some(true), "{local}");
    }
    assert_eq!(host(&open, "evil.example", LAN), Some(false));
    assert_eq!(host(&open, "192.168.1.10:7373", LAN), Some(true));
    assert_eq!(host(&open, "192.168.1.11", LAN), Some(false));
    assert_eq!(host(&open, "[fe80::1%25eth0]:7373", "fe80::1"), Some(true));
    assert_eq!(host(&listed, "192.168.1.10", LAN), Some(true));
    assert_eq!(host(&listed, "192.168.1.11", LAN), None);
    assert_eq!(host(&listed, "evil.example", LAN), None);
}

#[test]
fn private_answers_need_a_known_name() {
    let admin = |policy: &Policy, lines: &[(&'static str, &str)], host, private| {
        let access = if private {
            Access::Private
        } else {
            Access::Operators
        };
        admits(policy, lines, host, access)
    };
    let (open, listed) = (Policy::default(), policy(&[], &["admin.example.org"]));
    // With a GET, a page that uses DNS rebinding sends only its name.
    assert_eq!(admin(&open, &[], "evil.example:7374", false), Ok(()));
    let refused = Err(AccessRefusal::Host(Echo::new(b"evil.example")));
    assert_eq!(admin(&open, &[], "evil.example:7374", true), refused);
    assert_eq!(admin(&open, &[], "192.168.1.10:7374", true), Ok(()));
    assert_eq!(admin(&listed, &[], "admin.example.org:7374", true), Ok(()));
    // With a POST it also sends its origin.
    let own = |origin| [("origin", origin)];
    let origin = own("http://evil.example:7374");
    assert_eq!(
        admin(&open, &origin, "evil.example:7374", false),
        Err(AccessRefusal::Page)
    );
    let origin = own("https://admin.example.org");
    assert_eq!(admin(&listed, &origin, "admin.example.org", true), Ok(()));
    let origin = own("http://192.168.1.10:7374");
    assert_eq!(admin(&open, &origin, "192.168.1.10:7374", true), Ok(()));
    assert_eq!(
        admin(&open, &origin, "192.168.1.10:7375", true),
        Err(AccessRefusal::Page)
    );
}
