//! The command `token`: makes keys and tokens for development.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{exit::Exit, output, program::Program, setting_flags::setting_flags};
use crate::auth::{DevelopmentKey, MAX_USER_BYTES, NewToken, RoomPattern, SigningError};

const DETAILS: &str = "\
Makes a token for a user, and prints it alone on standard output. The issuer, the audience and the
type are the first ones that a server with the same settings accepts. The key is a secret that also
verifies the token, so it is only for development: a service that signs tokens for players has a key
pair, and the server only the public key. docs/security.md describes the claims.";

const EXAMPLES: &str = "\
Examples:
  {name} token key --out dev.jwk             make a key
  {name} serve --token-keys dev.jwk          verify tokens with it
  {name} token --key dev.jwk --user ada      print a token for ada, valid for an hour
  {name} token --key dev.jwk --user ada --name Ada --for 8h --role moderator --room 'plaza/*'";

/// Returns the declaration of the command.
pub(crate) fn command(program: &Program, elsewhere: &str) -> Command {
    let text = |name: &'static str, form: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(form).help(help)
    };
    Command::new("token")
        .about("Make keys and tokens for development")
        .subcommand_negates_reqs(true)
        .subcommand_value_name("COMMAND")
        .arg(
            text("key", "FILE", "The key, from the command `token key`")
                .value_parser(value_parser!(PathBuf))
                .required(true),
        )
        .arg(text("user", "USER", "The id of the user: the claim sub").required(true))
        .arg(text("name", "NAME", "The name of the player [default: that of the hello]"))
        .arg(
            text("for", "TIME", "The time for which it is valid")
                .value_parser(life)
                .default_value("1h"),
        )
        .arg(
            text("role", "ROLE", "A role; may be given several times [default: none]").action(ArgAction::Append),
        )
        .arg(
            text(
                "room",
                "PATTERN",
                "The rooms that the user may join: ROOM, TYPE/* or *; may be given several times [default: all]",
            )
            .value_parser(|text: &str| text.parse::<RoomPattern>())
            .action(ArgAction::Append),
        )
        .args(setting_flags(program, |_| false))
        .after_help(elsewhere.to_owned())
        .after_long_help(program.named(&format!("{DETAILS}\n\n{elsewhere}\n\n{EXAMPLES}")))
        .subcommand(
            Command::new("key")
                .about("Make a key that signs and verifies tokens")
                .arg(
                    Arg::new("out")
                        .long("out")
                        .value_name("FILE")
                        .help("The file that is written, readable only for its owner [default: standard output]")
                        .value_parser(value_parser!(PathBuf)),
                )
                .after_help(elsewhere.to_owned())
                .after_long_help(program.named(&format!(
                    "Makes a random secret for HS256, as a JWK. Everyone who has it can make tokens for any user.\n\n\
                     {elsewhere}\n\n{EXAMPLES}"
                ))),
        )
}

/// Parses the time for which a token is valid.
fn life(text: &str) -> Result<Duration, &'static str> {
    let time = humantime::parse_duration(text).ok();
    time.filter(|time| (1..=10 * 365 * 86_400).contains(&time.as_secs()))
        .ok_or("must be a time from 1s to 10 years with a unit, such as 10m, 8h or 30days")
}

pub(crate) fn run(program: &Program, matches: &ArgMatches) -> Result<(), Exit> {
    match matches.subcommand() {
        Some(("key", matches)) => make_key(program, matches),
        _ => make_token(program, matches),
    }
}

fn make_key(program: &Program, matches: &ArgMatches) -> Result<(), Exit> {
    let jwk = DevelopmentKey::generate().map_err(not_signed)?.to_jwk();
    let Some(path) = matches.get_one::<PathBuf>("out") else {
        return output::result(&jwk);
    };
    write_secret(path, &jwk).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Exit::would_overwrite(format!(
            "{} exists: choose a different name, or remove it",
            path.display()
        )),
        _ => Exit::not_written(path, &error),
    })?;
    let (name, path) = (program.name, path.display());
    program.note(format_args!(
        "wrote {path}. Next: `{name} serve --token-keys {path}` and `{name} token --key {path} --user ada`"
    ));
    Ok(())
}

/// Writes a new file that only its owner can read.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn make_token(program: &Program, matches: &ArgMatches) -> Result<(), Exit> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let path = matches.get_one::<PathBuf>("key").expect("clap requires it");
    let user = text("user").expect("clap requires it");
    if user.is_empty() || user.len() > MAX_USER_BYTES || user.chars().any(char::is_control) {
        return Err(Exit::usage(format!(
            "--user must have 1 to {MAX_USER_BYTES} bytes without control characters"
        )));
    }
    let rules = program.config(matches, None)?.settings.auth.rules;
    let jwk =
        std::fs::read_to_string(path).map_err(|error| Exit::data(format!("{}: {error}", path.display())))?;
    let key =
        DevelopmentKey::from_jwk(&jwk).map_err(|error| Exit::data(format!("{}: {error}", path.display())))?;
    let mut token = NewToken::of_user(user)
        .issuer(rules.issuers.first().map_or("parlour", String::as_str))
        .audience(rules.audiences.first().map_or("parlour", String::as_str));
    if let Some(wanted) = rules.token_type {
        token = token.token_type(wanted);
    }
    if let Some(time) = matches.get_one::<Duration>("for") {
        token = token.valid_for(*time);
    }
    if let Some(name) = text("name") {
        token = token.named(name);
    }
    for role in matches.get_many::<String>("role").into_iter().flatten() {
        token = token.role(role);
    }
    for pattern in matches.get_many::<RoomPattern>("room").into_iter().flatten() {
        token = token.room(pattern.clone());
    }
    let signed = key.sign(&token, SystemTime::now()).map_err(not_signed)?;
    output::result(&format!("{signed}\n"))
}

fn not_signed(error: SigningError) -> Exit {
    Exit::failure(error.to_string())
}
