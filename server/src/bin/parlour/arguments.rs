//! Declares the commands and arguments of `parlour`, with their help. The flags of settings are
//! generated from the table of settings.

use clap::{Arg, ArgAction, Command, value_parser};
use parlour::{
    BUILD,
    config::{FILE_VARIABLE, Setting, settings},
};

use crate::{exit, replay, rooms};

/// The settings that `-h` shows. `--help` shows all.
const COMMON: &[&str] = &["listen", "admin", "interest_radius", "maps", "log"];
/// The settings that the help of `demo` shows.
const DEMO: &[&str] = &["listen", "admin", "interest_radius", "record", "log"];

const ABOUT: &str = "Parlour, an authoritative 60 Hz world server: players walk, meet and talk in rooms";

const EXAMPLES: &str = "\
Examples:
  parlour                                    serve the bundled maps on 127.0.0.1:7373
  parlour demo                               also start 100 bots that walk and chat
  parlour --listen 0.0.0.0:7373 --maps maps  accept other machines, and add your own maps
  parlour --record recordings                record every tick, to replay it later
  parlour rooms                              print the worlds and rooms of the running server
  parlour config print > parlour.toml        write a configuration file with all settings
  parlour --config parlour.toml --log debug  use that file, and log more";

const LAYERS: &str = "\
Settings:
  A setting has the same name everywhere: interest_radius in a configuration file (TOML) is
  PARLOUR_INTEREST_RADIUS in the environment, and --interest-radius on the command line.
  A flag overrides the environment, which overrides the file, which overrides the default.
  A file is read only if it is given with --config or PARLOUR_CONFIG. A relative path in a file
  is relative to the folder of the file; elsewhere, to the working directory.

  Some settings come in pairs, such as listen and admin, which need different ports. If you
  set only one of a pair, the default of the other is adjusted to it.

  RUST_LOG is used if PARLOUR_LOG is not set. NO_COLOR removes the colours from the log.";

/// The help of commands that accept all settings, but do not list them.
const ALL_ELSEWHERE: &str = "\
This command accepts all settings, as flags, in the environment and in the file.
`parlour serve --help` and `parlour config print` list them.";

/// Returns the command line.
pub(crate) fn command() -> Command {
    let details = format!("{EXAMPLES}\n\n{LAYERS}\n\n{}", exit::HELP);
    Command::new("parlour")
        .version(BUILD)
        .about(ABOUT)
        .long_about(format!(
            "{ABOUT}.\n\nWithout a command, `parlour` does the same as `parlour serve`."
        ))
        .after_help("More: parlour --help, parlour help COMMAND")
        .after_long_help(details)
        .subcommand_value_name("COMMAND")
        .max_term_width(100)
        .arg(config_flag())
        .args(setting_flags(|_| true))
        .subcommand(serve())
        .subcommand(demo())
        .subcommand(rooms::command(ALL_ELSEWHERE))
        .subcommand(replay::command())
        .subcommand(config())
}

fn serve() -> Command {
    Command::new("serve")
        .about("Serve the world until Ctrl-C or SIGTERM (the default without a command)")
        .after_long_help(format!(
            "Examples:\n  parlour serve\n  parlour serve --interest-radius all --capacity 50\n  \
             PARLOUR_LISTEN=0.0.0.0:80 parlour serve --log-format json\n  \
             parlour serve --record recordings --record-total-mib 1024\n\n\
             SIGUSR1 writes the history (the last minute by default) to a file, like POST /history on the admin port.\n\n{LAYERS}\n\n{}",
            exit::HELP
        ))
}

fn demo() -> Command {
    Command::new("demo")
        .about("Serve the world with bots that walk and chat in the bundled maps")
        .arg(
            Arg::new("bots")
                .long("bots")
                .value_name("NUMBER")
                .help("The number of bots: half in lobby and garden, half in plaza")
                .value_parser(number_of_bots)
                .default_value("100"),
        )
        .args(setting_flags(|setting| DEMO.contains(&setting.name)))
        .after_help(ALL_ELSEWHERE)
        .after_long_help(format!(
            "{ALL_ELSEWHERE}\n\nExamples:\n  parlour demo\n  parlour demo --bots 500 --io-threads 2\n  \
             parlour demo --record recordings\n\n{}",
            exit::HELP
        ))
}

