//! The worlds of a node: what is hard to reach through the command.

use std::{fs, path::Path};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_recording::{
    Previous,
    format::EndReason,
    replay::{
        Extent, Moment, PlayerQuery,
        dump::{DumpTable, Filter},
        find, verify,
        worlds::{TimeSpan, Worlds, WorldsError, world_directories},
    },
};
use parlour_shared::{ids::Tick, limits::TICK_RATE};
use parlour_sim::{Clock, Logic, Player, Simulation, StepSet, TickSchedule};
use parlour_testing::{
    Script, SessionActions as _,
    recording::{ScriptedRecording, WorldRecorder, header},
};
use parlour_tick::TickInput;
use proptest::prelude::*;

use crate::support::{STARTED_MS, TemporaryPath, config, maps, recording, whole, without_events};

fn open(directory: &TemporaryPath, logic: Logic) -> Worlds {
    let directories = world_directories(&directory.0).unwrap();
    Worlds::open(&directory.0, directories, maps(), logic).unwrap()
}

fn node(worlds: &[(&str, &ScriptedRecording, u32)]) -> TemporaryPath {
    let directory = TemporaryPath::directory();
    for (name, script, ticks) in worlds {
        let path = directory.0.join(name);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("a.plr"), script.record(*ticks)).unwrap();
    }
    directory
}

/// The time of a tick of a recording that starts this many milliseconds late.
fn time(late: u64, tick: u32) -> u64 {
    STARTED_MS + late + u64::from(tick - 1) * 1000 / u64::from(TICK_RATE)
}

#[test]
fn every_time_of_a_room_is_found() {
    let mut script = without_events();
    script.config.rules.empty_ticks = 60;
    // The room exists from tick 100 until it was empty for a second, again from tick 500, and again
    // at the end, after the last saved world.
    script.at(100).open_as_and_join(1, "Ada", "east/3");
    script.at(310).close(1);
    script.at(500).open_as_and_join(1, "Ada", "east/3");
    script.at(700).close(1);
    script.at(910).open_as_and_join(1, "Ada", "east/3");
    let directory = node(&[("main", &script, 1000)]);
    let worlds = open(&directory, Logic::default());
    let filter = Filter {
        room: Some("east/3".into()),
        player: None,
    };
    let at = time(0, 50);
    let error = worlds
        .dump(DumpTable::Rooms, None, Some(at), &filter)
        .err()
        .unwrap();
    let text = error.to_string();
    let (head, list) = text.split_once(": it is in main ").unwrap();
    assert_eq!(head, "room \"east/3\" is in no world at 14:03:00.816");
    let times: Vec<&str> = list.split(", it is in main ").collect();
    assert_eq!(times.len(), 3, "{text}");
    assert!(times[0].starts_with("from 14:03:01.650 to 14:03:06."), "{text}");
    assert!(times[1].starts_with("from 14:03:08.316 to 14:03:12."), "{text}");
    assert_eq!(times[2], "from 14:03:15.150 to 14:03:16.650", "{text}");
}

#[test]
fn a_tick_that_panicked_shows_the_state_before_it() {
    fn fail(clock: Res<Clock>) {
        assert_ne!(clock.tick, Tick(120), "not today");
    }
    let logic = Logic::new(|app: &mut App| {
        app.add_systems(TickSchedule, fail.in_set(StepSet::Simulate));
    });
    let mut falls = without_events();
    falls.logic = logic.clone();
    falls.panics = true;
    falls.at(10).open_as_and_join(1, "Ada", "east");
    let mut stays = without_events();
    stays.at(20).open_as_and_join(2, "Bob", "west");
    let directory = node(&[("falls", &falls, 120), ("stays", &stays, 119)]);
    let worlds = open(&directory, logic);
    let filter = Filter::default();
    for at in [Some(time(0, 120)), None] {
        let found = worlds.dump(DumpTable::Players, None, at, &filter).unwrap();
        assert!(found.failures.is_empty(), "{:?}", found.failures);
        let row = &found.dump.json[0];
        assert_eq!(
            (&row["world"], &row["tick"], &row["name"]),
            (&"falls".into(), &119.into(), &"Ada".into())
        );
    }
    // The panic is part of the story.
    let trail = worlds
        .trail(&PlayerQuery("Ada".into()), TimeSpan::default())
        .unwrap();
    let mut lines = Vec::new();
    worlds
        .follow(&trail, None, |line| {
            lines.push(line.to_string());
            Ok(())
        })
        .unwrap();
    assert!(
        lines
            .last()
            .unwrap()
            .contains("t120      the tick panics, and is the last one: "),
        "{lines:#?}"
    );
}

