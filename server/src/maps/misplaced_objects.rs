//! Finds objects that are probably meant as doors or spawn points, but have the wrong class or
//! layer.

use tiled::{LayerType, PropertyValue};

use super::{
    MAX_OBJECTS,
    error::Fault,
    place::{PlacedFault, place},
};

/// The classes of objects, each with the layer in which it is read.
const CLASSES: [(&str, &str); 2] = [("door", "doors"), ("spawn", "spawns")];

/// Returns warnings about the objects of a map, at most [`MAX_OBJECTS`].
pub(super) fn check(tmx: &tiled::Map) -> Vec<PlacedFault> {
    let mut found = Vec::new();
    // The precheck bounds the number of elements and their nesting, so this list is short.
    let mut todo: Vec<(tiled::Layer<'_>, bool)> = tmx.layers().map(|layer| (layer, true)).collect();
    while let Some((layer, is_at_top)) = todo.pop() {
        match layer.layer_type() {
            LayerType::Group(group) => todo.extend(group.layers().map(|layer| (layer, false))),
            LayerType::Objects(objects) => {
                let objects = objects.objects();
                found.extend(objects.filter_map(|object| {
                    let fault = misplacement(&object, &layer.name, is_at_top)?;
                    let kind = match fault {
                        Fault::InOtherLayer { kind: "door", .. } => "door",
                        _ => "spawn point",
                    };
                    let place = place(kind, &object);
                    Some(PlacedFault { place, fault })
                }));
            }
            LayerType::Tiles(_) | LayerType::Image(_) => {}
        }
        if found.len() > MAX_OBJECTS {
            found.truncate(MAX_OBJECTS);
            break;
        }
    }
    found
}

/// Returns the fault of an object that is probably in the wrong layer or of the wrong class.
fn misplacement(object: &tiled::Object<'_>, layer: &str, is_at_top: bool) -> Option<Fault> {
    let class = object.user_type.as_str();
    let is_read = |of: &str| is_at_top && layer == of;
    // In the layer of doors, a different class is an error.
    if is_read("doors") {
        return None;
    }
    if is_read("spawns") {
        return match CLASSES.iter().find(|(kind, _)| is_nearly(class, kind)) {
            Some(("spawn", _)) if class == "spawn" => None,
            Some(_) => Some(Fault::SpawnOfOtherClass(class.to_owned())),
            None => None,
        };
    }
    // In the layer of objects, a class is the name of a kind, which may be `door`.
    if is_read("objects") {
        return None;
    }
    let leads_somewhere = ["to_map", "to_spawn"]
        .iter()
        .any(|name| matches!(object.properties.get(*name), Some(PropertyValue::StringValue(_))));
    let meant = match leads_somewhere {
        true => CLASSES.first(),
        false => CLASSES.iter().find(|(kind, _)| is_nearly(class, kind)),
    };
    meant.map(|(kind, layer)| Fault::InOtherLayer { kind, layer })
}

/// Returns whether a text equals a word, ignoring case and at most one typo: an extra letter, a
/// missing letter, a wrong letter, or two swapped letters.
fn is_nearly(text: &str, word: &str) -> bool {
    // A much longer text is not a typo. This also bounds the time of the comparison.
    if text.len() > 2 * word.len() {
        return false;
    }
    let letters = |text: &str| text.trim().to_lowercase().chars().collect::<Vec<_>>();
    let (text, word) = (letters(text), letters(word));
    let same = |pair: &(&char, &char)| pair.0 == pair.1;
    let before = text.iter().zip(&word).take_while(same).count();
    let (text, word) = (&text[before..], &word[before..]);
    let after = text.iter().rev().zip(word.iter().rev()).take_while(same).count();
    match (&text[..text.len() - after], &word[..word.len() - after]) {
        ([] | [_], [] | [_]) => true,
        ([a, b], [c, d]) => (a, b) == (d, c),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_one_letter() {
        for text in ["spawn", "spwan", "Spawn", "spawns", "spaw", "spown", " spawn "] {
            assert!(is_nearly(text, "spawn"), "{text}");
        }
        for text in ["", "s", "spa", "npc", "respawn", "player", "door"] {
            assert!(!is_nearly(text, "spawn"), "{text}");
        }
        for text in ["", "floor", "room", "indoor", "window"] {
            assert!(!is_nearly(text, "door"), "{text}");
        }
    }
}
