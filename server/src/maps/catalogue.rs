//! Reads all maps, and checks them together: doors must have a target, and be reachable.
//!
//! A replay finds the maps of its recording by their contents, not by the settings of this server.
//! So all maps are candidates for it, including several with the same name.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use parlour_shared::map::Map;

use super::{
    Catalogue, MAX_FILE_BYTES, MAX_FILES, MapSources,
    bundled::{BUNDLED, BundledMaps},
    error::{Fault, MapError, MapErrors},
    lost_doors::{Targets, lost_doors},
    place::PlacedFault,
    reach,
    read::{self, MapFile, ParsedMap},
};

/// The map files, before they are checked together.
#[derive(Default)]
struct Candidates {
    /// The bundled maps, those of the program, then those of the directory.
    entries: Vec<MapFile>,
    /// The names of the maps that could not be read.
    unreadable: BTreeSet<String>,
    errors: Vec<MapError>,
    warnings: Vec<MapError>,
}

pub(super) fn load(sources: &MapSources<'_>) -> Result<Catalogue, MapErrors> {
    let Candidates {
        entries,
        unreadable,
        mut errors,
        mut warnings,
    } = read_all(sources.bundled, sources.embedded, sources.directory)?;
    // A later map replaces an earlier one with the same name.
    let catalogue: BTreeMap<String, MapFile> = entries
        .into_iter()
        .map(|entry| (entry.parsed.map.name.clone(), entry))
        .collect();
    if catalogue.is_empty() && errors.is_empty() {
        errors.push(error_in_file("bundled_maps", Fault::NothingServed));
    }
    let targets = Targets {
        catalogue: &catalogue,
        unreadable: &unreadable,
        room_types: sources.targets,
    };
    for entry in catalogue.values() {
        for lost in lost_doors(entry, &targets) {
            let list = if lost.fault.is_warning() {
                &mut warnings
            } else {
                &mut errors
            };
            list.push(lost);
        }
    }
    for entry in catalogue.values() {
        for (place, fault) in reach::check(&entry.parsed) {
            let list = if fault.is_warning() {
                &mut warnings
            } else {
                &mut errors
            };
            let file = entry.file.clone();
            list.push(MapError { file, place, fault });
        }
    }
    if errors.is_empty() {
        let maps = catalogue.into_values();
        let maps = maps.map(|entry| Arc::new(entry.parsed.map)).collect();
        Ok(Catalogue { maps, warnings })
    } else {
        errors.append(&mut warnings);
        Err(MapErrors(errors))
    }
}

/// Returns every map that a recording may have been made with.
pub(super) fn candidates(
    embedded: &[(&str, &[u8])],
    directory: Option<&Path>,
) -> Result<Vec<Arc<Map>>, MapErrors> {
    let Candidates { entries, errors, .. } = read_all(&BundledMaps::All, embedded, directory)?;
    if !errors.is_empty() {
        return Err(MapErrors(errors));
    }
    let maps = entries.into_iter().map(|entry| Arc::new(entry.parsed.map));
    Ok(maps.collect())
}

fn read_all(
    bundled: &BundledMaps,
    embedded: &[(&str, &[u8])],
    directory: Option<&Path>,
) -> Result<Candidates, MapErrors> {
    let mut found = Candidates::default();
    let Files { maps, warnings } = directory
        .map_or(Ok(Files::default()), files)
        .map_err(|error| MapErrors(vec![error]))?;
    found.warnings = warnings;
    if let Some(directory) = directory.filter(|_| maps.is_empty()) {
        let fault = error_in_file(&directory.display().to_string(), Fault::NoMaps);
        found.errors.push(fault);
    }
    for (name, text) in BUNDLED.iter().filter(|(name, _)| bundled.includes(name)) {
        let file = format!("bundled map {name}.tmx");
        let parsed = read::parse(name, &file, text.as_bytes());
        found.add(name, file, true, parsed);
    }
    for (name, text) in embedded {
        let file = format!("map {name}.tmx of the program");
        let parsed = read::parse(name, &file, text);
        found.add(name, file, false, parsed);
    }
    for path in maps {
        let file = path.display().to_string();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let parsed = contents(&path)
            .map_err(|fault| error_in_file(&file, fault))
            .and_then(|text| read::parse(&name, &file, &text));
        found.add(&name, file, false, parsed);
    }
    Ok(found)
}

impl Candidates {
    fn add(&mut self, name: &str, file: String, is_bundled: bool, parsed: Result<ParsedMap, MapError>) {
        match parsed {
            Ok(mut parsed) => {
                let warnings = parsed.warnings.drain(..);
                self.warnings
                    .extend(warnings.map(|PlacedFault { place, fault }| MapError {
                        file: file.clone(),
                        place,
                        fault,
                    }));
                self.entries.push(MapFile {
                    file,
                    is_bundled,
                    parsed,
                });
            }
            Err(error) => {
                self.unreadable.insert(name.to_owned());
                self.errors.push(error);
            }
        }
    }
}

/// The contents of a directory.
#[derive(Default)]
struct Files {
    /// The map files, sorted.
    maps: Vec<PathBuf>,
    /// Files that look like maps, but are not read.
    warnings: Vec<MapError>,
}

fn files(directory: &Path) -> Result<Files, MapError> {
    let fail = |fault: Fault| error_in_file(&directory.display().to_string(), fault);
    let mut found = Files::default();
    for entry in fs::read_dir(directory).map_err(|error| fail(error.into()))? {
        let path = entry.map_err(|error| fail(error.into()))?.path();
        if path.extension() == Some(OsStr::new("tmx")) {
            found.maps.push(path);
        } else if let Some(advice) = advice_on_other_format(&path) {
            let file = path.display().to_string();
            found.warnings.push(error_in_file(&file, Fault::NotRead(advice)));
        }
        if found.maps.len().max(found.warnings.len()) > MAX_FILES {
            return Err(fail(Fault::TooManyFiles));
        }
    }
    found.maps.sort();
    found.warnings.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(found)
}

/// Returns advice about a Tiled file in a format that is not supported.
fn advice_on_other_format(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "tmj" => Some("in Tiled, export it as TMX"),
        "tmx" => Some("write the extension in lower case"),
        _ => None,
    }
}

/// Returns the bytes of a file. At most one byte more than the limit is read.
fn contents(path: &Path) -> Result<Vec<u8>, Fault> {
    // Checked before the file is opened, because opening a named pipe blocks until another process
    // writes to it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file").into());
    }
    let mut text = Vec::new();
    File::open(path)?
        .take(MAX_FILE_BYTES as u64 + 1)
        .read_to_end(&mut text)?;
    Ok(text)
}

fn error_in_file(file: &str, fault: Fault) -> MapError {
    MapError {
        file: file.to_owned(),
        place: String::new(),
        fault,
    }
}