/// A player named Boom lets the tick panic.
fn fails_for_boom() -> Logic {
    fn fail(players: Query<&Player>) {
        assert!(players.iter().all(|player| player.name != "Boom"), "boom");
    }
    Logic::new(|app: &mut App| {
        app.add_systems(TickSchedule, fail.in_set(StepSet::Simulate));
    })
}

/// Writes the recording of a world that panics in tick 121 and is recovered: the second file
/// continues the first, and starts with the same tick again, without its input.
fn recovered(directory: &Path, logic: &Logic) {
    let mut script = Script::default();
    script.at(10).open_as_and_join(1, "Ada", "east");
    script.at(121).open_as_and_join(2, "Boom", "east");
    script.at(150).skin(1, 0);
    script.at(160).close(1);
    let world = Simulation::with_plugins(config(), logic.clone());
    let mut head = header(&world, &config(), STARTED_MS);
    let mut recorder = WorldRecorder::new(Vec::new(), head.clone(), world, 300);
    (1..=120).for_each(|tick| recorder.step(&script.input(tick)));
    let mut saved = Vec::new();
    recorder.world.save(&mut saved);
    recorder.panicked(Tick(121), &script.input(121));
    recorder.end(EndReason::Panicked);
    let first = recorder.into_inner();
    fs::create_dir_all(directory).unwrap();
    fs::write(directory.join("a.plr"), &first).unwrap();
    head.previous = Some(Previous {
        file: "a.plr".into(),
        chain: recording(&first).chain().unwrap(),
    });
    let world = Simulation::load(config(), logic.clone(), &saved).unwrap();
    let mut recorder = WorldRecorder::new(Vec::new(), head, world, 300);
    recorder.step(&TickInput::default());
    (122..=240).for_each(|tick| recorder.step(&script.input(tick)));
    recorder.end(EndReason::Stopped);
    fs::write(directory.join("b.plr"), recorder.into_inner()).unwrap();
}

#[test]
fn a_recovered_world_is_a_second_run() {
    let (directory, logic) = (TemporaryPath::directory(), fails_for_boom());
    let path = directory.0.join("main");
    recovered(&path, &logic);
    let worlds = open(&directory, logic.clone());
    let main = worlds.iter().next().unwrap();
    let runs: Vec<_> = main
        .runs
        .iter()
        .map(|run| (run.files.len(), run.times.range()))
        .collect();
    assert_eq!(
        runs,
        [(1, Some((Tick(1), Tick(121)))), (1, Some((Tick(121), Tick(240))))]
    );
    for run in &main.runs {
        let mut replay = worlds.replay(run).unwrap();
        let window = whole(&replay);
        verify(&mut replay, window, |_| {}).unwrap();
    }
    // A single recording is the newest run, and the two are not joined.
    let found = find(&path, None, Extent::Whole).unwrap();
    assert!(found.path.ends_with("b.plr") && found.next.is_empty());
    assert_eq!(found.others.runs, 1);
    let mut replay = worlds.replay(&main.runs[0]).unwrap();
    assert!(replay.append(&path.join("b.plr")).is_err());
    // Ada stays connected.
    let trail = worlds
        .trail(&PlayerQuery("Ada".into()), TimeSpan::default())
        .unwrap();
    let mut lines = Vec::new();
    worlds
        .follow(&trail, None, |line| {
            lines.push(line.to_string());
            Ok(())
        })
        .unwrap();
    let has = |nth: usize, text: &str| assert!(lines[nth].contains(text), "{text}: {lines:#?}");
    has(0, "t10       Ada arrives");
    has(2, "t121      the tick panics");
    has(3, "t120      Ada (id ");
    has(lines.len() - 1, "t160      Ada departs");
}

