//! The command line. The flags of settings come from the table of settings.

use clap::{Arg, ArgAction, Command, value_parser};
use parlour_server::{
    BUILD,
    config::{FILE_VARIABLE, Setting, settings},
};

use crate::{exit, replay};

/// Settings that `-h` shows; `--help` shows all.
const COMMON: &[&str] = &["listen", "admin", "interest_radius", "maps", "log"];
/// Settings that the help of `demo` shows.
const DEMO: &[&str] = &["listen", "admin", "interest_radius", "record", "log"];

const ABOUT: &str = "Parlour, an authoritative 60 Hz world server: players walk, meet and talk in rooms";

const EXAMPLES: &str = "\
Examples:
  parlour                                    serve the bundled maps on 127.0.0.1:7373
  parlour demo                               the same, with 100 bots walking about
  parlour --listen 0.0.0.0:7373 --maps maps  serve to everyone, with maps of your own
  parlour --record recordings                record every tick, to be replayed
  parlour config print > parlour.toml        start a configuration file
  parlour --config parlour.toml --log debug  use it, and log more";

const LAYERS: &str = "\
Settings:
  Every setting has one name: interest_radius in a configuration file (TOML) is
  PARLOUR_INTEREST_RADIUS in the environment and --interest-radius as a flag. Flags win over
  the environment, the environment over the file, the file over the defaults. Only a file that
  is named with --config or PARLOUR_CONFIG is read. A default that follows another setting fits
  what you set there. RUST_LOG counts as PARLOUR_LOG, if that is
  not set. NO_COLOR takes the colours out of the log.";

/// The help of commands that accept all settings and do not list them.
const ALL_ELSEWHERE: &str = "\
It takes all settings of `parlour serve`, as flags, in the environment and in the file:
see `parlour serve --help`, or `parlour config print`.";

/// Returns the command line.
pub(crate) fn command() -> Command {
    let details = format!("{EXAMPLES}\n\n{LAYERS}\n\n{}", exit::HELP);
    Command::new("parlour")
        .version(BUILD)
        .about(ABOUT)
        .long_about(format!(
            "{ABOUT}.\n\nWithout a command it serves, as `parlour serve` does."
        ))
        .after_help("More: parlour --help, parlour help COMMAND")
        .after_long_help(details)
        .subcommand_value_name("COMMAND")
        .max_term_width(100)
        .arg(config_flag())
        .args(setting_flags(|_| true))
        .subcommand(serve())
        .subcommand(demo())
        .subcommand(replay::command())
        .subcommand(config())
}

fn serve() -> Command {
    Command::new("serve")
        .about("Serve the world until Ctrl-C or SIGTERM (also the default without a command)")
        .after_long_help(format!(
            "Examples:\n  parlour serve\n  parlour serve --interest-radius all --capacity 50\n  \
             PARLOUR_LISTEN=0.0.0.0:80 parlour serve --log-format json\n  \
             parlour serve --record recordings --record-total-mib 1024\n\n\
             SIGUSR1 writes the last minutes to a file, as POST /history on the admin port does.\n\n{LAYERS}\n\n{}",
            exit::HELP
        ))
}

fn demo() -> Command {
    Command::new("demo")
        .about("Serve the same with bots walking about in the bundled maps")
        .arg(
            Arg::new("bots")
                .long("bots")
                .value_name("NUMBER")
                .help("How many bots: half in lobby and garden, half in the plaza")
                .value_parser(value_parser!(u32).range(1..=10_000))
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
                .about("Print every setting, its value and where that came from, as a configuration file")
                .arg(file())
                .after_help(ALL_ELSEWHERE)
                .arg(
                    Arg::new("format")
                        .long("format")
                        .value_name("FORMAT")
                        .help("The form of the file")
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
                .about("Report everything that is wrong with the configuration, its maps and its skins")
                .arg(file())
                .after_help(ALL_ELSEWHERE)
                .after_long_help(format!(
                    "Checks what `parlour serve` would use: the file together with the environment and flags.\n\
                     Directories that a server writes to are only tried when it starts.\n\
                     Exit code 0: all is well. 65: maps or skins cannot be used. 78: the configuration cannot.\n\n\
                     {ALL_ELSEWHERE}\n\n\
                     Examples:\n  parlour config check parlour.toml\n  PARLOUR_MAPS=maps parlour config check"
                )),
        )
}

/// Returns the file argument of `config print` and `config check`.
fn file() -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .help("The configuration file, instead of --config or PARLOUR_CONFIG")
        .value_parser(value_parser!(std::ffi::OsString))
}

fn config_flag() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help(format!("A configuration file (TOML); also {FILE_VARIABLE}"))
        .value_parser(value_parser!(std::ffi::OsString))
        .global(true)
        .action(ArgAction::Set)
}

/// Returns the flags of all settings. The help of a command shows some of them. It accepts the
/// others as well: they may come before the command, where it is not known yet which it uses.
pub(crate) fn setting_flags(is_shown: impl Fn(&Setting) -> bool) -> impl Iterator<Item = Arg> {
    settings().map(move |setting| setting_flag(setting).hide(!is_shown(setting)))
}

/// Returns the flag of a setting. Its value is checked together with all other settings, so that
/// all mistakes are reported together.
fn setting_flag(setting: &'static Setting) -> Arg {
    let default = setting.default_text();
    let default = if default.is_empty() { "none" } else { &default };
    let follows = setting
        .default_follows()
        .map_or_else(String::new, |other| format!(", follows {other}"));
    Arg::new(setting.name)
        // Leaked once per process: clap needs a static name.
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
    fn the_command_line_is_sound() {
        command().debug_assert();
    }
}
