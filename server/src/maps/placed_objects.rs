//! Reads the objects that a map places in its rooms, from the object layer `objects`.

use parlour_shared::{
    limits::MAX_ROOM_OBJECTS,
    map::MapObject,
    motion::{Position, UNITS_PER_PX},
};
use tiled::{ObjectAlignment, ObjectShape, PropertyValue};

use super::{
    MAX_OBJECT_PROPERTIES, MAX_OBJECT_TEXT_BYTES,
    error::Fault,
    objects::{objects, whole},
    place::{PlacedFault, place},
};

/// The objects of a map, and warnings about those without a class, which are left out.
pub(super) struct PlacedObjects {
    pub(super) objects: Vec<MapObject>,
    pub(super) warnings: Vec<PlacedFault>,
}

/// Returns the objects of a map, which may have none, in the order of the file.
pub(super) fn read(tmx: &tiled::Map, size_px: (u32, u32)) -> Result<PlacedObjects, PlacedFault> {
    let found = objects(tmx, "objects", MAX_ROOM_OBJECTS as usize)?.unwrap_or_default();
    let mut read = PlacedObjects {
        objects: Vec::new(),
        warnings: Vec::new(),
    };
    for object in found {
        let at = |fault| PlacedFault {
            place: place("object", &object),
            fault,
        };
        if object.user_type.is_empty() {
            // One is enough: a layer that is meant for something else has many.
            if read.warnings.is_empty() {
                read.warnings.push(at(Fault::NoClass));
            }
            continue;
        }
        let placed = placed_object(&object, size_px).map_err(at)?;
        read.objects.push(placed);
    }
    Ok(read)
}

fn placed_object(object: &tiled::Object<'_>, size_px: (u32, u32)) -> Result<MapObject, Fault> {
    let (width, height) = match object.shape {
        ObjectShape::Rect { width, height } => (width, height),
        ObjectShape::Point(..) => (0.0, 0.0),
        _ => return Err(Fault::Shape("rectangle, a point or a tile")),
    };
    if object.rotation != 0.0 {
        return Err(Fault::Shape("rectangle, a point or a tile that is not rotated"));
    }
    if [&object.name, &object.user_type].into_iter().any(is_long) {
        return Err(Fault::LongText);
    }
    let (to_middle_x, to_middle_y) = way_to_middle(object);
    let units = |start: f32, length: f32, way: f64, size: u32| {
        let middle = f64::from(start) + f64::from(length) * way;
        let middle = whole(middle * f64::from(UNITS_PER_PX))?;
        (0..=i64::from(size) * i64::from(UNITS_PER_PX))
            .contains(&i64::from(middle))
            .then_some(middle)
    };
    let position = units(object.x, width, to_middle_x, size_px.0)
        .zip(units(object.y, height, to_middle_y, size_px.1))
        .map(|(x, y)| Position { x, y });
    let px = |length: f32| whole(f64::from(length)).and_then(|px| u32::try_from(px).ok());
    Ok(MapObject {
        name: object.name.clone(),
        class: object.user_type.clone(),
        position: position.ok_or(Fault::ObjectOutside)?,
        size_px: px(width).zip(px(height)).ok_or(Fault::ObjectOutside)?,
        properties: properties(object)?,
    })
}

/// Returns the way from the position in the file to the middle, in widths and heights. Tiled
/// positions a rectangle by its upper left corner, and a tile by the point that its tileset names:
/// usually the lower left corner.
fn way_to_middle(object: &tiled::Object<'_>) -> (f64, f64) {
    let Some(tile) = object.get_tile() else {
        return (0.5, 0.5);
    };
    match tile.get_tileset().object_alignment {
        ObjectAlignment::Unspecified | ObjectAlignment::BottomLeft => (0.5, -0.5),
        ObjectAlignment::TopLeft => (0.5, 0.5),
        ObjectAlignment::Top => (0.0, 0.5),
        ObjectAlignment::TopRight => (-0.5, 0.5),
        ObjectAlignment::Left => (0.5, 0.0),
        ObjectAlignment::Center => (0.0, 0.0),
        ObjectAlignment::Right => (-0.5, 0.0),
        ObjectAlignment::Bottom => (0.0, -0.5),
        ObjectAlignment::BottomRight => (-0.5, -0.5),
    }
}

/// Returns the properties of an object as texts, sorted by name.
fn properties(object: &tiled::Object<'_>) -> Result<Vec<(String, String)>, Fault> {
    if object.properties.len() > MAX_OBJECT_PROPERTIES {
        return Err(Fault::TooManyProperties);
    }
    let mut properties = Vec::with_capacity(object.properties.len());
    for (name, value) in &object.properties {
        let value = match value {
            PropertyValue::BoolValue(value) => value.to_string(),
            PropertyValue::FloatValue(value) => value.to_string(),
            PropertyValue::IntValue(value) => value.to_string(),
            PropertyValue::ColorValue(color) => {
                let [alpha, red, green, blue] = [color.alpha, color.red, color.green, color.blue];
                format!("#{alpha:02x}{red:02x}{green:02x}{blue:02x}")
            }
            PropertyValue::StringValue(value) | PropertyValue::FileValue(value) => value.clone(),
            PropertyValue::ObjectValue(id) => id.to_string(),
            PropertyValue::ListValue(_) | PropertyValue::ClassValue { .. } => {
                return Err(Fault::NestedProperty(name.clone()));
            }
        };
        if is_long(name) || is_long(&value) {
            return Err(Fault::LongText);
        }
        properties.push((name.clone(), value));
    }
    properties.sort_unstable();
    Ok(properties)
}

fn is_long(text: impl AsRef<str>) -> bool {
    text.as_ref().len() > MAX_OBJECT_TEXT_BYTES
}
