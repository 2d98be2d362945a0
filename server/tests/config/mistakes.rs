//! All mistakes are reported together, each with its place and what is expected there.

use crate::{configure, errors};

#[test]
fn all_mistakes_of_all_layers_are_reported_together() {
    let file = "capacity = \"many\"\ninterest-radius = 100\nseed = 1.5\nheartbeat = 10\n\n[server]\nlisten = \"x\"\n";
    let variables = [
        ("PARLOUR_MAX_ROOMS", "0"),
        ("PARLOUR_LISTEN", "localhost:80"),
        ("PARLOUR_ZZZ", ""),
    ];
    let flags = [("rate_chat", "lots"), ("log_format", "xml")];
    let lines = errors(Some(file), &variables, &flags);
    let expected = [
        "parlour.toml:1: capacity must be a whole number without quotes, not text in quotes",
        "parlour.toml:2: unknown key \"interest-radius\"; did you mean `interest_radius`?",
        "parlour.toml:3: seed must be a whole number without quotes, or a word in quotes, not a number with a decimal point",
        "parlour.toml:4: heartbeat must be text in quotes, not a number; for example heartbeat = \"10s\"",
        "parlour.toml:6: unknown key \"server\"; the command `config print` lists all settings; the only sections are [room_types.NAME]",
        "PARLOUR_LISTEN: listen must be an address and a port, such as 127.0.0.1:7373",
        "PARLOUR_MAX_ROOMS: max_rooms must be a whole number from 1 to 100000; it is \"0\"",
        "--rate-chat: rate_chat must be a rate such as \"10 burst, 5/s\"",
        "--log-format: log_format must be text or json; it is \"xml\"",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(
            line.starts_with(expected),
            "{line}\nshould start with\n{expected}"
        );
    }
    let problems = configure(Some(file), &variables, &flags).unwrap_err();
    assert_eq!(problems.warnings.len(), 1);
    let text = problems.to_string();
    assert!(
        text.starts_with("9 mistakes in the configuration:\n  parlour.toml:1:"),
        "{text}"
    );
    assert!(
        text.contains("PARLOUR_ZZZ") && text.ends_with("(only a warning)"),
        "{text}"
    );
    assert_eq!(format!("{problems:?}"), text);
}

#[test]
fn a_mistake_is_reported_even_if_a_higher_layer_overrides_it() {
    let lines = errors(Some("capacity = 0"), &[], &[("capacity", "5")]);
    assert_eq!(
        lines,
        ["parlour.toml:1: capacity must be a whole number from 1 to 32000; it is \"0\""]
    );
}

#[test]
fn all_syntax_errors_of_the_file_are_reported_with_other_mistakes() {
    let lines = errors(
        Some("seed = \ncapacity = 1\ncapacity = 2\n"),
        &[("PARLOUR_SEED", "x")],
        &[],
    );
    assert!(lines[0].starts_with("parlour.toml:1: not TOML"), "{lines:#?}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("parlour.toml:3: not TOML")),
        "{lines:#?}"
    );
    assert!(
        lines.iter().any(|line| line.starts_with("PARLOUR_SEED")),
        "{lines:#?}"
    );
}

#[test]
fn text_without_quotes_is_reported_once_per_line_with_its_correction() {
    let file = "seed = 7\nmaps = my/maps # ours\nlisten = 0.0.0.0:7373\nallowed_origins = https://a.example\n\
                log = info\"\nheartbeat = 5s\n";
    let lines = errors(Some(file), &[], &[]);
    assert_eq!(
        lines,
        [
            "parlour.toml:2: not TOML: text needs quotes, as in maps = \"my/maps\"",
            "parlour.toml:3: not TOML: text needs quotes, as in listen = \"0.0.0.0:7373\"",
            "parlour.toml:4: not TOML: text needs quotes, as in allowed_origins = [\"https://a.example\"]",
            "parlour.toml:5: not TOML: text needs quotes, as in log = \"info\"",
            "parlour.toml:6: not TOML: text needs quotes, as in heartbeat = \"5s\"",
        ]
    );
}

