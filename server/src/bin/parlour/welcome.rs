//! What a server prints when it runs: where to go next.

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use parlour_shared::limits::SUBPROTOCOL_JSON;

/// The lines.
pub(crate) fn text(listen: SocketAddr, admin: SocketAddr, maps: &[String], bots: Option<u32>) -> String {
    let world = format!("ws://{}/ws", reachable(listen));
    let admin = reachable(admin);
    let mut text = format!(
        "Parlour {} serves {}.\n\n  world    {world}\n  metrics  http://{admin}/metrics\n  health   http://{admin}/readyz\n\n",
        env!("CARGO_PKG_VERSION"),
        maps.join(", "),
    );
    let mut line = |what: &str, command: &str| {
        writeln!(text, "{what:<20} {command}").expect("writing to a string does not fail");
    };
    if let Some(bots) = bots {
        line(
            "Walking about:",
            &format!("{bots} bots, half in lobby and garden, half in the plaza"),
        );
    }
    line(
        "Talk to it by hand:",
        &format!("npx wscat -c {world} -s {SUBPROTOCOL_JSON}"),
    );
    line(
        "Put load on it:",
        &format!("cargo run --release -p parlour-client-sim -- --url {world} --count 500 --duration 30s"),
    );
    line("Stop it:", "Ctrl-C");
    text
}

/// The address by which this machine reaches itself.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_can_be_followed() {
        let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 80));
        let text = text(
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, 7373)),
            any,
            &["a".into(), "b".into()],
            None,
        );
        assert!(text.contains("serves a, b."), "{text}");
        assert!(
            text.contains("npx wscat -c ws://127.0.0.1:7373/ws -s parlour.v1.json\n"),
            "{text}"
        );
        assert!(text.contains("http://[::1]:80/metrics"), "{text}");
        assert!(!text.contains("bots,"), "{text}");
    }
}
