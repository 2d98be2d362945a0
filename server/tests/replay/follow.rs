//! What a player did and saw, as a story.

use std::{env, fs};

use parlour_server::replay::{
    Whom,
    follow::{FollowError, follow},
};

use crate::support::{Temporary, parlour, replay, story, ticks};

fn told(whom: &str, from: u32, to: u32) -> Result<Vec<String>, FollowError> {
    let file = Temporary::file(&story().record(900));
    let mut lines = Vec::new();
    follow(&mut replay(&file), &Whom(whom.into()), ticks(from, to), |line| {
        lines.push(line.to_string());
        Ok(())
    })?;
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
    let file = Temporary::file(&story().record(300));
    let (code, out, err) = parlour(&[file.path(), "--follow", "Bob", "--to", "14:03:03"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(
        out.starts_with("14:03:00.483  t30       Bob connects (id "),
        "{out}"
    );
    assert!(out.contains("Bob hears Ada: \"hello\\nall\""), "{out}");
    let (code, _, err) = parlour(&[file.path(), "--follow", "Zoe"]);
    assert_eq!(code, Some(65));
    assert_eq!(err, "parlour: \"Zoe\" is not in it; there are Ada, Bob, Cleo\n");
}
