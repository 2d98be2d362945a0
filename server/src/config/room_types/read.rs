//! Reads the tables of room types, and finds all mistakes in them.

use super::{INTEREST, KEY, NEAR, RULES, options, setting};
use crate::{
    config::{
        file::{ConfigFile, FileEntry, Value},
        problem::Problem,
        room_type_settings::RoomTypeSettings,
        settings::Settings,
        table::{Setting, settings},
        value::shortened,
    },
    room_types::{RoomTypeFault, TypePlaces, is_type_name},
    suggest::closest,
};

/// The maximum length of a name or value in an error, in characters.
const LONGEST: usize = 80;
/// The keys that are not rules.
const OTHER_KEYS: [&str; 5] = ["map", "own_world", "fallback", "durable", "options"];

/// Returns the types in the sections `[room_types.NAME]`, and all mistakes in them.
pub(in crate::config) fn read(entry: &FileEntry, file: &ConfigFile) -> (Vec<RoomTypeSettings>, Vec<Problem>) {
    let mut found = Found {
        file,
        types: Vec::new(),
        problems: Vec::new(),
    };
    match &entry.value {
        Value::Section(types) => types.iter().for_each(|one| found.room_type(one)),
        other => found.report(
            entry.line,
            format!(
                "{KEY} must be sections such as [{KEY}.office], not {}",
                other.type_name()
            ),
        ),
    }
    (found.types, found.problems)
}

/// What was found so far.
struct Found<'a> {
    file: &'a ConfigFile,
    types: Vec<RoomTypeSettings>,
    problems: Vec<Problem>,
}

impl Found<'_> {
    fn report(&mut self, line: usize, text: String) {
        let source = self.file.at(Some(line));
        self.problems.push(Problem { source, text });
    }

    fn room_type(&mut self, entry: &FileEntry) {
        let name = shortened(&entry.key, LONGEST);
        let place = |line| self.file.at(Some(line)).to_string();
        let mut places = TypePlaces::new(place(entry.line));
        let keys = match &entry.value {
            Value::Section(keys) => &keys[..],
            _ => &[],
        };
        for key in keys {
            places.add(key.key.clone(), place(key.line));
        }
        for option in options_of(keys) {
            places.add(TypePlaces::option_key(&option.key), place(option.line));
        }
        let mut one = RoomTypeSettings::new(entry.key.clone(), places);
        if !is_type_name(&entry.key) {
            let fault = RoomTypeFault::BadName;
            one.places.mark_invalid(TypePlaces::NAME);
            self.report(entry.line, format!("room type {name:?}: {fault}"));
        }
        if !matches!(entry.value, Value::Section(_)) {
            one.places.mark_invalid("map");
            self.report(
                entry.line,
                format!(
                    "{KEY}.{name} must be a section [{KEY}.{name}], not {}",
                    entry.value.type_name()
                ),
            );
        }
        for key in keys {
            if let Err(text) = one.take(key) {
                one.places.mark_invalid(key.key.clone());
                self.report(key.line, format!("room type {name:?}: {text}"));
            }
        }
        for option in options_of(keys) {
            match options::read(option) {
                Ok(option) => one.options.push(option),
                Err(expected) => {
                    let option_name = shortened(&option.key, LONGEST);
                    self.report(
                        option.line,
                        format!("room type {name:?}: the option {option_name:?} must be {expected}"),
                    );
                }
            }
        }
        if let Some(text) = one.contradiction() {
            let near = keys.iter().find(|key| key.key == NEAR);
            for rule in [NEAR, INTEREST] {
                one.places.mark_invalid(rule);
            }
            self.report(
                near.map_or(entry.line, |near| near.line),
                format!("room type {name:?}: {text}"),
            );
        }
        let order = |name: &str| RULES.iter().position(|rule| rule.name == name);
        one.rules.sort_by_key(|(name, _)| order(name));
        self.types.push(one);
    }
}

