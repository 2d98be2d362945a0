//! The settings of the network.

use std::time::Duration;

use parlour_tick::Cadence;

use super::{ParseResult, Section, Setting, SettingKind, set};
use crate::{
    bridge::route::MAX_TICK_THREADS,
    config::value::{
        address, attempt_rate, cadence, list, on_or_off, path_or, secret, show_attempt_rate, show_list,
        show_path_or, show_secret, show_time, show_whole_or, time, whole, whole_or,
    },
};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "listen",
        section: Section::Network,
        form: "ADDRESS:PORT",
        help: "The address for clients: HTTP, and WebSocket at /ws. Port 0: any free port",
        kind: SettingKind::Text,
        also: None,
        apply: set!(listen, address),
        show: |settings| settings.listen.to_string(),
    },
    Setting {
        name: "admin",
        section: Section::Network,
        form: "ADDRESS:PORT",
        help: "The address for metrics, health and the history. Do not expose it to the internet. \
               An address that other machines can reach needs a token (admin_token_file)",
        kind: SettingKind::Text,
        also: None,
        apply: set!(admin, address),
        show: |settings| settings.admin.to_string(),
    },
    Setting {
        name: "admin_token",
        section: Section::Network,
        form: "TOKEN|none",
        help: "The token of the admin port: requests must have the header `Authorization: Bearer \
               TOKEN`, except those for /livez and /readyz. A flag is visible to all users of this \
               machine, so prefer admin_token_file. none: only this machine may use the port",
        kind: SettingKind::Secret,
        also: None,
        apply: set!(admin_token, secret),
        show: |settings| show_secret(settings.admin_token.as_ref()),
    },
    Setting {
        name: "admin_token_file",
        section: Section::Network,
        form: "FILE|none",
        help: "A file with the token of the admin port, which is read at the start",
        kind: SettingKind::PathOr("none"),
        also: None,
        apply: set!(admin_token_file, |text| path_or("none", "a file", text)),
        show: |settings| show_path_or("none", settings.admin_token_file.as_ref()),
    },
    Setting {
        name: "allowed_origins",
        section: Section::Network,
        form: "ORIGIN,...",
        help: "The origins of web pages that may connect, such as https://example.org, \
               https://*.example.org or capacitor://localhost, or * for all origins. If the list \
               is empty: pages of the server's own host and of this machine",
        kind: SettingKind::List,
        also: None,
        apply: set!(edge.allowed_origins, |text| list(ORIGINS, text)),
        show: |settings| show_list(&settings.edge.allowed_origins),
    },
    Setting {
        name: "allowed_hosts",
        section: Section::Network,
        form: "HOST,...",
        help: "The host names of this server, on both ports, such as play.example.org or \
               *.example.org, or * for all names. Loopback names and the address of the connection \
               are always allowed. If the list is empty: no other name over loopback, and all \
               names elsewhere. Set it if a proxy on this machine forwards the Host header",
        kind: SettingKind::List,
        also: None,
        apply: set!(edge.allowed_hosts, |text| list(HOSTS, text)),
        show: |settings| show_list(&settings.edge.allowed_hosts),
    },
    Setting {
        name: "trusted_proxies",
        section: Section::Network,
        form: "ADDRESS,...",
        help: "The addresses and networks of proxies in front of this server, such as 127.0.0.1 or \
               10.0.0.0/8. From them, and from nobody else, the server believes the headers \
               X-Forwarded-For and Forwarded, which report the address of the client",
        kind: SettingKind::List,
        also: None,
        apply: set!(edge.trusted_proxies, |text| list(PROXIES, text)),
        show: |settings| show_list(&settings.edge.trusted_proxies),
    },
    Setting {
        name: "proxy_protocol",
        section: Section::Network,
        form: "on|off",
        help: "Whether each connection from one of trusted_proxies begins with a header of the PROXY \
               protocol, version 1 or 2. on: those without it are closed",
        kind: SettingKind::Text,
        also: None,
        apply: set!(edge.proxy_protocol, on_or_off),
        show: |settings| if settings.edge.proxy_protocol { "on" } else { "off" }.to_owned(),
    },
    Setting {
        name: "io_threads",
        section: Section::Network,
        form: "NUMBER",
        help: "The number of threads that serve connections. Worlds run on separate threads",
        kind: SettingKind::Number,
        also: None,
        apply: set!(io_threads, |text| whole(text, 1..=64)),
        show: |settings| settings.io_threads.to_string(),
    },
    Setting {
        name: "tick_threads",
        section: Section::Network,
        form: "NUMBER|auto",
        help: "The number of threads that step worlds. With one, all worlds share a core. auto: one \
               for each core that the I/O threads leave",
        kind: SettingKind::NumberOrWord,
        also: None,
        apply: set!(tick_threads, |text| whole_or("auto", text, 1..=MAX_TICK_THREADS)),
        show: |settings| show_whole_or("auto", settings.tick_threads),
    },
    Setting {
        name: "realtime",
        section: Section::Network,
        form: "auto|off",
        help: "Real-time priority for the threads that step worlds. auto: if the system allows it (on Linux \
               with CAP_SYS_NICE, or ulimit -r 10). off: never",
        kind: SettingKind::Text,
        also: None,
        apply: set!(realtime, auto_or_off),
        show: |settings| if settings.realtime { "auto" } else { "off" }.to_owned(),
    },
    Setting {
        name: "max_connections",
        section: Section::Network,
        form: "NUMBER",
        help: "The maximum number of connections. A tenth more may resume a session. Up to 1,024 \
               more are answered with 503, and further ones are closed without a response. If the \
               limit of open files (ulimit -n) is lower, fewer connections are accepted",
        kind: SettingKind::Number,
        also: None,
        apply: set!(edge.max_connections, |text| whole(text, 1..=1_000_000)),
        show: |settings| settings.edge.max_connections.to_string(),
    },
    Setting {
        name: "max_unauthenticated_per_address",
        section: Section::Network,
        form: "NUMBER",
        help: "The maximum number of connections of one IP address that have not sent a hello yet. \
               Up to twice as many are answered with 429, and further ones are closed without a \
               response",
        kind: SettingKind::Number,
        also: None,
        apply: set!(edge.max_unauthenticated_per_address, |text| whole(
            text,
            1..=1_000_000
        )),
        show: |settings| settings.edge.max_unauthenticated_per_address.to_string(),
    },
    Setting {
        name: "handshakes_per_address",
        section: Section::Network,
        form: "RATE|off",
        help: "The rate limit on the connections of one IP address: a burst, then a number per time. \
               More are answered with 429. Clients on this machine and trusted_proxies have no \
               limit. off: no limit",
        kind: SettingKind::Text,
        also: None,
        apply: set!(edge.handshakes_per_address, attempt_rate),
        show: |settings| show_attempt_rate(settings.edge.handshakes_per_address),
    },
    Setting {
        name: "hellos_per_address",
        section: Section::Network,
        form: "RATE|off",
        help: "The rate limit on the hellos of one IP address. More are closed with 4004. Clients on \
               this machine and trusted_proxies have no limit. off: no limit",
        kind: SettingKind::Text,
        also: None,
        apply: set!(edge.hellos_per_address, attempt_rate),
        show: |settings| show_attempt_rate(settings.edge.hellos_per_address),
    },
    Setting {
        name: "handshake_timeout",
        section: Section::Network,
        form: "TIME",
        help: "The time limit from accepting a connection to its hello. A JSON client over \
               loopback has 60 s, so that a person can type the hello",
        kind: SettingKind::Text,
        also: None,
        apply: set!(edge.handshake_timeout, |text| time(
            text,
            HANDSHAKE.0..=HANDSHAKE.1
        )),
        show: |settings| show_time(settings.edge.handshake_timeout),
    },
    Setting {
        name: "heartbeat",
        section: Section::Network,
        form: "TIME",
        help: "A client that is silent for this long is pinged. After twice as long its connection \
               is closed",
        kind: SettingKind::Text,
        also: None,
        apply: set!(edge.heartbeat, |text| time(text, SECOND..=MINUTE)),
        show: |settings| show_time(settings.edge.heartbeat),
    },
    Setting {
        name: "cadence",
        section: Section::Network,
        form: "60|30|20|10|auto",
        help: "The maximum number of snapshots per second for each client. auto: 60, and fewer \
               under load, starting with those about distant players. A room type can have a \
               lower number",
        kind: SettingKind::NumberOrWord,
        also: None,
        apply: set!(cadence, cadence),
        show: |settings| show_whole_or("auto", settings.cadence.map(Cadence::hz)),
    },
    Setting {
        name: "outbox_bytes",
        section: Section::Network,
        form: "BYTES",
        help: "The maximum number of bytes that wait for a client that reads slowly. Beyond this, \
               its connection is closed with 4001",
        kind: SettingKind::Number,
        also: None,
        apply: set!(edge.outbox_bytes, |text| whole(text, OUTBOX.0..=OUTBOX.1)),
        show: |settings| settings.edge.outbox_bytes.to_string(),
    },
    Setting {
        name: "stall_timeout",
        section: Section::Network,
        form: "TIME",
        help: "If a client reads none of its waiting bytes for this long, its connection is closed \
               with 4001",
        kind: SettingKind::Text,
        also: None,
        apply: set!(edge.stall_timeout, |text| time(text, SECOND..=MINUTE)),
        show: |settings| show_time(settings.edge.stall_timeout),
    },
    Setting {
        name: "reconnect_window",
        section: Section::Network,
        form: "TIME",
        help: "Clients whose connections were closed reconnect at a random time within this \
               window. With many clients the window is longer (see reconnect_rate)",
        kind: SettingKind::Text,
        also: None,
        apply: set!(edge.reconnect_window, |text| time(text, WINDOW.0..=WINDOW.1)),
        show: |settings| show_time(settings.edge.reconnect_window),
    },
    Setting {
        name: "reconnect_rate",
        section: Section::Network,
        form: "NUMBER",
        help: "The maximum number of clients per second that reconnect after a restart. The \
               reconnect window lasts at least the number of clients divided by this rate",
        kind: SettingKind::Number,
        also: None,
        apply: set!(edge.reconnect_rate, |text| whole(text, 1..=1_000_000)),
        show: |settings| settings.edge.reconnect_rate.to_string(),
    },
    Setting {
        name: "resume_timeout",
        section: Section::Network,
        form: "TIME",
        help: "A player whose connection was lost stays in its room for this long, and its client can \
               resume the session. With 0s, a session ends with its connection",
        kind: SettingKind::Text,
        also: None,
        apply: set!(edge.resume_timeout, |text| time(text, Duration::ZERO..=RESUME)),
        show: |settings| show_time(settings.edge.resume_timeout),
    },
    Setting {
        name: "resume_bytes",
        section: Section::Network,
        form: "BYTES",
        help: "The maximum number of bytes of messages that are kept for a client until it has received \
               them. A client that missed more is sent the whole state when it resumes",
        kind: SettingKind::Number,
        also: None,
        apply: set!(edge.resume_bytes, |text| whole(
            text,
            RESUME_BYTES.0..=RESUME_BYTES.1
        )),
        show: |settings| settings.edge.resume_bytes.to_string(),
    },
    Setting {
        name: "max_dropped_sessions",
        section: Section::Network,
        form: "NUMBER",
        help: "The maximum number of sessions without a connection. If there are more, those that lost \
               their connections first end",
        kind: SettingKind::Number,
        also: None,
        apply: set!(edge.max_dropped_sessions, |text| whole(text, 0..=1_000_000)),
        show: |settings| settings.edge.max_dropped_sessions.to_string(),
    },
    Setting {
        name: "livez_timeout",
        section: Section::Network,
        form: "TIME",
        help: "If a tick thread finishes no tick for this long, /livez on the admin port answers 503, so that a \
               supervisor restarts the server",
        kind: SettingKind::Text,
        also: None,
        apply: set!(livez_timeout, |text| time(text, LIVEZ.0..=LIVEZ.1)),
        show: |settings| show_time(settings.livez_timeout),
    },
];

const ORIGINS: &str =
    "origins such as https://example.org, https://*.example.org or capacitor://localhost, or * for any";
const PROXIES: &str = "addresses or networks such as 10.0.0.5, 10.0.0.0/8 or 2001:db8::/32";
const HOSTS: &str = "hosts such as play.example.org, *.example.org or 192.0.2.1, or * for any";

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// The protocol promises that a connection without a hello is closed after at most five seconds.
/// The exception is JSON over loopback (`EdgeOptions::typed_hello_timeout`).
const HANDSHAKE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
const WINDOW: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(600));
/// The server needs a second to notice that the world has stopped.
const LIVEZ: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(3600));
/// A player without a client takes a seat for this long.
const RESUME: Duration = Duration::from_secs(3600);
const RESUME_BYTES: (usize, usize) = (1024, 1024 * 1024);
const OUTBOX: (usize, usize) = (64 * 1024, 16 * 1024 * 1024);

fn auto_or_off(text: &str) -> ParseResult<bool> {
    match text {
        "auto" => Ok(true),
        "off" => Ok(false),
        _ => Err("auto or off".to_owned()),
    }
}
