//! What an error of a file means: how the recording ends, in words and metrics, and what helps.

use std::io;

use rustix::io::Errno;

use super::end_cause::EndCause;
use crate::format::EndReason;

/// A kind of error with its own advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No room, or no more of it for this user.
    DiskFull,
    /// The limit of a file's size.
    FileTooLarge,
    /// No descriptor is left for another file.
    TooManyFiles,
    /// Anything else.
    Disk,
}

impl Trouble {
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::FileTooLarge => Self::FileTooLarge,
            _ if is_without_descriptors(error) => Self::TooManyFiles,
            _ => Self::Disk,
        }
    }

    /// In the end marker of a file.
    pub(super) fn end_reason(self) -> EndReason {
        match self {
            Self::DiskFull | Self::FileTooLarge => EndReason::DiskFull,
            Self::TooManyFiles | Self::Disk => EndReason::DiskError,
        }
    }

    /// In the label of the metric.
    pub(super) fn ending(self) -> EndCause {
        match self {
            Self::DiskFull | Self::FileTooLarge => EndCause::DiskFull,
            Self::TooManyFiles => EndCause::TooManyFiles,
            Self::Disk => EndCause::DiskError,
        }
    }

    /// What a person can do, as a sentence without its point.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::DiskFull => "Make room, or lower --record-total-mib",
            Self::FileTooLarge => {
                "Raise the limit of a file's size (ulimit -f, or LimitFSIZE= of systemd), or lower --record-file-mib"
            }
            Self::TooManyFiles => {
                "Raise the limit of open files (ulimit -n, or LimitNOFILE= of systemd), or lower --max-connections"
            }
            Self::Disk => "Look at the disk, and at the permissions of the directory",
        }
    }
}

/// Whether the process, or the whole system, has no descriptor left for another open file.
pub(super) fn is_without_descriptors(error: &io::Error) -> bool {
    let none_left = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|code| none_left.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_open_files_is_no_full_disk() {
        let no_descriptor = io::Error::from(Errno::MFILE);
        let trouble = Trouble::of(&no_descriptor);
        assert_eq!(trouble, Trouble::TooManyFiles);
        assert!(trouble.advice().contains("ulimit -n") && !trouble.advice().contains("room"));
        let no_room = io::Error::from(Errno::NOSPC);
        assert_eq!(Trouble::of(&no_room), Trouble::DiskFull);
    }
}
