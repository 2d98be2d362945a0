//! Why the history is written out: names of files, metrics and limits depend on it.

/// Why the history is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody asked.
    Asked,
    /// A tick took far too long.
    Overrun,
    /// A tick panicked.
    Panic,
    /// The shadow came to another world.
    Diverged,
}

impl Reason {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Asked, Self::Overrun, Self::Panic, Self::Diverged];

    /// In the names of files and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Overrun => "overrun",
            Self::Panic => "panic",
            Self::Diverged => "diverged",
        }
    }
}
