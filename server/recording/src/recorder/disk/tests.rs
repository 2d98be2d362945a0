//! Tests of the disk thread with batches that the tests build.

use parlour_sim::{Logic, SimConfig};

use super::*;
use crate::recorder::{
    OptionNames,
    batch::samples::{saved, second},
    batch_queue::batch_queue,
    metrics::counted::Values,
};

/// Runs the disk thread over these batches. Returns the names of its files, and its metrics.
fn written(name: &str, batches: Vec<Arc<Batch>>) -> (Vec<String>, Values) {
    let path = std::env::temp_dir().join(format!("parlour-disk-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    let (sender, receiver) = batch_queue();
    for batch in batches {
        sender.send(&batch).unwrap();
    }
    drop(sender);
    let values = Values::default();
    let disk = Disk {
        batches: receiver,
        directory: Arc::new(Directory::new(path.clone(), u64::MAX)),
        context: Arc::new(RecorderContext::new(
            SimConfig::new(Vec::new()),
            Logic::default(),
            "test",
            &OptionNames::TEST,
        )),
        metrics: values.metrics(),
        file_bytes: u64::MAX,
        file_age: Duration::MAX,
    };
    disk.directory.prepare().unwrap();
    disk.run();
    let names = fs::read_dir(&path).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.collect();
    fs::remove_dir_all(path).unwrap();
    (names, values)
}

#[test]
fn without_the_first_tick_a_file_starts_with_a_saved_world() {
    let batches = vec![second(61), second(121), saved(180), second(181)];
    let (names, values) = written("late", batches);
    assert_eq!(names, ["19700101T000000Z-t180.plr"]);
    assert_eq!(values.ticks(), 60);
}

#[test]
fn a_gap_ends_the_file_and_the_next_file_waits_for_a_saved_world() {
    let (names, values) = written("gap", vec![second(1), second(61), second(181), saved(240)]);
    assert_eq!(names, ["19700101T000000Z-t1.plr"]);
    assert_eq!((values.ticks(), values.is_active()), (120, false));
    let ended = [EndCause::TooSlow, EndCause::Stopped].map(|ending| values.ended(ending));
    assert_eq!(ended, [1, 0]);
}
