//! `parlour replay` with cut and damaged recordings.

use parlour_testing::recording::misdated;

use crate::support::{TemporaryPath, config, parlour, story};

#[test]
fn a_cut_recording_is_replayed_and_the_command_says_where_it_is_cut() {
    let whole = story().record(400);
    let lengths: Vec<usize> = (whole.len() / 2..whole.len() - 1000).step_by(401).collect();
    assert!(
        lengths.len() >= 6,
        "the recording is too short to cut: {} bytes",
        whole.len()
    );
    for length in lengths {
        let file = TemporaryPath::file(&whole[..length]);
        let (code, out, err) = parlour(&[file.path()]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
        assert!(
            out.contains("hashes verified") && out.contains("is cut at byte"),
            "{out}"
        );
    }
}

#[test]
fn a_flipped_byte_is_an_error_of_one_line() {
    let mut bytes = story().record(400);
    let middle = bytes.len() * 2 / 3;
    bytes[middle] ^= 0x10;
    let file = TemporaryPath::file(&bytes);
    let (code, out, err) = parlour(&[file.path()]);
    assert_eq!((code, out.as_str()), (Some(65), ""), "{err}");
    assert!(
        err.contains("damaged at byte") && err.lines().count() == 1,
        "{err}"
    );
}

#[test]
fn a_saved_world_with_a_different_tick_than_its_chunk_is_refused() {
    for chunk_tick in [9, 11, 500, u32::MAX - 1, u32::MAX] {
        let file = TemporaryPath::file(&misdated(&config(), chunk_tick));
        // No tick comes after the last possible one.
        let expected = match chunk_tick {
            u32::MAX => "no tick",
            _ => "damaged: the world saved after tick",
        };
        let (code, _, err) = parlour(&[file.path()]);
        assert!(code == Some(65) && err.contains(expected), "{code:?} {err}");
        let (code, _, err) = parlour(&[file.path(), "--at", "4294967295", "--follow", "Ada"]);
        assert!(code.is_some_and(|code| code != 101), "{err}");
    }
}
