//! Faults with their places in a map, the names of places in errors, and the rule for valid names.

use parlour_shared::text::RoomName;

use super::{MAX_NAME_BYTES, error::Fault};

/// A fault, and its place in the map. The place is empty if the fault concerns the whole map.
pub(super) struct PlacedFault {
    pub(super) place: String,
    pub(super) fault: Fault,
}

impl From<Fault> for PlacedFault {
    fn from(fault: Fault) -> Self {
        Self {
            place: String::new(),
            fault,
        }
    }
}

/// Returns whether maps and spawn points may have this name.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && !name.contains('/') && RoomName::parse(name).is_some()
}

/// Returns an error for a layer with an offset, because Tiled shows its contents at different
/// places.
pub(super) fn without_offset(layer: &tiled::Layer<'_>) -> Result<(), PlacedFault> {
    if layer.offset_x == 0.0 && layer.offset_y == 0.0 {
        return Ok(());
    }
    Err(PlacedFault {
        place: format!("layer `{}`", layer.name),
        fault: Fault::LayerOffset,
    })
}

/// Returns the text that names an object in errors: its kind, name, id and position.
pub(super) fn place(kind: &str, object: &tiled::Object<'_>) -> String {
    let (x, y) = (object.x, object.y);
    let name = match object.name.as_str() {
        "" => String::new(),
        name => format!(" {name:?}"),
    };
    format!("{kind}{name} (object {}) at {x}, {y} px", object.id())
}
