//! Players that drop and resume, in a replay.

use parlour_recording::replay::{
    PlayerQuery,
    dump::{DumpTable, Filter, dump},
    follow::follow,
};
use parlour_testing::{SessionActions as _, recording::TemporaryPath};

use super::support::{replay, ticks, without_events};

/// Ada drops from tick 40 to tick 70. Bob sees her all the time.
fn file() -> TemporaryPath {
    let mut script = without_events();
    script.at(10).open_as_and_join(1, "Ada", "east");
    script.at(11).open_as_and_join(2, "Bob", "east");
    script.at(40).drop_link(1);
    script.at(70).resume(1);
    TemporaryPath::file(&script.record(100))
}

fn followed(name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let query = PlayerQuery(name.into());
    follow(&mut replay(&file()), &query, None, ticks(30, 80), |line| {
        lines.push(format!("t{} {}", line.tick.0, line.text));
        Ok(())
    })
    .unwrap();
    lines
}

#[test]
fn who_follows_a_player_sees_that_it_drops_and_resumes() {
    let lines = followed("Ada");
    for expected in ["t40 Ada drops", "t70 Ada resumes"] {
        assert!(lines.iter().any(|line| line == expected), "{lines:?}");
    }
    let lines = followed("Bob");
    for expected in ["t40 Bob sees Ada drop", "t70 Bob sees Ada resume"] {
        assert!(lines.iter().any(|line| line == expected), "{lines:?}");
    }
}

#[test]
fn the_table_of_commands_has_drops_and_resumes() {
    let shown = dump(
        &mut replay(&file()),
        DumpTable::Commands,
        ticks(30, 80),
        &Filter::default(),
    );
    let shown = shown.unwrap();
    let rows: Vec<String> = shown.rows.iter().map(|row| row.join(" ")).collect();
    assert!(
        rows.len() == 2 && rows[0].contains("drops") && rows[1].contains("resumes"),
        "{rows:?}"
    );
    let kinds: Vec<_> = shown.json.iter().map(|row| row["kind"].to_string()).collect();
    assert_eq!(kinds, ["\"drop\"", "\"resume\""]);
}

#[test]
fn the_table_of_players_says_who_is_dropped() {
    for (tick, expected) in [(30, false), (40, true), (69, true), (70, false)] {
        let shown = dump(
            &mut replay(&file()),
            DumpTable::Players,
            ticks(1, tick),
            &Filter::default(),
        );
        let shown = shown.unwrap();
        assert_eq!(shown.json[0]["dropped"], expected, "tick {tick}");
        assert_eq!(shown.json[1]["dropped"], false);
        assert_eq!(shown.rows[0].contains(&"stands, dropped".to_owned()), expected);
    }
}
