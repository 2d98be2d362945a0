//! Checks a map file before the `tiled` crate reads it, because the crate trusts its input. `tiled`
//! 0.16
//! - reserves memory for as many tiles as a tileset's `tilecount` says;
//! - indexes a layer by its `width`, without checking the number of tiles;
//! - recurses into groups and properties without a bound;
//! - adds up the dimensions of tilesets without checking for overflow;
//! - inflates compressed layers to any length.
//!
//! A file that could cause harm in one of these ways is refused here.

use std::collections::BTreeSet;

use parlour_shared::motion::WallGrid;

use super::{
    MAX_ELEMENTS, MAX_SIDE,
    error::Fault,
    tile_data::Encoding,
    xml::{Tag, XmlEvent, XmlReader},
};

/// The maximum depth of nested elements.
const MAX_DEPTH: usize = 24;
/// The maximum number of tilesets. The crate searches all of them for each tile.
const MAX_TILESETS: usize = 64;
/// The maximum number of tiles in all tilesets. The crate reserves about 300 bytes for each.
const MAX_TILESET_TILES: u32 = 16_384;

/// The size of a map that passed the check.
#[derive(Debug, Default)]
pub(super) struct MapSize {
    /// In tiles.
    pub(super) width: u16,
    /// In tiles.
    pub(super) height: u16,
    /// The length of a tile's side in pixels.
    pub(super) tile_px: u16,
}

/// A fault, and its place in the text.
pub(super) struct FaultAtOffset {
    /// The offset in the file, in bytes.
    pub(super) offset: usize,
    pub(super) fault: Fault,
}

/// Checks the text of a file, and returns the size of the map.
pub(super) fn precheck(text: &str) -> Result<MapSize, FaultAtOffset> {
    let mut reader = XmlReader::of(text);
    let mut check = Precheck::default();
    loop {
        let offset = reader.offset();
        let step = match reader.next() {
            Ok(Some(event)) => check.event(event),
            Ok(None) => return check.end().map_err(|fault| FaultAtOffset { offset, fault }),
            Err(fault) => Err(fault),
        };
        step.map_err(|fault| FaultAtOffset { offset, fault })?;
    }
}

/// The state of the check.
#[derive(Default)]
struct Precheck<'a> {
    size: MapSize,
    open: Vec<&'a str>,
    elements: usize,
    tilesets: usize,
    tileset_tiles: u32,
    /// Whether a tileset has the `firstgid` 1.
    has_first_gid_one: bool,
    /// Whether any tile of any layer is not empty.
    uses_tiles: bool,
    object_ids: BTreeSet<u32>,
    layer_ids: BTreeSet<u32>,
    /// Whether the data of the open tile layer was read.
    has_data: bool,
    /// The encoding of the open data element, and whether its text was read.
    data: Option<(Encoding, bool)>,
}

impl<'a> Precheck<'a> {
    fn event(&mut self, event: XmlEvent<'a>) -> Result<(), Fault> {
        match event {
            XmlEvent::Start { tag, empty } => {
                self.start(&tag)?;
                if self.open.len() == MAX_DEPTH {
                    return Err(Fault::TooDeep);
                }
                self.open.push(tag.name);
                if empty {
                    return self.close(tag.name);
                }
                Ok(())
            }
            XmlEvent::End(name) => self.close(name),
            XmlEvent::Text(text) => self.text(text),
            XmlEvent::Comment if self.data.is_some() => Err(Fault::Encoding),
            XmlEvent::Comment => Ok(()),
        }
    }

