//! The command `rooms`: prints the worlds and rooms of a running server, which its admin port
//! lists.

mod fetch;
mod table;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Deserialize;

use super::{banner::reachable, exit::Exit, output, program::Program, setting_flags::setting_flags};
use crate::{StartError, config::Setting};

/// The settings that the help shows.
fn is_shown(setting: &Setting) -> bool {
    setting.name == "admin"
}

/// Returns the declaration of the command.
pub(crate) fn command(program: &Program, elsewhere: &str) -> Command {
    Command::new("rooms")
        .about("Print the worlds and rooms of a running server")
        .arg(
            Arg::new("json")
                .long("json")
                .help("Print the answer of the server, as JSON")
                .action(ArgAction::SetTrue),
        )
        .args(setting_flags(program, is_shown))
        .after_help(elsewhere.to_owned())
        .after_long_help(program.named(&format!(
            "Asks the admin port of a server, at the address that the setting admin names, for GET /worlds.\n\
             docs/deployment.md describes the fields.\n\n{elsewhere}\n\n\
             Examples:\n  {{name}} rooms\n  {{name}} rooms --admin 127.0.0.1:7376\n  {{name}} rooms --json | jq '.worlds[].name'"
        )))
}

pub(crate) fn run(program: &Program, matches: &ArgMatches) -> Result<(), Exit> {
    let config = program.config(matches, None)?;
    let admin = reachable(config.settings.admin);
    let token = config.settings.admin_token();
    let token = token
        .map(|token| token.read())
        .transpose()
        .map_err(StartError::from)?;
    let body = fetch::get(program.name, admin, "/worlds", token.as_ref())?;
    if matches.get_flag("json") {
        output::print(&body);
        return Ok(());
    }
    let node: Node = serde_json::from_str(&body)
        .map_err(|error| Exit::unavailable(format!("{admin} answers, but not like Parlour: {error}")))?;
    output::print(&table::text(&node));
    Ok(())
}

/// The fields of the answer that the tables show.
#[derive(Debug, Deserialize)]
struct Node {
    worlds: Vec<ListedWorld>,
}

#[derive(Debug, Deserialize)]
struct ListedWorld {
    name: String,
    #[serde(rename = "type")]
    room_type: Option<String>,
    thread: usize,
    state: String,
    tick: u32,
    tick_us: ListedTimes,
    players: u32,
    objects: u32,
    output_bytes: u64,
    panics: u32,
    restarts: u32,
    rooms: Vec<ListedRoom>,
}

#[derive(Debug, Deserialize)]
struct ListedTimes {
    p50: u32,
    p99: u32,
}

#[derive(Debug, Deserialize)]
struct ListedRoom {
    name: String,
    #[serde(rename = "type")]
    room_type: String,
    players: u32,
    reserved: u32,
    capacity: u32,
    locked: bool,
    private: bool,
}