/// Parses the number of bots. The errors of clap's parser do not name the range.
fn number_of_bots(text: &str) -> Result<u32, &'static str> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=10_000).contains(number))
        .ok_or("must be a whole number from 1 to 10000")
}

fn config() -> Command {
    Command::new("config")
        .about("Print or check the configuration")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_value_name("COMMAND")
        .args(setting_flags(|_| false))
        .after_help(ALL_ELSEWHERE)
        .subcommand(
            Command::new("print")
                .about("Print every setting with its value and the source of the value, as a configuration file")
                .arg(file())
                .after_help(ALL_ELSEWHERE)
                .arg(
                    Arg::new("format")
                        .long("format")
                        .value_name("FORMAT")
                        .help("The format of the output")
                        .value_parser(["toml"])
                        .default_value("toml"),
                )
                .after_long_help(format!(
                    "{ALL_ELSEWHERE}\n\n\
                     Examples:\n  parlour config print\n  parlour config print > parlour.toml\n  \
                     PARLOUR_SEED=7 parlour config print parlour.toml"
                )),
        )
        .subcommand(
            Command::new("check")
                .about("Check the configuration, the maps and the skins, and report all mistakes")
                .arg(file())
                .after_help(ALL_ELSEWHERE)
                .after_long_help(format!(
                    "Checks what `parlour serve` would use: the file, the environment and the flags together. All\n\
                     mistakes are reported in one run. Maps and skins are checked only if the settings that select\n\
                     them are valid. Recording directories are checked only when a server starts.\n\n\
                     Exit code 0: no mistakes. 65: maps or skins cannot be used. 78: the configuration cannot be used.\n\n\
                     {ALL_ELSEWHERE}\n\n\
                     Examples:\n  parlour config check parlour.toml\n  PARLOUR_MAPS=maps parlour config check"
                )),
        )
}

/// Returns the file argument of `config print` and `config check`.
fn file() -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .help("The configuration file; replaces --config and PARLOUR_CONFIG")
        .value_parser(value_parser!(std::ffi::OsString))
}

fn config_flag() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help(format!(
            "The configuration file (TOML); can also be set with {FILE_VARIABLE}"
        ))
        .value_parser(value_parser!(std::ffi::OsString))
        .global(true)
        .action(ArgAction::Set)
}

/// Returns the flags of all settings. The help of a command shows only some of them, but every
/// command accepts all, because a flag may come before the name of the command.
pub(crate) fn setting_flags(is_shown: impl Fn(&Setting) -> bool) -> impl Iterator<Item = Arg> {
    settings().map(move |setting| setting_flag(setting).hide(!is_shown(setting)))
}

/// Returns the flag of a setting. clap does not check the value: all settings are checked together,
/// so that all mistakes are reported together.
fn setting_flag(setting: &'static Setting) -> Arg {
    let default = setting.default_text();
    let default = if default.is_empty() { "none" } else { &default };
    let follows = setting
        .default_follows()
        .map_or_else(String::new, |other| format!(", follows {other}"));
    Arg::new(setting.name)
        // clap needs a static name, so it is leaked once per process.
        .long(&*setting.flag().leak())
        .value_name(setting.form)
        .help(format!("{} [default: {default}{follows}]", setting.help))
        .help_heading(setting.section.title())
        .hide_short_help(!COMMON.contains(&setting.name))
        .value_parser(value_parser!(std::ffi::OsString))
        .allow_negative_numbers(true)
        .global(true)
        .action(ArgAction::Set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declarations_pass_the_checks_of_clap() {
        command().debug_assert();
    }
}
