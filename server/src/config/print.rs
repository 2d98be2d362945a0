//! Prints the effective configuration as a configuration file.

use std::fmt::Write;

use super::{
    comment::comment,
    resolve::Config,
    room_types,
    table::{SettingKind, settings},
};

/// Returns a TOML file with every setting, its help, and the source of its value, and with the room
/// types. Reading the file
/// back results in the same settings.
#[must_use]
pub fn to_toml(config: &Config) -> String {
    let mut text = String::from(
        "# The configuration of Parlour. The comment after each value shows the source of the value.\n",
    );
    let mut section = None;
    for setting in settings() {
        if section.replace(setting.section) != Some(setting.section) {
            let title = setting.section.title();
            text.push_str(&format!("\n# ---- {title} ----\n"));
        }
        let value = setting.literal(&setting.text(&config.settings));
        // The path of a file may contain control characters, which are not allowed in a comment.
        let source: String = config
            .source(setting.name)
            .to_string()
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        let is_hidden = setting.kind == SettingKind::Secret && config.settings.admin_token.is_some();
        let written = write!(
            text,
            "\n{}# {}; {}, --{}\n{}{} = {value} # {source}\n",
            comment(setting.help),
            setting.form,
            setting.variable(),
            setting.flag(),
            // A printed configuration does not contain secrets: the user must add them.
            if is_hidden { "# " } else { "" },
            setting.name
        );
        written.expect("writing to a string does not fail");
    }
    // Last: every key after a section would belong to the section.
    text + &room_types::to_toml(&config.settings)
}