#[test]
fn the_examples_of_an_invalid_time_are_valid() {
    let lines = errors(
        None,
        &[("PARLOUR_HANDSHAKE_TIMEOUT", "30s")],
        &[("heartbeat", "5m")],
    );
    assert_eq!(
        lines,
        [
            "PARLOUR_HANDSHAKE_TIMEOUT: handshake_timeout must be a time from 100ms to 5s with a unit, such as \
             500ms or 5s; it is \"30s\"",
            "--heartbeat: heartbeat must be a time from 1s to 1m with a unit, such as 5s; it is \"5m\"",
        ]
    );
    for setting in parlour::config::settings() {
        let name = setting.name;
        if setting.form == "TIME" {
            let lines = errors(None, &[], &[(name, "x")]);
            let (_, examples) = lines[0].split_once("such as ").unwrap();
            let (examples, _) = examples.split_once(';').unwrap();
            for example in examples.split(" or ") {
                configure(None, &[], &[(name, example)]).unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }
}

#[test]
fn an_error_about_a_list_quotes_the_value_once() {
    let lines = errors(None, &[], &[("allowed_origins", "example.org")]);
    assert_eq!(lines[0].matches("\"example.org\"").count(), 1, "{lines:#?}");
}

#[test]
fn an_error_about_a_secret_does_not_quote_it() {
    for secret in ["tooshort", "with a space in the middle"] {
        let file = format!("admin_token = {secret}");
        for lines in [
            errors(None, &[("PARLOUR_ADMIN_TOKEN", secret)], &[]),
            errors(Some(&format!("admin_token = {secret:?}")), &[], &[]),
            errors(Some(&file), &[], &[]),
        ] {
            assert_eq!(lines.len(), 1, "{lines:#?}");
            assert!(
                lines[0].contains("admin_token") && !lines[0].contains(secret),
                "{lines:#?}"
            );
        }
    }
    let both = [
        ("admin_token", "correct-horse-battery"),
        ("admin_token_file", "/token"),
    ];
    let lines = errors(None, &[], &both);
    assert!(
        lines[0].contains("set one of the two") && !lines[0].contains("horse"),
        "{lines:#?}"
    );
}

#[test]
fn trusted_proxies_and_rates_of_attempts_are_checked() {
    for (name, value, expected) in [
        (
            "trusted_proxies",
            "10.0.0.1/8",
            "\"10.0.0.1/8\" is an address inside the network 10.0.0.0/8",
        ),
        (
            "trusted_proxies",
            "127.0.0.1,nginx",
            "\"nginx\" is neither an address nor a network",
        ),
        (
            "handshakes_per_address",
            "100/s",
            "must be a rate such as \"1000 burst, 100/s\"",
        ),
        ("hellos_per_address", "none", "or off; it is \"none\""),
        ("proxy_protocol", "yes", "must be on or off"),
    ] {
        let lines = errors(None, &[], &[(name, value)]);
        assert!(lines.len() == 1 && lines[0].contains(expected), "{lines:#?}");
    }
}

#[test]
fn the_proxy_protocol_needs_a_proxy() {
    let lines = errors(None, &[], &[("proxy_protocol", "on")]);
    assert!(
        lines.len() == 1 && lines[0].ends_with("name the proxies in trusted_proxies"),
        "{lines:#?}"
    );
    configure(
        None,
        &[],
        &[("proxy_protocol", "on"), ("trusted_proxies", "10.0.0.5")],
    )
    .unwrap();
}

#[test]
fn contradictions_name_both_sides_and_their_sources() {
    let lines = errors(Some("admin = \"127.0.0.1:80\""), &[], &[("listen", "0.0.0.0:80")]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].contains("listen = 0.0.0.0:80 (--listen) and admin = 127.0.0.1:80 (parlour.toml:1)"),
        "{lines:#?}"
    );
    let lines = errors(
        Some("near_radius = 90"),
        &[("PARLOUR_INTEREST_RADIUS", "150")],
        &[],
    );
    assert!(
        lines[0].contains(
            "near_radius = 90 (parlour.toml:1) and interest_radius = 150 (PARLOUR_INTEREST_RADIUS)"
        ),
        "{lines:#?}"
    );
}

#[test]
fn contradictions_between_flags_are_reported_even_if_the_file_is_unreadable() {
    let flags = [("listen", "0.0.0.0:80"), ("admin", "127.0.0.1:80")];
    let lines = errors(Some("seed = \n"), &[], &flags);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].starts_with("parlour.toml:1: not TOML"), "{lines:#?}");
    assert!(lines[1].contains("(--listen) and admin"), "{lines:#?}");
    // The file may set the admin port, so nothing is known of a contradiction with it.
    let lines = errors(Some("seed = \n"), &[], &[("listen", "127.0.0.1:7374")]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
}

#[test]
fn equal_ports_on_different_addresses_are_no_contradiction() {
    for (listen, admin) in [
        ("127.0.0.1:0", "127.0.0.1:0"),
        ("127.0.0.1:80", "127.0.0.2:80"),
        ("127.0.0.1:80", "127.0.0.1:81"),
    ] {
        configure(None, &[], &[("listen", listen), ("admin", admin)]).unwrap();
    }
}

#[test]
fn an_invalid_value_hides_only_contradictions_with_itself() {
    let flags = [
        ("listen", "nowhere"),
        ("admin", "127.0.0.1:7373"),
        ("near_radius", "90"),
        ("interest_radius", "91"),
    ];
    let lines = errors(None, &[], &flags);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].starts_with("--listen"), "{lines:#?}");
    assert!(lines[1].contains("near_radius"), "{lines:#?}");
}

#[test]
fn an_invalid_value_is_quoted_shortened_and_escaped() {
    let long = format!("\u{1b}[31m{}", "x".repeat(5000));
    let lines = errors(None, &[("PARLOUR_CAPACITY", &long)], &[]);
    assert!(lines[0].len() < 300, "{}", lines[0].len());
    assert!(!lines[0].contains('\u{1b}'), "{lines:#?}");
}
