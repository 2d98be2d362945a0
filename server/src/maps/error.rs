//! Errors and warnings about maps: the file, the place in it, and the fault.

use std::fmt;

use parlour_shared::text::count;
use thiserror::Error;

use super::{
    MAX_ELEMENTS, MAX_FILE_BYTES, MAX_FILES, MAX_NAME_BYTES, MAX_OBJECT_PROPERTIES, MAX_OBJECT_TEXT_BYTES,
    MAX_SIDE, MAX_WALL_RECTS,
};

/// A fault of one map.
#[derive(Debug, Error)]
pub struct MapError {
    /// The file, as the user would name it.
    pub file: String,
    /// The place in the file. It is empty if the fault concerns the whole file.
    pub place: String,
    /// The fault.
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

/// All faults of a catalogue of maps, one line each. Errors come first, then warnings.
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

/// A fault of a map: an error, or a warning ([`Self::is_warning`]).
#[derive(Debug, Error)]
pub enum Fault {
    /// The file or directory could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// A directory contains too many maps.
    #[error("contains more than {MAX_FILES} maps")]
    TooManyFiles,
    /// The file is too large.
    #[error("is larger than {} MiB", MAX_FILE_BYTES / (1024 * 1024))]
    FileTooBig,
    /// The file is not UTF-8.
    #[error("is not UTF-8 text")]
    NotText,
    /// Rooms and doors cannot use the name.
    #[error("the name {0:?} must be 1 to {MAX_NAME_BYTES} characters of a-z, 0-9, - and _")]
    BadName(String),
    /// The markup is malformed, or in a form that maps do not need.
    #[error("{0}")]
    Markup(&'static str),
    /// Elements are nested too deeply.
    #[error("elements are nested too deeply")]
    TooDeep,
    /// There are more elements than a map needs.
    #[error("has more than {MAX_ELEMENTS} elements")]
    TooManyElements,
    /// The outermost element is not `<map>`.
    #[error("is not a Tiled map: the outermost element must be <map>")]
    NotAMap,
    /// A required attribute is missing, or not a whole number.
    #[error("<{element}> needs the attribute `{attribute}`, a whole number (digits only)")]
    BadNumber {
        /// The element.
        element: &'static str,
        /// The attribute.
        attribute: &'static str,
    },
    /// The map is isometric, hexagonal or staggered.
    #[error("the orientation must be orthogonal")]
    Orientation,
    /// The map is infinite.
    #[error("the map is infinite: clear Map > Map Properties > Infinite")]
    Infinite,
    /// The tiles are not square, or not of a valid size.
    #[error("tiles must be square, and 8 to 1024 px wide: they are {0} x {1} px")]
    TileSize(u32, u32),
    /// The map is too wide or too high.
    #[error(
        "{0} x {1} tiles: a map has 1 to {MAX_SIDE} tiles and at most 4 million px along each side, and at \
         most 4 million tiles in all"
    )]
    Size(u32, u32),
    /// The map refers to another file, such as a tileset or a template.
    #[error("refers to another file ({0}): maps are read from one file, so embed it in Tiled")]
    External(&'static str),
    /// There are too many tilesets, or too many tiles in them.
    #[error("has more than 64 tilesets, or more than 16,384 tiles in all of them")]
    Tilesets,
    /// The tile data is compressed.
    #[error("the tile data is compressed: set Map > Map Properties > Tile Layer Format to CSV")]
    Compressed,
    /// The encoding of the tile data is not supported.
    #[error(
        "tile data must be CSV or uncompressed base64: set Map > Map Properties > Tile Layer Format to CSV"
    )]
    Encoding,
    /// The size of a tile layer differs from the size of the map.
    #[error("the layer is {0} x {1} tiles and must be as large as the map")]
    LayerSize(u32, u32),
    /// A tile layer has too many or too few tiles.
    #[error("the layer has {} and must have {expected}", count(*.found, "tile"))]
    TileCount {
        /// The number of tiles in the layer.
        found: usize,
        /// The number of tiles of the map.
        expected: usize,
    },
    /// The map uses tiles that no tileset contains.
    #[error("the map uses tiles, but no tileset starts at firstgid 1")]
    NoTileset,
    /// Two objects or two layers have the same id.
    #[error("the id {0} is used twice")]
    DuplicateId(u32),
    /// A directory contains no maps.
    #[error(
        "contains no map: only *.tmx files directly in this directory are read, not those in \
         subdirectories"
    )]
    NoMaps,
    /// The `tiled` crate refused the file.
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
    /// A layer has an offset, so Tiled shows its contents at different places.
    #[error("the layer has an offset: set it to 0")]
    LayerOffset,
    /// The walls are so ragged that they would not fit in a message.
    #[error("the walls consist of more than {MAX_WALL_RECTS} rectangles")]
    TooRagged,
    /// A layer has too many spawn points, doors or objects.
    #[error("has more than {0} objects")]
    TooManyObjects(usize),
    /// An object has the wrong shape.
    #[error("must be a {0}")]
    Shape(&'static str),
    /// An object in the layer `doors` is not a door.
    #[error("must be of class `door`: it is of class {0:?}")]
    NotADoor(String),
    /// A required property is missing.
    #[error("needs the string property `{0}`")]
    Property(&'static str),
    /// An object in the layer `objects` has no class, which would name its kind.
    #[error(
        "has no class, so neither it nor any other object without a class appears in rooms: set the class to the \
             name of a kind"
    )]
    NoClass,
    /// The middle of an object is not in the map.
    #[error("its middle must be in the map")]
    ObjectOutside,
    /// An object has too many properties.
    #[error("has more than {MAX_OBJECT_PROPERTIES} properties")]
    TooManyProperties,
    /// A name, a class or a property of an object is too long.
    #[error("its name, its class and its properties may have at most {MAX_OBJECT_TEXT_BYTES} bytes each")]
    LongText,
    /// A property of an object is a list or has properties itself.
    #[error("the property {0:?} must be a single value, not a list or a class")]
    NestedProperty(String),
    /// An object in the layer `spawns` has the class of a door, or a misspelt class.
    #[error("is of class {0:?} and is read as a spawn point: leave the class empty or write `spawn`")]
    SpawnOfOtherClass(String),
    /// A door or a spawn point is in a layer that is not read.
    #[error("looks like a {kind}, but is not read: move it to the object layer `{layer}` at the top level")]
    InOtherLayer {
        /// `door` or `spawn`.
        kind: &'static str,
        /// The layer in which it would be read.
        layer: &'static str,
    },
    /// Two spawn points have the same name.
    #[error("a spawn point with this name already exists")]
    DuplicateSpawn,
    /// The spawn point `default` is missing.
    #[error("needs a spawn point named `default`")]
    NoDefaultSpawn,
    /// No player can stand at a spawn point.
    #[error("a player is 16 x 16 px, and would stand in a wall or outside the map there")]
    SpawnInWall,
    /// A spawn point is in a door, which opens for a player only after the player left it.
    #[error("is in a door: players that arrive there would have to leave it before it opens")]
    SpawnInDoor,
    /// A door is not within the map, or has no size.
    #[error("must lie within the map and be at least 1 px wide and high")]
    DoorOutside,
    /// No player fits into a door.
    #[error(
        "no player can enter it: a player is 16 x 16 px, so its center stays at least 8 px away from walls \
         and from the map's edge"
    )]
    DoorInWall,
    /// Players fit into a door, but cannot walk to it.
    #[error("no player can walk to it from any spawn point")]
    DoorOutOfReach,
    /// Players can hardly move at a spawn point.
    #[error("is walled in: a player is 16 x 16 px, and could neither walk 16 px from there nor reach a door")]
    SpawnWalledIn,
    /// From a spawn point, no door can be reached.
    #[error("no door can be reached from there")]
    SpawnWithoutDoor,
    /// From a spawn point, no door and only a small part of the map can be reached.
    #[error(
        "is in a small part of the map: no door and less than {0} % of the floor can be reached from there"
    )]
    SpawnInSmallPart(u64),
    /// In a map without doors, a spawn point is cut off from the part with the most spawn points.
    /// The text names a spawn point of that part.
    #[error("neither a door nor the spawn point `{0}` can be reached from there")]
    SpawnCutOff(String),
    /// A file looks like a map, but is not read.
    #[error("is not read, only *.tmx files are: {0}")]
    NotRead(&'static str),
    /// The target of a door does not exist.
    #[error("{0}")]
    LostDoor(Box<LostDoor>),
    /// No bundled map is selected, and no directory is given.
    #[error(
        "there is no map to serve: no bundled map is selected, and no directory of maps is given. Give one with \
         --maps DIR, or select a bundled map"
    )]
    NothingServed,
}

