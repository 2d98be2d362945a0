//! What game logic declared for clients.

use std::sync::Arc;

use parlour_shared::json_forms::JsonForms;

use super::Simulation;
use crate::extend::{self, Declaration};

impl Simulation {
    /// Returns what game logic declared for clients, in the order of declaration.
    #[must_use]
    pub fn declarations(&self) -> &[Declaration] {
        extend::declarations(&self.world)
    }

    /// Returns the JSON forms of what this world sends in binary.
    #[must_use]
    pub fn json_forms(&self) -> &Arc<JsonForms> {
        extend::json_forms(&self.world)
    }
}
