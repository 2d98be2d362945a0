//! A cut or damaged recording: what is read of it is a beginning of what was recorded, never
//! another past.

use std::io::Cursor;

use parlour_recording::{
    Header,
    format::{EndReason, FileWriter, Item, Recording, TicksBuilder, seal_keyframe},
    replay::{ReplayError, verify},
};
use parlour_shared::ids::Tick;
use parlour_sim::{SIMULATION, Simulation};
use parlour_tick::{TickInput, TickOutput};

use crate::support::{STARTED_MS, Temporary, config, parlour, recording, replay, story, whole};

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

/// The lengths at which a cut file can be read further than one a byte shorter.
fn lengths(whole: &[u8]) -> Vec<usize> {
    let mut longest = 0;
    let longer = |length: &usize| {
        let ticks = readable(&whole[..*length]).map_or(0, |items| items.len());
        std::mem::replace(&mut longest, ticks) < ticks
    };
    (0..whole.len()).filter(longer).collect()
}

#[test]
fn cut_anywhere_what_is_left_is_verified() {
    let whole_file = sample();
    let mut verified = Vec::new();
    for length in lengths(&whole_file) {
        // As soon as it can be read, and in the middle of what comes then.
        for length in [length, length + 20] {
            let file = Temporary::file(&whole_file[..length]);
            let mut replay = replay(&file);
            let window = whole(&replay);
            let done = verify(&mut replay, window, |_| {}).unwrap();
            assert_eq!(done.last.0 as usize, done.hashes() as usize, "cut at {length}");
            verified.push(done.last.0);
        }
    }
    assert!(
        verified.is_sorted() && verified.last() == Some(&400),
        "{verified:?}"
    );
    verified.dedup();
    assert!(verified.len() >= 7, "{verified:?}");
}

#[test]
fn the_command_says_where_it_is_cut_and_is_content() {
    let whole = story().record(400);
    let lengths = lengths(&whole);
    assert!(lengths.len() >= 6, "{lengths:?}");
    for length in lengths {
        let file = Temporary::file(&whole[..length]);
        let (code, out, err) = parlour(&[file.path()]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
        assert!(
            out.contains("hashes verified") && out.contains("is cut at byte"),
            "{out}"
        );
    }
}

/// A world of tick 10 that is said to be of another, and a tick after it, if there is one.
fn misdated(said: u32) -> Temporary {
    let mut world = Simulation::new(config());
    let names: Vec<String> = world.part_names().map(String::from).collect();
    let header = Header::new(&config(), names.clone(), SIMULATION, STARTED_MS, "test");
    let mut output = TickOutput::default();
    for _ in 0..10 {
        world.step(&mut TickInput::default(), &mut output);
    }
    let mut saved = Vec::new();
    world.save(&mut saved);
    let mut writer = FileWriter::new(Vec::new(), &header).unwrap();
    for piece in seal_keyframe(Tick(said), STARTED_MS, &saved).unwrap() {
        writer.chunk(&piece).unwrap();
    }
    if let Some(next) = said.checked_add(1) {
        let input = TickInput::default();
        world.step(&mut input.clone(), &mut output);
        let mut builder = TicksBuilder::new(names.len());
        let result = Some((output.hash, &output.parts[..]));
        builder.push(Tick(next), STARTED_MS, result, &input).unwrap();
        writer.chunk(&builder.seal().unwrap()).unwrap();
    }
    writer.end(EndReason::Stopped, "").unwrap();
    Temporary::file(&writer.into_inner())
}

#[test]
fn a_world_of_another_tick_than_is_said_is_refused() {
    let file = misdated(10);
    let mut sound = replay(&file);
    let window = whole(&sound);
    assert!(verify(&mut sound, window, |_| {}).is_ok());
    for said in [9, 11, 500, u32::MAX - 1, u32::MAX] {
        let file = misdated(said);
        let error = replay(&file).run().map(|_| ()).unwrap_err();
        assert!(!error.is_divergence());
        let (tick, got) = (Tick(said), Tick(10));
        assert!(
            matches!(error, ReplayError::OtherTick { tick: t, got: g } if (t, g) == (tick, got)),
            "{error}"
        );
        // No tick is after the last one there is.
        let expected = match said {
            u32::MAX => "no tick",
            _ => "damaged: the world saved after tick",
        };
        let (code, _, err) = parlour(&[file.path()]);
        assert!(code == Some(65) && err.contains(expected), "{code:?} {err}");
        let (code, _, err) = parlour(&[file.path(), "--at", "4294967295", "--follow", "Ada"]);
        assert!(code.is_some_and(|code| code != 101), "{err}");
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
