//! Prints the room types as sections of a configuration file.

use std::fmt::Write;

use super::{KEY, RULES, options, setting};
use crate::config::{comment::comment, room_type_settings::RoomTypeSettings, settings::Settings};

/// The keys of a table, with their help, without a period at the end.
const HELP: &[(&str, &str, &str)] = &[
    (
        "map",
        "\"plaza\"",
        "The map of its rooms, or a list of maps of which the option map chooses one. By default, the map with \
         the name of the type",
    ),
    (
        "own_world",
        "true",
        "Each room has its own world, and so its own share of a tick thread. By default, all types without code \
         share worlds",
    ),
    (
        "fallback",
        "\"lobby\"",
        "The room in which players continue if their world fails twice within 10 s. By default, they are \
         disconnected",
    ),
    (
        "durable",
        "true",
        "The rooms are kept while the server does not run, if state names a directory",
    ),
];

/// Returns the sections of all types, after a description of such a section.
pub(in crate::config) fn to_toml(settings: &Settings) -> String {
    let mut text = String::from("\n# ---- Room types ----\n\n");
    text += &comment(
        "Each map is a room type of the same name, with the settings above. A section declares a further type, or \
         replaces that of a map. Sections can be written only in a file",
    );
    text += &comment(&format!(
        "In a section, these settings apply to the rooms of the type: {}",
        RULES.iter().map(|rule| rule.name).collect::<Vec<_>>().join(", ")
    ));
    let mut line = |sentence: &str, example: &str| {
        text += &comment(sentence);
        text += &format!("#   {example}\n");
    };
    line(
        "A section begins with the name of the type",
        &format!("[{KEY}.office]"),
    );
    for (key, example, help) in HELP {
        line(help, &format!("{key} = {example}"));
    }
    line(
        "The options that a client may choose when it creates a room. The values are a list, a range of numbers, \
         or any text",
        &format!("[{KEY}.office.options]"),
    );
    for example in [
        "mode = [\"quiet\", \"loud\"]",
        "capacity = \"2 to 20\"",
        "title = \"text\"",
    ] {
        text += &format!("#   {example}\n");
    }
    for one in &settings.room_types {
        text += &one.to_toml();
    }
    text
}

impl RoomTypeSettings {
    fn to_toml(&self) -> String {
        let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let place: String = self
            .places
            .section()
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        let name = key(&self.name);
        let mut text = format!("\n[{KEY}.{name}] # {place}\n");
        let mut line = |key: &str, value: &str| {
            writeln!(text, "{key} = {value}").expect("writing to a string does not fail");
        };
        match self.maps.as_slice() {
            [] => {}
            [map] => line("map", &string(map)),
            maps => {
                let maps: Vec<String> = maps.iter().map(|map| string(map)).collect();
                line("map", &format!("[{}]", maps.join(", ")));
            }
        }
        for (name, value) in &self.rules {
            if let Some(setting) = setting(name) {
                line(name, &setting.literal(value));
            }
        }
        for (key, is_set) in [("own_world", self.own_world), ("durable", self.durable)] {
            if is_set {
                line(key, "true");
            }
        }
        if let Some(room) = &self.fallback {
            line("fallback", &string(room));
        }
        if !self.options.is_empty() {
            text += &format!("[{KEY}.{name}.options]\n");
            for option in &self.options {
                let (key, value) = (key(&option.name), options::literal(&option.kind));
                writeln!(text, "{key} = {value}").expect("writing to a string does not fail");
            }
        }
        text
    }
}

/// Returns a key as TOML. A name with other characters than those of a bare key needs quotes.
fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !name.is_empty() && name.bytes().all(is_bare) {
        return name.to_owned();
    }
    // A string of JSON is a basic string of TOML, except that TOML also escapes DEL. The printer of
    // the crate may choose a string of several lines, which a key cannot be.
    let quoted = serde_json::Value::String(name.to_owned()).to_string();
    quoted.replace('\u{7f}', "\\u007F")
}
