//! All maps together: which there are, and whether each door leads somewhere and can be walked to.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    BUNDLED, Catalogue, MAX_FILE_BYTES, MAX_FILES,
    error::{Fault, MapError, MapErrors},
    part::Placed,
    reach,
    read::{self, Parsed},
};

/// A map and what its file is called.
struct Entry {
    file: String,
    parsed: Parsed,
}

pub(super) fn load(directory: Option<&Path>) -> Result<Catalogue, MapErrors> {
    let mut catalogue = BTreeMap::new();
    let mut errors = Vec::new();
    let Files { maps, mut warnings } = directory
        .map_or(Ok(Files::default()), files)
        .map_err(|error| MapErrors(vec![error]))?;
    if let Some(directory) = directory.filter(|_| maps.is_empty()) {
        errors.push(whole_file(&directory.display().to_string(), Fault::NoMaps));
    }
    let mut add = |name: &str, file: String, parsed: Result<Parsed, MapError>| match parsed {
        Ok(mut parsed) => {
            let odd = parsed.warnings.drain(..);
            warnings.extend(odd.map(|Placed { place, fault }| MapError {
                file: file.clone(),
                place,
                fault,
            }));
            catalogue.insert(name.to_owned(), Entry { file, parsed });
        }
        Err(error) => errors.push(error),
    };
    for (name, text) in BUNDLED {
        let file = format!("bundled map {name}.tmx");
        let parsed = read::parse(name, &file, text.as_bytes());
        add(name, file, parsed);
    }
    for path in maps {
        let file = path.display().to_string();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let parsed = contents(&path)
            .map_err(|fault| whole_file(&file, fault))
            .and_then(|text| read::parse(&name, &file, &text));
        add(&name, file, parsed);
    }
    // Where a door leads is worth a look only when all the maps are there.
    if errors.is_empty() {
        errors = catalogue
            .values()
            .flat_map(|entry| lost_doors(entry, &catalogue))
            .collect();
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

/// What a directory holds.
#[derive(Default)]
struct Files {
    /// The map files, sorted.
    maps: Vec<PathBuf>,
    /// Files that somebody may take for maps.
    warnings: Vec<MapError>,
}

fn files(directory: &Path) -> Result<Files, MapError> {
    let fail = |fault: Fault| whole_file(&directory.display().to_string(), fault);
    let mut found = Files::default();
    for entry in fs::read_dir(directory).map_err(|error| fail(error.into()))? {
        let path = entry.map_err(|error| fail(error.into()))?.path();
        if path.extension() == Some(OsStr::new("tmx")) {
            found.maps.push(path);
        } else if let Some(advice) = looks_like_a_map(&path) {
            let file = path.display().to_string();
            found.warnings.push(whole_file(&file, Fault::NotRead(advice)));
        }
        if found.maps.len().max(found.warnings.len()) > MAX_FILES {
            return Err(fail(Fault::TooManyFiles));
        }
    }
    found.maps.sort();
    found.warnings.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(found)
}

/// What to do with a file that Tiled may have written as a map, but not as one that is read.
fn looks_like_a_map(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "tmj" => Some("in Tiled, export it as TMX"),
        "tmx" => Some("write the ending in small letters"),
        _ => None,
    }
}

/// The bytes of a file, no more than a map may have and one.
fn contents(path: &Path) -> Result<Vec<u8>, Fault> {
    // Asked before it is opened: opening a pipe would wait for its other end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file").into());
    }
    let mut text = Vec::new();
    File::open(path)?
        .take(MAX_FILE_BYTES as u64 + 1)
        .read_to_end(&mut text)?;
    Ok(text)
}

fn lost_doors(entry: &Entry, catalogue: &BTreeMap<String, Entry>) -> Vec<MapError> {
    let doors = entry.parsed.map.doors.iter().zip(&entry.parsed.doors);
    let lost = doors.filter_map(|(door, place)| {
        let fault = match catalogue.get(&door.to_map) {
            None => Fault::NoSuchMap(door.to_map.clone()),
            Some(Entry { parsed, .. })
                if parsed.map.spawns.iter().any(|spawn| spawn.name == door.to_spawn) =>
            {
                return None;
            }
            Some(_) => Fault::NoSuchSpawn {
                map: door.to_map.clone(),
                spawn: door.to_spawn.clone(),
            },
        };
        Some(MapError {
            file: entry.file.clone(),
            place: place.clone(),
            fault,
        })
    });
    lost.collect()
}

fn whole_file(file: &str, fault: Fault) -> MapError {
    MapError {
        file: file.to_owned(),
        place: String::new(),
        fault,
    }
}
