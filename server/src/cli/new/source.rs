//! The sources of Parlour, which a new project names by their path.

use std::path::{Path, PathBuf};

/// The directory of this crate when this program was built.
const BUILT_FROM: &str = env!("CARGO_MANIFEST_DIR");

/// A checkout of Parlour.
#[derive(Debug)]
pub(super) struct Source {
    root: PathBuf,
}

impl Source {
    /// Returns the checkout in this directory, or the one that this program was built from. The
    /// error says what to write.
    pub(super) fn find(given: Option<&Path>) -> Result<Self, String> {
        let advice = "use --parlour DIR to name a directory with the sources of Parlour, which has the directories \
                      server and client-sim";
        match given {
            Some(directory) => checkout(directory)
                .ok_or_else(|| format!("{} has no sources of Parlour: {advice}", directory.display())),
            None => checkout(Path::new(BUILT_FROM)).ok_or_else(|| {
                format!(
                    "the sources that this program was built from are not in {BUILT_FROM} any more: {advice}"
                )
            }),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }
}

/// Returns the checkout that has this directory: its root, or the directory of the crate `parlour`.
fn checkout(directory: &Path) -> Option<Source> {
    let directory = directory.canonicalize().ok()?;
    let roots = [Some(directory.as_path()), directory.parent()];
    let is_root = |root: &&Path| {
        ["server/Cargo.toml", "client-sim/client/Cargo.toml"]
            .iter()
            .all(|file| root.join(file).is_file())
    };
    let root = roots.into_iter().flatten().find(is_root)?.to_owned();
    Some(Source { root })
}
