//! Dumps: players, rooms, chat and commands at a tick.

use parlour_recording::replay::{
    PlayerQuery,
    dump::{Dump, DumpTable, Filter, aligned, dump},
};
use parlour_shared::message::{Body, ClientMessage, Custom, Scope};
use parlour_testing::SessionActions as _;

use crate::support::{TemporaryPath, parlour, replay, story, ticks, without_events};

fn rows(table: DumpTable, from: u32, to: u32, filter: &Filter) -> Dump {
    let file = TemporaryPath::file(&story().record(900));
    dump(&mut replay(&file), table, ticks(from, to), filter).unwrap()
}

fn by_player(player: &str) -> Filter {
    Filter {
        player: Some(PlayerQuery(player.into())),
        room: None,
    }
}

fn column<'a>(dump: &'a Dump, name: &str) -> Vec<&'a str> {
    let nth = dump.columns.iter().position(|column| *column == name).unwrap();
    dump.rows.iter().map(|row| row[nth].as_str()).collect()
}

#[test]
fn players_are_shown_in_their_state_after_the_tick() {
    let all = rows(DumpTable::Players, 1, 70, &Filter::default());
    assert_eq!(column(&all, "name"), ["Ada", "Bob", "Cleo"]);
    assert_eq!(column(&all, "room"), ["lobby/3", "lobby/3", "plaza"]);
    assert_eq!(column(&all, "moving"), ["walks north", "stands", "stands"]);
    let (x, y) = (
        all.json[0]["x_px"].as_f64().unwrap(),
        all.json[0]["y_px"].as_f64().unwrap(),
    );
    let later = rows(DumpTable::Players, 1, 71, &by_player("Ada"));
    assert_eq!(later.json.len(), 1);
    assert_eq!(later.json[0]["x_px"].as_f64().unwrap(), x);
    assert_eq!(later.json[0]["y_px"].as_f64().unwrap(), y - 2.5);
    let parts = later.json[0]["parts"].as_object().unwrap();
    assert!(
        parts.contains_key("motion") && parts.contains_key("throttle"),
        "{parts:?}"
    );
    // Ada's session closes at tick 800.
    assert_eq!(
        column(&rows(DumpTable::Players, 1, 799, &Filter::default()), "name"),
        ["Ada", "Bob", "Cleo"]
    );
    assert_eq!(
        column(&rows(DumpTable::Players, 1, 800, &Filter::default()), "name"),
        ["Bob", "Cleo"]
    );
}

#[test]
fn a_player_is_found_by_name_id_or_session() {
    let all = rows(DumpTable::Players, 1, 70, &Filter::default());
    let id = all.rows[1][0].clone();
    assert_eq!(id.len(), 8);
    for query in ["Bob", "2", &id, &id.to_uppercase()] {
        assert_eq!(
            column(&rows(DumpTable::Players, 1, 70, &by_player(query)), "name"),
            ["Bob"],
            "{query}"
        );
    }
    let plaza = Filter {
        room: Some("plaza".into()),
        player: None,
    };
    assert_eq!(column(&rows(DumpTable::Players, 1, 70, &plaza), "name"), ["Cleo"]);
}

