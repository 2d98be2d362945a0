//! Declares the commands and arguments of a program, with their help. In the texts, `{name}` stands
//! for the name of the program.

use clap::{Arg, Command, value_parser};

use super::{
    exit, new,
    program::Program,
    replay, rooms,
    setting_flags::{config_flag, setting_flags},
    token, types,
};

/// The settings that the help of `demo` shows.
const DEMO: &[&str] = &["listen", "admin", "interest_radius", "record", "log"];

/// What the program `parlour` is.
const ABOUT: &str = "Parlour, an authoritative 60 Hz world server: players walk, meet and talk in rooms";
/// What a program is that does not say so.
const ABOUT_OTHERS: &str = "A game server made with Parlour: 60 Hz, authoritative";

const EXAMPLES: &str = "\
Examples:
  {name}                                    serve the rooms on 127.0.0.1:7373
  {name} demo                               also start 100 bots that walk and chat
  {name} --listen 0.0.0.0:7373 --guests on  accept other machines, also without a token
  {name} --record recordings                record every tick, to replay it later
  {name} replay recordings --verify         run the recorded ticks again, and check them
  {name} rooms                              print the worlds and rooms of the running server
  {name} config print > server.toml         write a configuration file with all settings
  {name} --config server.toml --log debug   use that file, and log more";

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
`{name} serve --help` and `{name} config print` list them.";

/// Returns the command line.
pub(crate) fn command(program: &Program) -> Command {
    let named = |text: &str| program.named(text);
    let about = match (program.about, program.is_parlour) {
        (Some(about), _) => about,
        (None, true) => ABOUT,
        (None, false) => ABOUT_OTHERS,
    };
    let elsewhere = named(ALL_ELSEWHERE);
    let new = program.is_parlour.then(|| new::command(program));
    Command::new(program.name)
        .bin_name(program.name)
        // clap needs a static text, so it is leaked once per process.
        .version(&*program.version_text().leak())
        .about(about)
        .long_about(named(&format!(
            "{about}.\n\nWithout a command, `{{name}}` does the same as `{{name}} serve`."
        )))
        .after_help(named("More: {name} --help, {name} help COMMAND"))
        .after_long_help(named(&format!("{EXAMPLES}\n\n{LAYERS}\n\n{}", exit::HELP)))
        .subcommand_value_name("COMMAND")
        .max_term_width(100)
        .arg(config_flag())
        .args(setting_flags(program, |_| true))
        .subcommand(serve(program))
        .subcommand(demo(program, &elsewhere))
        .subcommand(rooms::command(program, &elsewhere))
        .subcommand(replay::command(program))
        .subcommand(types::command(program, &elsewhere))
        .subcommand(token::command(program, &elsewhere))
        .subcommand(config(program, &elsewhere))
        .subcommands(new)
}

fn serve(program: &Program) -> Command {
    Command::new("serve")
        .about("Serve the rooms until Ctrl-C or SIGTERM (the default without a command)")
        .after_long_help(program.named(&format!(
            "Examples:\n  {{name}} serve\n  {{name}} serve --interest-radius all --capacity 50\n  \
             PARLOUR_LISTEN=0.0.0.0:80 {{name}} serve --guests on --log-format json\n  \
             {{name}} serve --record recordings --record-total-mib 1024\n\n\
             SIGUSR1 writes the history (the last minute by default) to a file, like POST /history on the admin port.\n\n{LAYERS}\n\n{}",
            exit::HELP
        )))
}

