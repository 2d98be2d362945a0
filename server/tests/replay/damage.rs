//! A cut or damaged recording: what is read of it is a beginning of what was recorded, never another past.

use std::io::Cursor;

use parlour_server::recording::format::{Item, Recording};

use crate::support::{Temporary, parlour, recording, story};

/// A recording of about 20 KB with a world in it.
fn sample() -> Vec<u8> {
    let mut script = story();
    script.keyframes = Some(100);
    script.record(400)
}

fn items(bytes: &[u8]) -> Vec<Item> {
    let mut recording = recording(bytes);
    let beginning = recording.beginning();
    recording.read_from(beginning).map(Result::unwrap).collect()
}

/// What can be read before an error; none if it cannot be opened.
fn readable(bytes: &[u8]) -> Option<Vec<Item>> {
    let mut recording = Recording::new(Cursor::new(bytes)).ok()?;
    let beginning = recording.beginning();
    Some(recording.read_from(beginning).map_while(Result::ok).collect())
}

#[test]
fn cut_at_every_byte_it_is_a_prefix() {
    let whole = sample();
    let expected = items(&whole);
    assert!((8_000..40_000).contains(&whole.len()), "{}", whole.len());
    let mut longest = 0;
    for length in 0..whole.len() {
        if let Some(read) = readable(&whole[..length]) {
            assert!(expected.starts_with(&read), "cut at {length}");
            assert!(read.len() >= longest, "a longer file has less: cut at {length}");
            longest = read.len();
        }
    }
    assert_eq!(longest, expected.len());
}

/// Each byte is flipped once, in one of its bits.
#[test]
fn flipped_at_every_byte_it_is_a_prefix() {
    let whole = sample();
    let expected = items(&whole);
    let mut bytes = whole.clone();
    for at in 0..whole.len() {
        bytes[at] ^= 1 << (at % 8);
        if let Some(read) = readable(&bytes) {
            assert!(expected.starts_with(&read), "flipped at {at}");
        }
        bytes[at] = whole[at];
    }
}

#[test]
fn the_command_says_where_it_is_cut_and_is_content() {
    let whole = story().record(400);
    // After the header: before that there is nothing to replay.
    let header = whole.len() - whole.len() * 2 / 3;
    for length in (header..whole.len() - 200).step_by(whole.len() / 7) {
        let file = Temporary::file(&whole[..length]);
        let (code, out, err) = parlour(&[file.path()]);
        if err.contains("no tick") {
            continue;
        }
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
        assert!(
            out.contains("hashes verified") && out.contains("is cut at byte"),
            "{out}"
        );
    }
}

#[test]
fn the_command_refuses_a_flipped_byte() {
    let mut bytes = story().record(400);
    let middle = bytes.len() * 2 / 3;
    bytes[middle] ^= 0x10;
    let file = Temporary::file(&bytes);
    let (code, out, err) = parlour(&[file.path()]);
    assert_eq!((code, out.as_str()), (Some(65), ""), "{err}");
    assert!(
        err.contains("damaged at byte") && err.lines().count() == 1,
        "{err}"
    );
}
