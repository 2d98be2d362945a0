//! Maps of a directory join the bundled ones, replace them by name, and are checked together with
//! them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use parlour_server::maps::{self, BundledMaps};

use crate::tmx::GOOD;

/// A directory that is deleted after the test.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn with(name: &str, files: &[(&str, &str)]) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("maps-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        for (file, text) in files {
            fs::write(path.join(file), text).unwrap();
        }
        Self(path)
    }

    fn load(&self) -> Result<Vec<String>, Vec<String>> {
        match maps::load(Some(&self.0)) {
            Ok(maps) => Ok(maps.iter().map(|map| map.name.clone()).collect()),
            Err(errors) => Err(self.lines(&errors.to_string())),
        }
    }

    /// What is odd about the maps, or wrong with them.
    pub(crate) fn look(&self) -> Result<Vec<String>, Vec<String>> {
        self.look_with(&BundledMaps::All).map(|(_, warnings)| warnings)
    }

    /// With some of the bundled maps: the names of all maps, and what is odd about them; or what is
    /// wrong.
    pub(crate) fn look_with(&self, bundled: &BundledMaps) -> Result<(Vec<String>, Vec<String>), Vec<String>> {
        let found = maps::load_catalogue(bundled, Some(&self.0));
        let found = found.map_err(|errors| self.lines(&errors.to_string()))?;
        let warnings = found.warnings.iter();
        let warnings = warnings.flat_map(|warning| self.lines(&warning.to_string()));
        let names = found.maps.iter().map(|map| map.name.clone());
        Ok((names.collect(), warnings.collect()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Without the directory's own name.
    fn lines(&self, text: &str) -> Vec<String> {
        let place = format!("{}/", self.0.display());
        text.lines().map(|line| line.replace(&place, "")).collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn they_join_the_bundled_ones() {
    let directory = Directory::with(
        "join",
        &[("small.tmx", GOOD), ("tiles.png", "?"), ("notes.txt", "")],
    );
    assert_eq!(directory.load().unwrap(), ["garden", "lobby", "plaza", "small"]);
}

#[test]
fn they_replace_bundled_ones_by_name() {
    let plaza = GOOD.replace("value=\"small\"", "value=\"lobby\"");
    let directory = Directory::with("replace", &[("plaza.tmx", &plaza)]);
    let maps = maps::load(Some(&directory.0)).unwrap();
    let plaza = maps.iter().find(|map| map.name == "plaza").unwrap();
    assert_eq!(plaza.walls.size(), (4, 3));
}

#[test]
fn doors_are_checked_across_the_whole_catalogue() {
    let nowhere = GOOD.replace("value=\"small\"", "value=\"nowhere\"");
    let no_spawn = GOOD.replace("value=\"default\"", "value=\"attic\"");
    let files = [("a.tmx", nowhere.as_str()), ("small.tmx", &no_spawn)];
    let errors = Directory::with("doors", &files).load().unwrap_err();
    assert_eq!(
        errors[0],
        "a.tmx: door \"out\" (object 2) at 96, 31.6 px: leads to the map `nowhere`, which is not there: add nowhere.tmx to the \
         directory of maps, or correct to_map of the door; there are a, garden, lobby, plaza, small"
    );
    assert_eq!(
        errors[1],
        "small.tmx: door \"out\" (object 2) at 96, 31.6 px: leads to the spawn point `attic` of `small`, which does not \
         exist: add it to small.tmx, or correct to_spawn of the door"
    );
    assert_eq!(errors.len(), 2, "{errors:#?}");
}

#[test]
fn all_bad_files_are_reported_together() {
    let directory = Directory::with("bad", &[("a.tmx", "<map"), ("Big.tmx", GOOD), ("c.tmx", "")]);
    fs::create_dir_all(directory.0.join("d.tmx")).unwrap();
    let errors = directory.load().unwrap_err();
    assert_eq!(errors.len(), 4, "{errors:#?}");
    assert!(errors[0].starts_with("Big.tmx: the name \"Big\""), "{errors:#?}");
    assert!(errors[1].starts_with("a.tmx: line 1: "), "{errors:#?}");
    assert!(
        errors[3].starts_with("d.tmx: cannot be read: not a file"),
        "{errors:#?}"
    );
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_doors_that_lead_nowhere() {
    let to = |map: &str| GOOD.replace("value=\"small\"", &format!("value=\"{map}\""));
    let directory = Directory::with(
        "bad-and-lost",
        &[
            ("broken.tmx", "<map"),
            // Its door may lead to a good spawn point of the broken map.
            ("a.tmx", &to("broken")),
            ("b.tmx", &to("nowhere")),
        ],
    );
    let errors = directory.load().unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(errors[0].starts_with("broken.tmx: line 1: "), "{errors:#?}");
    assert!(
        errors[1].starts_with("b.tmx: door ") && errors[1].contains("leads to the map `nowhere`"),
        "{errors:#?}"
    );
}

#[test]
fn a_missing_directory_is_reported() {
    let error = maps::load(Some(Path::new("/nowhere/at/all")))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("/nowhere/at/all: cannot be read: "), "{error}");
}

#[test]
fn a_directory_without_maps_is_an_error() {
    let expected = ": there is no map in this directory: *.tmx files directly in it are read, not those in subdirectories";
    for (name, folder) in [("empty", "."), ("within", "maps")] {
        let directory = Directory::with(name, &[]);
        fs::create_dir_all(directory.0.join(folder)).unwrap();
        if folder != "." {
            fs::write(directory.0.join("maps/small.tmx"), GOOD).unwrap();
        }
        let errors = directory.load().unwrap_err();
        assert_eq!(errors, [format!("{}{expected}", directory.0.display())]);
    }
    // Files of other kinds are also reported.
    let errors = Directory::with("tmj", &[("a.tmj", "{}")]).load().unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(
        errors[1].starts_with("warning: a.tmj: is not read"),
        "{errors:#?}"
    );
}
