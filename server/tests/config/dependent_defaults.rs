//! A default adapts to the configured values, so only two configured values can contradict each
//! other.

use parlour::config::{settings, to_toml};

use crate::{configure, errors};

#[test]
fn one_configured_setting_never_contradicts_a_default() {
    // Both ends of each range, and values around the default of the other setting.
    let cases = [
        ("max_connections", &["1", "10", "255", "1000000"][..]),
        ("max_unauthenticated_per_address", &["1", "20001", "1000000"]),
        ("record_total_mib", &["1", "255", "1073741824"]),
        ("record_file_mib", &["1", "4097", "1048576"]),
        ("near_radius", &["1", "90", "150", "100000", "auto"]),
        ("interest_radius", &["1", "90", "100000", "all"]),
        (
            "listen",
            &[
                "0.0.0.0:7374",
                "127.0.0.1:7374",
                "[::]:7374",
                "127.0.0.1:7375",
                "0.0.0.0:0",
            ],
        ),
        (
            "admin",
            &[
                "0.0.0.0:7373",
                "127.0.0.1:7373",
                "[::]:7373",
                "127.0.0.1:7375",
                "127.0.0.1:0",
            ],
        ),
    ];
    for (name, values) in cases {
        for value in values {
            let config = configure(None, &[], &[(name, value)]);
            let config = config.unwrap_or_else(|error| panic!("{name} = {value}: {error}"));
            // The printed configuration contains both settings and must also be valid.
            configure(Some(&to_toml(&config)), &[], &[]).unwrap();
        }
    }
    let tested = |name: &str| cases.iter().any(|(tested, _)| *tested == name);
    for setting in settings().filter(|setting| setting.default_follows().is_some()) {
        assert!(tested(setting.name), "{} is not tested here", setting.name);
    }
}

#[test]
fn the_default_is_adapted_to_the_configured_value() {
    let settings = |name, value| configure(None, &[], &[(name, value)]).unwrap().settings;
    assert_eq!(
        settings("max_connections", "10")
            .edge
            .max_unauthenticated_per_address,
        10
    );
    assert_eq!(
        settings("max_connections", "1000")
            .edge
            .max_unauthenticated_per_address,
        256
    );
    assert_eq!(
        settings("max_unauthenticated_per_address", "30000")
            .edge
            .max_connections,
        30_000
    );
    assert_eq!(settings("record_total_mib", "64").recording.file_bytes, 64 << 20);
    assert_eq!(
        settings("record_file_mib", "8192").recording.total_bytes,
        8192 << 20
    );
    assert_eq!(settings("near_radius", "90").interest_radius, Some(90));
    assert_eq!(
        settings("listen", "0.0.0.0:7374").admin.to_string(),
        "127.0.0.1:7375"
    );
    assert_eq!(
        settings("admin", "127.0.0.1:7373").listen.to_string(),
        "127.0.0.1:7375"
    );
}

#[test]
fn config_print_names_the_setting_that_a_default_follows() {
    let text = to_toml(&configure(None, &[], &[("max_connections", "10")]).unwrap());
    assert!(
        text.contains("max_unauthenticated_per_address = 10 # default, follows max_connections\n"),
        "{text}"
    );
    let text = to_toml(&configure(None, &[], &[("max_connections", "1000")]).unwrap());
    assert!(
        text.contains("max_unauthenticated_per_address = 256 # default\n"),
        "{text}"
    );
}

#[test]
fn two_configured_settings_that_contradict_each_other_are_named_with_advice() {
    let cases = [
        (
            [
                ("max_connections", "10"),
                ("max_unauthenticated_per_address", "11"),
            ],
            "max_unauthenticated_per_address = 11 (--max-unauthenticated-per-address) and max_connections = 10 \
             (--max-connections): one address may have more connections than the server accepts: lower \
             max_unauthenticated_per_address or raise max_connections",
        ),
        (
            [("record_file_mib", "256"), ("record_total_mib", "255")],
            "record_file_mib = 256 (--record-file-mib) and record_total_mib = 255 (--record-total-mib): one file of a \
             recording may be larger than all files together: lower record_file_mib or raise record_total_mib",
        ),
        (
            [("near_radius", "90"), ("interest_radius", "150")],
            "near_radius = 90 (--near-radius) and interest_radius = 150 (--interest-radius): near_radius may differ",
        ),
        (
            [("listen", "0.0.0.0:80"), ("admin", "127.0.0.1:80")],
            "listen = 0.0.0.0:80 (--listen) and admin = 127.0.0.1:80 (--admin): both use the same port",
        ),
        (
            [("record", "/kept"), ("state", "/kept")],
            "record = /kept (--record) and state = /kept (--state): both use the same directory: change one of the two",
        ),
    ];
    for (flags, expected) in cases {
        let lines = errors(None, &[], &flags);
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(
            lines[0].contains(expected),
            "{}\nshould contain\n{expected}",
            lines[0]
        );
    }
}
