//! Maps of a directory are added to the bundled ones, or replace them by name. All maps are checked
//! together.

use std::{fs, path::Path};

use parlour::maps;

use crate::{
    map_directory::MapDirectory,
    small_map::{SMALL_MAP, small_map_with_door_to},
};

#[test]
fn maps_of_a_directory_are_added_to_the_bundled_ones() {
    let directory = MapDirectory::with(&[("small.tmx", SMALL_MAP), ("tiles.png", "?"), ("notes.txt", "")]);
    assert_eq!(directory.names().unwrap(), ["garden", "lobby", "plaza", "small"]);
}

#[test]
fn a_map_replaces_the_bundled_one_of_the_same_name() {
    let plaza = SMALL_MAP.replace("value=\"small\"", "value=\"lobby\"");
    let directory = MapDirectory::with(&[("plaza.tmx", &plaza)]);
    let maps = maps::load(Some(directory.path())).unwrap();
    let plaza = maps.iter().find(|map| map.name == "plaza").unwrap();
    assert_eq!(plaza.walls.size(), (4, 3));
}

#[test]
fn doors_are_checked_across_all_maps() {
    let nowhere = SMALL_MAP.replace("value=\"small\"", "value=\"nowhere\"");
    let no_spawn = SMALL_MAP.replace("value=\"default\"", "value=\"attic\"");
    let files = [("a.tmx", nowhere.as_str()), ("small.tmx", &no_spawn)];
    let errors = MapDirectory::with(&files).names().unwrap_err();
    assert_eq!(
        errors[0],
        "a.tmx: door \"out\" (object 2) at 96, 31.6 px: leads to the map `nowhere`, which is not served: add nowhere.tmx to the \
         directory of maps, or correct to_map of the door. The maps are a, garden, lobby, plaza, small"
    );
    assert_eq!(
        errors[1],
        "small.tmx: door \"out\" (object 2) at 96, 31.6 px: leads to the spawn point `attic` of `small`, which does not \
         exist: add it to small.tmx, or correct to_spawn of the door"
    );
    assert_eq!(errors.len(), 2, "{errors:#?}");
}

#[test]
fn all_invalid_files_are_reported_together() {
    let directory = MapDirectory::with(&[("a.tmx", "<map"), ("Big.tmx", SMALL_MAP), ("c.tmx", "")]);
    fs::create_dir_all(directory.path().join("d.tmx")).unwrap();
    let errors = directory.names().unwrap_err();
    assert_eq!(errors.len(), 4, "{errors:#?}");
    assert!(errors[0].starts_with("Big.tmx: the name \"Big\""), "{errors:#?}");
    assert!(errors[1].starts_with("a.tmx: line 1: "), "{errors:#?}");
    assert!(
        errors[3].starts_with("d.tmx: cannot be read: not a regular file"),
        "{errors:#?}"
    );
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_doors_that_lead_nowhere() {
    let directory = MapDirectory::with(&[
        ("broken.tmx", "<map"),
        // This door may lead to a valid spawn point of the broken map.
        ("a.tmx", &small_map_with_door_to("broken")),
        ("b.tmx", &small_map_with_door_to("nowhere")),
    ]);
    let errors = directory.names().unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(errors[0].starts_with("broken.tmx: line 1: "), "{errors:#?}");
    assert!(
        errors[1].starts_with("b.tmx: door ") && errors[1].contains("leads to the map `nowhere`"),
        "{errors:#?}"
    );
}

#[test]
fn a_missing_directory_is_reported() {
    let error = maps::load(Some(Path::new("/nowhere/at/all")))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("/nowhere/at/all: cannot be read: "), "{error}");
}

#[test]
fn a_directory_without_maps_is_an_error() {
    let expected = ": contains no map: only *.tmx files directly in this directory are read, not those in subdirectories";
    for folder in [".", "maps"] {
        let directory = MapDirectory::with(&[]);
        fs::create_dir_all(directory.path().join(folder)).unwrap();
        if folder != "." {
            fs::write(directory.path().join("maps/small.tmx"), SMALL_MAP).unwrap();
        }
        let errors = directory.names().unwrap_err();
        assert_eq!(errors, [format!("{}{expected}", directory.path().display())]);
    }
    // Files of similar kinds are reported as well.
    let errors = MapDirectory::with(&[("a.tmj", "{}")]).names().unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(
        errors[1].starts_with("warning: a.tmj: is not read"),
        "{errors:#?}"
    );
}
