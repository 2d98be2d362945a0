//! All maps together: which there are, and whether each door leads somewhere.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use parlour_shared::map::Map;

use super::{
    BUNDLED, MAX_FILE_BYTES, MAX_FILES,
    error::{Fault, MapError, MapErrors},
    read,
};

/// A map and what its file is called.
struct Entry {
    file: String,
    map: Arc<Map>,
}

pub(super) fn load(directory: Option<&Path>) -> Result<Vec<Arc<Map>>, MapErrors> {
    let mut catalogue = BTreeMap::new();
    let mut errors = Vec::new();
    let mut add = |name: &str, file: String, parsed: Result<Map, MapError>| match parsed {
        Ok(map) => {
            let map = Arc::new(map);
            catalogue.insert(name.to_owned(), Entry { file, map });
        }
        Err(error) => errors.push(error),
    };
    for (name, text) in BUNDLED {
        let file = format!("bundled map {name}.tmx");
        let parsed = read::parse(name, &file, text.as_bytes());
        add(name, file, parsed);
    }
    for path in directory
        .map_or(Ok(Vec::new()), files)
        .map_err(|error| MapErrors(vec![error]))?
    {
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
    // Doors are worth a look only when all the maps that they may lead to are there.
    if errors.is_empty() {
        errors = catalogue
            .values()
            .flat_map(|entry| lost_doors(entry, &catalogue))
            .collect();
    }
    if errors.is_empty() {
        Ok(catalogue.into_values().map(|entry| entry.map).collect())
    } else {
        Err(MapErrors(errors))
    }
}

/// The map files of a directory, sorted.
fn files(directory: &Path) -> Result<Vec<PathBuf>, MapError> {
    let fail = |fault: Fault| whole_file(&directory.display().to_string(), fault);
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| fail(error.into()))? {
        let path = entry.map_err(|error| fail(error.into()))?.path();
        if path.extension() == Some(OsStr::new("tmx")) {
            found.push(path);
        }
        if found.len() > MAX_FILES {
            return Err(fail(Fault::TooManyFiles));
        }
    }
    found.sort();
    Ok(found)
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
    let lost = entry.map.doors.iter().filter_map(|door| {
        let fault = match catalogue.get(&door.to_map) {
            None => Fault::NoSuchMap(door.to_map.clone()),
            Some(target) if target.map.spawns.iter().any(|spawn| spawn.name == door.to_spawn) => {
                return None;
            }
            Some(_) => Fault::NoSuchSpawn {
                map: door.to_map.clone(),
                spawn: door.to_spawn.clone(),
            },
        };
        Some(MapError {
            file: entry.file.clone(),
            place: format!("door at {}, {} px", door.x, door.y),
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
