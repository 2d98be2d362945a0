//! Which files of a directory are one run of the server.

use std::{collections::BTreeMap, iter};

use super::listing::ListedFile;
use crate::{
    format::Times,
    replay::{
        dump::LOOK_BACK,
        moment::{Moment, MomentPosition},
    },
};

/// Which file continues which. Without these maps, a search for each step took minutes in a
/// directory of 1,000 files.
pub(super) struct Runs<'a> {
    by_name: BTreeMap<&'a str, &'a ListedFile>,
    /// Each file by the name of the file that it continues. If two files continue the same file,
    /// the first in the list.
    by_previous: BTreeMap<&'a str, &'a ListedFile>,
}

impl<'a> Runs<'a> {
    pub(super) fn of(recordings: &'a [ListedFile]) -> Self {
        let (mut by_name, mut by_previous) = (BTreeMap::new(), BTreeMap::new());
        for file in recordings {
            by_name.insert(file.name.as_str(), file);
            if let Some(previous) = &file.previous {
                by_previous.entry(previous.as_str()).or_insert(file);
            }
        }
        Self { by_name, by_previous }
    }

    /// Returns the file that a recording continues, if it exists. A file that ends with a panic is
    /// the last of its run: the world that was recovered runs the fatal tick again, without its
    /// input, so the two cannot be replayed as one recording.
    pub(super) fn before(&self, file: &ListedFile) -> Option<&'a ListedFile> {
        let before = self.by_name.get(file.previous.as_deref()?).copied();
        before.filter(|before| !before.ending.is_panic())
    }

    /// Returns a file and the files that it continues, the latest first. Their number is bounded,
    /// even if files continue each other in a cycle.
    pub(super) fn back(&self, file: &'a ListedFile) -> impl Iterator<Item = &'a ListedFile> {
        iter::successors(Some(file), |file| self.before(file)).take(self.by_name.len())
    }

    /// Returns the first file of a run.
    pub(super) fn beginning(&self, file: &'a ListedFile) -> &'a ListedFile {
        self.back(file).last().unwrap_or(file)
    }

    /// Returns the file in which a look-back from `at` starts. `file` contains `at`.
    pub(super) fn start_of_look_back(
        &self,
        file: &'a ListedFile,
        at: &Moment,
        from: Option<&Moment>,
    ) -> &'a ListedFile {
        let at = at.tick(&file.times).ok();
        let is_early_enough = |file: &&ListedFile| match (from, file.times.range()) {
            // A duration counts from the start of the run.
            (_, None) | (Some(Moment::After(_)), _) => false,
            (Some(from), _) => !matches!(from.locate(&file.times), Ok(MomentPosition::Before)),
            (None, Some((first, _))) => at.is_none_or(|at| first.0 <= at.0.saturating_sub(LOOK_BACK)),
        };
        let start = self.back(file).find(is_early_enough);
        start.unwrap_or_else(|| self.beginning(file))
    }

    /// Returns the files that continue a recording, in order.
    pub(super) fn after(&self, file: &'a ListedFile) -> impl Iterator<Item = &'a ListedFile> {
        let after = |file: &ListedFile| {
            let next = self.by_previous.get(file.name.as_str()).copied();
            next.filter(|_| !file.ending.is_panic())
        };
        iter::successors(after(file), move |file| after(file)).take(self.by_name.len())
    }

    /// Returns the times of the ticks of a recording and of the files that continue it.
    pub(super) fn times_from(&self, file: &'a ListedFile) -> Times {
        let mut times = file.times.clone();
        self.after(file).for_each(|next| times.join(&next.times));
        times
    }
}
