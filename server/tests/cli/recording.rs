//! `--record`: what is left when the process is killed, when it is asked by a signal, and when it
//! cannot record.

use std::{
    fs,
    path::PathBuf,
    process::Stdio,
    time::{Duration, SystemTime},
};

use parlour_recording::format::Ending;
use parlour_server::maps;
use parlour_sim::Logic;
use parlour_testing::eventually;
use rustix::process::Signal;

use crate::{
    process::{FREE_PORTS, Running, parlour, run},
    replay::replay_file,
};

struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("cli-record-{}-{name}", std::process::id());
        Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_left_after_a_kill_runs_again_up_to_the_last_second() {
    let directory = Directory::new("kill");
    // Fewer of them for a machine that is slower than most.
    let bots = std::env::var("PARLOUR_TEST_BOTS").unwrap_or_else(|_| "200".to_owned());
    let words = [
        &["demo", "--bots", bots.as_str(), "--record", directory.path()],
        &FREE_PORTS[..],
    ]
    .concat();
    let server = Running::start(&words);
    server.line("bots walk about");
    server.line("bots walk about");
    let size = |least: u64| {
        let files = directory.files();
        files.iter().any(|path| fs::metadata(path).unwrap().len() > least)
    };
    eventually("a few seconds", || size(20_000));
    let killed = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    server.signal(Signal::KILL);
    assert_eq!(server.end().0, None);

    let files = directory.files();
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
    let directory = Directory::new("signal");
    let words = [
        &["demo", "--bots", "4", "--history-dir", directory.path()],
        &FREE_PORTS[..],
    ]
    .concat();
    let server = Running::start(&words);
    server.line("bots walk about");
    server.line("bots walk about");
    server.signal(Signal::USR1);
    let asked = || {
        let mut files = directory.files().into_iter();
        files.find(|path| path.to_str().unwrap().ends_with("-asked.plr"))
    };
    eventually("the file", || asked().is_some());
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
    let replayed = replay_file(&asked().unwrap(), &maps::load(None).unwrap(), &Logic::default());
    assert!(replayed.events > 0);
}

#[test]
fn a_directory_that_cannot_be_made_is_reported_in_one_line() {
    let file = crate::process::Temporary::file("in-the-way", "a file");
    let inside = format!("{}/recordings", file.path());
    for flag in ["--record", "--history-dir"] {
        let words = [&[flag, inside.as_str()], &FREE_PORTS[..]].concat();
        let (code, out, err) = run(parlour(&words).env("PARLOUR_LOG", "off"));
        assert_eq!((code, out.as_str()), (Some(73), ""), "{err}");
        assert!(
            err.contains(&inside) && err.contains(&format!("with {flag} DIR")),
            "{err}"
        );
        assert_eq!(err.lines().count(), 1, "{err}");
    }
    // Nothing is written there without a history.
    let words = [
        &["--history-dir", inside.as_str(), "--history", "0s"],
        &FREE_PORTS[..],
    ]
    .concat();
    let server = Running::start(&words);
    server.line("Ctrl-C");
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn an_empty_name_of_a_directory_is_a_mistake() {
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
fn where_nobody_named_a_directory_for_the_history_a_warning_is_enough() {
    let directory = Directory::new("default");
    fs::create_dir(directory.path()).unwrap();
    let start = || {
        let mut command = parlour(&FREE_PORTS);
        command
            .env_remove("PARLOUR_HISTORY_DIR")
            .current_dir(directory.path())
            .stderr(Stdio::piped());
        Running::start_command(&mut command)
    };
    let end = |server: Running| {
        server.line("Ctrl-C");
        server.signal(Signal::TERM);
        let (code, log) = server.end();
        assert_eq!(code, Some(0), "{log}");
        log
    };
    let log = end(start());
    assert!(!log.contains("--history-dir"), "{log}");
    assert_eq!(
        directory.files(),
        Vec::<PathBuf>::new(),
        "looking leaves nothing behind"
    );
    fs::write(directory.0.join("recordings"), "a file").unwrap();
    let log = end(start());
    assert!(
        log.contains("cannot write the history to recordings") && log.contains("--history-dir"),
        "{log}"
    );
}
