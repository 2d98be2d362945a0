//! The catalogue of maps: the bundled ones and those of a directory, read from Tiled's TMX files.
//!
//! A file is looked through by `maps/survey` before the `tiled` crate sees it: every number that the crate would
//! allocate by, index with or recurse on is checked there. What it understood is then checked as a [`Map`], and the
//! catalogue as a whole: each door must lead to a spawn point that exists (`maps/lost_doors`), and players must be able to walk into doors
//! and away from spawn points (`maps/reach`). Objects that look like doors or spawn points, but are not read as such, are
//! warned about (`maps/classes`).
//!
//! What a map must look like:
//! - a tile layer `walls`, at the top level: whatever is drawn there is a wall;
//! - an object layer `spawns` of named points, one of them `default`;
//! - if it has doors, an object layer `doors` of rectangles of class `door` with the string properties `to_map` and
//!   `to_spawn`.

mod bundled;
mod catalogue;
mod classes;
mod error;
mod lost_doors;
mod objects;
mod part;
mod reach;
mod read;
mod survey;
mod tile_data;
mod xml;

use std::{path::Path, sync::Arc};

use parlour_shared::map::Map;

pub use bundled::Bundled;
pub use error::{Fault, LostDoor, MapError, MapErrors};

/// Bytes of a map file.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// Tiles along one side of a map.
pub const MAX_SIDE: u32 = 4096;
/// Spawn points of a map, and doors of a map.
pub const MAX_OBJECTS: usize = 256;
/// Rectangles that the walls may come apart into: 32,768 of at most 35 bytes of JSON are 1.1 MiB of the 8 MiB that
/// the server sends at once.
pub const MAX_WALL_RECTS: usize = 32_768;
/// Bytes of the name of a map or a spawn point; leaves room for an instance in the name of a room.
pub const MAX_NAME_BYTES: usize = 32;
/// Files in a directory of maps.
pub const MAX_FILES: usize = 1000;

/// Maps that can be used, and what is odd about them.
#[derive(Debug)]
pub struct Catalogue {
    /// The maps, sorted by name.
    pub maps: Vec<Arc<Map>>,
    /// What is worth a warning: doors that nobody can walk to, files and objects that are not read.
    pub warnings: Vec<MapError>,
}

/// All bundled maps, joined by those of a directory, which may replace bundled ones by their name; sorted by name.
/// [`load_and_look`] can leave bundled maps out.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn load(directory: Option<&Path>) -> Result<Vec<Arc<Map>>, MapErrors> {
    Ok(catalogue::load(&Bundled::All, directory)?.maps)
}

/// The bundled maps that are chosen, joined by those of a directory, which may replace bundled ones by their name; with
/// warnings for a person to read.
///
/// # Errors
/// Everything that is wrong with any of them, and if there is no map at all.
pub fn load_and_look(bundled: &Bundled, directory: Option<&Path>) -> Result<Catalogue, MapErrors> {
    catalogue::load(bundled, directory)
}

/// The maps that a recording may have been made with: all bundled ones, and those of a directory. Two of them may have one
/// name. Where their doors lead is not looked at. [`Header::sim_config`](parlour_recording::Header::sim_config) finds those
/// that were recorded.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn for_replay(directory: Option<&Path>) -> Result<Vec<Arc<Map>>, MapErrors> {
    catalogue::candidates(directory)
}

/// One map from the text of a TMX file. `name` is the map's, `file` is what errors call the file.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(name: &str, file: &str, text: &[u8]) -> Result<Map, MapError> {
    Ok(read::parse(name, file, text)?.map)
}