#[test]
fn an_unknown_player_or_room_is_an_error() {
    let file = TemporaryPath::file(&story().record(900));
    let shown = |words: &[&str]| {
        let (code, out, err) = parlour(&[&[file.path(), "--dump"], words].concat());
        (code, out.lines().count(), err)
    };
    for what in ["players", "rooms", "objects", "chat", "commands"] {
        let covers_a_range = matches!(what, "chat" | "commands");
        let when = |at: u32| match covers_a_range {
            true => format!("in ticks {} to {at}", at - 10),
            false => format!("after tick {at}"),
        };
        for (filter, at, expected) in [
            (
                ["--player", "Bo"],
                70,
                "no player \"Bo\" in the recording; present: Bob".to_owned(),
            ),
            (
                ["--player", "Ada"],
                890,
                format!(
                    "player \"Ada\" is not present {}: Ada (session 1) is present in ticks 10 to 800",
                    when(890)
                ),
            ),
            (
                ["--room", "plaza/3"],
                70,
                format!("no room \"plaza/3\" {}; present: lobby/3, plaza", when(70)),
            ),
            (
                ["--room", "plaza"],
                10,
                match covers_a_range {
                    true => "no room \"plaza\" in ticks 1 to 10; present: lobby/3".to_owned(),
                    false => "no room \"plaza\" after tick 10; present: lobby/3".to_owned(),
                },
            ),
        ] {
            let (from, at) = ((at - 10).max(1).to_string(), at.to_string());
            let words = [&[what, "--from", &from, "--at", &at], &filter[..]].concat();
            let expected = format!("parlour: {expected}\n");
            assert_eq!(shown(&words), (Some(64), 0, expected), "{words:?}");
        }
    }
}

#[test]
fn a_table_without_matches_is_empty_and_explained() {
    let file = TemporaryPath::file(&story().record(900));
    // These players and rooms exist, but nothing in the range matches.
    for (words, expected) in [
        (
            ["chat", "--from", "t91", "--at", "t119", "--player", "Ada"],
            "no chat matches --player in ticks 91 to 119",
        ),
        (
            ["chat", "--from", "t91", "--at", "t119", "--room", "plaza"],
            "no chat matches --room in ticks 91 to 119",
        ),
        (
            ["commands", "--from", "t91", "--at", "t119", "--player", "Cleo"],
            "no command matches --player in ticks 91 to 119",
        ),
        (
            ["commands", "--from", "t91", "--at", "t119", "--room", "lobby/3"],
            "no command matches --room in ticks 91 to 119",
        ),
        (
            ["rooms", "--from", "t600", "--at", "t610", "--player", "Ada"],
            "no room matches --player after tick 610",
        ),
    ] {
        let (code, out, err) = parlour(&[&[file.path(), "--dump"], &words[..]].concat());
        assert_eq!((code, out.lines().count()), (Some(0), 1), "{words:?}: {err}");
        assert!(err.contains(expected), "{words:?}: {err}");
    }
}

#[test]
fn rooms_are_shown_with_their_state() {
    let rooms = rows(DumpTable::Rooms, 1, 145, &Filter::default());
    assert_eq!(column(&rooms, "room"), ["lobby/3", "plaza"]);
    assert_eq!(column(&rooms, "players"), ["2", "1"]);
    assert_eq!(
        column(&rooms, "state"),
        ["door = \"open\\u{1b}[0m\" (version 1)", ""]
    );
    assert_eq!(rooms.json[0]["state"][0]["value"], "open\u{1b}[0m");
    assert_eq!(
        column(&rows(DumpTable::Rooms, 1, 145, &by_player("Bob")), "room"),
        ["lobby/3"]
    );
    let later = rows(DumpTable::Rooms, 1, 610, &Filter::default());
    let plaza = later.rows.iter().find(|row| row[1] == "plaza/3").unwrap();
    assert_eq!((plaza[3].as_str(), plaza[4].as_str()), ("0", "t600"));
}

#[test]
fn chat_is_shown_with_its_listeners() {
    let chat = rows(DumpTable::Chat, 1, 300, &Filter::default());
    assert_eq!(column(&chat, "name"), ["Ada", "Bob"]);
    assert_eq!(column(&chat, "tick"), ["t90", "t120"]);
    assert_eq!(column(&chat, "to")[0], "room (1)");
    // The text of a player is escaped for the terminal.
    assert_eq!(column(&chat, "text")[0], "hello\\nall");
    assert_eq!(chat.json[0]["text"], "hello\nall");
    assert_eq!(chat.json[0]["heard_by"].as_array().unwrap().len(), 2);
    assert!(rows(DumpTable::Chat, 91, 119, &Filter::default()).rows.is_empty());
    assert!(rows(DumpTable::Chat, 1, 300, &by_player("Cleo")).rows.is_empty());
    assert_eq!(
        rows(DumpTable::Chat, 1, 110, &by_player("Bob")).rows.len(),
        1,
        "Bob is a listener of Ada's chat"
    );
}

