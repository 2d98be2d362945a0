//! `parlour token` makes keys and tokens.

use std::process::{Command, Output};

use parlour::auth::{TokenRules, check, read_keys, unix_seconds};

use crate::tokens::directory;

fn parlour(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
    command.args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_command_makes_a_key_and_tokens_that_it_verifies() {
    let path = directory("command").join("dev.jwk");
    let file = path.to_str().unwrap();
    let made = parlour(&["token", "key", "--out", file]);
    assert!(made.status.success() && made.stdout.is_empty(), "{made:?}");
    assert!(text(&made.stderr).contains("--token-keys"), "{made:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let made = parlour(&[
        "token",
        "--key",
        file,
        "--user",
        "ada",
        "--name",
        "Ada",
        "--for",
        "2h",
        "--room",
        "plaza/*",
        "--room",
        "lobby",
        "--role",
        "moderator",
    ]);
    assert!(made.status.success() && made.stderr.is_empty(), "{made:?}");
    let out = text(&made.stdout);
    let token = out.strip_suffix('\n').unwrap();
    let now = unix_seconds(std::time::SystemTime::now());
    let identity = check(token, &read_keys(&path).unwrap(), &TokenRules::default(), now).unwrap();
    let rooms: Vec<String> = identity.rooms.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        (identity.user.as_str(), identity.name.as_deref()),
        ("ada", Some("Ada"))
    );
    assert_eq!(
        (rooms, identity.roles),
        (
            vec!["plaza/*".to_owned(), "lobby".to_owned()],
            vec!["moderator".to_owned()]
        )
    );
    assert!(
        (now + 7190..=now + 7200).contains(&identity.expires),
        "{}",
        identity.expires
    );
}

#[test]
fn a_token_has_the_issuer_audience_and_type_of_the_settings() {
    let path = directory("settings").join("dev.jwk");
    let file = path.to_str().unwrap();
    assert!(parlour(&["token", "key", "--out", file]).status.success());
    let made = parlour(&[
        "token",
        "--key",
        file,
        "--user",
        "ada",
        "--token-issuer",
        "me,you",
        "--token-audience",
        "game",
        "--token-type",
        "game+jwt",
    ]);
    assert!(made.status.success(), "{made:?}");
    let rules = TokenRules {
        issuers: vec!["me".to_owned()],
        audiences: vec!["game".to_owned()],
        token_type: Some("game+jwt".to_owned()),
        ..TokenRules::default()
    };
    let now = unix_seconds(std::time::SystemTime::now());
    check(text(&made.stdout).trim(), &read_keys(&path).unwrap(), &rules, now).unwrap();
}

#[test]
fn mistakes_are_named() {
    let directory = directory("mistakes");
    let path = directory.join("dev.jwk");
    let file = path.to_str().unwrap();
    assert!(parlour(&["token", "key", "--out", file]).status.success());
    let again = parlour(&["token", "key", "--out", file]);
    assert_eq!(again.status.code(), Some(73));
    assert!(text(&again.stderr).contains("exists"), "{again:?}");
    std::fs::write(directory.join("other"), "{}").unwrap();
    let other = directory.join("other");
    for (args, code, words) in [
        (&["token"][..], 2, "--key"),
        (&["token", "--key", file], 2, "--user"),
        (&["token", "--key", file, "--user", ""], 2, "--user must have"),
        (
            &["token", "--key", file, "--user", "a", "--room", "Plaza"],
            2,
            "a pattern of rooms",
        ),
        (
            &["token", "--key", file, "--user", "a", "--for", "never"],
            2,
            "must be a time",
        ),
        (
            &["token", "--key", "/no/such/file", "--user", "a"],
            65,
            "/no/such/file",
        ),
        (
            &["token", "--key", other.to_str().unwrap(), "--user", "a"],
            65,
            "not a development key",
        ),
    ] {
        let made = parlour(args);
        assert_eq!(made.status.code(), Some(code), "{args:?} {made:?}");
        assert!(text(&made.stderr).contains(words), "{args:?} {made:?}");
        assert!(made.stdout.is_empty(), "{made:?}");
    }
}
