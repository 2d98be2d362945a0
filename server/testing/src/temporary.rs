//! Files and directories that are deleted after a test.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// A file or directory that is deleted when the value is dropped.
#[derive(Debug)]
pub struct TemporaryPath(pub PathBuf);

impl TemporaryPath {
    /// Writes a recording. Its name ends with `.plr`.
    #[must_use]
    pub fn file(bytes: &[u8]) -> Self {
        Self::named_file("test.plr", bytes)
    }

    /// Writes a file. Its name ends with `name`.
    #[must_use]
    pub fn named_file(name: &str, content: impl AsRef<[u8]>) -> Self {
        let file = Self::missing(name);
        fs::write(&file.0, content).unwrap();
        file
    }

    /// Creates an empty directory.
    #[must_use]
    pub fn directory() -> Self {
        let directory = Self::missing("d");
        fs::create_dir(&directory.0).unwrap();
        directory
    }

    /// Chooses a path without a file or directory, which the tested code may create. It ends with
    /// `name`.
    #[must_use]
    pub fn missing(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let file = format!("parlour-{}-{next}-{name}", process::id());
        Self(env::temp_dir().join(file))
    }

    /// Returns the path as text, for the arguments of a command.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Returns the paths in the directory, sorted. A missing directory has none.
    #[must_use]
    pub fn entries(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }
}

impl Drop for TemporaryPath {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_dir_all(&self.0);
    }
}
