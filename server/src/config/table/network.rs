//! The settings of the network.

use std::time::Duration;

use parlour_tick::Cadence;

use super::{ParseResult, Section, Setting, SettingKind, set};
use crate::{
    bridge::route::MAX_TICK_THREADS,
    config::value::{address, cadence, list, show_list, show_time, show_whole_or, time, whole, whole_or},
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
        help: "The address for metrics, health and the history. Do not expose it to the internet",
        kind: SettingKind::Text,
        also: None,
        apply: set!(admin, address),
        show: |settings| settings.admin.to_string(),
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
        help: "The maximum number of connections. Up to 1,024 more are answered with 503, and \
               further ones are closed without a response. If the limit \
               of open files (ulimit -n) is lower, fewer connections are accepted",
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
const HOSTS: &str = "hosts such as play.example.org, *.example.org or 192.0.2.1, or * for any";

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// The protocol promises that a connection without a hello is closed after at most five seconds.
/// The exception is JSON over loopback (`EdgeOptions::typed_hello_timeout`).
const HANDSHAKE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
const WINDOW: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(600));
/// The server needs a second to notice that the world has stopped.
const LIVEZ: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(3600));
const OUTBOX: (usize, usize) = (64 * 1024, 16 * 1024 * 1024);

fn auto_or_off(text: &str) -> ParseResult<bool> {
    match text {
        "auto" => Ok(true),
        "off" => Ok(false),
        _ => Err("auto or off".to_owned()),
    }
}
