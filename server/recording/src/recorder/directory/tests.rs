//! Tests of the directory, with files of 100 bytes.

use std::io::Write as _;

use super::*;

/// Returns an empty directory with this name and limit.
fn directory(name: &str, max_bytes: u64) -> Directory {
    let path = std::env::temp_dir().join(format!("parlour-directory-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    let directory = Directory::new(path, max_bytes);
    directory.prepare().unwrap();
    directory
}

fn put(directory: &Directory, names: &[&str]) {
    for name in names {
        let path = directory.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, [0; 100]).unwrap();
    }
}

fn left(directory: &Directory) -> Vec<String> {
    let mut found = directory.list().unwrap();
    found.sort();
    let names = found
        .into_iter()
        .map(|(file, _)| file.relative().display().to_string());
    names.collect()
}

const MIXED: [&str; 5] = [
    "main/20260101T000000Z-t1.plr",
    "tag.x/20260101T000001Z-t2-panic.plr",
    "main/20260101T000002Z-t3-asked.plr",
    "tag.y/20260101T000003Z-t4-asked-2.plr",
    "20260101T000004Z-t5.plr",
];

#[test]
fn the_oldest_files_of_all_worlds_are_deleted_with_their_empty_directories() {
    let directory = directory("oldest", 300);
    put(&directory, &MIXED);
    put(
        &directory,
        &[
            "main/notes.txt",
            "Other/20260101T000000Z-t1.plr",
            "kept/x/20260101T000000Z-t1.plr",
        ],
    );
    assert_eq!(left(&directory), MIXED);
    assert_eq!(directory.make_room(0, DeletableFiles::Any).unwrap(), 2);
    assert_eq!(left(&directory), MIXED[2..]);
    assert!(!directory.path.join("tag.x").exists(), "it was empty");
    assert_eq!(directory.make_room(300, DeletableFiles::Any).unwrap(), 3);
    let exist = ["main/notes.txt", "Other/20260101T000000Z-t1.plr", "kept/x"]
        .map(|name| directory.path.join(name).exists());
    assert_eq!(exist, [true; 3], "other files and directories are not ours");
    fs::remove_dir_all(directory.path).unwrap();
}

#[test]
fn a_history_deletes_only_histories_with_the_same_reason() {
    let directory = directory("reasons", 450);
    put(&directory, &MIXED);
    let asked = DeletableFiles::HistoriesOf(Reason::Asked);
    assert_eq!(directory.make_room(50, asked).unwrap(), 1);
    assert_eq!(left(&directory), [MIXED[0], MIXED[1], MIXED[3], MIXED[4]]);
    assert_eq!(directory.make_room(400, asked).unwrap(), 1);
    assert_eq!(left(&directory), [MIXED[0], MIXED[1], MIXED[4]]);
    let overrun = DeletableFiles::HistoriesOf(Reason::Overrun);
    assert_eq!(directory.make_room(450, overrun).unwrap(), 0);
    assert_eq!(directory.make_room(450, DeletableFiles::Any).unwrap(), 3);
    fs::remove_dir_all(directory.path).unwrap();
}

#[test]
fn what_is_written_counts_and_is_deleted_only_when_it_is_finished() {
    let directory = directory("growing", 450);
    put(&directory, &MIXED[..4]);
    let (file, name) = directory.create("main", 1_800_000_000_000, 1, None).unwrap();
    assert_eq!(directory.make_room(50, DeletableFiles::Any).unwrap(), 0);
    directory.note_size(&name, 50);
    assert_eq!(directory.make_room(0, DeletableFiles::Any).unwrap(), 0);
    assert_eq!(directory.make_room(1, DeletableFiles::Any).unwrap(), 1);
    assert_eq!(left(&directory)[0], MIXED[1]);
    // More than everything else: it may exceed the limit, because it is not deleted.
    directory.note_size(&name, 1_000);
    assert_eq!(directory.make_room(0, DeletableFiles::Any).unwrap(), 3);
    assert_eq!(left(&directory).len(), 1);
    fs::write(directory.path_of(&name), [0; 1_000]).unwrap();
    drop(file);
    directory.mark_finished(&name);
    assert_eq!(directory.make_room(0, DeletableFiles::Any).unwrap(), 1);
    assert!(left(&directory).is_empty());
    fs::remove_dir_all(directory.path).unwrap();
}

#[test]
fn files_of_a_running_server_are_not_deleted() {
    let directory = directory("locked", 0);
    put(&directory, &MIXED);
    let theirs = File::open(directory.path.join(MIXED[0])).unwrap();
    theirs.lock().unwrap();
    assert_eq!(directory.make_room(0, DeletableFiles::Any).unwrap(), 4);
    assert_eq!(left(&directory), [MIXED[0]]);
    drop(theirs);
    assert_eq!(directory.make_room(0, DeletableFiles::Any).unwrap(), 1);
    let (mut ours, name) = directory.create("main", 0, 1, None).unwrap();
    ours.write_all(b"begun").unwrap();
    let other = Directory::new(directory.path.clone(), 0);
    assert_eq!(other.make_room(0, DeletableFiles::Any).unwrap(), 0, "{name:?}");
    drop(ours);
    assert_eq!(other.make_room(0, DeletableFiles::Any).unwrap(), 1);
    fs::remove_dir_all(directory.path).unwrap();
}

#[test]
fn a_name_of_an_existing_file_is_not_reserved() {
    let directory = directory("taken", 0);
    put(&directory, &["main/19700101T000000Z-t1.plr"]);
    let (_, first) = directory.create("main", 0, 1, None).unwrap();
    assert_eq!(first.relative().to_str(), Some("main/19700101T000000Z-t1-2.plr"));
    assert_eq!(Vec::from_iter(directory.index().files.writing()), [&first]);
    let (_, same) = directory.create("tag", 0, 1, None).unwrap();
    assert_eq!(
        same.relative().to_str(),
        Some("tag/19700101T000000Z-t1.plr"),
        "of a different world"
    );
    directory.create("main", 0, 1, None).unwrap();
    assert_eq!(
        directory.index().files.writing().count(),
        3,
        "names being written stay reserved"
    );
    fs::remove_dir_all(directory.path).unwrap();
}

#[cfg(unix)]
#[test]
fn a_directory_is_recognized_under_different_names() {
    let directory = directory("same", 0);
    let link = directory.path.with_extension("link");
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(&directory.path, &link).unwrap();
    assert!(directory.is(&link) && directory.is(&directory.path.join(".")));
    assert!(!directory.is(&directory.path.join("other")));
    fs::remove_file(link).unwrap();
    fs::remove_dir_all(directory.path).unwrap();
}
