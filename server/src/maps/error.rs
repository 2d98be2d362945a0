//! What can be wrong with a map: the file, the place in it and the reason.

use std::fmt;

use parlour_shared::text::count;
use thiserror::Error;

use super::{MAX_FILE_BYTES, MAX_FILES, MAX_NAME_BYTES, MAX_OBJECTS, MAX_SIDE, MAX_WALL_RECTS};

/// Something wrong with one map.
#[derive(Debug, Error)]
pub struct MapError {
    /// The file, as the user would name it.
    pub file: String,
    /// The place in the file; empty for the whole file.
    pub place: String,
    /// The reason.
    pub fault: Fault,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{}", self.fault)
    }
}

/// All that is wrong with a catalogue of maps, one line each: errors first, then what would only be
/// a warning.
#[derive(Debug, Error)]
pub struct MapErrors(pub Vec<MapError>);

impl fmt::Display for MapErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let end_of_last = if index == 0 { "" } else { "\n" };
            let severity = if error.fault.is_warning() { "warning: " } else { "" };
            write!(f, "{end_of_last}{severity}{error}")?;
        }
        Ok(())
    }
}

/// The reason why a map is refused.
#[derive(Debug, Error)]
pub enum Fault {
    /// The file or directory could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// A directory with too many files.
    #[error("more than {MAX_FILES} maps in one directory")]
    TooManyFiles,
    /// A file larger than any map.
    #[error("larger than {} MiB", MAX_FILE_BYTES / (1024 * 1024))]
    FileTooBig,
    /// Not UTF-8.
    #[error("is not UTF-8 text")]
    NotText,
    /// A name that rooms or doors could not use.
    #[error("the name {0:?} must be 1 to {MAX_NAME_BYTES} characters of a-z, 0-9, - and _")]
    BadName(String),
    /// Markup that is malformed or that no map needs.
    #[error("{0}")]
    Markup(&'static str),
    /// Elements that are nested too deeply.
    #[error("elements are nested too deeply")]
    TooDeep,
    /// More elements than any map needs.
    #[error("too many elements")]
    TooManyElements,
    /// The outermost element is not `<map>`.
    #[error("is not a Tiled map: the outermost element must be <map>")]
    NotAMap,
    /// A required attribute is missing, or not a plain number.
    #[error("<{element}> needs the attribute `{attribute}` as a plain number")]
    BadNumber {
        /// The element.
        element: &'static str,
        /// The attribute.
        attribute: &'static str,
    },
    /// Isometric, hexagonal and so on.
    #[error("the orientation must be orthogonal")]
    Orientation,
    /// An infinite map.
    #[error("an infinite map: clear Map > Map Properties > Infinite")]
    Infinite,
    /// Tiles that are not square.
    #[error("tiles must be square, and 8 to 1024 px wide: they are {0} x {1} px")]
    TileSize(u32, u32),
    /// Too wide, too high or both.
    #[error(
        "{0} x {1} tiles: a map is 1 to {MAX_SIDE} tiles wide and high, 4 million in all, 4 million px along a side"
    )]
    Size(u32, u32),
    /// A reference to a different file, such as a tileset or a template.
    #[error("refers to another file ({0}): maps are read from one file, so embed it in Tiled")]
    External(&'static str),
    /// Too many tilesets, or too many tiles in them.
    #[error("more than 64 tilesets, or more than 16,384 tiles in them")]
    Tilesets,
    /// Compressed tile data.
    #[error("compressed tile data: set Map > Map Properties > Tile Layer Format to CSV")]
    Compressed,
    /// Tile data in a form that is not read.
    #[error(
        "tile data must be CSV or uncompressed base64: set Map > Map Properties > Tile Layer Format to CSV"
    )]
    Encoding,
    /// A tile layer whose size differs from the map's.
    #[error("the layer is {0} x {1} tiles and must be as large as the map")]
    LayerSize(u32, u32),
    /// A tile layer with too many or too few tiles.
    #[error("the layer has {} and must have {expected}", count(*.found, "tile"))]
    TileCount {
        /// The number of tiles in the layer.
        found: usize,
        /// The number of tiles of the map.
        expected: usize,
    },
    /// Tiles of no tileset.
    #[error("tiles are drawn, but no tileset begins at firstgid 1")]
    NoTileset,
    /// Two objects or layers with the same id.
    #[error("the id {0} is used twice")]
    DuplicateId(u32),
    /// A directory without maps.
    #[error(
        "there is no map in this directory: *.tmx files directly in it are read, not those in subdirectories"
    )]
    NoMaps,
    /// The `tiled` crate refused it.
    #[error("{0}")]
    Tiled(Box<tiled::Error>),
    /// A required layer is missing, or exists several times.
    #[error("needs one {kind} layer named `{name}` at the top level; it has {found}")]
    Layer {
        /// The kind of layer.
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// The number of such layers.
        found: usize,
    },
    /// A layer with an offset: Tiled shows its contents at different places.
    #[error("the layer has an offset: set it to 0")]
    LayerOffset,
    /// Walls so ragged that they would not fit a message.
    #[error("the walls come apart into more than {MAX_WALL_RECTS} rectangles")]
    TooRagged,
    /// Too many spawns or doors.
    #[error("more than {MAX_OBJECTS} objects in one layer")]
    TooManyObjects,
    /// An object of the wrong shape.
    #[error("must be a {0}")]
    Shape(&'static str),
    /// An object in the `doors` layer that is not a door.
    #[error("must be of class `door`: it is of class {0:?}")]
    NotADoor(String),
    /// A required property is missing.
    #[error("needs the string property `{0}`")]
    Property(&'static str),
    /// An object in the `spawns` layer whose class is a typo, or that of a door.
    #[error("is of class {0:?} and is read as a spawn point: leave the class empty or write `spawn`")]
    SpawnOfOtherClass(String),
    /// A door or a spawn point in a layer that is not read.
    #[error("looks like a {kind}, but is not read: only the object layer `{layer}` at the top level is")]
    InOtherLayer {
        /// What it looks like.
        kind: &'static str,
        /// The layer in which it would be read.
        layer: &'static str,
    },
    /// Two spawn points of the same name.
    #[error("a spawn point of this name exists already")]
    DuplicateSpawn,
    /// The spawn point `default` is missing.
    #[error("needs a spawn point named `default`")]
    NoDefaultSpawn,
    /// A spawn point where nobody can stand.
    #[error("a player, 16 x 16 px, would stand in a wall or outside the map there")]
    SpawnInWall,
    /// A spawn point in a door: a player must leave the door before it opens.
    #[error("is in a door: players that appear there would have to leave it before it opens")]
    SpawnInDoor,
    /// A door that is not within the map, or has no size.
    #[error("must lie within the map and be at least 1 px wide and high")]
    DoorOutside,
    /// A door that no player can enter.
    #[error(
        "no player can enter it: the middle of a player, 16 x 16 px, stays 8 px away from walls and from the map's edge"
    )]
    DoorInWall,
    /// A door that players could enter, but cannot walk to.
    #[error("no player can walk to it from any spawn point")]
    DoorOutOfReach,
    /// A spawn point that is a cage.
    #[error("is walled in: a player, 16 x 16 px, can walk less than 16 px from there, and into no door")]
    SpawnWalledIn,
    /// A spawn point in a part of the map without a door.
    #[error("no door can be walked to from there")]
    SpawnWithoutDoor,
    /// A spawn point in a small part of the map without a door.
    #[error("is walled in: no door and less than {0} % of the map's floor can be walked to from there")]
    SpawnInPocket(u64),
    /// A spawn point of a map without doors, outside of the part with the most spawn points. It
    /// names one of these.
    #[error("neither a door nor the spawn point `{0}` can be walked to from there")]
    SpawnCutOff(String),
    /// A file that looks like a map, but is not read.
    #[error("is not read, only *.tmx files are: {0}")]
    NotRead(&'static str),
    /// A door that leads nowhere.
    #[error("{0}")]
    LostDoor(Box<LostDoor>),
    /// No bundled map and no directory.
    #[error(
        "no map is left: all bundled ones are left out, and no directory of maps is named; name one with --maps DIR, or \
         serve a bundled map"
    )]
    NothingServed,
}

/// A door whose target is not a spawn point of a served map.
#[derive(Debug)]
pub struct LostDoor {
    /// The map it leads to.
    pub map: String,
    /// The spawn point it leads to, if only that is missing.
    pub spawn: Option<String>,
    /// Whether the door is one of a bundled map. Then it lost its other side when maps were chosen,
    /// which is only warned about.
    pub is_bundled: bool,
    /// What to do.
    pub advice: String,
}

impl fmt::Display for LostDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            map, spawn, advice, ..
        } = self;
        match spawn {
            None => write!(f, "leads to the map `{map}`, which is not there: {advice}"),
            Some(spawn) => write!(
                f,
                "leads to the spawn point `{spawn}` of `{map}`, which does not exist: {advice}"
            ),
        }
    }
}

impl Fault {
    /// Returns whether the map can still be used.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        if let Self::LostDoor(door) = self {
            return door.is_bundled;
        }
        matches!(
            self,
            Self::DoorOutOfReach
                | Self::SpawnWithoutDoor
                | Self::SpawnInPocket(_)
                | Self::SpawnCutOff(_)
                | Self::NotRead(_)
                | Self::SpawnOfOtherClass(_)
                | Self::InOtherLayer { .. }
        )
    }
}
