//! A directory of recordings: file names, and a bound on their total size.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use super::{
    Reason,
    file_error::is_without_descriptors,
    file_name::{FileName, is_recording, reason_of, stem},
};

/// The maximum number of files with the same second and tick. Only a stopped clock could create
/// more.
const MAX_SAME: u32 = 100;

/// A directory of recordings. Several threads write to it, but never the tick thread.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    max_bytes: u64,
    /// The names of the files that are being written. They are not deleted.
    writing: Mutex<BTreeSet<String>>,
    /// Whether the warning about a file that cannot be read or deleted was logged. It is logged
    /// once.
    warned: AtomicBool,
}

/// The files that may be deleted for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeletableFiles {
    /// For a new recording: all files, the oldest first.
    Any,
    /// For a new history: only histories with the same reason. Otherwise frequent requests would
    /// delete all other files.
    HistoriesOf(Reason),
}

impl Directory {
    pub(super) fn new(path: PathBuf, max_bytes: u64) -> Self {
        Self {
            path,
            max_bytes,
            writing: Mutex::default(),
            warned: AtomicBool::new(false),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Creates the directory and checks that files can be created in it.
    pub(super) fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        try_in(&self.path)
    }

    /// Checks that the directory could be prepared, without leaving files behind. If the directory
    /// is missing, tries to create a file next to it.
    pub(super) fn probe(&self) -> io::Result<()> {
        match self.path.parent() {
            Some(parent) if !self.path.exists() => try_in(&Path::new(".").join(parent)),
            _ => try_in(&self.path),
        }
    }

    /// Returns whether `path` is the same directory under a different name. A missing directory is
    /// a different one.
    pub(super) fn is(&self, path: &Path) -> bool {
        match (fs::canonicalize(&self.path), fs::canonicalize(path)) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            _ => self.path == path,
        }
    }

    /// Creates a file for a recording that starts with this tick at this time (milliseconds since
    /// 1970), and returns it with its name. The file is not deleted before [`Self::mark_finished`]
    /// is called.
    pub(super) fn create(
        &self,
        wall_ms: u64,
        tick: u32,
        reason: Option<Reason>,
    ) -> io::Result<(File, String)> {
        fs::create_dir_all(&self.path)?;
        let stem = stem(wall_ms, tick, reason);
        for nth in 1..=MAX_SAME {
            let name = match nth {
                1 => format!("{stem}.plr"),
                nth => format!("{stem}-{nth}.plr"),
            };
            // Registered before the file exists, because another thread may be deleting files.
            let is_ours = self.names().insert(name.clone());
            let made = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(self.path.join(&name));
            match made {
                // Other servers check the lock. On file systems without locks, each server needs
                // its own directory.
                Ok(file) if !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) => {
                    return Ok((file, name));
                }
                // Another server has locked it meanwhile, to delete it.
                Ok(_) => self.mark_finished(&name),
                Err(error) => {
                    // Another thread of this server may be writing it.
                    if is_ours {
                        self.mark_finished(&name);
                    }
                    if error.kind() != io::ErrorKind::AlreadyExists {
                        return Err(error);
                    }
                }
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{stem}.plr and {MAX_SAME} similar files already exist"),
        ))
    }

    /// Marks a file as finished: it may now be deleted to make room.
    pub(super) fn mark_finished(&self, name: &str) {
        self.names().remove(name);
    }

    /// Deletes the oldest finished files that `deletable` allows, until `bytes` more fit or no such
    /// file is left. Returns how many were deleted.
    ///
    /// # Errors
    /// The directory cannot be read. A file that cannot be deleted stays, and one warning is
    /// logged.
    pub(super) fn make_room(&self, bytes: u64, deletable: DeletableFiles) -> io::Result<u32> {
        // Locked throughout, so that two threads do not both delete for the same bytes.
        let writing = self.names();
        let mut found = self.recordings()?;
        found.sort();
        let mut total: u64 = found.iter().map(|(_, bytes)| bytes).sum();
        let mut deleted = 0;
        for (name, size) in found {
            if total.saturating_add(bytes) <= self.max_bytes {
                break;
            }
            let path = self.path.join(&name.0);
            if !deletable.allows(&name.0) || writing.contains(&name.0) || is_locked(&path) {
                continue;
            }
            match fs::remove_file(path) {
                Ok(()) => {
                    tracing::debug!(file = name.0, "deleted an old recording");
                    deleted += 1;
                }
                // Another process deleted it first.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    self.warn_once(&name.0, &error);
                    continue;
                }
            }
            total -= size;
        }
        Ok(deleted)
    }

    fn recordings(&self) -> io::Result<Vec<(FileName, u64)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    // The same error may repeat forever. Continue with the files found so far.
                    self.warn_once("", &error);
                    break;
                }
            };
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            // A file that was deleted meanwhile takes no space.
            if let (true, Ok(about)) = (is_recording(&name), entry.metadata())
                && about.is_file()
            {
                found.push((FileName(name), about.len()));
            }
        }
        Ok(found)
    }

    fn warn_once(&self, file: &str, error: &io::Error) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %error, directory = %self.path.display(), file,
                "an old recording cannot be deleted: recordings may take more disk space than allowed. Delete it by hand, \
                 or let the server do so"
            );
        }
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DeletableFiles {
    fn allows(self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::HistoriesOf(reason) => reason_of(name) == Some(reason.word()),
        }
    }
}

