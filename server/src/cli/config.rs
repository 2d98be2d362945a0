//! The commands `config print` and `config check`.

use std::{
    ffi::{OsStr, OsString},
    fmt::Display,
};

use clap::ArgMatches;
use parlour_shared::text::count;

use super::{
    command_line::{self, MAP_SETTINGS, ROOM_TYPE_SETTINGS, SKIN_SETTINGS},
    exit::Exit,
    output,
    program::Program,
};
use crate::{
    StartError,
    config::{Config, Problems, to_toml},
    maps::Catalogue,
};

pub(crate) fn run(program: &Program, matches: &ArgMatches) -> Result<(), Exit> {
    match matches.subcommand() {
        // The argument `format` is not read: clap accepts only `toml`.
        Some(("print", matches)) => {
            let config = program.config(matches, file(matches))?;
            warn(program, &config.warnings);
            output::result(&to_toml(&config))
        }
        Some(("check", matches)) => check(program, &program.config(matches, file(matches))),
        _ => unreachable!("clap asks for a subcommand"),
    }
}

/// Checks the configuration, the maps and the skins. Mistakes in one do not hide mistakes in the
/// others.
pub(crate) fn check(program: &Program, config: &Result<Config, Problems>) -> Result<(), Exit> {
    let mut failures = Vec::new();
    match config {
        Ok(config) => warn(program, &config.warnings),
        Err(problems) => failures.push(problems.into()),
    }
    // Maps and skins can be checked only if the settings that select them are valid.
    let settings = |names| match config {
        Ok(config) => Some(&config.settings),
        Err(problems) => problems.settings_if_known(names),
    };
    let mut counts = Vec::new();
    match settings(MAP_SETTINGS).map(|settings| program.load_maps(settings)) {
        Some(Ok(Catalogue { maps, warnings })) => {
            warn(program, &warnings);
            counts.push(count(maps.len(), "map").to_string());
            if let Some(settings) = settings(ROOM_TYPE_SETTINGS) {
                let options = program.options(settings, maps, Vec::new());
                let types = options.room_types.len();
                warn(program, options.unused_state());
                if config.is_ok()
                    && let Err(error) = options.check_admin_token()
                {
                    failures.push(StartError::from(error).into());
                }
                match options.checked_room_types() {
                    Ok(checked) => {
                        warn(program, checked.left_out_objects());
                        if types > 0 {
                            counts.push(count(types, "room type").to_string());
                        }
                    }
                    Err(errors) => failures.push(errors.into()),
                }
            }
        }
        Some(Err(errors)) => failures.push(errors.into()),
        None => {}
    }
    match settings(SKIN_SETTINGS).map(command_line::skins) {
        Some(Ok(skins)) => counts.push(count(skins.len(), "skin").to_string()),
        Some(Err(errors)) => failures.push(errors.into()),
        None => {}
    }
    match Exit::combine(failures) {
        Some(exit) => Err(exit),
        None => output::result(&format!("The configuration is valid: {}.\n", counts.join(", "))),
    }
}

/// Returns the file argument, if there is one.
fn file(matches: &ArgMatches) -> Option<&OsStr> {
    let file = matches.get_one::<OsString>("file");
    file.map(OsString::as_os_str)
}

fn warn(program: &Program, texts: impl IntoIterator<Item = impl Display>) {
    for text in texts {
        program.note(format_args!("warning: {text}"));
    }
}
