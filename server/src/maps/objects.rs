//! Reads the spawn points and doors from the object layers of a map.

use parlour_shared::{
    map::{Door, Spawn},
    motion::{Position, UNITS_PER_PX, WallGrid},
};
use tiled::{LayerType, ObjectShape, PropertyValue};

use super::{
    MAX_OBJECTS,
    error::Fault,
    place::{PlacedFault, is_name, place, without_offset},
};

/// The doors or the spawn points of a map, in the order of the file.
pub(super) struct ObjectList<T> {
    pub(super) objects: Vec<T>,
    /// The name of each object in errors.
    pub(super) places: Vec<String>,
}

/// Returns the spawn points of a map.
pub(super) fn spawns(
    tmx: &tiled::Map,
    walls: &WallGrid,
    doors: &[Door],
) -> Result<ObjectList<Spawn>, PlacedFault> {
    let objects = objects(tmx, "spawns", MAX_OBJECTS)?.ok_or(Fault::Layer {
        kind: "object",
        name: "spawns",
        found: 0,
    })?;
    let mut spawns: Vec<Spawn> = Vec::new();
    let mut places = Vec::new();
    for object in objects {
        let place = place("spawn point", &object);
        let spawn = spawn(&object, walls, doors)
            .and_then(|spawn| {
                let taken = spawns.iter().any(|other| other.name == spawn.name);
                if taken {
                    Err(Fault::DuplicateSpawn)
                } else {
                    Ok(spawn)
                }
            })
            .map_err(|fault| PlacedFault {
                place: place.clone(),
                fault,
            })?;
        spawns.push(spawn);
        places.push(place);
    }
    if spawns.iter().all(|spawn| spawn.name != "default") {
        return Err(Fault::NoDefaultSpawn.into());
    }
    Ok(ObjectList {
        objects: spawns,
        places,
    })
}

/// Returns the doors of a map, which may have none.
pub(super) fn doors(tmx: &tiled::Map, size_px: (u32, u32)) -> Result<ObjectList<Door>, PlacedFault> {
    let objects = objects(tmx, "doors", MAX_OBJECTS)?.unwrap_or_default();
    let (mut doors, mut places) = (Vec::new(), Vec::new());
    for object in objects {
        let place = place("door", &object);
        match door(&object, size_px) {
            Ok(door) => doors.push(door),
            Err(fault) => return Err(PlacedFault { place, fault }),
        }
        places.push(place);
    }
    Ok(ObjectList {
        objects: doors,
        places,
    })
}

/// Returns the objects of the object layer with this name at the top level, or `None` if there is
/// no such layer.
pub(super) fn objects<'a>(
    tmx: &'a tiled::Map,
    name: &'static str,
    most: usize,
) -> Result<Option<Vec<tiled::Object<'a>>>, PlacedFault> {
    let mut found = Vec::new();
    for layer in tmx.layers().filter(|layer| layer.name == name) {
        if let LayerType::Objects(objects) = layer.layer_type() {
            without_offset(&layer)?;
            found.push(objects);
        }
    }
    if found.len() > 1 {
        return Err(Fault::Layer {
            kind: "object",
            name,
            found: found.len(),
        }
        .into());
    }
    let Some(layer) = found.pop() else {
        return Ok(None);
    };
    if layer.object_data().len() > most {
        return Err(PlacedFault {
            place: format!("layer `{name}`"),
            fault: Fault::TooManyObjects(most),
        });
    }
    Ok(Some(layer.objects().collect()))
}

fn spawn(object: &tiled::Object<'_>, walls: &WallGrid, doors: &[Door]) -> Result<Spawn, Fault> {
    if !matches!(object.shape, ObjectShape::Point(..)) {
        return Err(Fault::Shape("point"));
    }
    if !is_name(&object.name) {
        return Err(Fault::BadName(object.name.clone()));
    }
    let units = |px: f32| whole(f64::from(px) * f64::from(UNITS_PER_PX));
    let position = units(object.x)
        .zip(units(object.y))
        .map(|(x, y)| Position { x, y });
    let position = position
        .filter(|place| walls.is_free(*place))
        .ok_or(Fault::SpawnInWall)?;
    if doors.iter().any(|door| door.contains(position)) {
        return Err(Fault::SpawnInDoor);
    }
    Ok(Spawn {
        name: object.name.clone(),
        position,
    })
}

fn door(object: &tiled::Object<'_>, size_px: (u32, u32)) -> Result<Door, Fault> {
    if object.user_type != "door" {
        return Err(Fault::NotADoor(object.user_type.clone()));
    }
    let ObjectShape::Rect { width, height } = object.shape else {
        return Err(Fault::Shape("rectangle"));
    };
    if object.rotation != 0.0 || object.tile_data().is_some() {
        return Err(Fault::Shape("rectangle that is not rotated and shows no tile"));
    }
    let (x, w) = span(object.x, width, size_px.0).ok_or(Fault::DoorOutside)?;
    let (y, h) = span(object.y, height, size_px.1).ok_or(Fault::DoorOutside)?;
    let word = |name: &'static str| match object.properties.get(name) {
        Some(PropertyValue::StringValue(text)) if is_name(text) => Ok(text.clone()),
        Some(PropertyValue::StringValue(text)) => Err(Fault::BadName(text.clone())),
        _ => Err(Fault::Property(name)),
    };
    Ok(Door {
        x,
        y,
        w,
        h,
        to_map: word("to_map")?,
        to_spawn: word("to_spawn")?,
    })
}

/// Returns the start and the length of a door along one axis, with both edges rounded to the
/// nearest pixel. Returns `None` if the door is not within the map.
fn span(start: f32, length: f32, size: u32) -> Option<(i32, i32)> {
    let first = whole(f64::from(start))?;
    let last = whole(f64::from(start) + f64::from(length))?;
    let within = first >= 0 && first < last && i64::from(last) <= i64::from(size);
    within.then_some((first, last - first))
}

/// Returns the nearest whole number, or `None` if it is out of range.
pub(super) fn whole(value: f64) -> Option<i32> {
    let rounded = value.round();
    // NaN is outside every range.
    (f64::from(i32::MIN / 2)..f64::from(i32::MAX / 2))
        .contains(&rounded)
        .then_some(rounded as i32)
}