/// A door whose target is not a spawn point of a served map.
#[derive(Debug)]
pub struct LostDoor {
    /// The map that the door leads to.
    pub map: String,
    /// The spawn point that the door leads to, if only the spawn point is missing.
    pub spawn: Option<String>,
    /// Whether the door is in a bundled map. Its target is then missing on purpose, and the fault
    /// is only a warning.
    pub is_bundled: bool,
    /// Advice for the user.
    pub advice: String,
}

impl fmt::Display for LostDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            map, spawn, advice, ..
        } = self;
        match spawn {
            None => write!(f, "leads to the map `{map}`, which is not served: {advice}"),
            Some(spawn) => write!(
                f,
                "leads to the spawn point `{spawn}` of `{map}`, which does not exist: {advice}"
            ),
        }
    }
}

impl Fault {
    /// Returns whether the map can be used despite the fault.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        if let Self::LostDoor(door) = self {
            return door.is_bundled;
        }
        matches!(
            self,
            Self::DoorOutOfReach
                | Self::SpawnWithoutDoor
                | Self::SpawnInSmallPart(_)
                | Self::SpawnCutOff(_)
                | Self::NotRead(_)
                | Self::SpawnOfOtherClass(_)
                | Self::InOtherLayer { .. }
                | Self::NoClass
        )
    }
}
