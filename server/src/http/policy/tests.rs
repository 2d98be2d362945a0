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

/// Whether a page may connect, at an address of the network.
fn connects(policy: &Policy, origin: &str, host: &str) -> bool {
    let request = request(host, &[("origin", origin)]);
    let to = policy.host(&request, LAN.parse().unwrap()).unwrap();
    policy.page(request.headers(), &to).is_ok()
}

#[test]
fn by_default_the_own_host_and_loopback() {
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
fn a_list_is_the_whole_list() {
    let policy = policy(&["https://a.org/", "https://b.org"], &[]);
    let allows = |origin, host| connects(&policy, origin, host);
    assert!(allows("https://A.org", "x"));
    assert!(!allows("https://c.org", "c.org"));
    assert!(!allows("http://a.org", "x"));
    assert!(!allows("http://localhost", "localhost"));
}

#[test]
fn any_origin_is_any_but_not_two() {
    let policy = policy(&["*"], &[]);
    assert!(connects(&policy, "null", "x") && connects(&policy, "https://evil.org", "x"));
    let two = request(
        "x",
        &[("origin", "http://localhost"), ("origin", "http://localhost")],
    );
    let to = policy.host(&two, LAN.parse().unwrap()).unwrap();
    assert!(matches!(policy.page(two.headers(), &to), Err(Refusal::Origin(_))));
}

#[test]
fn the_address_of_the_connection_decides() {
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
        policy.admin(&request(host, lines), LAN.parse().unwrap(), private)
    };
    let (open, listed) = (Policy::default(), policy(&[], &["admin.example.org"]));
    // With a GET a rebound page sends nothing but its name.
    assert_eq!(admin(&open, &[], "evil.example:7374", false), Ok(()));
    let refused = Err(Refusal::Host("evil.example".into()));
    assert_eq!(admin(&open, &[], "evil.example:7374", true), refused);
    assert_eq!(admin(&open, &[], "192.168.1.10:7374", true), Ok(()));
    assert_eq!(admin(&listed, &[], "admin.example.org:7374", true), Ok(()));
    // With a POST it sends its origin, too.
    let own = |origin| [("origin", origin)];
    let origin = own("http://evil.example:7374");
    assert_eq!(
        admin(&open, &origin, "evil.example:7374", false),
        Err(Refusal::Page)
    );
    let origin = own("https://admin.example.org");
    assert_eq!(admin(&listed, &origin, "admin.example.org", true), Ok(()));
    let origin = own("http://192.168.1.10:7374");
    assert_eq!(admin(&open, &origin, "192.168.1.10:7374", true), Ok(()));
    assert_eq!(
        admin(&open, &origin, "192.168.1.10:7375", true),
        Err(Refusal::Page)
    );
}
