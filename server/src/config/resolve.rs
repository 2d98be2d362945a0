//! Merges the layers of a configuration into settings, and collects all mistakes in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
};

use super::{
    BUILD_VARIABLE, FILE_VARIABLE,
    file::{ConfigFile, Value},
    problem::{Problem, Problems, SettingSource},
    room_types,
    settings::Settings,
    table::{RELATIONS, Setting, SettingKind, settings},
    value::shortened,
};
use crate::suggest::closest;

/// The maximum length of an invalid value or name in an error, in characters.
const LONGEST: usize = 80;
/// Advice for a name without a similar setting.
const LIST_ADVICE: &str = "the command `config print` lists all settings";

/// The layers of a configuration, from the weakest to the strongest. The defaults of Parlour are
/// below them.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The defaults of the program: the name of the setting, such as `io_threads`, and the value.
    pub defaults: Vec<(&'static str, String)>,
    /// The configuration file.
    pub file: Option<ConfigFile>,
    /// The environment variables. Those of other programs are ignored.
    pub environment: Vec<(OsString, OsString)>,
    /// The flags: the name of the setting, such as `io_threads`, and the value.
    pub flags: Vec<(&'static str, OsString)>,
}

/// A configuration without mistakes.
#[derive(Clone, Debug)]
pub struct Config {
    /// The values of all settings.
    pub settings: Settings,
    /// Probable mistakes that do no harm, such as an unknown `PARLOUR_*` variable.
    pub warnings: Vec<Problem>,
    sources: BTreeMap<&'static str, SettingSource>,
}

impl Config {
    /// Returns the source of the value of a setting.
    #[must_use]
    pub fn source(&self, name: &str) -> &SettingSource {
        self.sources.get(name).unwrap_or(&SettingSource::Default)
    }
}

/// Resolves the settings: flags override the environment, which overrides the file, which overrides
/// the defaults of the program, which override those of Parlour.
///
/// # Errors
/// All mistakes of all layers, including those in values that a stronger layer replaces.
pub fn resolve(layers: &Layers) -> Result<Config, Problems> {
    let mut resolution = Resolution::default();
    resolution.apply_defaults(&layers.defaults);
    if let Some(file) = &layers.file {
        resolution.apply_file(file);
    }
    resolution.apply_environment(&layers.environment);
    for (name, value) in &layers.flags {
        if let Some(setting) = settings().find(|setting| setting.name == *name) {
            resolution.apply_os_text(
                setting,
                value,
                SettingSource::Flag(format!("--{}", setting.flag())),
            );
        }
    }
    resolution.apply_relations();
    if resolution.errors.is_empty() {
        Ok(Config {
            settings: resolution.settings,
            warnings: resolution.warnings,
            sources: resolution.sources,
        })
    } else {
        let known = settings()
            .map(|setting| setting.name)
            .chain([room_types::KEY])
            .filter(|name| resolution.is_known(name))
            .collect();
        Err(Problems {
            errors: resolution.errors,
            warnings: resolution.warnings,
            settings: Box::new(resolution.settings),
            known,
        })
    }
}

/// The layers that were merged so far.
#[derive(Default)]
struct Resolution {
    settings: Settings,
    sources: BTreeMap<&'static str, SettingSource>,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    /// Settings with an invalid value or a probably misspelt name. Their values are unknown.
    invalid: BTreeSet<&'static str>,
    /// Whether the file could not be read, so that the settings in it are unknown.
    is_file_unreadable: bool,
}

impl Resolution {
    fn apply_defaults(&mut self, defaults: &[(&'static str, String)]) {
        for (name, value) in defaults {
            match settings().find(|setting| setting.name == *name) {
                Some(setting) => self.apply(setting, value, SettingSource::Program),
                None => {
                    let meant = closest(name, settings().map(|setting| setting.name));
                    self.errors.push(Problem {
                        source: SettingSource::Program,
                        text: unknown_key(name, meant),
                    });
                }
            }
        }
    }

    fn apply_file(&mut self, file: &ConfigFile) {
        let entries = match file.entries() {
            Ok(entries) => entries,
            Err(problems) => {
                self.errors.extend(problems);
                self.is_file_unreadable = true;
                return;
            }
        };
        for entry in entries {
            let source = file.at(Some(entry.line));
            if entry.key == room_types::KEY {
                let (types, mistakes) = room_types::read(&entry, file);
                // Mistakes in a section leave the other keys and sections known: the types mark
                // the keys that are invalid.
                if !matches!(entry.value, Value::Section(_)) {
                    self.invalid.insert(room_types::KEY);
                }
                self.settings.room_types = types;
                self.errors.extend(mistakes);
                continue;
            }
            let Some(setting) = settings().find(|setting| setting.name == entry.key) else {
                let names = settings().map(|setting| setting.name).chain([room_types::KEY]);
                let meant = closest(&entry.key, names);
                self.invalid.extend(meant);
                let mut text = unknown_key(&entry.key, meant);
                if matches!(entry.value, Value::Section(_)) {
                    text.push_str(
                        "; the only sections are [room_types.NAME], and all other keys are above the first of them",
                    );
                }
                self.errors.push(Problem { source, text });
                continue;
            };
            match entry.value.text(setting.kind) {
                Ok(text) => match setting.kind {
                    SettingKind::PathOr(word) if text != word && !text.trim().is_empty() => {
                        self.apply(setting, &file.resolved(&text), source);
                    }
                    _ => self.apply(setting, &text, source),
                },
                Err(expected) => {
                    let mut expected = expected;
                    let default = setting.default_text();
                    if !default.is_empty() {
                        let example = setting.literal(&default);
                        expected.push_str(&format!("; for example {} = {example}", setting.name));
                    }
                    self.report_invalid(setting, &expected, None, source);
                }
            }
        }
    }

    fn apply_environment(&mut self, variables: &[(OsString, OsString)]) {
        let find = |name: &str| variables.iter().find(|(key, _)| key == OsStr::new(name));
        for setting in settings() {
            let variable = setting.variable();
            if let Some((_, value)) = find(&variable) {
                self.apply_os_text(setting, value, SettingSource::Variable(variable));
            } else if let Some(also) = setting.also
                && let Some((_, value)) = find(also)
                && !value.is_empty()
            {
                self.apply_os_text(setting, value, SettingSource::Variable(also.to_owned()));
            }
        }
        for (name, _) in variables {
            let name = name.to_string_lossy();
            let known = || {
                settings()
                    .map(Setting::variable)
                    .chain([FILE_VARIABLE, BUILD_VARIABLE].map(str::to_owned))
            };
            if name.starts_with("PARLOUR_") && known().all(|known| known != name) {
                let known: Vec<String> = known().collect();
                let meant = closest(&name, known.iter().map(String::as_str));
                // The source of the warning contains the name of the variable.
                let text = match meant {
                    Some(meant) => format!("unknown variable; did you mean `{meant}`?"),
                    None => format!("unknown variable; {LIST_ADVICE}"),
                };
                self.warnings.push(Problem {
                    source: SettingSource::Variable(name.into_owned()),
                    text,
                });
            }
        }
        self.warnings.sort_by_key(|warning| warning.source.to_string());
    }

    /// Applies the value of a variable or a flag.
    fn apply_os_text(&mut self, setting: &'static Setting, value: &OsStr, source: SettingSource) {
        match value.to_str() {
            Some(text) => self.apply(setting, text.trim(), source),
            None => self.report_invalid(setting, "text in UTF-8", None, source),
        }
    }

    fn apply(&mut self, setting: &'static Setting, text: &str, source: SettingSource) {
        match (setting.apply)(&mut self.settings, text) {
            Ok(()) => {
                self.sources.insert(setting.name, source);
            }
            Err(expected) => self.report_invalid(setting, &expected, Some(text), source),
        }
    }

    fn report_invalid(
        &mut self,
        setting: &'static Setting,
        expected: &str,
        text: Option<&str>,
        source: SettingSource,
    ) {
        self.invalid.insert(setting.name);
        let name = setting.name;
        let text = match text {
            Some(_) if setting.kind == SettingKind::Secret => format!("{name} must be {expected}"),
            // An error about an entry of a list already quotes the entry.
            Some(text) if !expected.contains(&format!("{text:?}")) => {
                format!("{name} must be {expected}; it is {:?}", shortened(text, LONGEST))
            }
            _ => format!("{name} must be {expected}"),
        };
        self.errors.push(Problem { source, text });
    }

    /// Returns whether the value of a setting is certain: the user's value, or the default.
    fn is_known(&self, name: &str) -> bool {
        !self.invalid.contains(name) && (!self.is_file_unreadable || self.sources.contains_key(name))
    }

    /// Adjusts defaults to the values that the user wrote, and reports written values that
    /// contradict each other. Pairs with an unknown value are skipped.
    fn apply_relations(&mut self) {
        for relation in RELATIONS {
            if relation.pair.iter().any(|side| !self.is_known(side.name)) {
                continue;
            }
            for (side, other) in relation.both_ways() {
                if let Some(follow) = side.follow
                    && self.sources.contains_key(other)
                    && !self.sources.contains_key(side.name)
                {
                    self.follow(side.name, follow, other);
                    break;
                }
            }
            if let Some(text) = (relation.contradiction)(&self.settings) {
                let sides = relation.pair.each_ref().map(|side| self.describe(side.name));
                self.errors.push(Problem {
                    source: SettingSource::Contradiction,
                    text: format!("{}: {text}", sides.join(" and ")),
                });
            }
        }
    }

    fn follow(&mut self, name: &'static str, follow: fn(&mut Settings), other: &'static str) {
        let before = self.settings.clone();
        follow(&mut self.settings);
        if self.settings != before {
            self.sources.insert(name, SettingSource::Follows(other));
        }
    }

    /// Describes a setting: its name, its value, and the source of the value.
    fn describe(&self, name: &str) -> String {
        let value = settings()
            .find(|setting| setting.name == name)
            .map(|setting| setting.text(&self.settings))
            .unwrap_or_default();
        let source = self.sources.get(name).unwrap_or(&SettingSource::Default);
        format!("{name} = {value} ({source})")
    }
}

fn unknown_key(name: &str, meant: Option<&str>) -> String {
    let name = shortened(name, LONGEST);
    match meant {
        Some(meant) => format!("unknown key {name:?}; did you mean `{meant}`?"),
        None => format!("unknown key {name:?}; {LIST_ADVICE}"),
    }
}
