//! The effective configuration as a configuration file.

use std::fmt::Write;

use toml::Value;

use super::{
    resolve::Config,
    table::{Setting, SettingKind, settings},
};

/// A TOML file with every setting, its help, and where its value came from. Read again, it
/// results in the same settings.
#[must_use]
pub fn to_toml(config: &Config) -> String {
    let mut text = String::from(
        "# The configuration of Parlour: each setting, its value and, behind it, where the value came from.\n",
    );
    let mut section = None;
    for setting in settings() {
        if section.replace(setting.section) != Some(setting.section) {
            let title = setting.section.title();
            text.push_str(&format!("\n# ---- {title} ----\n"));
        }
        let value = literal(setting, &setting.text(&config.settings));
        // File names may contain control characters; a comment may not.
        let source: String = config
            .source(setting.name)
            .to_string()
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        let written = write!(
            text,
            "\n# {}.\n# {}; {}, --{}\n{} = {value} # {source}\n",
            setting.help,
            setting.form,
            setting.variable(),
            setting.flag(),
            setting.name
        );
        written.expect("writing to a string does not fail");
    }
    text
}

/// Returns the value as TOML.
fn literal(setting: &Setting, text: &str) -> String {
    let string = |text: &str| Value::String(text.to_owned()).to_string();
    match setting.kind {
        SettingKind::Number => text.to_owned(),
        SettingKind::NumberOrWord if text.parse::<u64>().is_ok() => text.to_owned(),
        SettingKind::Text | SettingKind::NumberOrWord => string(text),
        SettingKind::ListOr(words) if words.contains(&text) => string(text),
        SettingKind::List | SettingKind::ListOr(_) => {
            let items = text.split(',').filter(|item| !item.is_empty()).map(string);
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
    }
}
