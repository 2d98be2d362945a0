//! Maps of a directory instead of the bundled ones: checked, served, recorded and replayed.

use std::fs;

use parlour_testing::{TemporaryPath, eventually};

use crate::{
    process::{FREE_PORTS, ServerProcess, parlour, run},
    small_map::small_map_with_door_to,
};

#[test]
fn a_world_without_bundled_maps_is_recorded_and_replayed() {
    let (maps, recordings) = (TemporaryPath::directory(), TemporaryPath::directory());
    // The bundled garden has doors to spawn points that this lobby does not have.
    let lobby = small_map_with_door_to("lobby");
    fs::write(maps.0.join("lobby.tmx"), lobby).unwrap();
    let map_args = ["--maps", maps.path(), "--bundled-maps", "none"];
    let (code, out, err) = run(&mut parlour(&[&["config", "check"], &map_args[..]].concat()));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("valid: 1 map,"), "{out}");

    let server = ServerProcess::start(&[&map_args[..], &["--record", recordings.path()]].concat());
    server.wait_for_line("is serving the map lobby.");
    let world = recordings.0.join("main");
    let recorded_bytes = || -> u64 {
        let files = fs::read_dir(&world).into_iter().flatten();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    };
    eventually("a header is recorded", || recorded_bytes() > 0);
    let header = recorded_bytes();
    eventually("ticks are recorded", || recorded_bytes() > header);
    server.stop();

    // The recorded map is found by its digest. The bundled lobby has a different digest.
    let replay = |args: &[&str]| {
        run(&mut parlour(
            &[&["replay", world.to_str().unwrap()], args].concat(),
        ))
    };
    let (code, out, err) = replay(&["--maps", maps.path()]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("hashes verified"), "{out}");
    let (code, _, err) = replay(&[]);
    assert_eq!(code, Some(65), "{err}");
    assert!(
        err.contains("\"lobby\" is not the one that was recorded") && err.contains("--maps DIR"),
        "{err}"
    );
}

#[test]
fn doors_to_maps_that_are_left_out_are_warnings_and_the_server_starts() {
    let (code, _, err) = run(&mut parlour(&[
        "config",
        "check",
        "--bundled-maps",
        "garden,plaza",
    ]));
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(
        err.matches("parlour: warning: bundled map garden.tmx: door ")
            .count(),
        2,
        "{err}"
    );
    let server = ServerProcess::start(&["--bundled-maps", "garden,plaza", "--history", "0s"]);
    server.wait_for_line("is serving the maps garden and plaza.");
    let log = server.stop();
    assert_eq!(
        log.matches("leads to the map `lobby`, which is not served")
            .count(),
        2,
        "{log}"
    );
}

#[test]
fn a_demo_without_the_maps_of_its_bots_names_the_missing_ones() {
    let args = [&["demo", "--bundled-maps", "garden,plaza"], &FREE_PORTS[..]].concat();
    let (code, out, err) = run(parlour(&args).env("PARLOUR_LOG", "off"));
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    assert!(err.contains("bundled_maps leaves out lobby:"), "{err}");
}

#[test]
fn a_server_without_game_logic_leaves_the_objects_of_maps_out_and_says_so() {
    let maps = TemporaryPath::directory();
    let objects = "<objectgroup id=\"4\" name=\"objects\"><object id=\"9\" type=\"chair\" x=\"60\" y=\"40\"><point/>\
                   </object></objectgroup>\n</map>";
    let text = small_map_with_door_to("small").replace("</map>", objects);
    fs::write(maps.0.join("small.tmx"), text).unwrap();
    let args = ["--maps", maps.path(), "--bundled-maps", "none"];
    let (code, _, err) = run(&mut parlour(&[&["config", "check"], &args[..]].concat()));
    assert_eq!(code, Some(0), "{err}");
    let warning = "declares no kinds of objects, so rooms are without the objects of their maps: small";
    assert!(err.contains(warning), "{err}");
    let server = ServerProcess::start(&args);
    server.wait_for_line("is serving the map small.");
    let log = server.stop();
    assert_eq!(log.matches(warning).count(), 1, "{log}");
}
