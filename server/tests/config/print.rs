//! The printed configuration is a file that leads to the same settings.

use parlour::config::{SettingKind, settings, to_toml};
use proptest::prelude::*;

use crate::configure;

#[test]
fn the_printed_defaults_can_be_read_again() {
    let config = configure(None, &[], &[]).unwrap();
    let text = to_toml(&config);
    let again = configure(Some(&text), &[], &[]).unwrap();
    assert_eq!(again.settings, config.settings);
    // The comments are wrapped.
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let unwrapped = text.replace("\n# ", " ");
    for setting in settings() {
        assert!(unwrapped.contains(setting.help), "help of {}", setting.name);
        let source = again.source(setting.name).to_string();
        assert!(source.starts_with("parlour.toml:"), "{}: {source}", setting.name);
    }
}

#[test]
fn printed_values_of_all_kinds_can_be_read_again() {
    let flags = [
        ("interest_radius", "all"),
        ("near_radius", "77"),
        (
            "allowed_origins",
            "https://example.org, http://localhost:8080,https://*.game.example:443, wss://a.org,capacitor://localhost",
        ),
        ("allowed_hosts", "Play.example.org, *.game.example,[::1],*"),
        ("maps", "/a \"quoted\" \\ path # with\tmore"),
        ("room_empty_after", "1h 2s 3ms"),
        ("on_drop", "continue"),
        ("rate_move", "7 burst, 3/7s"),
        ("rate_chat", "1 burst, 2/m"),
        ("log", "warn,parlour=trace"),
        ("log_format", "json"),
        ("record", "/recordings of \"ours\""),
        ("history", "1m 30s"),
        ("shadow", "on"),
        ("seed", "9223372036854775807"),
        ("trusted_proxies", "127.0.0.1,10.0.0.0/8, 2001:db8::/32"),
        ("proxy_protocol", "on"),
        ("handshakes_per_address", "7 burst, 3/1m 30s"),
        ("hellos_per_address", "off"),
        ("admin_token_file", "/run/admin token"),
    ];
    let config = configure(None, &[], &flags).unwrap();
    let text = to_toml(&config);
    assert_eq!(
        configure(Some(&text), &[], &[]).unwrap().settings,
        config.settings,
        "{text}"
    );
    assert!(
        text.contains("interest_radius = \"all\" # --interest-radius\n"),
        "{text}"
    );
    assert!(text.contains("near_radius = 77 # --near-radius\n"), "{text}");
    assert!(
        text.contains(
            "allowed_origins = [\"https://example.org\", \"http://localhost:8080\", \"https://*.game.example\", \
             \"https://a.org\", \"capacitor://localhost\"] # --"
        ),
        "{text}"
    );
}

#[test]
fn a_secret_is_never_printed() {
    let secret = "correct-horse-battery-staple";
    let config = configure(None, &[("PARLOUR_ADMIN_TOKEN", secret)], &[]).unwrap();
    let text = to_toml(&config);
    assert!(
        text.contains("\n# admin_token = \"(secret)\" # PARLOUR_ADMIN_TOKEN\n"),
        "{text}"
    );
    assert!(
        !text.contains(secret) && !format!("{config:?}").contains(secret),
        "{text}"
    );
    // Without the secret, the rest can be read again.
    let again = configure(Some(&text), &[], &[]).unwrap();
    assert_eq!(again.settings.admin_token, None);
}

#[test]
fn every_setting_has_one_name_everywhere_and_a_valid_default() {
    let mut names: Vec<&str> = settings().map(|setting| setting.name).collect();
    for setting in settings() {
        let name = setting.name;
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{name}"
        );
        assert_eq!(setting.variable().to_lowercase(), format!("parlour_{name}"));
        assert_eq!(setting.flag().replace('-', "_"), name);
        assert!(
            !setting.help.ends_with('.'),
            "{name}: `config print` continues the sentence"
        );
        let text = setting.default_text();
        let config = configure(None, &[], &[(name, &text)]).unwrap();
        assert_eq!(setting.text(&config.settings), text, "{name}");
        if setting.kind == SettingKind::Number {
            text.parse::<u64>().unwrap();
        }
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), settings().count());
}

proptest! {
    #[test]
    fn accepted_values_can_be_printed_and_read_again(path in "\\PC{0,40}", burst in 1u32..150, every in 1u32..100_000) {
        let mut config = configure(None, &[], &[("maps", &format!("/maps/x{path}"))]).unwrap();
        config.settings.rates.chat = parlour_sim::Rate { burst, every_ticks: every };
        let text = to_toml(&config);
        let again = configure(Some(&text), &[], &[]);
        prop_assert_eq!(again.map(|config| config.settings).ok(), Some(config.settings), "{}", text);
    }

    #[test]
    fn no_file_causes_a_panic(text in "[a-z_=\"\\[\\]{}#0-9.\n ]{0,120}") {
        let _ = configure(Some(&text), &[], &[]);
    }
}
