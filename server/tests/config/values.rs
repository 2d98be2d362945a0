//! Which values are accepted, and what the server does with them.

use std::{path::Path, time::Duration};

use parlour::{config::to_toml, maps::BundledMaps};
use parlour_recording::RecordingOptions;
use parlour_sim::{Interest, OnDrop, Rate};

use crate::{configure, errors};

fn rate(text: &str) -> Rate {
    configure(None, &[], &[("rate_chat", text)])
        .unwrap()
        .settings
        .rates
        .chat
}

#[test]
fn a_rate_is_a_burst_and_a_number_per_time() {
    let every = |text| rate(&format!("3 burst, {text}")).every_ticks;
    assert_eq!(
        rate("10 burst, 10/s"),
        Rate {
            burst: 10,
            every_ticks: 6
        }
    );
    assert_eq!(every("60/s"), 1);
    assert_eq!(every("1/7s"), 420);
    assert_eq!(every("20/m"), 180);
    assert_eq!(every("1/100ms"), 6);
    assert_eq!(every("3/7s"), 140);
}

#[test]
fn malformed_rates_and_rates_of_partial_ticks_are_rejected() {
    for text in ["7/s", "61/s", "0/s", "1/0s", "1/1ms", "1/2days", "1/100years"] {
        let lines = errors(None, &[], &[("rate_chat", &format!("3 burst, {text}"))]);
        assert!(
            lines[0].starts_with("--rate-chat: rate_chat must be a rate"),
            "{lines:#?}"
        );
    }
    for text in [
        "",
        "10",
        "10 burst",
        "10, 5/s",
        "0 burst, 1/s",
        "10 burst 5/s",
        "10 burst, /s",
        "x burst, 1/s",
    ] {
        errors(None, &[], &[("rate_chat", text)]);
    }
}

#[test]
fn the_world_is_configured_from_the_settings() {
    let flags = [
        ("interest_radius", "all"),
        ("near_radius", "90"),
        ("room_empty_after", "1500ms"),
        ("on_drop", "continue"),
        ("capacity", "7"),
        ("max_objects", "6"),
        ("max_rooms", "8"),
        ("seed", "9"),
        ("rate_move", "1 burst, 30/s"),
    ];
    let sim = configure(None, &[], &flags)
        .unwrap()
        .settings
        .sim(Vec::new(), vec!["teal".into()]);
    assert_eq!(sim.rules.interest, Interest::All);
    assert_eq!(
        (sim.rules.near_px, sim.rules.empty_ticks, sim.rules.capacity),
        (90, 90, 7)
    );
    assert_eq!(sim.rules.max_objects, 6);
    assert_eq!(sim.rules.on_drop, OnDrop::Continue);
    assert_eq!((sim.max_rooms, sim.seed), (8, 9));
    assert_eq!(
        sim.rules.rates.moves,
        Rate {
            burst: 1,
            every_ticks: 2
        }
    );
    assert_eq!(sim.skins, ["teal"]);

    let sim = configure(None, &[], &[("interest_radius", "200")])
        .unwrap()
        .settings
        .sim(Vec::new(), Vec::new());
    assert_eq!((sim.rules.interest, sim.rules.near_px), (Interest::Near, 200));
    let sim = configure(None, &[], &[("interest_radius", "all")])
        .unwrap()
        .settings
        .sim(Vec::new(), Vec::new());
    assert_eq!((sim.rules.interest, sim.rules.near_px), (Interest::All, 150));
}

