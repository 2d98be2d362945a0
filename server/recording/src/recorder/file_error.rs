//! Classifies file errors: how the recording ends, as a reason and a metric label, and advice.

use std::io;

use rustix::io::Errno;

use super::{OptionNames, end_cause::EndCause};
use crate::format::EndReason;

/// A kind of error with its own advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileErrorKind {
    /// No disk space, or the user's quota is used up.
    DiskFull,
    /// The file size limit.
    FileTooLarge,
    /// No file descriptor is left.
    TooManyFiles,
    /// Anything else.
    Disk,
}

impl FileErrorKind {
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::FileTooLarge => Self::FileTooLarge,
            _ if is_without_descriptors(error) => Self::TooManyFiles,
            _ => Self::Disk,
        }
    }

    /// Returns the reason in the end chunk of a file.
    pub(super) fn end_reason(self) -> EndReason {
        match self {
            Self::DiskFull | Self::FileTooLarge => EndReason::DiskFull,
            Self::TooManyFiles | Self::Disk => EndReason::DiskError,
        }
    }

    /// Returns the label of the metric.
    pub(super) fn ending(self) -> EndCause {
        match self {
            Self::DiskFull | Self::FileTooLarge => EndCause::DiskFull,
            Self::TooManyFiles => EndCause::TooManyFiles,
            Self::Disk => EndCause::DiskError,
        }
    }

    /// Returns advice as a sentence without a full stop.
    pub(super) fn advice(self, names: &OptionNames) -> String {
        match self {
            Self::DiskFull => format!("Free disk space, or lower {}", names.total_bytes),
            Self::FileTooLarge => format!(
                "Raise the limit of a file's size (ulimit -f, or LimitFSIZE= of systemd), or lower {}",
                names.file_bytes
            ),
            Self::TooManyFiles => format!(
                "Raise the limit of open files (ulimit -n, or LimitNOFILE= of systemd), or lower {}",
                names.connections
            ),
            Self::Disk => "Check the disk, and the permissions of the directory".to_owned(),
        }
    }
}

/// Returns whether the process or the whole system has no file descriptor left.
pub(super) fn is_without_descriptors(error: &io::Error) -> bool {
    let none_left = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|code| none_left.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_open_files_is_not_a_full_disk() {
        let no_descriptor = io::Error::from(Errno::MFILE);
        let kind = FileErrorKind::of(&no_descriptor);
        assert_eq!(kind, FileErrorKind::TooManyFiles);
        let advice = kind.advice(&OptionNames::FIELDS);
        assert!(advice.contains("ulimit -n") && !advice.contains("disk space"));
        let no_room = io::Error::from(Errno::NOSPC);
        assert_eq!(FileErrorKind::of(&no_room), FileErrorKind::DiskFull);
    }
}
