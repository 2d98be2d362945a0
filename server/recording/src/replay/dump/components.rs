//! The replicated components of a player or an object.

use parlour_sim::Kind;
use serde_json::{Map, Value};

use crate::replay::display;

/// Takes the replicated components of a kind out of everything that is saved of an entity. A
/// component without fields is `true`, as for JSON clients.
pub(super) fn take(
    kind: Option<&Kind>,
    mut take_part: impl FnMut(&str) -> Option<Value>,
) -> Map<String, Value> {
    let names = kind.map_or(&[][..], Kind::components).iter();
    names
        .filter_map(|name| {
            let value = take_part(name)?;
            let value = if value.is_null() { Value::Bool(true) } else { value };
            Some((name.clone(), value))
        })
        .collect()
}

/// Returns them as one line.
pub(super) fn in_words(components: &Map<String, Value>) -> String {
    let shown = components.iter().map(|(name, value)| format!("{name} {value}"));
    display::plain(&shown.collect::<Vec<_>>().join(", "))
}