#[test]
fn the_world_accepts_all_values_that_the_configuration_accepts() {
    // Both ends of each range. For rates, values just within the bound and just beyond it.
    let cases: &[(&str, &[&str])] = &[
        ("interest_radius", &["0", "1", "100000", "100001", "all"]),
        ("near_radius", &["1", "100000", "auto"]),
        ("capacity", &["0", "1", "32000", "32001"]),
        ("max_objects", &["0", "32767", "32768"]),
        ("max_rooms", &["1", "100000"]),
        ("room_empty_after", &["0s", "24h", "25h"]),
        (
            "rate_chat",
            &[
                "1 burst, 60/s",
                "10000 burst, 1/27s",
                "10000 burst, 1/28s",
                "1 burst, 1/77h",
            ],
        ),
        ("room_talk_mib", &["0", "1", "1024", "1025"]),
        ("seed", &["0", "1", "9223372036854775807"]),
    ];
    let mut accepted = 0;
    for (name, values) in cases {
        for value in *values {
            if let Ok(config) = configure(None, &[("PARLOUR_INTEREST_RADIUS", "all")], &[(*name, value)]) {
                let maps = parlour::maps::load(None).unwrap();
                let _ = parlour_sim::Simulation::new(config.settings.sim(maps, vec!["teal".into()]));
                accepted += 1;
            }
        }
    }
    assert_eq!(accepted, 21);
}

#[test]
fn values_are_trimmed_and_lists_are_split_at_commas() {
    let variables = [
        (
            "PARLOUR_ALLOWED_ORIGINS",
            " https://Example.org , http://[::1]:80,",
        ),
        ("PARLOUR_HEARTBEAT", " 2s "),
        ("PARLOUR_MAPS", "my maps"),
    ];
    let settings = configure(None, &variables, &[]).unwrap().settings;
    let origins: Vec<String> = settings
        .edge
        .allowed_origins
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(origins, ["https://example.org", "http://[::1]"]);
    assert_eq!(settings.edge.heartbeat, Duration::from_secs(2));
    assert_eq!(settings.maps.as_deref(), Some(Path::new("my maps")));
}

#[test]
fn errors_about_origins_and_hosts_suggest_a_correction() {
    let error = |name, text: &str| {
        let lines = errors(None, &[], &[(name, text)]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0].clone()
    };
    for (origin, expected) in [
        (
            "https://b.org,example.org",
            "\"example.org\" has no scheme: write https://example.org;",
        ),
        ("https://a/b", "write https://a"),
        ("https://", "no valid host"),
        ("https://a b", "no valid host"),
        ("https://a:port", "no valid port"),
        ("https://a.*", "as in *.example.org"),
        ("https://münchen.example", "xn--"),
        ("null", "only * allows it"),
    ] {
        let error = error("allowed_origins", origin);
        assert!(
            error.contains("https://*.example.org") && error.contains(expected),
            "{error}"
        );
    }
    for (host, expected) in [
        (
            "https://play.example.org/",
            "write play.example.org, which allows any port",
        ),
        (
            "play.example.org:7373",
            "write play.example.org, which allows any port",
        ),
        ("a b", "no valid host"),
    ] {
        let error = error("allowed_hosts", host);
        assert!(
            error.contains("*.example.org") && error.contains(expected),
            "{error}"
        );
    }
    let long = format!("https://{}", "a/".repeat(5000));
    assert!(error("allowed_origins", &long).len() < 600);
}

#[test]
fn an_empty_directory_is_a_mistake_and_a_word_stands_for_none() {
    for (name, word) in [
        ("record", "off"),
        ("history_dir", "auto"),
        ("maps", "bundled"),
        ("skins", "bundled"),
    ] {
        for empty in ["", " "] {
            let lines = errors(None, &[], &[(name, empty)]);
            assert!(lines[0].contains(&format!("or {word:?}")), "{lines:?}");
            let file = format!("{name} = {empty:?}");
            assert_eq!(errors(Some(&file), &[], &[]).len(), 1, "{file}");
        }
        let file = format!("{name} = \"somewhere\"");
        assert_eq!(
            configure(Some(&file), &[], &[(name, word)]).unwrap().settings,
            configure(None, &[], &[]).unwrap().settings
        );
    }
    let settings = configure(None, &[], &[("record", "./off")]).unwrap().settings;
    assert_eq!(settings.recording.directory.as_deref(), Some(Path::new("./off")));
}

