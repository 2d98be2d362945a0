//! The command `types`: prints what the game logic of a room type declares for clients.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{config, exit::Exit, output, program::Program, setting_flags::setting_flags};
use crate::{declarations::DeclaredTypes, maps::Catalogue};

/// Returns the declaration of the command.
pub(crate) fn command(program: &Program, elsewhere: &str) -> Command {
    Command::new("types")
        .about("Print the messages and components of the game logic of a room type, as TypeScript")
        .arg(
            Arg::new("room_type")
                .value_name("ROOM_TYPE")
                .help("The name of the room type [default: the only one]"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .help("Print the shapes of the binary form, as JSON")
                .action(ArgAction::SetTrue),
        )
        .args(setting_flags(program, |_| false))
        .after_help(elsewhere.to_owned())
        .after_long_help(program.named(&format!(
            "A running server prints the same for GET /types/ROOM_TYPE.d.ts and GET /types/ROOM_TYPE.json on its admin\n\
             port.\n\n{elsewhere}\n\n\
             Examples:\n  {{name}} types plaza > plaza.d.ts\n  {{name}} types plaza --json"
        )))
}

pub(crate) fn run(program: &Program, matches: &ArgMatches) -> Result<(), Exit> {
    let config = program.config(matches, None)?;
    let Ok(Catalogue { maps, .. }) = program.load_maps(&config.settings) else {
        return config::check(program, &Ok(config));
    };
    let options = program.options(&config.settings, maps, Vec::new());
    let types = DeclaredTypes::of(&options.checked_room_types()?);
    let names: Vec<&str> = types.names().collect();
    let given = matches.get_one::<String>("room_type").map(String::as_str);
    let declarations = match (given, &names[..]) {
        (Some(name), _) => types
            .get(name)
            .ok_or_else(|| format!("there is no room type {name:?}")),
        (None, [only]) => types.get(only).ok_or_else(|| "there is no room type".to_owned()),
        (None, _) => Err("name a room type".to_owned()),
    };
    let declarations =
        declarations.map_err(|why| Exit::usage(format!("{why}; the types are {}", names.join(", "))))?;
    output::result(&match matches.get_flag("json") {
        true => declarations.json() + "\n",
        false => declarations.typescript(),
    })
}