    fn end(self) -> Result<MapSize, Fault> {
        if self.elements == 0 {
            return Err(Fault::NotAMap);
        }
        if let Some(name) = self.open.last() {
            return Err(Fault::Markup(match *name {
                "map" => "the file ends before </map>",
                _ => "the file ends before an element is closed",
            }));
        }
        if self.uses_tiles && !self.has_first_gid_one {
            return Err(Fault::NoTileset);
        }
        Ok(self.size)
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), Fault> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(Fault::TooManyElements);
        }
        if self.data.is_some() {
            return Err(Fault::Encoding);
        }
        if self.open.is_empty() {
            return match tag.name {
                "map" if self.elements == 1 => self.map(tag),
                _ => Err(Fault::NotAMap),
            };
        }
        match tag.name {
            "map" => Err(Fault::Markup("a <map> element is inside another <map>")),
            "tileset" => self.tileset(tag),
            "object" => self.object(tag),
            "layer" => self.layer(tag),
            "objectgroup" | "imagelayer" | "group" => self.layer_id(tag),
            "data" if self.open.last() == Some(&"layer") => self.data(tag),
            _ => Ok(()),
        }
    }

    fn map(&mut self, tag: &Tag<'_>) -> Result<(), Fault> {
        if tag.get("orientation") != Some("orthogonal") {
            return Err(Fault::Orientation);
        }
        if tag.get("infinite").is_some_and(|value| value != "0") {
            return Err(Fault::Infinite);
        }
        let (width, height) = (number(tag, "map", "width")?, number(tag, "map", "height")?);
        let tile = number(tag, "map", "tilewidth")?;
        let tile_height = number(tag, "map", "tileheight")?;
        if tile != tile_height || !(8..=1024).contains(&tile) {
            return Err(Fault::TileSize(tile, tile_height));
        }
        let size = Fault::Size(width, height);
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(size);
        }
        // The checks above ensure that all three fit in a u16.
        let (columns, rows, tile_px) = (width as u16, height as u16, tile as u16);
        if !WallGrid::fits(columns, rows, tile_px) {
            return Err(size);
        }
        self.size = MapSize {
            width: columns,
            height: rows,
            tile_px,
        };
        Ok(())
    }

    fn tileset(&mut self, tag: &Tag<'_>) -> Result<(), Fault> {
        if tag.get("source").is_some() {
            return Err(Fault::External("a tileset"));
        }
        let first = number(tag, "tileset", "firstgid")?;
        let tiles = number(tag, "tileset", "tilecount")?;
        // Without `columns` the crate would compute it from numbers that are not checked.
        number(tag, "tileset", "columns")?;
        self.has_first_gid_one |= first == 1;
        self.tilesets += 1;
        self.tileset_tiles = self.tileset_tiles.saturating_add(tiles);
        if self.tilesets > MAX_TILESETS || self.tileset_tiles > MAX_TILESET_TILES {
            return Err(Fault::Tilesets);
        }
        Ok(())
    }

    fn object(&mut self, tag: &Tag<'_>) -> Result<(), Fault> {
        if tag.get("template").is_some() {
            return Err(Fault::External("an object template"));
        }
        // Objects in tilesets are not checked: the ids of collision shapes start at 1 in each tile.
        if tag.get("id").is_some() && !self.open.contains(&"tileset") {
            let id = number(tag, "object", "id")?;
            if !self.object_ids.insert(id) {
                return Err(Fault::DuplicateId(id));
            }
        }
        Ok(())
    }

    fn layer_id(&mut self, tag: &Tag<'_>) -> Result<(), Fault> {
        if tag.get("id").is_some() && !self.open.contains(&"tileset") {
            let id = number(tag, "layer", "id")?;
            if !self.layer_ids.insert(id) {
                return Err(Fault::DuplicateId(id));
            }
        }
        Ok(())
    }

    fn layer(&mut self, tag: &Tag<'_>) -> Result<(), Fault> {
        self.layer_id(tag)?;
        let size = (number(tag, "layer", "width")?, number(tag, "layer", "height")?);
        if size != (self.size.width.into(), self.size.height.into()) {
            return Err(Fault::LayerSize(size.0, size.1));
        }
        self.has_data = false;
        Ok(())
    }

    fn data(&mut self, tag: &Tag<'_>) -> Result<(), Fault> {
        let encoding = Encoding::of(tag)?;
        if self.has_data {
            return Err(Fault::Markup("a layer has two <data> elements"));
        }
        self.has_data = true;
        self.data = Some((encoding, false));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        let Some((encoding, seen)) = &mut self.data else {
            return Ok(());
        };
        *seen = true;
        let found = encoding.count(text)?;
        self.uses_tiles |= encoding.uses_tiles(text);
        let expected = self.size.tiles();
        if found == expected {
            Ok(())
        } else {
            Err(Fault::TileCount { found, expected })
        }
    }

    fn close(&mut self, name: &str) -> Result<(), Fault> {
        if self.open.pop() != Some(name) {
            return Err(Fault::Markup("an end tag has no start tag"));
        }
        if let Some((_, seen)) = self.data.take()
            && !seen
        {
            return Err(Fault::TileCount {
                found: 0,
                expected: self.size.tiles(),
            });
        }
        if name == "layer" && !self.has_data {
            return Err(Fault::TileCount {
                found: 0,
                expected: self.size.tiles(),
            });
        }
        Ok(())
    }
}

impl MapSize {
    fn tiles(&self) -> usize {
        usize::from(self.width) * usize::from(self.height)
    }
}

fn number(tag: &Tag<'_>, element: &'static str, attribute: &'static str) -> Result<u32, Fault> {
    let value = tag
        .get(attribute)
        .filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
    value
        .and_then(|value| value.parse().ok())
        .ok_or(Fault::BadNumber { element, attribute })
}
