//! The banner: the text that the server prints once it has started.

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use parlour_shared::limits::SUBPROTOCOL_JSON;

use super::program::Program;
use crate::ServerOptions;

/// Returns the banner. `bots` describes the bots, `guests` who may connect ([`guests()`]), and
/// `typing` is the line with the messages to type in wscat ([`typing()`]).
pub(crate) fn text(
    program: &Program,
    [listen, admin]: [SocketAddr; 2],
    maps: &[String],
    room_types: &[String],
    bots: Option<&str>,
    guests: &str,
    typing: &str,
) -> String {
    let world = format!("ws://{}/ws", reachable(listen));
    let admin = reachable(admin);
    let mut text = format!(
        "{} is serving the {}{}.\n\n  world    {world}\n  metrics  http://{admin}/metrics\n  health   http://{admin}/readyz\n\n",
        program.title(),
        list_of_maps(maps),
        list_of_types(room_types),
    );
    let mut line = |what: &str, command: &str| {
        writeln!(text, "{what:<20} {command}").expect("writing to a string does not fail");
    };
    if let Some(bots) = bots {
        line("Bots:", bots);
    }
    line("Guests:", guests);
    line(
        "Join by hand:",
        &format!("npx wscat -c {world} -s {SUBPROTOCOL_JSON}"),
    );
    line("", typing);
    // The programs of others are not in the workspace of the bots.
    if program.is_parlour {
        line(
            "Generate load:",
            &format!("cargo run --release -p parlour-client-sim -- --url {world} --count 500 --duration 30s"),
        );
    }
    line("Stop:", "Ctrl-C");
    text
}

/// Describes whether clients without a token may connect.
pub(crate) fn guests(options: &ServerOptions) -> String {
    let listen = options.listen;
    match options.auth.admits_guests(listen) {
        false => "off: every client needs a token (--guests on admits others)".to_owned(),
        true if listen.ip().is_loopback() => "on: programs on this machine need no token".to_owned(),
        true => format!("on: anyone who reaches {listen} can join without a token"),
    }
}

fn list_of_maps(maps: &[String]) -> String {
    match maps {
        [] => "world without maps".to_owned(),
        [map] => format!("map {map}"),
        [first @ .., last] => format!("maps {} and {last}", first.join(", ")),
    }
}

/// Returns the room types without those of maps, as the end of a sentence.
fn list_of_types(types: &[String]) -> String {
    match types {
        [] => String::new(),
        [one] => format!(", with the room type {one}"),
        [first @ .., last] => format!(", with the room types {} and {last}", first.join(", ")),
    }
}

/// Returns the line that shows the messages to type, and how quickly: if no hello arrives in time,
/// the server closes the connection.
pub(crate) fn typing(options: &ServerOptions, room: &str) -> String {
    let listen = options.listen;
    let local = options.edge.time_to_type_hello(reachable(listen).ip());
    let mut text = format!(
        "and type {{\"hello\":{{\"protocol\":1}}}} within {} s, then {{\"join\":{{\"room\":\"{room}\"}}}}",
        local.as_secs_f64()
    );
    let remote = options.edge.time_to_type_hello(listen.ip());
    if remote != local {
        write!(
            text,
            " (or within {} s from another machine)",
            remote.as_secs_f64()
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
    use crate::config::Settings;

    use super::*;

    #[test]
    fn unspecified_addresses_are_shown_as_loopback() {
        let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 80));
        let text = text(
            &Program::new("tag"),
            [SocketAddr::from((Ipv4Addr::UNSPECIFIED, 7373)), any],
            &["a".into(), "b".into()],
            &["c".into(), "d".into()],
            None,
            "on",
            "and type this",
        );
        assert!(
            text.starts_with("tag (Parlour ")
                && text.contains("is serving the maps a and b, with the room types c and d.\n"),
            "{text}"
        );
        assert!(
            text.contains("npx wscat -c ws://127.0.0.1:7373/ws -s parlour.v1.json\n"),
            "{text}"
        );
        assert!(text.contains("\n                     and type this\n"), "{text}");
        assert!(text.contains("http://[::1]:80/metrics"), "{text}");
        assert!(!text.contains("Bots:"), "{text}");
    }

    #[test]
    fn maps_are_listed_as_in_a_sentence() {
        let listed =
            |maps: &[&str]| list_of_maps(&maps.iter().map(|&map| map.to_owned()).collect::<Vec<_>>());
        assert_eq!(listed(&["lobby"]), "map lobby");
        assert_eq!(
            listed(&["garden", "lobby", "plaza"]),
            "maps garden, lobby and plaza"
        );
    }

    #[test]
    fn the_banner_says_who_may_connect() {
        let mut options = Settings::default().server_options(Vec::new(), Vec::new());
        assert_eq!(guests(&options), "on: programs on this machine need no token");
        options.auth.guests = crate::auth::GuestMode::On;
        options.listen = "0.0.0.0:7373".parse().unwrap();
        assert_eq!(
            guests(&options),
            "on: anyone who reaches 0.0.0.0:7373 can join without a token"
        );
        options.auth.guests = crate::auth::GuestMode::Off;
        assert!(guests(&options).starts_with("off: every client needs a token"));
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
        let both = format!("{hello} 60 s, {join} (or within 5 s from another machine)");
        assert_eq!(typing("0.0.0.0:7373"), both);
    }
}
