//! Maps: the bundled ones are valid, and invalid files are rejected with file, place and reason.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod bundled;
mod bundled_selection;
mod contents;
mod directory;
mod invalid_maps;
mod map_directory;
mod mutations;
mod placed_objects;
mod reachability;
mod small_map;
