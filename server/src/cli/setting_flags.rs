//! The flags of settings, which are generated from the table of settings.

use clap::{Arg, ArgAction, value_parser};

use super::program::Program;
use crate::config::{FILE_VARIABLE, Setting, settings};

/// The settings that `-h` shows. `--help` shows all.
const COMMON: &[&str] = &["listen", "admin", "interest_radius", "maps", "log"];
/// Returns the flag of the configuration file.
pub(crate) fn config_flag() -> Arg {
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
pub(crate) fn setting_flags(
    program: &Program,
    is_shown: impl Fn(&Setting) -> bool,
) -> impl Iterator<Item = Arg> {
    settings().map(move |setting| setting_flag(program, setting).hide(!is_shown(setting)))
}

/// Returns the flag of a setting. clap does not check the value: all settings are checked together,
/// so that all mistakes are reported together.
fn setting_flag(program: &Program, setting: &'static Setting) -> Arg {
    let own = program.defaults.iter().rfind(|(name, _)| *name == setting.name);
    let default = own.map_or_else(|| setting.default_text(), |(_, default)| default.clone());
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
