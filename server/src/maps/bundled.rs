//! The maps that are part of the program, and the choice of those that are served.

/// By name.
pub(super) const BUNDLED: &[(&str, &str)] = &[
    ("garden", include_str!("../../../assets/maps/garden.tmx")),
    ("lobby", include_str!("../../../assets/maps/lobby.tmx")),
    ("plaza", include_str!("../../../assets/maps/plaza.tmx")),
];

/// Which of the bundled maps are served, unless a map of the same name replaces them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Bundled {
    /// All of them.
    #[default]
    All,
    /// The maps with these names. Unknown names are ignored.
    Only(Vec<String>),
}

impl Bundled {
    /// None of them.
    #[must_use]
    pub const fn none() -> Self {
        Self::Only(Vec::new())
    }

    /// The names of all bundled maps, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUNDLED.iter().map(|(name, _)| *name)
    }

    /// Returns whether this map is served.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|one| one == name),
        }
    }
}
