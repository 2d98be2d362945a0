//! Defaults < file < environment < flags.

use parlour_server::config::{SettingSource, Settings};

use crate::given;

#[test]
fn without_layers_the_settings_are_the_defaults() {
    let config = given(None, &[], &[]).unwrap();
    assert_eq!(config.settings, Settings::default());
    assert_eq!(config.source("listen"), &SettingSource::Default);
    assert!(config.warnings.is_empty());
}

#[test]
fn each_layer_wins_over_the_one_below() {
    let file = "# four values\ncapacity = 1\nmax_rooms = 1\nseed = 1\n";
    let variables = [("PARLOUR_MAX_ROOMS", "2"), ("PARLOUR_SEED", "2")];
    let config = given(Some(file), &variables, &[("seed", "3")]).unwrap();
    let settings = &config.settings;
    assert_eq!(
        (settings.capacity, settings.max_rooms, settings.seed),
        (1, 2, Some(3))
    );
    let sources = ["listen", "capacity", "max_rooms", "seed"].map(|name| config.source(name).to_string());
    assert_eq!(
        sources,
        ["default", "parlour.toml:2", "PARLOUR_MAX_ROOMS", "--seed"]
    );
}

#[test]
fn rust_log_counts_but_parlours_own_variable_wins() {
    let both = [("RUST_LOG", "trace"), ("PARLOUR_LOG", "warn")];
    assert_eq!(given(None, &both, &[]).unwrap().settings.log, "warn");
    let config = given(Some("log = \"error\""), &both[..1], &[]).unwrap();
    assert_eq!(config.settings.log, "trace");
    assert_eq!(config.source("log").to_string(), "RUST_LOG");
    assert_eq!(
        given(None, &[("RUST_LOG", "")], &[]).unwrap().settings.log,
        "info"
    );
}

#[test]
fn the_word_for_none_removes_the_value_of_a_lower_layer() {
    let file = "maps = \"maps\"\nallowed_origins = [\"https://example.org\"]\n";
    let config = given(
        Some(file),
        &[("PARLOUR_MAPS", "bundled")],
        &[("allowed_origins", "")],
    )
    .unwrap();
    assert_eq!(config.settings.maps, None);
    assert!(config.settings.edge.allowed_origins.is_empty());
}

#[test]
fn unknown_variables_are_warned_about() {
    let variables = [
        ("PARLOUR_INTEREST_RADIOS", "1"),
        ("PARLOUR_CONFIG", "x.toml"),
        ("PARLOUR_BUILD", "7e56463ab12f"),
        ("PARLOR_SEED", "1"),
        ("PATH", "/bin"),
    ];
    let config = given(None, &variables, &[]).unwrap();
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["PARLOUR_INTEREST_RADIOS: unknown variable; did you mean `PARLOUR_INTEREST_RADIUS`?"]
    );
}
