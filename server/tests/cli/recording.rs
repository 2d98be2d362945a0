//! Recordings and histories of a server process: after a kill, after SIGUSR1, and in directories
//! that cannot be written.

use std::{
    fs,
    path::PathBuf,
    process::Stdio,
    time::{Duration, SystemTime},
};

use parlour::maps;
use parlour_recording::format::Ending;
use parlour_sim::Logic;
use parlour_testing::{TemporaryPath, eventually};
use rustix::process::Signal;

use crate::{
    process::{FREE_PORTS, ServerProcess, parlour, run},
    replay::replay_file,
};

/// Returns the files of the world `main`.
fn main_files(directory: &TemporaryPath) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory.0.join("main")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_killed_server_leaves_a_recording_that_lacks_at_most_1500_ms() {
    let directory = TemporaryPath::missing("kill");
    // A slow machine can run fewer bots.
    let bots = std::env::var("PARLOUR_TEST_BOTS").unwrap_or_else(|_| "200".to_owned());
    let server = ServerProcess::start(&["demo", "--bots", &bots, "--record", directory.path()]);
    server.wait_for_bots();
    eventually("20 KB are recorded", || {
        let files = main_files(&directory);
        files
            .iter()
            .any(|path| fs::metadata(path).unwrap().len() > 20_000)
    });
    let killed = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    server.signal(Signal::KILL);
    assert_eq!(server.wait_for_end().0, None);

    let files = main_files(&directory);
    let file = files
        .iter()
        .find(|path| path.to_str().unwrap().ends_with("-t1.plr"));
    let replayed = replay_file(file.unwrap(), &maps::load(None).unwrap(), &Logic::default());
    assert!(
        matches!(replayed.ending, Ending::Cut { .. }),
        "{:?}",
        replayed.ending
    );
    assert!(replayed.events > 500, "{}", replayed.events);
    let lost = killed.saturating_sub(Duration::from_millis(replayed.last_ms));
    assert!(lost < Duration::from_millis(1500), "{lost:?} are lost");
}

#[test]
fn sigusr1_writes_the_history_and_the_server_continues() {
    let directory = TemporaryPath::missing("signal");
    let server = ServerProcess::start(&["demo", "--bots", "4", "--history-dir", directory.path()]);
    server.wait_for_bots();
    server.signal(Signal::USR1);
    let history = || {
        let mut files = main_files(&directory).into_iter();
        files.find(|path| path.to_str().unwrap().ends_with("-asked.plr"))
    };
    eventually("the history is written", || history().is_some());
    server.stop();
    let replayed = replay_file(&history().unwrap(), &maps::load(None).unwrap(), &Logic::default());
    assert!(replayed.events > 0);
}

#[test]
fn a_directory_that_cannot_be_created_ends_the_start_in_one_line() {
    let file = TemporaryPath::named_file("not-a-directory", "");
    let inside = format!("{}/recordings", file.path());
    for flag in ["--record", "--history-dir"] {
        let args = [&[flag, inside.as_str()], &FREE_PORTS[..]].concat();
        let (code, out, err) = run(parlour(&args).env("PARLOUR_LOG", "off"));
        assert_eq!((code, out.as_str()), (Some(73), ""), "{err}");
        assert!(
            err.contains(&inside) && err.contains(&format!("with {flag} DIR")),
            "{err}"
        );
        assert_eq!(err.lines().count(), 1, "{err}");
    }
    // Without a history the directory is not used.
    let server = ServerProcess::start(&["--history-dir", &inside, "--history", "0s"]);
    server.wait_for_line("Ctrl-C");
    server.stop();
}

#[test]
fn an_empty_directory_name_is_a_mistake() {
    for flag in ["--record", "--history-dir"] {
        let (code, out, err) = run(&mut parlour(&[flag, ""]));
        assert_eq!((code, out.as_str()), (Some(78), ""), "{err}");
        assert!(
            err.contains(flag) && err.contains("must be a directory, or \""),
            "{err}"
        );
    }
}

#[test]
fn an_unusable_default_directory_for_the_history_is_only_a_warning() {
    let directory = TemporaryPath::directory();
    let start = || {
        let mut command = parlour(&FREE_PORTS);
        command
            .env_remove("PARLOUR_HISTORY_DIR")
            .current_dir(&directory.0)
            .stderr(Stdio::piped());
        ServerProcess::start_command(&mut command)
    };
    let log_after_start = || {
        let server = start();
        server.wait_for_line("Ctrl-C");
        server.stop()
    };
    let log = log_after_start();
    assert!(!log.contains("--history-dir"), "{log}");
    assert_eq!(
        directory.entries(),
        Vec::<PathBuf>::new(),
        "the check leaves no files"
    );
    fs::write(directory.0.join("recordings"), "a file").unwrap();
    let log = log_after_start();
    assert!(
        log.contains("cannot write the history to recordings") && log.contains("--history-dir"),
        "{log}"
    );
}
