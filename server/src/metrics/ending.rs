//! Why a recording ends, as a label.

/// Why a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Stopped,
    DiskFull,
    DiskError,
    TooManyFiles,
    TooSlow,
    /// A tick panicked.
    Panicked,
    /// A thread of the recorder panicked.
    Failed,
}

impl Ending {
    pub(crate) const ALL: [Self; 7] = [
        Self::Stopped,
        Self::DiskFull,
        Self::DiskError,
        Self::TooManyFiles,
        Self::TooSlow,
        Self::Panicked,
        Self::Failed,
    ];

    /// In the label of the metric.
    pub(crate) fn word(self) -> &'static str {
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
