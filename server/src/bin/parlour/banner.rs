//! The text that a server prints when it has started.

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use parlour_server::ServerOptions;
use parlour_shared::limits::SUBPROTOCOL_JSON;

/// Returns the text. `typing` is the line that shows what to type by hand ([`typing()`]).
pub(crate) fn text(
    listen: SocketAddr,
    admin: SocketAddr,
    maps: &[String],
    bots: Option<u32>,
    typing: &str,
) -> String {
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
        let spread = match bots {
            1 => "1 bot, in the plaza".to_owned(),
            _ => format!("{bots} bots, half in lobby and garden, half in the plaza"),
        };
        line("Walking about:", &spread);
    }
    line(
        "Talk to it by hand:",
        &format!("npx wscat -c {world} -s {SUBPROTOCOL_JSON}"),
    );
    line("", typing);
    line(
        "Put load on it:",
        &format!("cargo run --release -p parlour-client-sim -- --url {world} --count 500 --duration 30s"),
    );
    line("Stop it:", "Ctrl-C");
    text
}

/// Returns the line that shows what to type by hand, and within which time: without a hello in
/// time, the server closes the connection.
pub(crate) fn typing(options: &ServerOptions, room: &str) -> String {
    let listen = options.listen;
    let here = options.edge.time_to_type_hello(reachable(listen).ip());
    let mut text = format!(
        "and type {{\"hello\":{{\"protocol\":1}}}} within {} s, then {{\"join\":{{\"room\":\"{room}\"}}}}",
        here.as_secs_f64()
    );
    let elsewhere = options.edge.time_to_type_hello(listen.ip());
    if elsewhere != here {
        write!(
            text,
            " (from other machines within {} s)",
            elsewhere.as_secs_f64()
        )
        .expect("writing to a string does not fail");
    }
    text
}

/// Returns the address at which programs on this machine reach the server.
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
    use parlour_server::config::Settings;

    use super::*;

    #[test]
    fn the_addresses_can_be_used_as_links() {
        let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 80));
        let text = text(
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, 7373)),
            any,
            &["a".into(), "b".into()],
            None,
            "and type this",
        );
        assert!(text.contains("serves a, b."), "{text}");
        assert!(
            text.contains("npx wscat -c ws://127.0.0.1:7373/ws -s parlour.v1.json\n"),
            "{text}"
        );
        assert!(text.contains("\n                     and type this\n"), "{text}");
        assert!(text.contains("http://[::1]:80/metrics"), "{text}");
        assert!(!text.contains("bots,"), "{text}");
    }

    #[test]
    fn the_time_to_type_depends_on_the_address() {
        let mut options = Settings::default().server_options(Vec::new(), Vec::new());
        let mut typing = |listen: &str| {
            options.listen = listen.parse().unwrap();
            typing(&options, "plaza")
        };
        let hello = "and type {\"hello\":{\"protocol\":1}} within";
        let join = "then {\"join\":{\"room\":\"plaza\"}}";
        assert_eq!(typing("127.0.0.1:7373"), format!("{hello} 60 s, {join}"));
        assert_eq!(typing("[::1]:7373"), format!("{hello} 60 s, {join}"));
        assert_eq!(typing("192.0.2.1:7373"), format!("{hello} 5 s, {join}"));
        let both = format!("{hello} 60 s, {join} (from other machines within 5 s)");
        assert_eq!(typing("0.0.0.0:7373"), both);
    }
}
