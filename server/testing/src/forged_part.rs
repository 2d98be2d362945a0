//! Saved worlds with a part that the world did not save.

use parlour_sim::{SavedPart, SavedState, StableId};

use crate::TestWorld;

/// Returns the saved world with different bytes of the part with this name, of which there must be
/// one. The saved hash is still that of the world.
pub fn forged_part(world: &mut TestWorld, name: &str, value: &[u8]) -> Vec<u8> {
    forged_where(world, name, value, |_| true)
}

/// Like [`forged_part`], for the part of an entity. Others may also have one.
pub fn forged_part_of(world: &mut TestWorld, owner: StableId, name: &str, value: &[u8]) -> Vec<u8> {
    forged_where(world, name, value, |id| id == Some(owner))
}

fn forged_where(
    world: &mut TestWorld,
    name: &str,
    value: &[u8],
    is_meant: impl Fn(Option<StableId>) -> bool,
) -> Vec<u8> {
    let tag = world.sim.part_names().position(|part| part == name).unwrap();
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
            let is_forged = usize::from(saved.tag) == tag && is_meant(owner);
            replaced += u32::from(is_forged);
            let value = if is_forged { value } else { saved.bytes };
            out.push(saved.tag);
            out.extend_from_slice(&(value.len() as u32).to_le_bytes());
            out.extend_from_slice(value);
        }
    };
    for saved in &state.entities {
        out.extend_from_slice(&saved.id.number().to_le_bytes());
        write(Some(saved.id), &saved.parts, &mut out);
    }
    write(None, &state.resources, &mut out);
    assert_eq!(replaced, 1);
    out
}
