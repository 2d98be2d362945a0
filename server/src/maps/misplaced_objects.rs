//! Finds objects that were meant as doors or spawn points, but whose class or layer is wrong.

use tiled::{LayerType, PropertyValue};

use super::{
    MAX_OBJECTS,
    error::Fault,
    place::{PlacedFault, place},
};

/// What objects of a map can be, with their layer.
const KINDS: [(&str, &str); 2] = [("door", "doors"), ("spawn", "spawns")];

/// Returns warnings about the objects of a map: at most as many as a layer may have objects.
pub(super) fn check(tmx: &tiled::Map) -> Vec<PlacedFault> {
    let mut found = Vec::new();
    // The survey bounds the number of elements and their nesting.
    let mut todo: Vec<(tiled::Layer<'_>, bool)> = tmx.layers().map(|layer| (layer, true)).collect();
    while let Some((layer, is_at_top)) = todo.pop() {
        match layer.layer_type() {
            LayerType::Group(group) => todo.extend(group.layers().map(|layer| (layer, false))),
            LayerType::Objects(objects) => {
                let objects = objects.objects();
                found.extend(objects.filter_map(|object| {
                    let fault = odd(&object, &layer.name, is_at_top)?;
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

fn odd(object: &tiled::Object<'_>, layer: &str, is_at_top: bool) -> Option<Fault> {
    let class = object.user_type.as_str();
    let is_read = |of: &str| is_at_top && layer == of;
    // Objects in the layer `doors` must have the class `door`, which is checked where doors are
    // read.
    if is_read("doors") {
        return None;
    }
    if is_read("spawns") {
        return match KINDS.iter().find(|(kind, _)| is_nearly(class, kind)) {
            Some(("spawn", _)) if class == "spawn" => None,
            Some(_) => Some(Fault::SpawnOfOtherClass(class.to_owned())),
            None => None,
        };
    }
    let leads_somewhere = ["to_map", "to_spawn"]
        .iter()
        .any(|name| matches!(object.properties.get(*name), Some(PropertyValue::StringValue(_))));
    let meant = match leads_somewhere {
        true => KINDS.first(),
        false => KINDS.iter().find(|(kind, _)| is_nearly(class, kind)),
    };
    meant.map(|(kind, layer)| Fault::InOtherLayer { kind, layer })
}

/// Returns whether one text is the other except for upper case and one typo: a letter too many, too
/// few or different, or two letters swapped.
fn is_nearly(text: &str, word: &str) -> bool {
    // Longer texts are not typos, and need not be compared.
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
