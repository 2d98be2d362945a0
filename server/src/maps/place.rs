//! Parts of a map: which names are valid, and how errors name a part.

use parlour_shared::text::RoomName;

use super::{MAX_NAME_BYTES, error::Fault};

/// A fault and its place.
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

/// Returns whether rooms and doors can use this name.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && !name.contains('/') && RoomName::parse(name).is_some()
}

/// Refuses a layer with an offset: Tiled shows its contents at different places.
pub(super) fn unmoved(layer: &tiled::Layer<'_>) -> Result<(), PlacedFault> {
    if layer.offset_x == 0.0 && layer.offset_y == 0.0 {
        return Ok(());
    }
    Err(PlacedFault {
        place: format!("layer `{}`", layer.name),
        fault: Fault::LayerOffset,
    })
}

/// Returns how errors name an object: its kind, its name if it has one, its id and its position.
pub(super) fn place(kind: &str, object: &tiled::Object<'_>) -> String {
    let (x, y) = (object.x, object.y);
    let name = match object.name.as_str() {
        "" => String::new(),
        name => format!(" {name:?}"),
    };
    format!("{kind}{name} (object {}) at {x}, {y} px", object.id())
}
