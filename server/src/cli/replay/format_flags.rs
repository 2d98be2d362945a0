//! The flags for the format of the result: a table or JSON.

use clap::{Arg, ArgAction, ArgMatches};

use super::what;

pub(super) fn args() -> [Arg; 2] {
    let others = [what::FOLLOW, what::EXPORT, what::SERVE];
    [
        Arg::new("format")
            .long("format")
            .value_name("FORMAT")
            .help(
                "The format of --dump, --diff, --verify and of the list of worlds. table: for people. json: with more \
                 details, one object per line (--diff: one object)",
            )
            .value_parser(["table", "json"])
            .default_value("table")
            .conflicts_with_all(others),
        Arg::new("json")
            .long("json")
            .help("The same as --format json")
            .action(ArgAction::SetTrue)
            .conflicts_with("format")
            .conflicts_with_all(others),
    ]
}

/// Returns whether the result is to be written as JSON.
pub(super) fn is_json(matches: &ArgMatches) -> bool {
    let format = matches.get_one::<String>("format");
    matches.get_flag("json") || format.is_some_and(|format| format == "json")
}