fn demo(program: &Program, elsewhere: &str) -> Command {
    let (about, bots) = match program.is_parlour {
        true => (
            "Serve the world with bots that walk and chat in the bundled maps",
            "The number of bots: half in lobby and garden, half in plaza",
        ),
        false => (
            "Serve the rooms with bots that walk and chat in them",
            "The number of bots, divided among the room types, or the maps if there are no types",
        ),
    };
    Command::new("demo")
        .about(about)
        .arg(
            Arg::new("bots")
                .long("bots")
                .value_name("NUMBER")
                .help(bots)
                .value_parser(number_of_bots)
                .default_value("100"),
        )
        .args(setting_flags(program, |setting| DEMO.contains(&setting.name)))
        .after_help(elsewhere.to_owned())
        .after_long_help(program.named(&format!(
            "{elsewhere}\n\nExamples:\n  {{name}} demo\n  {{name}} demo --bots 500 --io-threads 2\n  \
             {{name}} demo --record recordings\n\n{}",
            exit::HELP
        )))
}

/// Parses the number of bots. The errors of clap's parser do not name the range.
fn number_of_bots(text: &str) -> Result<u32, &'static str> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=10_000).contains(number))
        .ok_or("must be a whole number from 1 to 10000")
}

fn config(program: &Program, elsewhere: &str) -> Command {
    Command::new("config")
        .about("Print or check the configuration")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_value_name("COMMAND")
        .args(setting_flags(program, |_| false))
        .after_help(elsewhere.to_owned())
        .subcommand(
            Command::new("print")
                .about("Print every setting with its value and the source of the value, as a configuration file")
                .arg(file())
                .after_help(elsewhere.to_owned())
                .arg(
                    Arg::new("format")
                        .long("format")
                        .value_name("FORMAT")
                        .help("The format of the output")
                        .value_parser(["toml"])
                        .default_value("toml"),
                )
                .after_long_help(program.named(&format!(
                    "{elsewhere}\n\n\
                     Examples:\n  {{name}} config print\n  {{name}} config print > server.toml\n  \
                     PARLOUR_SEED=7 {{name}} config print server.toml"
                ))),
        )
        .subcommand(
            Command::new("check")
                .about("Check the configuration, the maps and the skins, and report all mistakes")
                .arg(file())
                .after_help(elsewhere.to_owned())
                .after_long_help(program.named(&format!(
                    "Checks what `{{name}} serve` would use: the file, the environment and the flags together. All\n\
                     mistakes are reported in one run. Maps and skins are checked only if the settings that select\n\
                     them are valid. Recording directories are checked only when a server starts.\n\n\
                     Exit code 0: no mistakes. 65: maps or skins cannot be used. 78: the configuration cannot be used.\n\n\
                     {elsewhere}\n\n\
                     Examples:\n  {{name}} config check server.toml\n  PARLOUR_MAPS=maps {{name}} config check"
                ))),
        )
}

/// Returns the file argument of `config print` and `config check`.
fn file() -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .help("The configuration file; replaces --config and PARLOUR_CONFIG")
        .value_parser(value_parser!(std::ffi::OsString))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declarations_pass_the_checks_of_clap() {
        command(&Program::parlour()).debug_assert();
    }

    #[test]
    fn the_help_of_another_program_has_its_name_and_its_defaults() {
        let mut program = Program::new("tag");
        program.defaults.push(("capacity", "8".to_owned()));
        let mut command = command(&program);
        command.clone().debug_assert();
        let mut all = command.render_long_help().to_string();
        for (name, help) in [
            ("serve", "tag serve --interest-radius"),
            ("demo", "tag demo --bots 500"),
            ("rooms", "tag rooms --json"),
            ("replay", "tag replay rec --verify"),
            ("types", "tag types plaza --json"),
            ("token", "tag token --key dev.jwk"),
            ("config", "`tag config print`"),
        ] {
            let one = command.find_subcommand_mut(name).expect("it is declared");
            let text = one.render_long_help().to_string();
            assert!(text.contains(help), "{help}\n{text}");
            all += &text;
        }
        assert!(all.contains("[default: 8]"), "{all}");
        for word in ["parlour ", "`parlour", "{name}"] {
            assert!(!all.contains(word), "{word:?}: {all}");
        }
    }
}
