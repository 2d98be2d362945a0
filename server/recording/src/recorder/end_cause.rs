//! Why a recording ended, as a metric label.

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndCause {
    /// The server stopped.
    Stopped,
    /// The disk was full, or a file size limit was reached.
    DiskFull,
    /// The disk failed in a different way.
    DiskError,
    /// The process had too many files open.
    TooManyFiles,
    /// The disk or the recorder fell behind, so ticks are missing.
    TooSlow,
    /// A tick panicked.
    Panicked,
    /// A thread of the recorder panicked.
    Failed,
}

impl EndCause {
    /// All causes, in the order of their discriminants.
    pub const ALL: [Self; 7] = [
        Self::Stopped,
        Self::DiskFull,
        Self::DiskError,
        Self::TooManyFiles,
        Self::TooSlow,
        Self::Panicked,
        Self::Failed,
    ];

    /// Returns the label of the metric.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::DiskFull => "disk_full",
            Self::DiskError => "disk_error",
            Self::TooManyFiles => "too_many_files",
            Self::TooSlow => "too_slow",
            Self::Panicked => "panicked",
            Self::Failed => "failed",
        }
    }
}
