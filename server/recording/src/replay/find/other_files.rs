//! What a directory has beside the files that were chosen from it.

use std::fmt;

/// What was not chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtherFiles {
    /// Files of the same run before the first that was chosen.
    pub earlier: usize,
    /// Other runs of the server, of one file or several.
    pub runs: usize,
    /// Histories.
    pub histories: usize,
    /// Files named `*.plr` that are no recordings, or are just being begun.
    pub unreadable: usize,
}

impl OtherFiles {
    /// Whether there is something else that can be replayed.
    #[must_use]
    pub fn can_be_replayed(&self) -> bool {
        self.earlier + self.runs + self.histories > 0
    }
}

/// A list of what there is; an empty text for nothing.
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
