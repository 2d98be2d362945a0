//! A full disk ends the recording, but not the server. When there is disk space again, a new
//! recording starts.
//!
//! One test limits the file size of a server process, which is the same kind of error and works on
//! every machine. The other fills a small disk, if one can be mounted.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use parlour_recording::format::{EndReason, Ending};
use parlour_sim::Logic;
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    replay::replay_file,
    support::{Bots, Directory, await_metric, bundled, metric, start},
};

#[test]
fn a_file_size_limit_ends_the_recording_and_players_do_not_notice() {
    let directory = Directory::new();
    // 16 blocks of 512 or 1024 bytes. SIGXFSZ is ignored, so that writing returns an error.
    let script = format!(
        "trap '' XFSZ; ulimit -f 16; exec \"{}\" --listen 127.0.0.1:0 --admin 127.0.0.1:0 --history 0s --record \"{}\"",
        env!("CARGO_BIN_EXE_parlour"),
        directory.0.display()
    );
    let mut server = Command::new("sh")
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut address = |what: &str, end: &str| -> SocketAddr {
        let line = lines.find(|line| line.as_ref().unwrap().contains(what));
        let line = line.unwrap().unwrap();
        let (_, address) = line.split_once("://").unwrap();
        address.strip_suffix(end).unwrap().parse().unwrap()
    };
    let (listen, admin) = (address("world ", "/ws"), address("metrics ", "/metrics"));

    let bots = Bots::start(listen, 20);
    await_metric(admin, "parlour_recording_ended_total{reason=\"disk_full\"}", 1.0);
    let tick = metric(admin, "parlour_tick");
    await_metric(admin, "parlour_tick", tick + 60.0);
    let report = bots.stop();
    assert!(report.is_clean(), "{report}");
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    let mut log = String::new();
    server.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0), "{log}");
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    // Each new recording reaches the limit again, which is one more error.
    let again = log.matches("recording again").count();
    assert!(errors.len() == 1 + again || errors.len() == again, "{log}");
    assert!(errors[0].contains("--record-file-mib"), "{log}");

    let files = directory.files_ending("-t1.plr");
    assert_eq!(files.len(), 1, "{files:?}");
    let replayed = replay_file(&files[0], &bundled(), &Logic::default());
    let Ending::Ended { reason, text } = replayed.ending else {
        panic!("{:?}", replayed.ending)
    };
    assert_eq!(reason, EndReason::DiskFull, "{text}");
    assert!(replayed.ticks >= 60, "{}", replayed.ticks);
}

/// A small disk that is mounted on a directory, where that is permitted.
struct SmallDisk<'a>(&'a Directory);

impl<'a> SmallDisk<'a> {
    fn mount(directory: &'a Directory, size: &str) -> Result<Self, String> {
        std::fs::create_dir_all(&directory.0).unwrap();
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]);
        let done = mount
            .arg(&directory.0)
            .output()
            .map_err(|error| error.to_string())?;
        match done.status.success() {
            true => Ok(Self(directory)),
            false => Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()),
        }
    }
}

impl SmallDisk<'_> {
    fn enlarge(&self, size: &str) {
        let options = format!("remount,size={size}");
        let done = Command::new("mount")
            .args(["-o", &options])
            .arg(&self.0.0)
            .status();
        assert!(done.unwrap().success());
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0.0).status();
    }
}

#[test]
fn a_full_disk_ends_the_recording_and_a_new_one_starts_when_there_is_space() {
    let directory = Directory::new();
    let disk = match SmallDisk::mount(&directory, "300k") {
        Ok(disk) => disk,
        Err(why) => return eprintln!("skipped, because no file system can be mounted here: {why}"),
    };
    // Fill most of it, so that the test does not take long.
    std::fs::write(directory.0.join("other"), [0; 180 << 10]).unwrap();
    let server = start(&directory, |options| {
        options.recording.directory = Some(directory.0.clone());
        options.recording.history = Duration::ZERO;
        // Saved worlds fill the rest quickly.
        options.recording.keyframe_ticks = 6;
    });
    let admin = server.admin_addr();
    let bots = Bots::start(server.listen_addr(), 20);
    await_metric(admin, "parlour_recording_ended_total{reason=\"disk_full\"}", 1.0);
    let tick = metric(admin, "parlour_tick");
    await_metric(admin, "parlour_tick", tick + 60.0);
    assert_eq!(metric(admin, "parlour_recording_active"), 0.0);

    let begun = Instant::now();
    std::fs::remove_file(directory.0.join("other")).unwrap();
    disk.enlarge("64m");
    await_metric(admin, "parlour_recording_active", 1.0);
    // The recording starts again after ten seconds at most. The other five are for a slow machine.
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(15), "{waited:?}");
    let recorded = metric(admin, "parlour_recording_ticks_total");
    await_metric(admin, "parlour_recording_ticks_total", recorded + 120.0);
    let report = bots.stop();
    assert!(report.is_clean(), "{report}");
    assert_eq!(
        metric(admin, "parlour_recording_ended_total{reason=\"disk_full\"}"),
        1.0
    );
    assert_eq!(server.stop().failure, None);

    let mut files = directory.files();
    files.retain(|path| path.extension().is_some_and(|end| end == "plr"));
    let [first, second] = files.try_into().unwrap();
    let replayed = replay_file(&first, &bundled(), &Logic::default());
    let Ending::Ended { reason, text } = replayed.ending else {
        panic!("{:?}", replayed.ending)
    };
    assert_eq!(reason, EndReason::DiskFull, "{text}");
    assert!(replayed.first == 1 && replayed.ticks >= 60, "{}", replayed.ticks);
    let ended = replayed.last;
    let replayed = replay_file(&second, &bundled(), &Logic::default());
    assert!(
        matches!(
            replayed.ending,
            Ending::Ended {
                reason: EndReason::Stopped,
                ..
            }
        ),
        "{:?}",
        replayed.ending
    );
    assert!(
        replayed.begins_saved && replayed.first > ended + 1 && replayed.ticks >= 120,
        "{replayed:?}"
    );
    assert!(replayed.header.previous.is_none(), "it does not continue a file");
}