#[test]
fn a_damaged_world_does_not_hide_the_others() {
    let mut whole = without_events();
    whole.at(10).open_as_and_join(1, "Ada", "east");
    let directory = node(&[("damaged", &whole, 900), ("main", &whole, 900)]);
    let path = directory.0.join("damaged/a.plr");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let worlds = open(&directory, Logic::default());
    let trail = worlds
        .trail(&PlayerQuery("Ada".into()), TimeSpan::default())
        .unwrap();
    assert_eq!(trail.failures.len(), 1, "{:?}", trail.failures);
    assert!(trail.failures[0].0.ends_with("damaged/a.plr"));
    assert!(
        trail
            .presences
            .iter()
            .any(|presence| presence.place.world.name == "main")
    );
}

#[test]
fn a_time_of_day_is_on_the_newest_day() {
    let day = 86_400_000;
    let (first, mut second) = (without_events(), without_events());
    second.started_ms = STARTED_MS + day;
    let directory = node(&[("a", &second, 60), ("b", &first, 60)]);
    let worlds = open(&directory, Logic::default());
    let moment = |text: &str| text.parse::<Moment>().unwrap();
    let at = |text: &str| worlds.time(&moment(text)).unwrap();
    assert_eq!(at("14:03"), STARTED_MS + day);
    assert_eq!(at("2026-11-21T14:03:00Z"), STARTED_MS);
    assert_eq!(at("+1s"), STARTED_MS + 1000, "since the first tick of all worlds");
    assert_eq!(
        at("14:02:30"),
        STARTED_MS + day - 30_000,
        "shortly before the start"
    );
    assert!(matches!(
        worlds.time(&moment("t7")),
        Err(WorldsError::TickWithoutWorld(_))
    ));
    let span = |from: &str, to: &str| worlds.span(Some(&moment(from)), Some(&moment(to)));
    assert!(
        span("14:03:00.5", "14:03:00.2").is_err(),
        "the end is before the start"
    );
    let night = span("2026-11-21T14:00:00Z", "2026-11-21T14:03:00.5Z").unwrap();
    assert_eq!(night.to, Some(STARTED_MS + 500));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// A player travels at random between three worlds whose ticks differ. The trail is exactly its
    /// way.
    #[test]
    fn a_trail_has_every_world_in_order(
        stays in proptest::collection::vec((0usize..3, 1u32..60, 1u32..20), 1..8),
        late in proptest::array::uniform3(0u64..600),
    ) {
        let mut scripts = [without_events(), without_events(), without_events()];
        let names = ["one", "three", "two"];
        for (script, late) in scripts.iter_mut().zip(late) {
            script.started_ms = STARTED_MS + late * 5;
        }
        // In ticks since the start of the first possible tick of all worlds.
        let mut now = 200;
        let mut way = Vec::new();
        for (world, length, gap) in stays {
            // The tick of this world at that time, rounded up.
            let behind = (late[world] * 5 * u64::from(TICK_RATE)).div_ceil(1000) as u32;
            let first = now - behind;
            scripts[world].at(first).open_as_and_join(7, "Ada", "east");
            scripts[world].at(first + length).close(7);
            way.push((names[world], Tick(first), Tick(first + length)));
            now += length + gap + 1;
        }
        let ticks = now + 10;
        let directory = node(&[
            (names[0], &scripts[0], ticks),
            (names[1], &scripts[1], ticks),
            (names[2], &scripts[2], ticks),
        ]);
        let worlds = open(&directory, Logic::default());
        let trail = worlds.trail(&PlayerQuery("Ada".into()), TimeSpan::default()).unwrap();
        let found: Vec<_> = trail
            .presences
            .iter()
            .map(|presence| (presence.place.world.name.as_str(), presence.place.window.from, presence.place.window.to))
            .collect();
        prop_assert_eq!(found, way);
        prop_assert!(trail.presences.iter().all(|presence| presence.departed));
        prop_assert!(trail.others.is_empty());
    }
}
