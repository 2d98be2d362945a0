//! The names of objects for display, and the objects that a person asks for.

use parlour_shared::ids::{KindId, ObjectId};
use parlour_sim::{EntityKinds, Kind, Object, Simulation};

use super::display;

/// How a person writes an object: `object:12`.
const PREFIX: &str = "object:";

/// Returns the object that a text such as `object:12` means, or `None` if it means something else.
#[must_use]
pub fn parse_object(text: &str) -> Option<ObjectId> {
    let number = text.strip_prefix(PREFIX)?;
    // Not `+12`, which `parse` accepts.
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| is_number).map(ObjectId)
}

/// Returns the kind of an object.
pub(super) fn kind_of<'a>(simulation: &'a Simulation, object: &Object) -> Option<&'a Kind> {
    simulation.world().resource::<EntityKinds>().get(object.kind())
}

/// Returns the name of an object for display: its kind and its id, as in `chair 12`.
pub(super) fn called(kinds: &EntityKinds, kind: KindId, id: ObjectId) -> String {
    let kind = kinds.get(kind).map_or("object", Kind::name);
    format!("{} {}", display::plain(kind), id.0)
}
