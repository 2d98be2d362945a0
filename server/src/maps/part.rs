//! Parts of a map: which names they may have, and what messages call them.

use parlour_shared::text::RoomName;

use super::{MAX_NAME_BYTES, error::Fault};

/// A fault and the place where it is.
pub(super) struct Placed {
    pub(super) place: String,
    pub(super) fault: Fault,
}

impl From<Fault> for Placed {
    fn from(fault: Fault) -> Self {
        Self {
            place: String::new(),
            fault,
        }
    }
}

/// Whether rooms and doors can use this name.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && !name.contains('/') && RoomName::parse(name).is_some()
}

/// A layer that was moved shows its things elsewhere than they are.
pub(super) fn unmoved(layer: &tiled::Layer<'_>) -> Result<(), Placed> {
    if layer.offset_x == 0.0 && layer.offset_y == 0.0 {
        return Ok(());
    }
    Err(Placed {
        place: format!("layer `{}`", layer.name),
        fault: Fault::LayerOffset,
    })
}

/// What messages call an object: its name, if it has one, its id and where it is.
pub(super) fn place(kind: &str, object: &tiled::Object<'_>) -> String {
    let (x, y) = (object.x, object.y);
    let name = match object.name.as_str() {
        "" => String::new(),
        name => format!(" {name:?}"),
    };
    format!("{kind}{name} (object {}) at {x}, {y} px", object.id())
}
