//! Bundled maps can be left out or replaced by a map of the same name. Bundled doors that lead
//! nowhere then are warnings.

use parlour::maps::{self, BundledMaps, DoorTarget};

use crate::{
    map_directory::MapDirectory,
    small_map::{SMALL_MAP, small_map_with_door_to},
};

fn only(names: &[&str]) -> BundledMaps {
    BundledMaps::Only(names.iter().map(|&name| name.to_owned()).collect())
}

#[test]
fn a_directory_can_be_served_without_bundled_maps() {
    let directory = MapDirectory::with(&[("small.tmx", SMALL_MAP)]);
    let (names, warnings) = directory.names_and_warnings(&BundledMaps::none()).unwrap();
    assert_eq!(names, ["small"]);
    assert!(
        warnings.iter().all(|warning| !warning.contains("bundled")),
        "{warnings:#?}"
    );
    let (names, _) = directory.names_and_warnings(&only(&["plaza"])).unwrap();
    assert_eq!(names, ["plaza", "small"]);
}

#[test]
fn without_a_directory_the_selected_bundled_maps_are_served_and_none_is_an_error() {
    let found = maps::load_catalogue(&only(&["plaza"]), None, &[]).unwrap();
    assert_eq!(found.maps.len(), 1);
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    let error = maps::load_catalogue(&BundledMaps::none(), None, &[])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("bundled_maps: there is no map to serve: ") && error.contains("--maps DIR"),
        "{error}"
    );
}

#[test]
fn a_bundled_door_to_a_map_that_is_left_out_is_a_warning() {
    let found = maps::load_catalogue(&only(&["garden", "plaza"]), None, &[]).unwrap();
    assert_eq!(found.maps.len(), 2);
    let warnings: Vec<String> = found.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "bundled map garden.tmx: door \"lobby_gate\" (object 11) at 0, 416 px: leads to the map `lobby`, which is not \
             served: the door stays closed. Serve `lobby`, or omit `garden` with bundled_maps as well",
            "bundled map garden.tmx: door \"games_gate\" (object 12) at 0, 736 px: leads to the map `lobby`, which is not \
             served: the door stays closed. Serve `lobby`, or omit `garden` with bundled_maps as well",
        ]
    );
}

#[test]
fn a_bundled_door_to_a_replaced_map_without_its_spawn_point_is_a_warning() {
    let directory = MapDirectory::with(&[("lobby.tmx", &small_map_with_door_to("lobby"))]);
    let (names, warnings) = directory.names_and_warnings(&BundledMaps::All).unwrap();
    assert_eq!(names, ["garden", "lobby", "plaza"]);
    assert_eq!(warnings.len(), 2, "{warnings:#?}");
    assert_eq!(
        warnings[0],
        "bundled map garden.tmx: door \"lobby_gate\" (object 11) at 0, 416 px: leads to the spawn point `from_garden` of \
         `lobby`, which does not exist: players arrive at any spawn point of that map. Add `from_garden` to lobby.tmx, or \
         omit `garden` with bundled_maps"
    );
}

#[test]
fn a_door_of_a_configured_map_that_leads_nowhere_is_an_error_with_advice() {
    for (to_map, to_spawn, expected) in [
        (
            "plaza",
            "default",
            "leads to the map `plaza`, which is not served: it is a bundled map that bundled_maps omits. Serve it, or \
             correct to_map",
        ),
        (
            "smal",
            "default",
            "leads to the map `smal`, which is not served: did you mean `small`?",
        ),
        (
            "tavern",
            "default",
            "add tavern.tmx to the directory of maps, or correct to_map of the door. The maps are small",
        ),
        (
            "small",
            "defualt",
            "which does not exist: did you mean `default`? Correct to_spawn",
        ),
        (
            "small",
            "attic",
            "which does not exist: add it to small.tmx, or correct to_spawn",
        ),
    ] {
        let map = small_map_with_door_to(to_map).replace("value=\"default\"", &format!("value={to_spawn:?}"));
        let directory = MapDirectory::with(&[("small.tmx", &map)]);
        let errors = directory.names_and_warnings(&BundledMaps::none()).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:#?}");
        assert!(
            errors[0].starts_with("small.tmx: door \"out\" (object 2) at 96, 31.6 px: ")
                && errors[0].contains(expected),
            "{}\nshould contain\n{expected}",
            errors[0]
        );
    }
}

fn target(name: &str, map: &str) -> DoorTarget {
    DoorTarget {
        name: name.to_owned(),
        map: map.to_owned(),
    }
}

#[test]
fn a_door_may_lead_to_a_room_type_that_is_not_a_map() {
    let load = |to_map: &str, to_spawn: &str, targets: &[DoorTarget]| {
        let map = small_map_with_door_to(to_map).replace("value=\"default\"", &format!("value={to_spawn:?}"));
        let directory = MapDirectory::with(&[("small.tmx", &map)]);
        let found = maps::load_catalogue(&BundledMaps::All, Some(directory.path()), targets);
        found.map_err(|errors| errors.to_string())
    };
    let tag = target("tag", "lobby");
    assert!(load("tag", "from_garden", std::slice::from_ref(&tag)).is_ok());
    let error = load("tag", "from_gardens", std::slice::from_ref(&tag)).unwrap_err();
    assert!(
        error.contains(
            "spawn point `from_gardens` of `tag`, which does not exist: did you mean `from_garden`?"
        ),
        "{error}"
    );
    // A type replaces that of the map with its name.
    assert!(load("plaza", "from_garden", &[target("plaza", "lobby")]).is_ok());
    assert!(load("plaza", "from_garden", &[]).is_err());
    // The check of room types reports that the map does not exist.
    assert!(load("tag", "default", &[target("tag", "attic")]).is_ok());
    let error = load("tags", "default", std::slice::from_ref(&tag)).unwrap_err();
    assert!(error.contains("did you mean `tag`? Correct to_map"), "{error}");
    let error = load("tavern", "default", &[tag]).unwrap_err();
    assert!(
        error.contains("The maps are garden, lobby, plaza, small, and the other room types are tag"),
        "{error}"
    );
}

#[test]
fn an_unknown_spawn_point_of_a_bundled_map_is_an_error_that_lists_the_known_ones() {
    let map = small_map_with_door_to("lobby").replace("value=\"default\"", "value=\"cellar\"");
    let directory = MapDirectory::with(&[("small.tmx", &map)]);
    let errors = directory.warnings().unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(
        errors[0].contains(
            "`cellar` of `lobby`, which does not exist: correct to_spawn of the door. The spawn points are "
        ) && errors[0].contains("from_garden"),
        "{errors:#?}"
    );
}

#[test]
fn a_replay_has_both_a_bundled_map_and_its_replacement() {
    let directory = MapDirectory::with(&[("lobby.tmx", &small_map_with_door_to("nowhere"))]);
    let maps = maps::for_replay(Some(directory.path())).unwrap();
    let names: Vec<&str> = maps.iter().map(|map| map.name.as_str()).collect();
    assert_eq!(names, ["garden", "lobby", "plaza", "lobby"]);
}
