//! The first look at a map file: whatever the `tiled` crate allocates by, indexes with or recurses
//! on is checked here.
//!
//! The crate (0.16) reserves memory by a tileset's `tilecount`, indexes a layer by its `width`
//! without looking at how many tiles there are, descends without a bound into groups and
//! properties, adds measures of tilesets without looking at their size, and inflates compressed
//! layers to whatever length. All of these end here.

use std::collections::BTreeSet;

use parlour_shared::motion::WallGrid;

use super::{
    MAX_SIDE,
    error::Fault,
    tile_data::Encoding,
    xml::{Tag, XmlEvent, XmlReader},
};

/// The maximum depth of nested elements.
const MAX_DEPTH: usize = 24;
/// The maximum number of elements.
const MAX_ELEMENTS: usize = 100_000;
/// The maximum number of tilesets; each tile is searched for in all of them.
const MAX_TILESETS: usize = 64;
/// The maximum number of tiles in all tilesets; the crate reserves about 300 bytes for each.
const MAX_TILESET_TILES: u32 = 16_384;

/// The result of the survey.
#[derive(Debug, Default)]
pub(super) struct MapSize {
    /// Columns.
    pub(super) width: u16,
    /// Rows.
    pub(super) height: u16,
    /// Side of a tile in pixels.
    pub(super) tile_px: u16,
}

/// A fault and its place.
pub(super) struct FaultAtOffset {
    /// Bytes from the start of the file.
    pub(super) offset: usize,
    /// The fault.
    pub(super) fault: Fault,
}

/// Checks a file.
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

/// The state of the survey.
#[derive(Default)]
struct Precheck<'a> {
    size: MapSize,
    open: Vec<&'a str>,
    elements: usize,
    tilesets: usize,
    tileset_tiles: u32,
    begins_at_one: bool,
    draws_tiles: bool,
    object_ids: BTreeSet<u32>,
    layer_ids: BTreeSet<u32>,
    /// Whether the data of the open tile layer was seen.
    has_data: bool,
    /// The encoding of the open data element, and whether its text was seen.
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
            XmlEvent::Aside if self.data.is_some() => Err(Fault::Encoding),
            XmlEvent::Aside => Ok(()),
        }
    }

    fn end(self) -> Result<MapSize, Fault> {
        if self.elements == 0 {
            return Err(Fault::NotAMap);
        }
        if let Some(name) = self.open.last() {
            return Err(Fault::Markup(match *name {
                "map" => "the file ends before </map>",
                _ => "the file ends in the middle of an element",
            }));
        }
        if self.draws_tiles && !self.begins_at_one {
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
            "map" => Err(Fault::Markup("a map within a map")),
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
        // In range of u16 by the checks above.
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
        // Without it the crate would compute it from numbers that nobody checked.
        number(tag, "tileset", "columns")?;
        self.begins_at_one |= first == 1;
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
        // Shapes within tilesets are numbered from 1 in each tile.
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
            return Err(Fault::Markup("a layer with its data twice"));
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
        self.draws_tiles |= encoding.draws(text);
        let expected = self.size.tiles();
        if found == expected {
            Ok(())
        } else {
            Err(Fault::TileCount { found, expected })
        }
    }

    fn close(&mut self, name: &str) -> Result<(), Fault> {
        if self.open.pop() != Some(name) {
            return Err(Fault::Markup("an element ends that did not begin"));
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
