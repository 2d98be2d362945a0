//! The files of a directory that were not chosen.

use std::fmt;

/// Counts the files that were not chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtherFiles {
    /// Files of the same run before the first chosen one.
    pub earlier: usize,
    /// Other runs of the server, of one or more files.
    pub runs: usize,
    /// Histories.
    pub histories: usize,
    /// Files named `*.plr` that are not recordings, or are starting just now.
    pub unreadable: usize,
}

impl OtherFiles {
    /// Returns whether any of these files can be replayed.
    #[must_use]
    pub fn can_be_replayed(&self) -> bool {
        self.earlier + self.runs + self.histories > 0
    }
}

/// Lists the counts that are not 0, and is empty if all are.
impl fmt::Display for OtherFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (
                self.unreadable,
                "file that cannot be read",
                "files that cannot be read",
            ),
            (
                self.earlier,
                "earlier file of this run",
                "earlier files of this run",
            ),
            (self.runs, "other run", "other runs"),
            (self.histories, "history", "histories"),
        ];
        let mut separator = "";
        for (count, one, several) in parts {
            if count > 0 {
                write!(f, "{separator}{count} {}", if count == 1 { one } else { several })?;
                separator = ", ";
            }
        }
        Ok(())
    }
}
