//! The lines of the configuration file that declare a room type.

use std::collections::{BTreeMap, BTreeSet};

/// Where the configuration file declares a type, and each of its keys.
#[derive(Clone, Debug)]
pub(crate) struct TypePlaces {
    /// The place of the section, such as `parlour.toml:12`.
    section: String,
    /// The places of the keys. That of an option is `options.NAME`.
    keys: BTreeMap<String, String>,
    /// The keys whose values are unknown, because they are invalid.
    invalid: BTreeSet<String>,
}

impl TypePlaces {
    /// The key for the name of the type, which is in the header of the section.
    pub(crate) const NAME: &str = "name";

    /// Returns the places of a section without keys.
    pub(crate) fn new(section: String) -> Self {
        Self {
            section,
            keys: BTreeMap::new(),
            invalid: BTreeSet::new(),
        }
    }

    /// Returns the key of an option.
    pub(crate) fn option_key(name: &str) -> String {
        format!("options.{name}")
    }

    /// Adds a key.
    pub(crate) fn add(&mut self, key: impl Into<String>, place: String) {
        self.keys.insert(key.into(), place);
    }

    /// Marks a key whose mistake was reported. Mistakes that follow from it are not reported.
    pub(crate) fn mark_invalid(&mut self, key: impl Into<String>) {
        self.invalid.insert(key.into());
    }

    /// Returns whether the value of a key is known. A key that is not written has its default.
    pub(crate) fn is_valid(&self, key: &str) -> bool {
        !self.invalid.contains(key)
    }

    /// Returns the place of the section.
    pub(crate) fn section(&self) -> &str {
        &self.section
    }

    /// Returns the place of a key, or that of the section if the key is not written.
    pub(crate) fn of(&self, key: &str) -> &str {
        self.keys.get(key).unwrap_or(&self.section)
    }
}
