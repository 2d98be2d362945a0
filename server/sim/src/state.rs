//! The registry of the state: every component and resource on which later ticks depend, declared
//! once. The hash, keyframes and the tools that show the state all use this declaration.

mod declare;
mod error;
mod fold;
mod load;
mod part;
mod part_registry;
mod save;
mod saved;
mod stable_id;

pub(crate) use declare::{component, component_as, derived, name_of, resource, resource_as};
pub use error::LoadError;
pub use fold::Fold;
pub(crate) use load::{load, verify};
pub(crate) use part::EntityIndex;
pub(crate) use part_registry::{PartRegistry, check_declared};
pub(crate) use save::{Saver, encode_part, show_entity};
pub use saved::{EntityState, SavedPart, SavedState};
pub use stable_id::StableId;
pub(crate) use stable_id::{StableEntity, StableIds, find, when_free};
