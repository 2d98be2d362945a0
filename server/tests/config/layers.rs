//! Flags override environment variables, which override the file, which overrides the defaults.

use std::path::Path;

use parlour::config::{ConfigFile, Layers, SettingSource, Settings, resolve, to_toml};

use crate::configure;

#[test]
fn without_layers_the_settings_are_the_defaults() {
    let config = configure(None, &[], &[]).unwrap();
    assert_eq!(config.settings, Settings::default());
    assert_eq!(config.source("listen"), &SettingSource::Default);
    assert!(config.warnings.is_empty());
}

#[test]
fn a_higher_layer_overrides_a_lower_one() {
    let file = "# four values\ncapacity = 1\nmax_rooms = 1\nseed = 1\n";
    let variables = [("PARLOUR_MAX_ROOMS", "2"), ("PARLOUR_SEED", "2")];
    let config = configure(Some(file), &variables, &[("seed", "3")]).unwrap();
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
fn rust_log_is_used_and_parlour_log_overrides_it() {
    let both = [("RUST_LOG", "trace"), ("PARLOUR_LOG", "warn")];
    assert_eq!(configure(None, &both, &[]).unwrap().settings.log, "warn");
    let config = configure(Some("log = \"error\""), &both[..1], &[]).unwrap();
    assert_eq!(config.settings.log, "trace");
    assert_eq!(config.source("log").to_string(), "RUST_LOG");
    assert_eq!(
        configure(None, &[("RUST_LOG", "")], &[]).unwrap().settings.log,
        "info"
    );
}

#[test]
fn the_word_for_none_removes_the_value_of_a_lower_layer() {
    let file = "maps = \"maps\"\nallowed_origins = [\"https://example.org\"]\n";
    let config = configure(
        Some(file),
        &[("PARLOUR_MAPS", "bundled")],
        &[("allowed_origins", "")],
    )
    .unwrap();
    assert_eq!(config.settings.maps, None);
    assert!(config.settings.edge.allowed_origins.is_empty());
}

#[test]
fn an_unknown_variable_is_reported_with_a_suggestion() {
    let variables = [
        ("PARLOUR_INTEREST_RADIOS", "1"),
        ("PARLOUR_CONFIG", "x.toml"),
        ("PARLOUR_BUILD", "7e56463ab12f"),
        ("PARLOR_SEED", "1"),
        ("PATH", "/bin"),
    ];
    let config = configure(None, &variables, &[]).unwrap();
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["PARLOUR_INTEREST_RADIOS: unknown variable; did you mean `PARLOUR_INTEREST_RADIUS`?"]
    );
}

#[test]
fn a_relative_path_in_a_file_is_relative_to_the_folder_of_the_file() {
    let text =
        "maps = \"maps\"\nskins = \"/etc/skins.toml\"\nrecord = \"off\"\nhistory_dir = \"../history\"\n";
    let layers = |file: &str| Layers {
        file: Some(ConfigFile::of(file, text)),
        flags: vec![("record", "recordings".into())],
        ..Layers::default()
    };
    let config = resolve(&layers("/srv/game/parlour.toml")).unwrap();
    let settings = &config.settings;
    assert_eq!(settings.maps.as_deref(), Some(Path::new("/srv/game/maps")));
    assert_eq!(settings.skins.as_deref(), Some(Path::new("/etc/skins.toml")));
    let history = settings.recording.history_directory.as_deref();
    assert_eq!(history, Some(Path::new("/srv/game/../history")));
    // A flag: relative to the working directory.
    let record = settings.recording.directory.as_deref();
    assert_eq!(record, Some(Path::new("recordings")));
    // The printed file means the same in every folder.
    let printed = ConfigFile::of("/elsewhere/parlour.toml", to_toml(&config));
    let again = resolve(&Layers {
        file: Some(printed),
        ..Layers::default()
    });
    let again = again.unwrap().settings;
    assert_eq!(again.maps, settings.maps);
    let record = std::path::absolute("recordings").unwrap();
    assert_eq!(again.recording.directory, Some(record));
}
