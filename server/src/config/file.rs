//! Reads the configuration file: TOML, with the line number of each key.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::{
    problem::{Problem, SettingSource},
    table::{SettingKind, settings},
    value::{LONGEST_ENTRY, shortened},
};

/// The maximum size of a configuration file in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// A configuration file. If it could not be read, [`super::resolve`] reports the error.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
    text: Result<String, String>,
}

/// A key and its value. Neither is checked yet.
pub(super) struct FileEntry {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) value: Value,
}

/// A value as text, with the TOML type in which it was written.
pub(super) enum Value {
    Text(String),
    Number(String),
    List(Vec<String>),
    Boolean(bool),
    /// The keys of a section, in the order of the file.
    Section(Vec<FileEntry>),
    /// The name of a type that no setting has.
    Other(&'static str),
}

impl ConfigFile {
    /// Reads a file. [`super::resolve`] reports its mistakes together with all others.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let read = || -> std::io::Result<String> {
            let mut text = String::new();
            let taken = File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
            if taken as u64 > MAX_BYTES {
                return Err(std::io::Error::other("larger than 1 MiB"));
            }
            Ok(text)
        };
        Self {
            path: path.to_owned(),
            text: read().map_err(|error| format!("cannot be read: {error}")),
        }
    }

    /// Returns a file with this text. `path` is its name in errors.
    #[must_use]
    pub fn of(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: Ok(text.into()),
        }
    }

    /// Returns a line of the file as a source. `None` means the whole file.
    pub(super) fn at(&self, line: Option<usize>) -> SettingSource {
        SettingSource::File {
            path: self.path.display().to_string(),
            line,
        }
    }

    /// Returns a path in the file as a path from the working directory: it is relative to the
    /// folder of the file.
    pub(super) fn resolved(&self, path: &str) -> String {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        folder.join(path).display().to_string()
    }

    /// Returns the keys and values in the order of the file, or all syntax errors.
    pub(super) fn entries(&self) -> Result<Vec<FileEntry>, Vec<Problem>> {
        let problem = |line, text: String| Problem {
            source: self.at(line),
            text,
        };
        let text = self
            .text
            .as_ref()
            .map_err(|error| vec![problem(None, error.clone())])?;
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let mut problems: Vec<(Option<usize>, String)> = errors
                .iter()
                .map(|error| {
                    let line = error.span().map(|span| line_of(text, span.start));
                    let hint = line
                        .and_then(|line| text.lines().nth(line - 1))
                        .and_then(with_quotes);
                    let flaw = match hint {
                        Some(quoted) => format!("text needs quotes, as in {quoted}"),
                        None => error.message().to_owned(),
                    };
                    (line, format!("not TOML: {flaw}"))
                })
                .collect();
            problems.sort();
            // The parser may report several errors for one value without quotes.
            problems.dedup();
            return Err(problems
                .into_iter()
                .map(|(line, text)| problem(line, text))
                .collect());
        }
        Ok(FileEntry::all_of(text, table.get_ref()))
    }
}

impl FileEntry {
    /// Returns the keys of a table in the order of the file.
    fn all_of(text: &str, table: &DeTable<'_>) -> Vec<Self> {
        let mut entries: Vec<Self> = table
            .iter()
            .map(|(key, value)| Self {
                key: key.get_ref().to_string(),
                line: line_of(text, key.span().start),
                value: Value::of(text, value.get_ref()),
            })
            .collect();
        entries.sort_by_key(|entry| entry.line);
        entries
    }
}

impl Value {
    fn of(text: &str, value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(value) => Self::Text(value.to_string()),
            DeValue::Integer(number) => {
                let value = i128::from_str_radix(number.as_str(), number.radix());
                Self::Number(value.map_or_else(|_| number.to_string(), |value| value.to_string()))
            }
            DeValue::Array(values) => {
                let texts = values.iter().map(|value| match value.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                });
                texts
                    .collect::<Option<_>>()
                    .map_or(Self::Other("a list of values that are not strings"), Self::List)
            }
            DeValue::Float(_) => Self::Other("a number with a decimal point"),
            DeValue::Boolean(value) => Self::Boolean(*value),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Table(table) => Self::Section(FileEntry::all_of(text, table)),
        }
    }

    /// Returns the value as text, or a description of valid values that completes the sentence
    /// "must be ...".
    pub(super) fn text(&self, kind: SettingKind) -> Result<String, String> {
        match (kind, self) {
            (
                SettingKind::Text
                | SettingKind::Secret
                | SettingKind::PathOr(_)
                | SettingKind::NumberOrWord
                | SettingKind::ListOr(_),
                Self::Text(text),
            )
            | (SettingKind::Number | SettingKind::NumberOrWord, Self::Number(text)) => Ok(text.clone()),
            (SettingKind::List | SettingKind::ListOr(_), Self::List(texts))
                if texts.iter().all(|text| !text.contains(',')) =>
            {
                Ok(texts.join(","))
            }
            _ => Err(format!("{}, not {}", kind.type_name(), self.type_name())),
        }
    }

    /// Returns the name of the value's type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text in quotes",
            Self::Number(_) => "a number",
            Self::List(_) => "a list",
            Self::Boolean(_) => "a boolean",
            Self::Section(_) => "a section",
            Self::Other(name) => name,
        }
    }
}

impl SettingKind {
    fn type_name(self) -> &'static str {
        match self {
            Self::Text | Self::Secret | Self::PathOr(_) => "text in quotes",
            Self::Number => "a whole number without quotes",
            Self::NumberOrWord => "a whole number without quotes, or a word in quotes",
            Self::List => "a list of strings, such as [\"one\", \"two\"]",
            Self::ListOr(_) => "a list of strings, such as [\"one\", \"two\"], or a word in quotes",
        }
    }
}

/// Returns the line of a setting with its value in quotes, or `None` if missing quotes are not the
/// mistake.
fn with_quotes(line: &str) -> Option<String> {
    let (key, value) = line.split_once('=')?;
    let setting = settings().find(|setting| setting.name == key.trim())?;
    let value = value.split(" #").next()?.trim();
    if setting.kind == SettingKind::Secret {
        return Some(format!("{} = \"...\"", setting.name));
    }
    if setting.kind == SettingKind::Number || value.is_empty() || value.starts_with(['"', '\'', '[', '{']) {
        return None;
    }
    let value = shortened(value.trim_end_matches(['"', '\'']), LONGEST_ENTRY);
    Some(match setting.kind {
        SettingKind::List => format!("{} = [{value:?}]", setting.name),
        _ => format!("{} = {value:?}", setting.name),
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
}
