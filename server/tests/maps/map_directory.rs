//! A directory of maps.

use std::{fs, path::Path};

use parlour::maps::{self, BundledMaps};
use parlour_testing::TemporaryPath;

/// A directory of maps that is deleted after the test. Error texts are returned as lines, without
/// the path of the directory.
pub(crate) struct MapDirectory(TemporaryPath);

impl MapDirectory {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let directory = TemporaryPath::directory();
        for (file, text) in files {
            fs::write(directory.0.join(file), text).unwrap();
        }
        Self(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0.0
    }

    /// Loads the maps with all bundled ones. Returns the names of all maps, or the errors.
    pub(crate) fn names(&self) -> Result<Vec<String>, Vec<String>> {
        self.names_and_warnings(&BundledMaps::All).map(|(names, _)| names)
    }

    /// Loads the maps with all bundled ones. Returns the warnings, or the errors.
    pub(crate) fn warnings(&self) -> Result<Vec<String>, Vec<String>> {
        self.names_and_warnings(&BundledMaps::All)
            .map(|(_, warnings)| warnings)
    }

    /// Loads the maps with some of the bundled ones. Returns the names of all maps and the
    /// warnings, or the errors.
    pub(crate) fn names_and_warnings(
        &self,
        bundled: &BundledMaps,
    ) -> Result<(Vec<String>, Vec<String>), Vec<String>> {
        let found = maps::load_catalogue(bundled, Some(self.path()), &[]);
        let found = found.map_err(|errors| self.lines(&errors.to_string()))?;
        let warnings = found.warnings.iter();
        let warnings = warnings.flat_map(|warning| self.lines(&warning.to_string()));
        let names = found.maps.iter().map(|map| map.name.clone());
        Ok((names.collect(), warnings.collect()))
    }

    fn lines(&self, text: &str) -> Vec<String> {
        let prefix = format!("{}/", self.path().display());
        text.lines().map(|line| line.replace(&prefix, "")).collect()
    }
}
