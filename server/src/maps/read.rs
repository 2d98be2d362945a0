//! Reads a map from the text of a TMX file.

use std::{
    io::{Cursor, Error, ErrorKind},
    path::Path,
};

use parlour_shared::{map::Map, motion::WallGrid};
use tiled::{LayerType, Loader, TileLayer};

use super::{
    MAX_FILE_BYTES, MAX_WALL_RECTS,
    error::{Fault, MapError},
    misplaced_objects, objects,
    place::{PlacedFault, is_name, without_offset},
    placed_objects,
    precheck::{MapSize, precheck},
};

/// A map, and the names of its doors and spawn points in errors.
pub(super) struct ParsedMap {
    pub(super) map: Map,
    /// The name of each door in errors.
    pub(super) doors: Vec<String>,
    /// The name of each spawn point in errors.
    pub(super) spawns: Vec<String>,
    /// Warnings about the objects of the map.
    pub(super) warnings: Vec<PlacedFault>,
}

/// A map, and the file that it was read from.
pub(super) struct MapFile {
    pub(super) file: String,
    pub(super) is_bundled: bool,
    pub(super) parsed: ParsedMap,
}

pub(super) fn parse(name: &str, file: &str, text: &[u8]) -> Result<ParsedMap, MapError> {
    parse_placed(name, text).map_err(|PlacedFault { place, fault }| MapError {
        file: file.to_owned(),
        place,
        fault,
    })
}

fn parse_placed(name: &str, bytes: &[u8]) -> Result<ParsedMap, PlacedFault> {
    if !is_name(name) {
        return Err(Fault::BadName(name.to_owned()).into());
    }
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Fault::FileTooBig.into());
    }
    let text = str::from_utf8(bytes).map_err(|_| Fault::NotText)?;
    let size = precheck(text).map_err(|found| PlacedFault {
        place: line(text, found.offset),
        fault: found.fault,
    })?;
    let tmx = load(text)?;

    let walls = walls(&tmx, &size)?;
    let (width, height) = walls.size();
    let tile_px = u32::from(walls.tile_px());
    let size_px = (u32::from(width) * tile_px, u32::from(height) * tile_px);
    let doors = objects::doors(&tmx, size_px)?;
    let spawns = objects::spawns(&tmx, &walls, &doors.objects)?;
    let placed = placed_objects::read(&tmx, size_px)?;
    let mut warnings = misplaced_objects::check(&tmx);
    warnings.extend(placed.warnings);
    Ok(ParsedMap {
        map: Map {
            name: name.to_owned(),
            walls,
            spawns: spawns.objects,
            doors: doors.objects,
            objects: placed.objects,
        },
        doors: doors.places,
        spawns: spawns.places,
        warnings,
    })
}

/// Parses the text with the `tiled` crate. The crate cannot open any other file.
fn load(text: &str) -> Result<tiled::Map, Fault> {
    const THE_FILE: &str = "map.tmx";
    let only_this = |path: &Path| {
        if path == Path::new(THE_FILE) {
            Ok(Cursor::new(text.as_bytes()))
        } else {
            Err(Error::new(ErrorKind::PermissionDenied, "another file"))
        }
    };
    let tmx = Loader::with_reader(only_this).load_tmx_map(THE_FILE);
    tmx.map_err(|error| Fault::Tiled(Box::new(error)))
}

fn walls(tmx: &tiled::Map, size: &MapSize) -> Result<WallGrid, PlacedFault> {
    let mut layers = Vec::new();
    for layer in tmx.layers().filter(|layer| layer.name == "walls") {
        if let LayerType::Tiles(TileLayer::Finite(tiles)) = layer.layer_type() {
            layers.push((layer, tiles));
        }
    }
    let [(layer, tiles)] = layers.as_slice() else {
        return Err(Fault::Layer {
            kind: "tile",
            name: "walls",
            found: layers.len(),
        }
        .into());
    };
    without_offset(layer)?;
    let (width, height) = (u32::from(size.width), u32::from(size.height));
    // The precheck read the same size. If the crate read a different size, tiles would be missing.
    if (tmx.width, tmx.height) != (width, height) || (tiles.width(), tiles.height()) != (width, height) {
        return Err(Fault::LayerSize(tiles.width(), tiles.height()).into());
    }
    let mut walls = WallGrid::new(size.width, size.height, size.tile_px);
    for row in 0..size.height {
        for column in 0..size.width {
            if tiles.get_tile_data(column.into(), row.into()).is_some() {
                walls.block(column, row);
            }
        }
    }
    if walls.to_rects().len() > MAX_WALL_RECTS {
        return Err(Fault::TooRagged.into());
    }
    Ok(walls)
}

fn line(text: &str, offset: usize) -> String {
    let before = text.as_bytes().iter().take(offset);
    format!("line {}", 1 + before.filter(|&&byte| byte == b'\n').count())
}
