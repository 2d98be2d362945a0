//! A disk thread that is given batches by hand.

use parlour_shared::ids::Tick;
use parlour_sim::{Logic, SimConfig, TickInput};

use super::*;
use crate::recording::{
    format::{TicksBuilder, seal_keyframe},
    live::outlet::outlet,
};

fn second(first: u32) -> Arc<Batch> {
    let mut builder = TicksBuilder::new(0);
    for tick in first..first + 60 {
        builder
            .push(Tick(tick), 0, Some((7, &[])), &TickInput::default())
            .unwrap();
    }
    Arc::new(Batch::new(builder.seal().into_iter().collect(), false).unwrap())
}

/// What the disk makes of these batches: the names of its files, and what it counted.
fn written(name: &str, batches: Vec<Arc<Batch>>) -> (Vec<String>, Arc<Metrics>) {
    let path = std::env::temp_dir().join(format!("parlour-disk-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    let (outlet, inlet) = outlet();
    for batch in batches {
        outlet.send(&batch).unwrap();
    }
    drop(outlet);
    let disk = Disk {
        inlet,
        directory: Arc::new(Directory::new(path.clone(), u64::MAX)),
        source: Arc::new(Source::new(SimConfig::new(Vec::new()), Logic::default())),
        metrics: Arc::new(Metrics::new()),
        file_bytes: u64::MAX,
        file_age: Duration::MAX,
    };
    disk.directory.prepare().unwrap();
    let metrics = Arc::clone(&disk.metrics);
    disk.run();
    let names = fs::read_dir(&path).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.collect();
    fs::remove_dir_all(path).unwrap();
    (names, metrics)
}

#[test]
fn without_the_first_tick_a_file_begins_with_a_saved_world() {
    let saved = Batch::new(seal_keyframe(Tick(180), 0, b"a world").unwrap(), false).unwrap();
    let batches = vec![second(61), second(121), Arc::new(saved), second(181)];
    let (names, metrics) = written("late", batches);
    assert_eq!(names, ["19700101T000000Z-t180.plr"]);
    assert_eq!(metrics.recording.ticks.get(), 60);
}

#[test]
fn a_gap_ends_the_file_and_what_follows_waits_for_a_pause() {
    let saved = Batch::new(seal_keyframe(Tick(240), 0, b"a world").unwrap(), false).unwrap();
    let (names, metrics) = written("gap", vec![second(1), second(61), second(181), Arc::new(saved)]);
    assert_eq!(names, ["19700101T000000Z-t1.plr"]);
    assert_eq!(
        (metrics.recording.ticks.get(), metrics.recording.active.get()),
        (120, 0)
    );
    let text = String::from_utf8(metrics.text()).unwrap();
    assert!(
        text.contains("parlour_recording_ended_total{reason=\"too_slow\"} 1\n"),
        "{text}"
    );
    assert!(
        text.contains("parlour_recording_ended_total{reason=\"stopped\"} 0\n"),
        "{text}"
    );
}