#[test]
fn commands_are_shown_with_their_refusals() {
    let commands = rows(DumpTable::Commands, 1, 200, &by_player("Ada"));
    let what = column(&commands, "what");
    let expected = [
        "arrives as \"Ada\"",
        "join lobby/3",
        "walk north",
        "stand",
        "say \"hello\\nall\"",
    ];
    assert_eq!(&what[..5], expected);
    assert_eq!(column(&commands, "early ms")[..3], ["-", "2.5", "2.5"]);
    let refused = column(&commands, "refused");
    let stale: Vec<_> = what
        .iter()
        .zip(&refused)
        .filter(|(_, refused)| !refused.is_empty())
        .collect();
    assert_eq!(
        stale,
        [(&"state door = \"shut\"", &"stale version: door has version 1")]
    );

    let spam = rows(DumpTable::Commands, 330, 330, &by_player("Bob"));
    let limited = column(&spam, "refused")
        .iter()
        .filter(|text| text.starts_with("rate limited"))
        .count();
    assert!(limited > 0 && limited < 12, "{limited}");
    // The first ones were accepted.
    assert_eq!(column(&spam, "refused")[0], "");
    let closes = rows(DumpTable::Commands, 800, 800, &Filter::default());
    assert_eq!(
        (column(&closes, "name"), column(&closes, "what")),
        (vec!["Ada"], vec!["departs"])
    );
}

#[test]
fn a_body_that_no_json_value_can_have_is_shown_as_text() {
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for text in ["1e999", r#""\ud800""#, &nested] {
        let mut script = without_events();
        script.at(10).open_as_and_join(1, "Ada", "plaza");
        let custom = Custom {
            request: 7,
            name: "wave".into(),
            body: Body::Json(text.into()),
        };
        script.at(20).send(1, ClientMessage::Custom(custom));
        let file = TemporaryPath::file(&script.record(30));
        let mut replay = replay(&file);
        let window = ticks(20, 20);
        let commands = dump(&mut replay, DumpTable::Commands, window, &Filter::default()).unwrap();
        assert_eq!(column(&commands, "refused"), ["unknown message"]);
        assert_eq!(commands.json[0]["message"]["custom"]["body"], text);
    }
}

#[test]
fn columns_are_aligned_by_characters_not_bytes() {
    let rows = vec![
        vec!["1".into(), "long one".into(), "x".into()],
        vec!["22".into(), "é".into(), String::new()],
    ];
    assert_eq!(
        aligned(&["a", "b", "c"], &rows),
        "A   B         C\n1   long one  x\n22  é\n"
    );
}

