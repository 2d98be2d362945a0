//! Saved worlds that no server saved.

use parlour_sim::{SavedPart, SavedState, StableId};

use crate::TestWorld;

/// Returns the saved world with a different value of one part. Only one entity has the part, or it
/// is a resource.
///
/// # Panics
/// If several entities or none has the part.
pub fn forged(world: &mut TestWorld, part: &str, value: &[u8]) -> Vec<u8> {
    forged_where(world, part, |_| true, value)
}

/// Returns the saved world with a different value of one part of this entity.
///
/// # Panics
/// If the entity does not have the part.
pub fn forged_of(world: &mut TestWorld, owner: StableId, part: &str, value: &[u8]) -> Vec<u8> {
    forged_where(world, part, |id| id == Some(owner), value)
}

fn forged_where(
    world: &mut TestWorld,
    part: &str,
    is_meant: impl Fn(Option<StableId>) -> bool,
    value: &[u8],
) -> Vec<u8> {
    let tag = world.sim.part_names().position(|name| name == part);
    let tag = tag.expect("it is a part") as u8;
    let bytes = world.saved();
    let state = SavedState::parse(&bytes).unwrap();
    let mut out = Vec::new();
    out.extend_from_slice(&state.tick.0.to_le_bytes());
    out.extend_from_slice(&state.hash.to_le_bytes());
    out.extend_from_slice(&(state.entities.len() as u32).to_le_bytes());
    let mut replaced = 0;
    let mut write = |owner: Option<StableId>, parts: &[SavedPart<'_>], out: &mut Vec<u8>| {
        out.push(parts.len() as u8);
        for saved in parts {
            let is_forged = saved.tag == tag && is_meant(owner);
            replaced += u32::from(is_forged);
            let value = if is_forged { value } else { saved.bytes };
            out.push(saved.tag);
            out.extend_from_slice(&(value.len() as u32).to_le_bytes());
            out.extend_from_slice(value);
        }
    };
    for entity in &state.entities {
        out.extend_from_slice(&entity.id.number().to_le_bytes());
        write(Some(entity.id), &entity.parts, &mut out);
    }
    write(None, &state.resources, &mut out);
    assert_eq!(replaced, 1, "{part}");
    out
}
