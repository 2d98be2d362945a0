//! Files and directories that are deleted after the test.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// Returns a path that no other test uses. It ends with `name`.
fn unused_path(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let file = format!("{}-{number}-{name}", process::id());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(file)
}

/// A file that is deleted after the test.
pub(crate) struct TemporaryFile(PathBuf);

impl TemporaryFile {
    /// Writes a file. Its name ends with `name`.
    pub(crate) fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = unused_path(name);
        fs::write(&path, content).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the path as an argument of a command.
    pub(crate) fn arg(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A directory that is deleted after the test.
pub(crate) struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    /// Creates an empty directory. Its name ends with `name`.
    pub(crate) fn new(name: &str) -> Self {
        let directory = Self::missing(name);
        fs::create_dir(&directory.0).unwrap();
        directory
    }

    /// Chooses the path of a directory that the tested code creates.
    pub(crate) fn missing(name: &str) -> Self {
        Self(unused_path(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the path as an argument of a command.
    pub(crate) fn arg(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Returns the paths of all entries, sorted. A missing directory has none.
    pub(crate) fn entries(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
