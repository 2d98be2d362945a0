//! The settings that a replay uses. Flags of all other settings are refused, because they would
//! have no effect.

use clap::ArgMatches;

use super::{
    super::{exit::Exit, program::Program},
    what,
};
use crate::config::{Section, Setting, settings};

/// Returns whether the help shows a setting.
pub(super) fn is_shown(setting: &Setting) -> bool {
    ["listen", "admin", "maps"].contains(&setting.name)
}

/// Refuses flags of unused settings.
pub(super) fn check(program: &Program, matches: &ArgMatches) -> Result<(), Exit> {
    let serves = matches.get_flag(what::SERVE);
    let present = settings().filter(|setting| matches.contains_id(setting.name));
    let (mut serving, mut unused) = (Vec::new(), Vec::new());
    for setting in present.filter(|setting| setting.name != "maps") {
        let flag = format!("--{}", setting.flag());
        match is_used_by_serve(setting) {
            true if serves => {}
            true => serving.push(flag),
            false => unused.push(flag),
        }
    }
    let mut mistakes = Vec::new();
    if !unused.is_empty() {
        mistakes.push(format!("does not use {}", unused.join(", ")));
    }
    if !serving.is_empty() {
        mistakes.push(format!("uses {} only with --serve", serving.join(", ")));
    }
    if mistakes.is_empty() {
        return Ok(());
    }
    let name = program.name;
    Err(Exit::usage(format!(
        "{name} replay {}: leave out these flags; see {name} replay --help",
        mistakes.join(", and ")
    )))
}

/// Returns whether `--serve` uses a setting.
fn is_used_by_serve(setting: &Setting) -> bool {
    match setting.section {
        Section::Network => !["cadence", "realtime", "tick_threads"].contains(&setting.name),
        Section::Access | Section::Log => true,
        Section::World | Section::Limits | Section::Recording => false,
    }
}