#[test]
fn the_command_prints_tables_and_json() {
    let file = TemporaryPath::file(&story().record(400));
    let (code, out, err) = parlour(&[file.path(), "--dump", "players", "--at", "14:03:01.5"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(out.lines().count(), 4, "{out}");
    assert!(
        out.starts_with("ID        SESSION  NAME  ROOM     SLOT  POSITION"),
        "{out}"
    );
    let words = [
        file.path(),
        "--dump",
        "chat",
        "--at",
        "390",
        "--format",
        "json",
        "--player",
        "Bob",
    ];
    let (code, out, _) = parlour(&words);
    assert_eq!(code, Some(0));
    let rows: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        rows.iter()
            .all(|row| row["tick"].is_u64() && row["heard_by"].is_array()),
        "{out}"
    );
    assert!(rows.len() > 2, "{out}");
}

/// Returns a recording of four players, and their ids. Two are named Ada, the name of the third is
/// the id of the first, and the name of the fourth is the session number of the second. All four
/// chat. The first session closes at tick 100.
fn namesakes() -> (TemporaryPath, Vec<String>) {
    let ids_at = |file: &TemporaryPath, tick| -> Vec<String> {
        let players = dump(
            &mut replay(file),
            DumpTable::Players,
            ticks(1, tick),
            &Filter::default(),
        )
        .unwrap();
        column(&players, "id").into_iter().map(String::from).collect()
    };
    let mut script = without_events();
    script.at(10).open_as_and_join(1, "Ada", "plaza");
    script.at(20).open_as_and_join(2, "Ada", "plaza");
    let ids = ids_at(&TemporaryPath::file(&script.record(30)), 30);
    script.at(40).open_as_and_join(3, &ids[0], "plaza");
    script.at(40).open_as_and_join(4, "2", "plaza");
    for (tick, session) in (91..).zip(1..=4) {
        script
            .at(tick)
            .chat(session, Scope::Room, &format!("from {session}"));
    }
    script.at(100).close(1);
    let file = TemporaryPath::file(&script.record(120));
    let ids = ids_at(&file, 90);
    (file, ids)
}

#[test]
fn players_with_the_same_name_are_shown_with_their_ids() {
    let (file, ids) = namesakes();
    for what in [DumpTable::Chat, DumpTable::Commands] {
        let all = dump(&mut replay(&file), what, ticks(91, 94), &Filter::default()).unwrap();
        assert_eq!(column(&all, "id"), ids, "{what:?}");
        assert_eq!(column(&all, "name"), ["Ada", "Ada", &ids[0], "2"], "{what:?}");
    }
    let (code, out, err) = parlour(&[file.path(), "--dump", "chat"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(
        out.starts_with("TICK  TIME          ROOM   ID        NAME      TO"),
        "{out}"
    );
}

#[test]
fn ids_take_precedence_over_session_numbers_and_those_over_names() {
    let (file, ids) = namesakes();
    let upper = ids[0].to_uppercase();
    for (query, session) in [(ids[0].as_str(), "1"), (&upper, "1"), ("2", "2"), ("3", "3")] {
        for (what, from) in [(DumpTable::Players, 1), (DumpTable::Commands, 91)] {
            let found = dump(&mut replay(&file), what, ticks(from, 94), &by_player(query)).unwrap();
            assert_eq!(column(&found, "session"), [session], "{what:?} {query}");
        }
        // A chat matches if the player is its speaker or a listener. In all cases, the query
        // resolves to exactly one player.
        let chat = dump(
            &mut replay(&file),
            DumpTable::Chat,
            ticks(91, 94),
            &by_player(query),
        )
        .unwrap();
        assert_eq!(chat.matched.len(), 1, "{query}");
    }
    // The first player has left by then, so only the name of the third matches.
    let later = dump(
        &mut replay(&file),
        DumpTable::Players,
        ticks(1, 110),
        &by_player(&ids[0]),
    )
    .unwrap();
    assert_eq!(column(&later, "session"), ["3"]);
}

#[test]
fn an_ambiguous_name_selects_both_players_and_warns() {
    let (file, ids) = namesakes();
    let (code, out, err) = parlour(&[
        file.path(),
        "--dump",
        "commands",
        "--from",
        "91",
        "--at",
        "99",
        "--player",
        "Ada",
    ]);
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains("from 1") && out.contains("from 2") && !out.contains("from 3"),
        "{out}"
    );
    let expected = format!(
        "parlour: 2 players are named \"Ada\": {} (session 1, in plaza), {} (session 2, in plaza). Use an id to select one\n",
        ids[0], ids[1]
    );
    assert_eq!(err, expected);
    let (_, _, err) = parlour(&[
        file.path(),
        "--dump",
        "players",
        "--at",
        "99",
        "--player",
        &ids[1],
    ]);
    assert_eq!(err, "");
}