/// Creates a file in a directory, and deletes it.
fn try_in(directory: &Path) -> io::Result<()> {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    let probe = directory.join(format!(".parlour-{}-{now}", std::process::id()));
    // Never opens an existing file or the target of a link.
    OpenOptions::new().write(true).create_new(true).open(&probe)?;
    fs::remove_file(&probe)
}

/// Returns whether another server is writing the file. A file that cannot be opened counts as
/// not locked. If the process has no free descriptor, all files count as locked.
fn is_locked(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        Err(error) => is_without_descriptors(&error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Returns an empty directory with this name and limit.
    fn directory(name: &str, max_bytes: u64) -> Directory {
        let path = std::env::temp_dir().join(format!("parlour-directory-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let directory = Directory::new(path, max_bytes);
        directory.prepare().unwrap();
        directory
    }

    fn put(directory: &Directory, names: &[&str]) {
        for name in names {
            fs::write(directory.path.join(name), [0; 100]).unwrap();
        }
    }

    fn left(directory: &Directory) -> Vec<String> {
        let mut found = directory.recordings().unwrap();
        found.sort();
        found.into_iter().map(|(name, _)| name.0).collect()
    }

    const MIXED: [&str; 5] = [
        "20260101T000000Z-t1.plr",
        "20260101T000001Z-t2-panic.plr",
        "20260101T000002Z-t3-asked.plr",
        "20260101T000003Z-t4-asked-2.plr",
        "20260101T000004Z-t5.plr",
    ];

    #[test]
    fn a_history_deletes_only_histories_with_the_same_reason() {
        let directory = directory("reasons", 450);
        put(&directory, &MIXED);
        assert_eq!(
            directory
                .make_room(50, DeletableFiles::HistoriesOf(Reason::Asked))
                .unwrap(),
            1
        );
        assert_eq!(left(&directory), [MIXED[0], MIXED[1], MIXED[3], MIXED[4]]);
        assert_eq!(
            directory
                .make_room(400, DeletableFiles::HistoriesOf(Reason::Asked))
                .unwrap(),
            1
        );
        assert_eq!(left(&directory), [MIXED[0], MIXED[1], MIXED[4]]);
        assert_eq!(
            directory
                .make_room(450, DeletableFiles::HistoriesOf(Reason::Overrun))
                .unwrap(),
            0
        );
        assert_eq!(directory.make_room(450, DeletableFiles::Any).unwrap(), 3);
        fs::remove_dir_all(directory.path).unwrap();
    }

    #[test]
    fn files_of_a_running_server_are_not_deleted() {
        let directory = directory("locked", 0);
        put(&directory, &MIXED);
        let theirs = File::open(directory.path.join(MIXED[0])).unwrap();
        theirs.lock().unwrap();
        assert_eq!(directory.make_room(0, DeletableFiles::Any).unwrap(), 4);
        assert_eq!(left(&directory), [MIXED[0]]);
        drop(theirs);
        assert_eq!(directory.make_room(0, DeletableFiles::Any).unwrap(), 1);
        let (mut ours, name) = directory.create(0, 1, None).unwrap();
        ours.write_all(b"begun").unwrap();
        let other = Directory::new(directory.path.clone(), 0);
        assert_eq!(other.make_room(0, DeletableFiles::Any).unwrap(), 0, "{name}");
        drop(ours);
        assert_eq!(other.make_room(0, DeletableFiles::Any).unwrap(), 1);
        fs::remove_dir_all(directory.path).unwrap();
    }

    #[test]
    fn a_name_of_an_existing_file_is_not_reserved() {
        let directory = directory("taken", 0);
        put(&directory, &["19700101T000000Z-t1.plr"]);
        let (_, name) = directory.create(0, 1, None).unwrap();
        assert_eq!(name, "19700101T000000Z-t1-2.plr");
        assert_eq!(Vec::from_iter(directory.names().iter()), [&name]);
        let (_, third) = directory.create(0, 1, None).unwrap();
        assert_eq!(
            directory.names().len(),
            2,
            "{third}: names being written stay reserved"
        );
        fs::remove_dir_all(directory.path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_is_recognized_under_different_names() {
        let directory = directory("same", 0);
        let link = directory.path.with_extension("link");
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&directory.path, &link).unwrap();
        assert!(directory.is(&link) && directory.is(&directory.path.join(".")));
        assert!(!directory.is(&directory.path.join("other")));
        fs::remove_file(link).unwrap();
        fs::remove_dir_all(directory.path).unwrap();
    }
}
