//! Moments of a recording as people write them: a tick, a time, or a distance from the start.

use std::path::Path;

use parlour_recording::{
    Header,
    format::{EndReason, FileWriter, TicksBuilder, Times},
    replay::{Moment, MomentError, Replay, ReplayError, Window},
};
use parlour_shared::ids::Tick;
use parlour_sim::{Logic, SIMULATION};
use parlour_tick::TickInput;

use crate::support::{STARTED_MS, config, recording, without_events};

/// Returns the times of 900 ticks that start at 14:03:00: 15 seconds.
fn times() -> Times {
    recording(&without_events().record(900)).times()
}

fn moment(text: &str) -> Moment {
    text.parse().unwrap_or_else(|error| panic!("{text:?} {error}"))
}

fn tick(text: &str) -> Result<u32, String> {
    let tick = moment(text).tick(&times());
    tick.map(|tick| tick.0).map_err(|error| error.to_string())
}

#[test]
fn every_form_of_a_moment_is_resolved_to_a_tick() {
    for (text, expected) in [
        ("1", 1),
        ("432", 432),
        ("t900", 900),
        ("14:03", 1),
        ("14:03:01", 61),
        ("14:03:01.5", 91),
        ("14:03:14.983", 899),
        ("2026-11-21T14:03:02Z", 121),
        ("2026-11-21T14:03:02.250Z", 136),
        ("+0s", 1),
        ("+10s", 601),
        ("+500ms", 31),
    ] {
        assert_eq!(tick(text), Ok(expected), "{text}");
    }
}

#[test]
fn a_moment_outside_of_the_recording_is_an_error_that_names_its_range() {
    for text in [
        "0",
        "901",
        "14:02",
        "14:04",
        "+16s",
        "2026-11-20T14:03:02Z",
        "99999",
    ] {
        let error = tick(text).unwrap_err();
        let range = "it has ticks 1 to 900, 14:03:00.000 to 14:03:14.983 on 2026-11-21 (UTC)";
        assert!(
            error.contains("is not in the recording") && error.contains(range),
            "{text}: {error}"
        );
    }
}

#[test]
fn other_texts_are_refused() {
    for text in [
        "",
        "t",
        "x",
        "-1",
        "24:00",
        "14:60",
        "14:3:1:1",
        "14:03:1.2345",
        "14:03:1.",
        "+x",
        "+",
        "4294967296",
        "1.5",
        "2026-11-21",
    ] {
        let error = text.parse::<Moment>().unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{text:?} is neither a tick")),
            "{error}"
        );
    }
}

#[test]
fn the_debug_form_of_an_error_is_its_text() {
    let error = MomentError::EndBeforeStart("tick 3".into());
    assert_eq!(format!("{error:?}"), "the end, tick 3, is before the start");
    let error = ReplayError::from(error);
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn the_error_about_a_missing_file_names_it() {
    let opened = Replay::open(Path::new("/nowhere.plr"), &[], Logic::default());
    let text = opened.err().expect("no such file").to_string();
    assert!(text.starts_with("/nowhere.plr: cannot be read: "), "{text}");
}

#[test]
fn a_time_of_day_is_searched_on_every_day_of_the_recording() {
    let mut script = without_events();
    // Ten seconds before midnight.
    script.started_ms = STARTED_MS - STARTED_MS % 86_400_000 + 86_390_000;
    let times = recording(&script.record(1200)).times();
    assert_eq!(moment("23:59:55").tick(&times).unwrap(), Tick(301));
    assert_eq!(moment("00:00:05").tick(&times).unwrap(), Tick(901));
    let error = moment("14:03").tick(&times).unwrap_err().to_string();
    assert!(
        error.contains("2026-11-21T23:59:50.000Z to 2026-11-22T00:00:09.983Z"),
        "{error}"
    );
}

#[test]
fn a_window_is_cut_to_the_recorded_ticks() {
    let times = times();
    let window = |from: &str, to: &str| {
        let [from, to] = [from, to].map(|text| (!text.is_empty()).then(|| moment(text)));
        let window = Window::new(from.as_ref(), to.as_ref(), &times);
        window
            .map(|window| (window.from.0, window.to.0))
            .map_err(|error| error.to_string())
    };
    assert_eq!(window("", ""), Ok((1, 900)));
    assert_eq!(window("14:02", "14:03:01"), Ok((1, 61)));
    assert_eq!(window("14:03:10", "15:00"), Ok((601, 900)));
    assert!(window("14:04", "").unwrap_err().contains("ticks 1 to 900"));
    assert!(window("", "14:02").unwrap_err().contains("ticks 1 to 900"));
    assert!(window("20", "10").unwrap_err().contains("before the start"));
    assert!(window("20", "14:02").unwrap_err().contains("before the start"));
    assert!(window("14:02", "14:02").unwrap_err().contains("ticks 1 to 900"));
}

/// Returns the times of three chunks with one tick each, recorded at these times.
fn at_times(walls: [u64; 3]) -> Times {
    let header = Header::new(&config(), vec![], SIMULATION, 0, "test");
    let mut writer = FileWriter::new(Vec::new(), &header).unwrap();
    for (tick, wall_ms) in (1..).zip(walls) {
        let mut builder = TicksBuilder::new(0);
        let result = Some((0, &[][..]));
        builder
            .push(Tick(tick), wall_ms, result, &TickInput::default())
            .unwrap();
        writer.chunk(&builder.seal().unwrap()).unwrap();
    }
    writer.end(EndReason::Stopped, "").unwrap();
    recording(&writer.into_inner()).times()
}

#[test]
fn absurd_recorded_times_neither_panic_nor_take_long() {
    let times = at_times([0, 1000, u64::MAX]);
    let error = moment("14:03").tick(&times).unwrap_err().to_string();
    // The days from 1970 to the end of 9999.
    assert!(
        error.contains("occurs 2932897 times") && error.contains("1970-01-01T14:03:00"),
        "{error}"
    );
    assert_eq!(times.at(Tick(3)), 253_402_300_799_999);
    assert_eq!(moment("2026-11-21T14:03:00Z").tick(&times), Ok(Tick(2)));
    for walls in [[u64::MAX; 3], [u64::MAX, 0, 0], [u64::MAX - 5, u64::MAX, 0]] {
        let times = at_times(walls);
        for text in [
            "14:03",
            "23:59:59.999",
            "+1s",
            "+584542046y",
            "2026-11-21T14:03:00Z",
        ] {
            // Any result will do. A debug build would panic on overflow.
            let _ = moment(text).tick(&times);
            let _ = Window::new(Some(&moment(text)), None, &times);
        }
    }
}