#[test]
fn bundled_maps_are_all_none_or_some_by_name() {
    let bundled = |file: Option<&str>, flags: &[(&'static str, &str)]| {
        let config = configure(file, &[], flags).unwrap();
        // The printed configuration leads to the same settings.
        let again = configure(Some(&to_toml(&config)), &[], &[]).unwrap();
        assert_eq!(again.settings, config.settings);
        config.settings.bundled_maps
    };
    let only = |names: &[&str]| BundledMaps::Only(names.iter().map(|&name| name.to_owned()).collect());
    assert_eq!(bundled(None, &[]), BundledMaps::All);
    assert_eq!(bundled(None, &[("bundled_maps", "none")]), BundledMaps::none());
    assert_eq!(
        bundled(None, &[("bundled_maps", "plaza, lobby,plaza")]),
        only(&["lobby", "plaza"])
    );
    assert_eq!(bundled(Some("bundled_maps = [\"lobby\"]"), &[]), only(&["lobby"]));
    assert_eq!(
        bundled(Some("bundled_maps = \"none\""), &[("bundled_maps", "all")]),
        BundledMaps::All
    );
    for (text, expected) in [
        (
            "lobbi",
            "all, none, or some of garden, lobby, plaza, but \"lobbi\" is not a bundled map (did you mean `lobby`?)",
        ),
        ("all,lobby", "\"all\" is not a bundled map"),
        ("", "must be all, none, or some of"),
    ] {
        let lines = errors(None, &[("PARLOUR_BUNDLED_MAPS", text)], &[]);
        assert!(lines[0].contains(expected), "{lines:?}");
    }
    let lines = errors(Some("bundled_maps = 7"), &[], &[]);
    assert!(
        lines[0].contains("or a word in quotes, not a number"),
        "{lines:?}"
    );
}

#[test]
fn durations_need_a_unit_and_have_bounds() {
    for value in ["10", "", "-1s", "1x", "10h", "10ms"] {
        errors(None, &[("PARLOUR_HEARTBEAT", value)], &[]);
    }
}

#[test]
fn the_recorder_is_configured_from_the_settings() {
    let recording = |flags: &[(&'static str, &str)]| {
        let settings = configure(None, &[], flags)?.settings;
        Ok::<_, parlour::config::Problems>(settings.server_options(Vec::new(), Vec::new()).recording)
    };
    assert_eq!(recording(&[]).unwrap(), RecordingOptions::default());
    let flags = [
        ("record", "here"),
        ("record_file_mib", "2"),
        ("record_file_minutes", "3"),
        ("record_total_mib", "4"),
        ("history", "90s"),
        ("history_mib", "5"),
        ("history_dir", "there"),
        ("shadow", "on"),
    ];
    let expected = RecordingOptions {
        directory: Some("here".into()),
        file_bytes: 2 << 20,
        file_age: Duration::from_secs(180),
        total_bytes: 4 << 20,
        history: Duration::from_secs(90),
        history_bytes: 5 << 20,
        history_directory: Some("there".into()),
        shadow: true,
        ..RecordingOptions::default()
    };
    assert_eq!(recording(&flags).unwrap(), expected);

    // Both ends of each range, and values beyond them.
    let cases = [
        ("record_file_mib", "0", "1", "4096", "1048577"),
        ("record_file_minutes", "0", "1", "10080", "10081"),
        ("record_total_mib", "0", "256", "1073741824", "1073741825"),
        ("history", "-1s", "0s", "1h", "61m"),
        ("history_mib", "0", "1", "16384", "16385"),
        ("shadow", "yes", "on", "off", ""),
    ];
    for (name, below, least, most, above) in cases {
        for (value, is_accepted) in [(below, false), (least, true), (most, true), (above, false)] {
            assert_eq!(
                recording(&[(name, value)]).is_ok(),
                is_accepted,
                "{name} = {value}"
            );
        }
    }
}
