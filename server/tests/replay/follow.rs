//! What a player did and saw, as a story.

use std::{env, fs};

use parlour_recording::replay::{PlayerQuery, ShowError, Window, follow::follow};
use parlour_testing::SessionActions as _;

use parlour_shared::message::Scope;

use crate::support::{TemporaryPath, parlour, replay, story, ticks, without_events};

fn told(whom: &str, from: u32, to: u32) -> Result<Vec<String>, ShowError> {
    told_of(&story().record(900), whom, None, ticks(from, to))
}

fn told_of(
    recording: &[u8],
    whom: &str,
    room: Option<&str>,
    window: Window,
) -> Result<Vec<String>, ShowError> {
    let file = TemporaryPath::file(recording);
    let mut lines = Vec::new();
    follow(
        &mut replay(&file),
        &PlayerQuery(whom.into()),
        room,
        window,
        |line| {
            lines.push(line.to_string());
            Ok(())
        },
    )?;
    Ok(lines)
}

/// `PARLOUR_BLESS=1` writes the story anew; read it before it is kept.
#[test]
fn a_story_is_told() {
    let story = told("Ada", 1, 900).unwrap().join("\n") + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replay/follow.txt");
    if env::var_os("PARLOUR_BLESS").is_some() {
        fs::write(path, &story).unwrap();
    }
    assert_eq!(story, fs::read_to_string(path).unwrap());
}

/// From the middle on, the story is the same but for its first line, which says how things are.
#[test]
fn it_is_the_same_from_any_tick_on() {
    let whole = told("Ada", 1, 900).unwrap();
    for from in [61, 161, 302, 303, 500, 700] {
        let part = told("Ada", from, 900).unwrap();
        let (first, rest) = part.split_first().unwrap();
        assert!(
            first.contains("Ada (id ") && first.contains(" is in "),
            "{from}: {first}"
        );
        assert!(whole.ends_with(rest), "{from}: {rest:#?}");
    }
}

#[test]
fn who_is_not_there_is_looked_for() {
    let error = |whom: &str, from, to| told(whom, from, to).unwrap_err().to_string();
    let text = error("Ada", 850, 900);
    assert_eq!(
        text,
        "\"Ada\" is not there in ticks 850 to 900: Ada (session 1) is in ticks 10 to 800"
    );
    assert_eq!(error("Adam", 1, 900), "\"Adam\" is not in it; there are Ada");
    assert_eq!(
        error("Zoe", 1, 900),
        "\"Zoe\" is not in it; there are Ada, Bob, Cleo"
    );
}

#[test]
fn the_command_tells_it() {
    let file = TemporaryPath::file(&story().record(300));
    let (code, out, err) = parlour(&[file.path(), "--follow", "Bob", "--to", "14:03:03"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(
        out.starts_with("14:03:00.483  t30       Bob connects (id "),
        "{out}"
    );
    assert!(out.contains("Bob hears Ada: \"hello\\nall\""), "{out}");
    let (code, _, err) = parlour(&[file.path(), "--follow", "Zoe"]);
    assert_eq!(code, Some(64));
    assert_eq!(err, "parlour: \"Zoe\" is not in it; there are Ada, Bob, Cleo\n");
}

#[test]
fn in_a_room_only_what_happens_there_is_told() {
    let recording = story().record(900);
    let all = told("Ada", 1, 900).unwrap();
    let part = |room, from, to| told_of(&recording, "Ada", Some(room), ticks(from, to));
    let garden = part("garden/3", 1, 900).unwrap();
    let (first, last) = (garden.first().unwrap(), garden.last().unwrap());
    assert!(first.contains("goes through a door into garden/3"), "{garden:#?}");
    assert!(last.contains("enters plaza/3"), "{garden:#?}");
    let begin = all.iter().position(|line| line == first).unwrap();
    assert_eq!(
        garden,
        all[begin..begin + garden.len()],
        "all of that time and nothing else"
    );
    let plaza = part("plaza/3", 1, 900).unwrap();
    assert!(
        plaza
            .iter()
            .any(|line| line.contains("says to the room: \"alone\"")),
        "{plaza:#?}"
    );
    assert!(plaza.last().unwrap().contains("leaves plaza/3"), "{plaza:#?}");
    // How things are before the window is told only if the player is there then.
    assert!(part("garden/3", 450, 460).unwrap()[0].contains("is in garden/3"));
    assert!(part("plaza/3", 450, 530).unwrap()[0].contains("enters plaza/3"));
    let error = part("attic", 400, 900).unwrap_err().to_string();
    assert_eq!(
        error,
        "\"Ada\" is not in room \"attic\", but in garden/3, lobby/3, plaza, plaza/3 in ticks 400 to 900"
    );
}

#[test]
fn the_command_honours_the_room() {
    let file = TemporaryPath::file(&story().record(900));
    let (code, out, err) = parlour(&[file.path(), "--follow", "Ada", "--room", "plaza/3"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("plaza/3") && !out.contains("sees Bob"), "{out}");
    let (code, _, err) = parlour(&[file.path(), "--follow", "Ada", "--room", "attic"]);
    assert_eq!(code, Some(64), "{err}");
}

#[test]
fn who_has_the_name_of_another_is_mentioned_with_an_id() {
    // Session 1 and session 2 appear near each other.
    let mut script = without_events();
    script.at(10).arrive(1, "Ada", "lobby/3");
    script.at(30).arrive(2, "Ada", "lobby/3");
    script.at(60).chat(2, Scope::Room, "hello");
    script.at(90).close(2);
    let story = told_of(&script.record(120), "1", None, ticks(1, 120)).unwrap();
    let texts: Vec<&str> = story
        .iter()
        .map(|line| line.split("  ").last().unwrap().trim())
        .collect();
    assert!(
        texts[2].starts_with("Ada sees Ada (id ") && texts[2].contains(") come near, "),
        "{texts:#?}"
    );
    assert!(texts[3].starts_with("Ada hears Ada (id "), "{texts:#?}");
    assert!(
        texts[4].starts_with("Ada sees Ada (id ") && texts[4].ends_with(") go out of sight"),
        "{texts:#?}"
    );
}

#[test]
fn of_several_with_one_name_none_is_chosen() {
    let mut script = without_events();
    script.at(10).arrive(1, "Ada", "plaza");
    script.at(20).arrive(2, "Ada", "lobby/3");
    let file = TemporaryPath::file(&script.record(120));
    let (code, out, err) = parlour(&[file.path(), "--follow", "Ada", "--from", "30"]);
    assert_eq!((code, out.as_str()), (Some(64), ""));
    let (head, them) = err
        .split_once(": ")
        .and_then(|(_, rest)| rest.split_once(": "))
        .unwrap();
    assert_eq!(head, "\"Ada\" is the name of 2 players");
    assert!(
        them.contains(" (session 1, in plaza), ") && them.contains(" (session 2, in lobby/3). Name"),
        "{them}"
    );
    // With an id that another chose as its name, the id is meant.
    let id = &them[..8];
    script.at(25).arrive(3, id, "plaza");
    let story = told_of(&script.record(120), id, None, ticks(30, 120)).unwrap();
    assert!(
        story[0].contains(&format!("Ada (id {id}, session 1)")),
        "{story:#?}"
    );
}
