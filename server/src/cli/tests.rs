//! What a program adds to the settings: maps, defaults and options.

use super::{arguments, program::Program, *};
use crate::config::{Config, Problems};

const PLAZA: &[u8] = include_bytes!("../../../assets/maps/plaza.tmx");

fn config(program: &Program, flags: &[&str]) -> Result<Config, Problems> {
    let words = [&["tag"], flags].concat();
    let matches = arguments::command(program).get_matches_from(words);
    program.config(&matches, None)
}

fn maps(cli: &Cli, flags: &[&str]) -> Vec<String> {
    let config = config(&cli.0, flags).unwrap();
    let maps = cli.0.load_maps(&config.settings).unwrap().maps;
    maps.iter().map(|map| map.name.clone()).collect()
}

#[test]
fn a_map_of_the_program_is_served_and_replayed() {
    let program = cli("tag").map("arena", PLAZA);
    assert_eq!(maps(&program, &[]), ["arena", "garden", "lobby", "plaza"]);
    let program = program.setting("bundled_maps", "none");
    assert_eq!(maps(&program, &[]), ["arena"]);
    assert_eq!(maps(&program, &["--bundled-maps", "plaza"]), ["arena", "plaza"]);
    let config = config(&program.0, &[]).unwrap();
    let recorded = program.0.recorded_maps(&config).unwrap();
    assert!(recorded.iter().any(|map| map.name == "arena"));
}

#[test]
fn a_map_of_the_program_with_a_mistake_is_reported_with_its_name() {
    let program = cli("tag").map("arena", b"no map");
    let config = config(&program.0, &[]).unwrap();
    let errors = program.0.load_maps(&config.settings).unwrap_err().to_string();
    assert!(errors.contains("map arena.tmx of the program"), "{errors}");
}

#[test]
fn a_default_of_the_program_is_below_flags_and_its_mistakes_are_reported() {
    let program = cli("tag").setting("capacity", "8");
    let default = config(&program.0, &[]).unwrap();
    assert_eq!(default.settings.capacity, 8);
    assert_eq!(default.source("capacity").to_string(), "default of this program");
    let flag = config(&program.0, &["--capacity", "9"]).unwrap();
    assert_eq!(flag.settings.capacity, 9);

    let program = program.setting("capasity", "8").setting("max_rooms", "many");
    let errors = config(&program.0, &[]).unwrap_err().to_string();
    assert!(
        errors.contains("default of this program: unknown key \"capasity\"; did you mean `capacity`?"),
        "{errors}"
    );
    assert!(
        errors.contains("default of this program: max_rooms must be"),
        "{errors}"
    );
}

#[test]
fn room_types_plugins_and_options_of_the_program_are_those_of_the_server() {
    let program = cli("tag")
        .room_type(RoomType::new("office").map("lobby"))
        .plugins(|_: &mut bevy_app::App| {})
        .configure(|options| options.tick_threads = 3);
    let config = config(&program.0, &[]).unwrap();
    let options = program.0.options(&config.settings, Vec::new(), Vec::new());
    assert_eq!(options.room_types[0].name(), "office");
    assert_eq!(options.tick_threads, 3);
    assert!(
        format!("{:?}", options.logic).contains("closure"),
        "{:?}",
        options.logic
    );
}
