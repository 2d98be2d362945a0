//! A file that was cut or changed returns the items before that place, and nothing else.

use std::io::Cursor;

use parlour_recording::format::{Ending, Item, OpenError, ReadError, Recording};

use super::support::{Written, noise, open, read, stopped, written};

/// About 20 KB: 8 chunks of ticks, 4 saved worlds.
fn small() -> Written {
    let written = written(1, 160, 20, 40, 2500);
    assert!(
        (15_000..25_000).contains(&written.bytes.len()),
        "{} bytes",
        written.bytes.len()
    );
    written
}

/// Like [`read`], but the file may not open as a recording.
fn try_read(bytes: &[u8]) -> Option<(Vec<Item>, Option<ReadError>, Ending)> {
    Recording::new(Cursor::new(bytes)).ok()?;
    Some(read(bytes))
}

fn check_cut(written: &Written, length: usize) {
    let cut = &written.bytes[..length];
    if length < written.header_end() {
        assert!(
            matches!(Recording::new(Cursor::new(cut)), Err(OpenError::NoHeader)),
            "cut at {length}"
        );
        return;
    }
    let (items, failed, ending) = read(cut);
    assert!(failed.is_none(), "cut at {length}: {failed:?}");
    assert_eq!(items, written.items_in(length), "cut at {length}");
    if length >= written.end() {
        assert_eq!(ending, stopped());
    } else {
        let whole = written.ends.iter().rfind(|(end, _)| *end <= length).unwrap().0 as u64;
        assert!(
            matches!(&ending, Ending::Cut { offset, .. } if *offset == whole),
            "cut at {length}: {ending:?}"
        );
    }
}

/// Checks the effect of a flipped bit in byte `at`: exactly the chunks before it are read, unless
/// it is after all chunks.
fn check_flip(written: &Written, at: usize, bit: u8, bytes: &mut [u8]) {
    bytes[at] ^= 1 << bit;
    let found = try_read(bytes);
    bytes[at] ^= 1 << bit;
    let Some((items, failed, ending)) = found else {
        assert!(at < written.header_end(), "not opened for a flip at {at}");
        return;
    };
    assert!(at >= written.header_end(), "opened with a flip at {at}");
    assert_eq!(items, written.items_in(at), "flip at {at}");
    if at >= written.end() {
        assert!(
            failed.is_none() && ending == stopped(),
            "flip at {at}: {failed:?} {ending:?}"
        );
    } else {
        // A length that now exceeds the file looks like a cut.
        let noticed = failed.is_some() || matches!(ending, Ending::Cut { .. });
        assert!(noticed, "flip at {at} was not noticed");
    }
}

#[test]
fn a_file_cut_at_any_byte_returns_its_whole_chunks() {
    let written = small();
    (0..=written.bytes.len()).for_each(|length| check_cut(&written, length));
}

#[test]
fn a_file_with_any_byte_changed_returns_the_chunks_before_it() {
    let written = small();
    let mut bytes = written.bytes.clone();
    for at in 0..bytes.len() {
        check_flip(&written, at, (at % 8) as u8, &mut bytes);
    }
}

#[test]
fn a_file_with_any_byte_changed_needs_no_index() {
    let written = small();
    let mut bytes = written.bytes[..written.end()].to_vec();
    for at in 0..bytes.len() {
        check_flip(&written, at, (at / 3 % 8) as u8, &mut bytes);
    }
}

#[test]
fn a_large_file_cut_or_changed_at_random_returns_the_chunks_before() {
    let written = written(1000, 1800, 60, 300, 700_000);
    assert!(written.bytes.len() > 4_000_000);
    let mut bytes = written.bytes.clone();
    for place in noise(8 * 12, 5).as_chunks().0 {
        let at = (u64::from_le_bytes(*place) % bytes.len() as u64) as usize;
        check_cut(&written, at);
        check_flip(&written, at, place[0] % 8, &mut bytes);
    }
}

#[test]
fn ticks_after_damage_can_be_read_from_their_saved_world() {
    let written = small();
    let mut bytes = written.bytes.clone();
    let third_chunk = written.ends[2].0 + 40;
    bytes[third_chunk] ^= 1;
    let mut recording = open(&bytes);
    let place = recording.keyframes().next_back().unwrap();
    let items: Vec<Item> = recording.read_from(place).map(Result::unwrap).collect();
    assert!(!items.is_empty() && written.items.ends_with(&items));
    let error = read(&bytes).1.unwrap();
    assert!(error.to_string().contains("damaged at byte"), "{error}");
}

#[test]
fn other_files_are_not_opened() {
    let open = |bytes: &[u8]| Recording::new(Cursor::new(bytes.to_vec())).err().unwrap();
    assert!(matches!(open(b""), OpenError::NoHeader));
    assert!(matches!(open(b"GIF89a"), OpenError::NotARecording));
    assert!(matches!(open(&[0; 100]), OpenError::NotARecording));
    let mut bytes = small().bytes;
    bytes[8] = 2;
    assert!(open(&bytes).to_string().contains("format 2"));
}
