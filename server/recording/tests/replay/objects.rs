//! Objects in a replay: the table of all objects at a tick, what happened to one of them, and what
//! a player saw.

use parlour_recording::replay::{
    PlayerQuery, Replay, ShowError,
    dump::{Dump, DumpTable, Filter, dump},
    follow::{follow, follow_object},
    parse_object,
};
use parlour_shared::{ids::ObjectId, motion::Position};
use parlour_sim::{Logic, SimConfig};
use parlour_testing::{
    Color, ObjectOrder, SessionActions as _, objects_plugin, plaza,
    recording::{ScriptedRecording, TemporaryPath, ticks},
};

fn config() -> SimConfig {
    let mut config = plaza();
    config.rules.near_px = 5000;
    config
}

fn logic() -> Logic {
    Logic::new(objects_plugin)
}

fn spawn(kind: &str, x: i32, color: Option<u32>) -> ObjectOrder {
    ObjectOrder::Spawn {
        kind: kind.into(),
        place: Position::from_px(x, 100),
        color: color.map(Color),
    }
}

/// Ada orders a chair, which is painted twice and despawned, and a bell, which is rung. Bob orders
/// a chair in a different room.
fn furnished() -> ScriptedRecording {
    let mut script = ScriptedRecording::new(config());
    script.logic = logic();
    script.at(5).open_as_and_join(1, "Ada", "plaza");
    script.at(5).open_as_and_join(2, "Bob", "plaza/2");
    let mut order = |tick, session, order: &ObjectOrder| {
        script.at(tick).custom(session, "order", order);
    };
    order(10, 1, &spawn("chair", 40, Some(7)));
    order(20, 1, &spawn("bell", 60, None));
    order(30, 2, &spawn("chair", 80, None));
    order(40, 1, &ObjectOrder::Paint(ObjectId(1), Some(Color(8))));
    order(50, 1, &ObjectOrder::Ring(ObjectId(2)));
    order(60, 1, &ObjectOrder::Paint(ObjectId(1), None));
    order(70, 1, &ObjectOrder::Paint(ObjectId(1), Some(Color(9))));
    order(80, 1, &ObjectOrder::Despawn(ObjectId(1)));
    script
}

fn with_replay<T>(run: impl FnOnce(&mut Replay) -> T) -> T {
    let file = TemporaryPath::file(&furnished().record(100));
    run(&mut Replay::open(&file.0, &config().maps, logic()).unwrap())
}

fn objects(at: u32, filter: &Filter) -> Result<Dump, ShowError> {
    with_replay(|replay| dump(replay, DumpTable::Objects, ticks(1, at), filter))
}

fn followed(object: u32, from: u32, to: u32) -> Result<Vec<String>, ShowError> {
    let mut lines = Vec::new();
    with_replay(|replay| {
        follow_object(replay, ObjectId(object), ticks(from, to), |line| {
            lines.push(format!("t{} {}", line.tick.0, line.text));
            Ok(())
        })
    })?;
    Ok(lines)
}

#[test]
fn the_table_has_every_object_after_the_tick() {
    let all = objects(55, &Filter::default()).unwrap();
    assert_eq!(
        all.columns,
        [
            "id",
            "kind",
            "room",
            "slot",
            "position",
            "moving",
            "owner",
            "components"
        ]
    );
    let rows: Vec<String> = all
        .rows
        .iter()
        .map(|row| [&row[..3], &row[4..]].concat().join(" | "))
        .collect();
    assert_eq!(
        rows,
        [
            "1 | chair | plaza | (40, 100) | rests | - | color 8",
            "2 | bell | plaza | (60, 100) | rests | - | rings 1",
            "3 | chair | plaza/2 | (80, 100) | rests | - | ",
        ]
    );
    assert_eq!(all.json[0]["components"]["color"], 8);
    assert_eq!(
        (&all.json[0]["x_px"], &all.json[0]["owner"]),
        (&40.0.into(), &().into())
    );
    assert!(all.json[0]["parts"]["motion"].is_object() || all.json[0]["parts"]["motion"].is_array());
    assert_eq!(objects(9, &Filter::default()).unwrap().rows.len(), 0);
    assert_eq!(objects(90, &Filter::default()).unwrap().rows.len(), 2);
}

#[test]
fn the_table_is_filtered_by_room_and_by_owner() {
    let in_room = |room: &str| Filter {
        room: Some(room.into()),
        player: None,
    };
    assert_eq!(objects(55, &in_room("plaza/2")).unwrap().rows.len(), 1);
    let error = objects(55, &in_room("lobby")).unwrap_err().to_string();
    assert!(error.contains("no room \"lobby\" after tick 55"), "{error}");
    let of_ada = Filter {
        room: None,
        player: Some(PlayerQuery("Ada".into())),
    };
    assert_eq!(objects(55, &of_ada).unwrap().rows.len(), 0);
}

#[test]
fn what_happened_to_an_object_is_told_from_its_spawn_to_its_end() {
    assert_eq!(
        followed(1, 1, 100).unwrap(),
        [
            "t10 chair 1 is spawned in plaza at (40, 100), resting; color 7",
            "t40 chair 1 has color 8, no longer 7",
            "t60 chair 1 loses color",
            "t70 chair 1 gets color 9",
            "t80 chair 1 is despawned",
        ]
    );
    assert_eq!(
        followed(2, 45, 70).unwrap(),
        [
            "t44 bell 2 is in plaza at (60, 100), resting; rings 0",
            "t50 bell 2 has rings 1, no longer 0",
        ]
    );
}

#[test]
fn an_object_that_is_not_there_is_an_error() {
    for (object, from, to) in [(9, 1, 100), (1, 1, 9), (1, 81, 100)] {
        let error = followed(object, from, to).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("there is no object {object} in ticks {from} to {to}")
        );
    }
}

#[test]
fn a_followed_player_sees_objects_come_and_go() {
    let mut lines = Vec::new();
    let ada = PlayerQuery("Ada".into());
    with_replay(|replay| {
        follow(replay, &ada, None, ticks(1, 100), |line| {
            lines.push(format!("t{} {}", line.tick.0, line.text));
            Ok(())
        })
    })
    .unwrap();
    let about = |what: &str| -> Vec<&str> {
        let found = lines.iter().filter(|line| line.contains(what));
        found.map(|line| line.split(" px").next().unwrap()).collect()
    };
    let chair = about("chair 1");
    assert_eq!(chair.len(), 2, "{lines:#?}");
    // Within six ticks of the spawn.
    let (tick, text) = chair[0].split_once(' ').unwrap();
    let tick: u32 = tick[1..].parse().unwrap();
    assert!((10..=16).contains(&tick), "{chair:?}");
    assert!(text.starts_with("Ada sees chair 1 ("), "{chair:?}");
    assert_eq!(chair[1], "t80 Ada no longer sees chair 1");
    assert!(about("bell 2")[0].contains("Ada sees bell 2 ("), "{lines:#?}");
    assert!(about("chair 3").is_empty(), "{lines:#?}");
}

#[test]
fn objects_are_written_with_a_prefix_and_a_number() {
    assert_eq!(parse_object("object:12"), Some(ObjectId(12)));
    for text in [
        "12",
        "object:",
        "object:+1",
        "object:x",
        "object:4294967296",
        "Object:1",
        "object",
    ] {
        assert_eq!(parse_object(text), None, "{text}");
    }
}
