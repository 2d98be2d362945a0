//! The bundled maps, which are compiled into the program, and the choice of those to serve.

/// The bundled maps as name and TMX text, sorted by name.
pub(super) const BUNDLED: &[(&str, &str)] = &[
    ("garden", include_str!("../../../assets/maps/garden.tmx")),
    ("lobby", include_str!("../../../assets/maps/lobby.tmx")),
    ("plaza", include_str!("../../../assets/maps/plaza.tmx")),
];

/// The choice of bundled maps to serve. A map of a directory replaces the bundled map with the same
/// name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BundledMaps {
    /// All bundled maps.
    #[default]
    All,
    /// The maps with these names. Unknown names are ignored.
    Only(Vec<String>),
}

impl BundledMaps {
    /// Returns the empty choice: no bundled map is served.
    #[must_use]
    pub const fn none() -> Self {
        Self::Only(Vec::new())
    }

    /// Returns the names of all bundled maps, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUNDLED.iter().map(|(name, _)| *name)
    }

    /// Returns whether this map is served.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|one| one == name),
        }
    }
}
