//! The maps of a directory instead of the bundled ones, from the check to the replay.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    process::{FREE_PORTS, Running, parlour, run},
    tmx::GOOD,
};

/// A directory that is deleted after the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-maps-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Returns the bytes of all files.
    fn bytes(&self) -> u64 {
        let files = fs::read_dir(&self.0).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_world_without_bundled_maps_is_recorded_and_replayed() {
    let (maps, recordings) = (Directory::new("maps"), Directory::new("recordings"));
    // The bundled garden would have doors to a lobby like this one.
    let lobby = GOOD.replace("value=\"small\"", "value=\"lobby\"");
    fs::write(maps.0.join("lobby.tmx"), &lobby).unwrap();
    let own = ["--maps", maps.path(), "--bundled-maps", "none"];
    let (code, out, err) = run(&mut parlour(&[&["config", "check"], &own[..]].concat()));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("good: 1 map,"), "{out}");

    let words = [&own[..], &["--record", recordings.path()], &FREE_PORTS].concat();
    let server = Running::start(&words);
    server.line("serves lobby.");
    let until = Instant::now() + Duration::from_secs(60);
    // The header, and at least a second of ticks.
    let header = loop {
        match recordings.bytes() {
            0 => {}
            bytes => break bytes,
        }
        assert!(Instant::now() < until, "nothing is recorded");
        std::thread::park_timeout(Duration::from_millis(20));
    };
    while recordings.bytes() == header {
        assert!(Instant::now() < until, "no tick is recorded");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));

    // The map is found by its digest: the bundled lobby is a different one.
    let replay = |words: &[&str]| run(&mut parlour(&[&["replay", recordings.path()], words].concat()));
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
fn doors_that_lose_their_other_side_are_warned_about_and_the_server_starts() {
    let words = [
        &["--bundled-maps", "garden,plaza", "--history", "0s"],
        &FREE_PORTS[..],
    ]
    .concat();
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
    let server = Running::start(&words);
    server.line("serves garden, plaza.");
    server.signal(Signal::TERM);
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(
        log.matches("leads to the map `lobby`, which is not there")
            .count(),
        2,
        "{log}"
    );
}

#[test]
fn a_demo_without_the_maps_of_its_bots_says_which_are_missing() {
    let words = [&["demo", "--bundled-maps", "garden,plaza"], &FREE_PORTS[..]].concat();
    let (code, out, err) = run(parlour(&words).env("PARLOUR_LOG", "off"));
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    assert!(err.contains("bundled_maps leaves out lobby:"), "{err}");
}
