//! Tests of the disk thread with batches that the tests build.

use std::{fs, path::PathBuf};

use super::*;
use crate::{
    format::{Ending, Recording},
    recorder::{
        batch::samples::{saved, saved_of, saved_with, second, second_of, ticks_of},
        batch_queue::{BatchSender, batch_queue},
        context::samples::world,
        metrics::counted::Values,
    },
};

/// A directory for one test, and the disk thread that writes to it.
struct TestDisk {
    path: PathBuf,
    sender: BatchSender,
    disk: Disk,
    values: Values,
}

impl TestDisk {
    fn new(name: &str) -> Self {
        Self::with_limit(name, u64::MAX)
    }

    fn with_limit(name: &str, max_bytes: u64) -> Self {
        let path = std::env::temp_dir().join(format!("parlour-disk-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let (sender, batches) = batch_queue();
        let values = Values::default();
        let disk = Disk {
            batches,
            directory: Arc::new(Directory::new(path.clone(), max_bytes)),
            names: &OptionNames::FIELDS,
            metrics: values.metrics(),
            file_bytes: u64::MAX,
            file_age: Duration::MAX,
        };
        disk.directory.prepare().unwrap();
        Self {
            path,
            sender,
            disk,
            values,
        }
    }

    fn send(&self, batches: impl IntoIterator<Item = Arc<Batch>>) {
        for batch in batches {
            self.sender.send(&batch).unwrap();
        }
    }

    /// Runs the disk thread. Returns its files, sorted by path, and its metrics.
    fn run(self) -> (Vec<PathBuf>, Values) {
        drop(self.sender);
        self.disk.run();
        let mut files = Vec::new();
        for world in fs::read_dir(&self.path).unwrap() {
            let inside = fs::read_dir(world.unwrap().path()).unwrap();
            files.extend(inside.map(|entry| entry.unwrap().path()));
        }
        files.sort();
        (files, self.values)
    }
}

/// Returns `world/file` of each path.
fn names(files: &[PathBuf]) -> Vec<String> {
    let name = |path: &PathBuf| {
        let parts: Vec<_> = path
            .iter()
            .rev()
            .take(2)
            .map(|part| part.to_str().unwrap())
            .collect();
        format!("{}/{}", parts[1], parts[0])
    };
    files.iter().map(name).collect()
}

fn reason(recording: &Recording<fs::File>) -> EndReason {
    match recording.ending() {
        Ending::Ended { reason, .. } => *reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_the_first_tick_a_file_starts_with_a_saved_world() {
    let disk = TestDisk::new("late");
    disk.send([second(61), second(121), saved(180), second(181)]);
    let (files, values) = disk.run();
    assert_eq!(names(&files), ["main/19700101T000000Z-t180.plr"]);
    assert_eq!(values.ticks(), 60);
}

#[test]
fn a_gap_ends_the_file_and_the_next_file_waits_for_a_saved_world() {
    let disk = TestDisk::new("gap");
    disk.send([second(1), second(61), second(181), saved(240)]);
    let (files, values) = disk.run();
    assert_eq!(names(&files), ["main/19700101T000000Z-t1.plr"]);
    assert_eq!((values.ticks(), values.is_active()), (120, false));
    let ended = [EndCause::TooSlow, EndCause::Stopped].map(|ending| values.ended(ending));
    assert_eq!(ended, [1, 0]);
}

#[test]
fn each_world_has_its_own_directory_and_a_gap_ends_only_its_recording() {
    let disk = TestDisk::new("worlds");
    let (main, tag) = (world(0, "main"), world(1, "tag.x"));
    for first in [1, 61, 121] {
        disk.send([second_of(&main, first)]);
        if first != 61 {
            disk.send([second_of(&tag, first)]);
        }
    }
    let (files, values) = disk.run();
    assert_eq!(
        names(&files),
        ["main/19700101T000000Z-t1.plr", "tag.x/19700101T000000Z-t1.plr"]
    );
    let [main, tag] = [0, 1].map(|nth: usize| Recording::open(&files[nth]).unwrap());
    assert_eq!(
        (main.header().world.as_str(), tag.header().world.as_str()),
        ("main", "tag.x")
    );
    assert_eq!(
        (main.last_tick().unwrap().0, tag.last_tick().unwrap().0),
        (180, 60)
    );
    assert_eq!(
        (reason(&main), reason(&tag)),
        (EndReason::Stopped, EndReason::TooSlow)
    );
    assert_eq!(values.ticks(), 240);
}

#[test]
fn a_world_whose_recording_ended_is_missing_until_a_new_file_starts() {
    let test = TestDisk::new("missing");
    let (main, tag) = (world(0, "main"), world(1, "tag.x"));
    test.send([second_of(&main, 1), second_of(&tag, 1)]);
    // The second 61 to 120 of `tag.x` is lost.
    test.send([second_of(&main, 61), second_of(&tag, 121)]);
    drop(test.sender);
    let mut thread = DiskThread::new(test.disk);
    thread.write_all();
    assert_eq!(test.values.worlds(), (1.0, 1.0));
    // The world ends without a new file.
    thread.end_world(tag.id);
    assert_eq!(test.values.worlds(), (1.0, 0.0));
    thread.finish();
    assert_eq!(test.values.worlds(), (0.0, 0.0));
}

#[test]
fn after_a_panic_a_new_file_continues_the_old_one() {
    let disk = TestDisk::new("panic");
    let main = world(0, "main");
    disk.send([
        second_of(&main, 1),
        ticks_of(&main, 61, 90, true),
        saved_of(&main, 89),
        ticks_of(&main, 90, 120, false),
    ]);
    let (files, values) = disk.run();
    assert_eq!(
        names(&files),
        ["main/19700101T000000Z-t1.plr", "main/19700101T000000Z-t89.plr"]
    );
    let [mut first, second] = [0, 1].map(|nth: usize| Recording::open(&files[nth]).unwrap());
    assert_eq!(
        (first.last_tick().unwrap().0, reason(&first)),
        (90, EndReason::Panicked)
    );
    assert_eq!(
        (second.first_tick().unwrap().0, reason(&second)),
        (90, EndReason::Stopped)
    );
    let previous = second.header().previous.clone().unwrap();
    assert_eq!(previous.file, "19700101T000000Z-t1.plr");
    assert_eq!(previous.chain, first.chain().unwrap());
    let ended = [EndCause::Panicked, EndCause::Stopped, EndCause::TooSlow].map(|cause| values.ended(cause));
    assert_eq!(ended, [1, 1, 0]);
}

#[test]
fn a_world_that_ended_is_finished_and_a_new_one_can_have_its_name() {
    let disk = TestDisk::new("ended");
    disk.send([second_of(&world(4, "tag"), 1)]);
    disk.sender.end_world(WorldId(4)).unwrap();
    disk.sender.end_world(WorldId(5)).unwrap();
    disk.send([second_of(&world(6, "tag"), 1)]);
    let (files, values) = disk.run();
    assert_eq!(
        names(&files),
        ["tag/19700101T000000Z-t1-2.plr", "tag/19700101T000000Z-t1.plr"]
    );
    for file in &files {
        assert_eq!(reason(&Recording::open(file).unwrap()), EndReason::Stopped);
    }
    assert_eq!(values.ended(EndCause::Stopped), 2);
}

/// Returns the number of descriptors of this process that are open in a directory.
#[cfg(target_os = "linux")]
fn descriptors(directory: &std::path::Path) -> usize {
    let all = fs::read_dir("/proc/self/fd").unwrap();
    let targets = all.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    targets.filter(|target| target.starts_with(directory)).count()
}

#[cfg(target_os = "linux")]
#[test]
fn more_worlds_than_descriptors_are_recorded_completely() {
    let disk = TestDisk::new("many");
    let worlds: Vec<_> = (0..3 * OPEN_FILES as u32)
        .map(|id| world(id, &format!("w{id}")))
        .collect();
    let TestDisk {
        path,
        sender,
        disk,
        values,
    } = disk;
    let thread = std::thread::spawn(move || disk.run());
    let mut written = 0;
    let mut open = Vec::new();
    for second in 0..4 {
        for (id, world) in worlds.iter().enumerate() {
            if second < 2 || id % 3 > 0 {
                sender.send(&second_of(world, second * 60 + 1)).unwrap();
                written += 60;
            }
        }
        while values.ticks() < written {
            std::thread::yield_now();
        }
        open.push(descriptors(&path));
        if second == 1 {
            // Some end, and their descriptors are free for others.
            (0..OPEN_FILES as u32).for_each(|nth| sender.end_world(WorldId(3 * nth)).unwrap());
        }
    }
    // The last one may be about to be closed.
    assert!(
        open.iter()
            .all(|open| (OPEN_FILES..=OPEN_FILES + 1).contains(open)),
        "{open:?}"
    );
    drop(sender);
    thread.join().unwrap();
    assert_eq!(descriptors(&path), 0);
    for (id, world) in worlds.iter().enumerate() {
        let file = fs::read_dir(path.join(&world.name)).unwrap().next().unwrap();
        let recording = Recording::open(&file.unwrap().path()).unwrap();
        assert_eq!(
            recording.last_tick().unwrap().0,
            if id % 3 > 0 { 240 } else { 120 }
        );
        assert_eq!(reason(&recording), EndReason::Stopped);
    }
    assert_eq!(values.ended(EndCause::DiskError), 0);
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn the_files_of_many_worlds_together_stay_within_the_limit() {
    let limit = 20 * MIN_SHARE;
    let disk = TestDisk::with_limit("share", limit);
    let worlds: Vec<_> = (0..10).map(|id| world(id, &format!("w{id}"))).collect();
    // Hardly compressible. Each world writes three times its share.
    let state: Vec<u8> = (0..8_192u32)
        .map(|nth| (nth.wrapping_mul(0x9E37_79B9) >> 13) as u8)
        .collect();
    let seconds = 3 * limit as u32 / worlds.len() as u32 / 8_192;
    for nth in 0..seconds {
        for world in &worlds {
            disk.send([
                second_of(world, nth * 60 + 1),
                saved_with(world, (nth + 1) * 60, &state),
            ]);
        }
    }
    let path = disk.path.clone();
    let (files, values) = disk.run();
    let mut of_each = BTreeMap::new();
    let mut bytes = 0;
    for file in files {
        bytes += file.metadata().unwrap().len();
        *of_each.entry(file.parent().unwrap().to_owned()).or_insert(0) += 1;
    }
    assert!(
        of_each.len() == 10 && of_each.values().all(|files| *files > 1),
        "{of_each:?}"
    );
    // Only the ends of the last files are written over the limit.
    assert!(
        (limit / 2..limit + 10 * 1024).contains(&bytes),
        "{bytes} of {limit}"
    );
    assert_eq!(values.ended(EndCause::DiskFull), 0);
    fs::remove_dir_all(path).unwrap();
}