/// Returns the entries of the section `options`.
fn options_of(keys: &[FileEntry]) -> &[FileEntry] {
    match keys.iter().find(|key| key.key == "options").map(|key| &key.value) {
        Some(Value::Section(options)) => options,
        _ => &[],
    }
}

impl RoomTypeSettings {
    /// Takes the value of a key. The options of a type are taken later.
    fn take(&mut self, entry: &FileEntry) -> Result<(), String> {
        match entry.key.as_str() {
            "map" => {
                self.maps = names(&entry.value).ok_or_else(|| {
                    wrong(
                        entry,
                        "the name of a map in quotes, such as \"plaza\", or a list of such names",
                    )
                })?
            }
            "own_world" => self.own_world = boolean(entry)?,
            "durable" => self.durable = boolean(entry)?,
            "fallback" => match &entry.value {
                Value::Text(room) => self.fallback = Some(room.clone()),
                _ => return Err(wrong(entry, "the name of a room in quotes, such as \"lobby\"")),
            },
            "options" => match &entry.value {
                Value::Section(_) => {}
                _ => {
                    return Err(wrong(
                        entry,
                        "a section, with a line such as mode = [\"one\", \"two\"] for each option",
                    ));
                }
            },
            name => match RULES
                .iter()
                .find(|rule| rule.name == name)
                .and_then(|rule| setting(rule.name))
            {
                Some(setting) => self.take_rule(setting, entry)?,
                None => return Err(unknown_key(name)),
            },
        }
        Ok(())
    }

    fn take_rule(&mut self, setting: &'static Setting, entry: &FileEntry) -> Result<(), String> {
        let name = setting.name;
        let text = entry.value.text(setting.kind).map_err(|expected| {
            let example = setting.literal(&setting.default_text());
            format!("{name} must be {expected}; for example {name} = {example}")
        })?;
        let mut scratch = Settings::default();
        (setting.apply)(&mut scratch, &text).map_err(|expected| {
            format!("{name} must be {expected}; it is {:?}", shortened(&text, LONGEST))
        })?;
        // The text as it is printed, so that equal values are equal.
        self.rules.push((name, setting.text(&scratch)));
        Ok(())
    }

    /// Describes two written rules that contradict each other.
    fn contradiction(&self) -> Option<String> {
        let (near, interest) = (self.rule(NEAR)?, self.rule(INTEREST)?);
        let can_differ = interest == "all" || near == "auto" || near == interest;
        (!can_differ).then(|| {
            format!(
                "near_radius = {near} may differ from interest_radius = {interest} only if interest_radius is \"all\": \
                 remove one of the two, or set interest_radius to \"all\""
            )
        })
    }
}

/// Returns one name or a list of names.
fn names(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Text(name) => Some(vec![name.clone()]),
        Value::List(names) if !names.is_empty() => Some(names.clone()),
        _ => None,
    }
}

fn boolean(entry: &FileEntry) -> Result<bool, String> {
    match entry.value {
        Value::Boolean(value) => Ok(value),
        _ => Err(wrong(entry, "true or false, without quotes")),
    }
}

fn wrong(entry: &FileEntry, expected: &str) -> String {
    format!(
        "{} must be {expected}, not {}",
        entry.key,
        entry.value.type_name()
    )
}

fn unknown_key(name: &str) -> String {
    let keys = || OTHER_KEYS.into_iter().chain(RULES.iter().map(|rule| rule.name));
    let shown = shortened(name, LONGEST);
    if settings().any(|setting| setting.name == name) {
        return format!("{shown} is a setting of the node: write it above the first section");
    }
    match closest(name, keys()) {
        Some(meant) => format!("unknown key {shown:?}; did you mean `{meant}`?"),
        None => format!(
            "unknown key {shown:?}; the keys of a room type are {}",
            keys().collect::<Vec<_>>().join(", ")
        ),
    }
}
