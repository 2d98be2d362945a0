//! `--follow`: what a player did and saw, line by line.

use std::{env, fs};

use parlour_recording::replay::{PlayerQuery, ShowError, Window, follow::follow};
use parlour_shared::message::Scope;
use parlour_testing::SessionActions as _;

use crate::support::{TemporaryPath, parlour, replay, story, ticks, without_events};

fn followed(player: &str, from: u32, to: u32) -> Result<Vec<String>, ShowError> {
    follow_in(&story().record(900), player, None, ticks(from, to))
}

fn follow_in(
    recording: &[u8],
    player: &str,
    room: Option<&str>,
    window: Window,
) -> Result<Vec<String>, ShowError> {
    let file = TemporaryPath::file(recording);
    let mut lines = Vec::new();
    follow(
        &mut replay(&file),
        &PlayerQuery(player.into()),
        room,
        window,
        |line| {
            lines.push(line.to_string());
            Ok(())
        },
    )?;
    Ok(lines)
}

/// `PARLOUR_BLESS=1` writes follow.txt again. Read the change before you commit it.
#[test]
fn everything_that_a_player_does_and_sees_is_reported() {
    let story = followed("Ada", 1, 900).unwrap().join("\n") + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replay/follow.txt");
    if env::var_os("PARLOUR_BLESS").is_some() {
        fs::write(path, &story).unwrap();
    }
    assert_eq!(story, fs::read_to_string(path).unwrap());
}

/// A window that starts later has the same lines, after a first line that describes the player.
#[test]
fn a_later_start_has_the_same_lines() {
    let whole = followed("Ada", 1, 900).unwrap();
    for from in [61, 161, 302, 303, 500, 700] {
        let part = followed("Ada", from, 900).unwrap();
        let (first, rest) = part.split_first().unwrap();
        assert!(
            first.contains("Ada (id ") && first.contains(" is in "),
            "{from}: {first}"
        );
        assert!(whole.ends_with(rest), "{from}: {rest:#?}");
    }
}

#[test]
fn a_missing_player_is_searched_in_the_whole_recording() {
    let error = |player: &str, from, to| followed(player, from, to).unwrap_err().to_string();
    let text = error("Ada", 850, 900);
    assert_eq!(
        text,
        "player \"Ada\" is not present in ticks 850 to 900: Ada (session 1) is present in ticks 10 to 800"
    );
    assert_eq!(
        error("Adam", 1, 900),
        "no player \"Adam\" in the recording; present: Ada"
    );
    assert_eq!(
        error("Zoe", 1, 900),
        "no player \"Zoe\" in the recording; present: Ada, Bob, Cleo"
    );
}

