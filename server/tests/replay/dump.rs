//! What there was at a tick: players, rooms, chat, commands.

use parlour_server::replay::{
    Whom,
    dump::{Dump, Filter, What, dump, table},
};

use crate::support::{Temporary, parlour, replay, story, ticks};

fn rows(what: What, from: u32, to: u32, filter: &Filter) -> Dump {
    let file = Temporary::file(&story().record(900));
    dump(&mut replay(&file), what, ticks(from, to), filter).unwrap()
}

fn of(player: &str) -> Filter {
    Filter {
        player: Some(Whom(player.into())),
        room: None,
    }
}

fn column<'a>(dump: &'a Dump, name: &str) -> Vec<&'a str> {
    let nth = dump.columns.iter().position(|column| *column == name).unwrap();
    dump.rows.iter().map(|row| row[nth].as_str()).collect()
}

#[test]
fn players_as_they_are_after_a_tick() {
    let all = rows(What::Players, 1, 70, &Filter::default());
    assert_eq!(column(&all, "name"), ["Ada", "Bob", "Cleo"]);
    assert_eq!(column(&all, "room"), ["lobby/3", "lobby/3", "plaza"]);
    assert_eq!(column(&all, "moving"), ["walks north", "stands", "stands"]);
    let (x, y) = (
        all.json[0]["x_px"].as_f64().unwrap(),
        all.json[0]["y_px"].as_f64().unwrap(),
    );
    let later = rows(What::Players, 1, 71, &of("Ada"));
    assert_eq!(later.json.len(), 1);
    assert_eq!(later.json[0]["x_px"].as_f64().unwrap(), x);
    assert_eq!(later.json[0]["y_px"].as_f64().unwrap(), y - 2.5);
    let parts = later.json[0]["parts"].as_object().unwrap();
    assert!(
        parts.contains_key("motion") && parts.contains_key("throttle"),
        "{parts:?}"
    );
    // After it closed it is not there any more.
    assert_eq!(
        column(&rows(What::Players, 1, 799, &Filter::default()), "name"),
        ["Ada", "Bob", "Cleo"]
    );
    assert_eq!(
        column(&rows(What::Players, 1, 800, &Filter::default()), "name"),
        ["Bob", "Cleo"]
    );
}

#[test]
fn a_player_is_asked_for_by_name_id_or_session() {
    let all = rows(What::Players, 1, 70, &Filter::default());
    let id = all.rows[1][0].clone();
    assert_eq!(id.len(), 8);
    for whom in ["Bob", "2", &id, &id.to_uppercase()] {
        assert_eq!(
            column(&rows(What::Players, 1, 70, &of(whom)), "name"),
            ["Bob"],
            "{whom}"
        );
    }
    assert!(rows(What::Players, 1, 70, &of("bo")).rows.is_empty());
    let plaza = Filter {
        room: Some("plaza".into()),
        player: None,
    };
    assert_eq!(column(&rows(What::Players, 1, 70, &plaza), "name"), ["Cleo"]);
}

#[test]
fn rooms_and_their_state() {
    let rooms = rows(What::Rooms, 1, 145, &Filter::default());
    assert_eq!(column(&rooms, "room"), ["lobby/3", "plaza"]);
    assert_eq!(column(&rooms, "players"), ["2", "1"]);
    assert_eq!(
        column(&rooms, "state"),
        ["door = \"open\\u{1b}[0m\" (version 1)", ""]
    );
    assert_eq!(rooms.json[0]["state"][0]["value"], "open\u{1b}[0m");
    assert_eq!(
        column(&rows(What::Rooms, 1, 145, &of("Bob")), "room"),
        ["lobby/3"]
    );
    let later = rows(What::Rooms, 1, 610, &Filter::default());
    let plaza = later.rows.iter().find(|row| row[1] == "plaza/3").unwrap();
    assert_eq!((plaza[3].as_str(), plaza[4].as_str()), ("0", "t600"));
}

#[test]
fn chat_with_those_who_heard_it() {
    let chat = rows(What::Chat, 1, 300, &Filter::default());
    assert_eq!(column(&chat, "who"), ["Ada", "Bob"]);
    assert_eq!(column(&chat, "tick"), ["t90", "t120"]);
    assert_eq!(column(&chat, "to")[0], "room (1)");
    // What a player wrote does not reach the terminal as it is.
    assert_eq!(column(&chat, "text")[0], "hello\\nall");
    assert_eq!(chat.json[0]["text"], "hello\nall");
    assert_eq!(chat.json[0]["heard_by"].as_array().unwrap().len(), 2);
    assert!(rows(What::Chat, 91, 119, &Filter::default()).rows.is_empty());
    assert!(rows(What::Chat, 1, 300, &of("Cleo")).rows.is_empty());
    assert_eq!(rows(What::Chat, 1, 110, &of("Bob")).rows.len(), 1, "Bob heard it");
}

#[test]
fn commands_and_what_was_refused() {
    let commands = rows(What::Commands, 1, 200, &of("Ada"));
    let what = column(&commands, "what");
    let expected = [
        "opens as \"Ada\"",
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

    let spam = rows(What::Commands, 330, 330, &of("Bob"));
    let limited = column(&spam, "refused")
        .iter()
        .filter(|text| text.starts_with("rate limited"))
        .count();
    assert!(limited > 0 && limited < 12, "{limited}");
    // The first ones were said.
    assert_eq!(column(&spam, "refused")[0], "");
    let closes = rows(What::Commands, 800, 800, &Filter::default());
    assert_eq!(
        (column(&closes, "who"), column(&closes, "what")),
        (vec!["Ada"], vec!["closes"])
    );
}

#[test]
fn a_table_is_aligned() {
    let rows = vec![
        vec!["1".into(), "long one".into(), "x".into()],
        vec!["22".into(), "é".into(), String::new()],
    ];
    assert_eq!(
        table(&["a", "b", "c"], &rows),
        "A   B         C\n1   long one  x\n22  é\n"
    );
}

#[test]
fn the_command_prints_both_forms() {
    let file = Temporary::file(&story().record(400));
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
