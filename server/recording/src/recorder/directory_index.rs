//! The files of a directory of recordings, and their sizes, in memory: 1,000 worlds write as many
//! chunks per second, and each asks whether there is room for one.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use super::file_name::FileName;

/// The files and their sizes in bytes.
#[derive(Debug, Default)]
pub(super) struct DirectoryIndex {
    /// The files that this process is writing. They are not deleted.
    writing: BTreeMap<FileName, u64>,
    /// All other files, the oldest first.
    finished: BTreeMap<FileName, u64>,
    /// The sum of all sizes.
    total: u64,
}

impl DirectoryIndex {
    /// Returns the sum of all sizes.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Adds a file that will be written. Returns `false` if it is being written already.
    pub(super) fn begin(&mut self, file: &FileName) -> bool {
        let is_new = !self.writing.contains_key(file);
        if is_new {
            self.writing.insert(file.clone(), 0);
        }
        is_new
    }

    /// Notes the size of a file that is being written.
    pub(super) fn note_size(&mut self, file: &FileName, bytes: u64) {
        if let Some(size) = self.writing.get_mut(file) {
            self.total = self.total - *size + bytes;
            *size = bytes;
        }
    }

    /// Notes that a file is finished, and its size if that is known.
    pub(super) fn finish(&mut self, file: &FileName, bytes: Option<u64>) {
        if let Some(noted) = self.writing.remove(file) {
            self.total -= noted;
            self.insert(file.clone(), bytes.unwrap_or(noted));
        }
    }

    /// Notes that a file does not exist, or is not ours.
    pub(super) fn forget(&mut self, file: &FileName) {
        let sizes = [self.writing.remove(file), self.finished.remove(file)];
        self.total -= sizes.into_iter().flatten().sum::<u64>();
    }

    /// Replaces the finished files by those that were found. Files that are being written stay as
    /// they are.
    pub(super) fn replace(&mut self, found: Vec<(FileName, u64)>) {
        self.finished.clear();
        self.total = self.writing.values().sum();
        for (file, bytes) in found {
            if !self.writing.contains_key(&file) {
                self.insert(file, bytes);
            }
        }
    }

    /// Returns the oldest finished file that is newer than `after`.
    pub(super) fn next_finished(&self, after: Option<&FileName>) -> Option<(&FileName, u64)> {
        let from = after.map_or(Unbounded, Excluded);
        let mut rest = self.finished.range::<FileName, _>((from, Unbounded));
        rest.next().map(|(file, bytes)| (file, *bytes))
    }

    fn insert(&mut self, file: FileName, bytes: u64) {
        let before = self.finished.insert(file, bytes).unwrap_or(0);
        self.total = self.total - before + bytes;
    }

    /// Returns the files that are being written.
    #[cfg(test)]
    pub(super) fn writing(&self) -> impl Iterator<Item = &FileName> {
        self.writing.keys()
    }
}