#[test]
fn the_command_prints_the_lines() {
    let file = TemporaryPath::file(&story().record(300));
    let (code, out, err) = parlour(&[file.path(), "--follow", "Bob", "--to", "14:03:03"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(
        out.starts_with("14:03:00.483  t30       Bob arrives (id "),
        "{out}"
    );
    assert!(out.contains("Bob hears Ada: \"hello\\nall\""), "{out}");
    let (code, _, err) = parlour(&[file.path(), "--follow", "Zoe"]);
    assert_eq!(code, Some(64));
    assert_eq!(
        err,
        "parlour: no player \"Zoe\" in the recording; present: Ada, Bob, Cleo\n"
    );
}

#[test]
fn with_a_room_only_events_in_it_are_reported() {
    let recording = story().record(900);
    let all = followed("Ada", 1, 900).unwrap();
    let part = |room, from, to| follow_in(&recording, "Ada", Some(room), ticks(from, to));
    let garden = part("garden/3", 1, 900).unwrap();
    let (first, last) = (garden.first().unwrap(), garden.last().unwrap());
    assert!(first.contains("goes through a door into garden/3"), "{garden:#?}");
    assert!(last.contains("enters plaza/3"), "{garden:#?}");
    let begin = all.iter().position(|line| line == first).unwrap();
    assert_eq!(
        garden,
        all[begin..begin + garden.len()],
        "all lines of that time and no others"
    );
    let plaza = part("plaza/3", 1, 900).unwrap();
    assert!(
        plaza
            .iter()
            .any(|line| line.contains("says to the room: \"alone\"")),
        "{plaza:#?}"
    );
    assert!(plaza.last().unwrap().contains("leaves plaza/3"), "{plaza:#?}");
    // The first line describes the player only if it is in the room at the start of the window.
    assert!(part("garden/3", 450, 460).unwrap()[0].contains("is in garden/3"));
    assert!(part("plaza/3", 450, 530).unwrap()[0].contains("enters plaza/3"));
    let error = part("attic", 400, 900).unwrap_err().to_string();
    assert_eq!(
        error,
        "\"Ada\" is not in room \"attic\", but in garden/3, lobby/3, plaza, plaza/3 in ticks 400 to 900"
    );
}

#[test]
fn the_command_passes_the_room_on() {
    let file = TemporaryPath::file(&story().record(900));
    let (code, out, err) = parlour(&[file.path(), "--follow", "Ada", "--room", "plaza/3"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("plaza/3") && !out.contains("sees Bob"), "{out}");
    let (code, _, err) = parlour(&[file.path(), "--follow", "Ada", "--room", "attic"]);
    assert_eq!(code, Some(64), "{err}");
}

#[test]
fn a_player_with_the_same_name_is_mentioned_with_its_id() {
    // Sessions 1 and 2 start near each other.
    let mut script = without_events();
    script.at(10).open_as_and_join(1, "Ada", "lobby/3");
    script.at(30).open_as_and_join(2, "Ada", "lobby/3");
    script.at(60).chat(2, Scope::Room, "hello");
    script.at(90).close(2);
    let story = follow_in(&script.record(120), "1", None, ticks(1, 120)).unwrap();
    let texts: Vec<&str> = story
        .iter()
        .map(|line| line.split("  ").last().unwrap().trim())
        .collect();
    assert!(
        texts[2].starts_with("Ada sees Ada (id ") && texts[2].contains(") come near, "),
        "{texts:#?}"
    );
    assert!(texts[3].starts_with("Ada hears Ada (id "), "{texts:#?}");
    assert!(texts[4].starts_with("Ada no longer sees Ada (id "), "{texts:#?}");
}

#[test]
fn a_name_of_two_players_is_ambiguous() {
    let mut script = without_events();
    script.at(10).open_as_and_join(1, "Ada", "plaza");
    script.at(20).open_as_and_join(2, "Ada", "lobby/3");
    let file = TemporaryPath::file(&script.record(120));
    let (code, out, err) = parlour(&[file.path(), "--follow", "Ada", "--from", "30"]);
    assert_eq!((code, out.as_str()), (Some(64), ""));
    let (head, them) = err
        .split_once(": ")
        .and_then(|(_, rest)| rest.split_once(": "))
        .unwrap();
    assert_eq!(head, "2 players are named \"Ada\"");
    assert!(
        them.contains(" (session 1, in plaza), ") && them.contains(" (session 2, in lobby/3). Use an id"),
        "{them}"
    );
    // A third player has the id as its name. The id is preferred.
    let id = &them[..8];
    script.at(25).open_as_and_join(3, id, "plaza");
    let story = follow_in(&script.record(120), id, None, ticks(30, 120)).unwrap();
    assert!(
        story[0].contains(&format!("Ada (id {id}, session 1)")),
        "{story:#?}"
    );
}

#[test]
fn an_object_that_the_recording_does_not_have_is_exit_code_64() {
    let file = TemporaryPath::file(&story().record(20));
    let (code, out, err) = parlour(&[file.path(), "--follow", "object:3"]);
    assert_eq!((code, out.as_str()), (Some(64), ""));
    assert!(err.contains("there is no object 3 in ticks 1 to 20"), "{err}");
}
