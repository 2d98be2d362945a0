//! A directory of recordings, with a directory in it for each world: file names, and a bound on the
//! total size.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use super::{
    Reason,
    directory_index::DirectoryIndex,
    file_error::is_without_descriptors,
    file_name::{FileName, is_recording, reason_of, stem},
    world_info::is_world_name,
};

/// The maximum number of files with the same second and tick. Only a stopped clock could create
/// more.
const MAX_SAME: u32 = 100;
/// If the limit is exceeded, the directory is listed again after this time: others may have added
/// or deleted files.
const LIST_AGAIN: Duration = Duration::from_secs(60);

/// A directory of recordings. Several threads write to it, but never the tick thread.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    max_bytes: u64,
    index: Mutex<Index>,
    /// Whether the warning about a file that cannot be read or deleted was logged. It is logged
    /// once.
    warned: AtomicBool,
}

#[derive(Debug, Default)]
struct Index {
    files: DirectoryIndex,
    listed: Option<Instant>,
}

/// The files that may be deleted for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeletableFiles {
    /// For a recording: all files of all worlds, the oldest first.
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
            index: Mutex::default(),
            warned: AtomicBool::new(false),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the maximum total size of the files.
    pub(super) fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Returns the path of a file.
    pub(super) fn path_of(&self, file: &FileName) -> PathBuf {
        self.path.join(file.relative())
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

    /// Creates a file for a recording of a world that starts with this tick at this time
    /// (milliseconds since 1970), and returns it with its name. The file is not deleted before
    /// [`Self::mark_finished`] is called.
    pub(super) fn create(
        &self,
        world: &str,
        wall_ms: u64,
        tick: u32,
        reason: Option<Reason>,
    ) -> io::Result<(File, FileName)> {
        // Locked throughout, so that no other thread deletes the directory while it is empty.
        let files = &mut self.index().files;
        fs::create_dir_all(self.path.join(world))?;
        let stem = stem(wall_ms, tick, reason);
        for nth in 1..=MAX_SAME {
            let name = FileName {
                world: world.to_owned(),
                name: match nth {
                    1 => format!("{stem}.plr"),
                    nth => format!("{stem}-{nth}.plr"),
                },
            };
            let is_ours = files.begin(&name);
            let made = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(self.path_of(&name));
            match made {
                // Other servers check the lock. On file systems without locks, each server needs
                // its own directory.
                Ok(file) if !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) => {
                    return Ok((file, name));
                }
                // Another server has locked it meanwhile, to delete it.
                Ok(_) => files.forget(&name),
                Err(error) => {
                    // Another thread of this server may be writing it.
                    if is_ours {
                        files.forget(&name);
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

    /// Notes the size of a file that is being written.
    pub(super) fn note_size(&self, file: &FileName, bytes: u64) {
        self.index().files.note_size(file, bytes);
    }

    /// Marks a file as finished: it may now be deleted to make room.
    pub(super) fn mark_finished(&self, file: &FileName) {
        let bytes = fs::metadata(self.path_of(file)).map(|about| about.len());
        self.index().files.finish(file, bytes.ok());
    }

    /// Deletes a file that has no usable content.
    pub(super) fn remove(&self, file: &FileName) {
        let mut index = self.index();
        if let Err(error) = fs::remove_file(self.path_of(file)) {
            tracing::debug!(%error, file = %file.relative().display(), "a useless file could not be deleted");
        }
        index.files.forget(file);
        self.remove_if_empty(&file.world);
    }

    /// Deletes the oldest finished files that `deletable` allows, until `bytes` more fit or no such
    /// file is left. Returns how many were deleted.
    ///
    /// The sizes are known, so this is cheap if `bytes` fit.
    ///
    /// # Errors
    /// The directory cannot be read. A file that cannot be deleted stays, and one warning is
    /// logged.
    pub(super) fn make_room(&self, bytes: u64, deletable: DeletableFiles) -> io::Result<u32> {
        // Locked throughout, so that two threads do not both delete for the same bytes.
        let mut index = self.index();
        let fits = |index: &Index| index.files.total().saturating_add(bytes) <= self.max_bytes;
        let is_recent = |listed: Option<Instant>| listed.is_some_and(|listed| listed.elapsed() < LIST_AGAIN);
        if index.listed.is_some() && fits(&index) {
            return Ok(0);
        }
        if !is_recent(index.listed) {
            let found = self.list()?;
            index.files.replace(found);
            index.listed = Some(Instant::now());
        }
        let mut deleted = 0;
        let mut after = None;
        while !fits(&index)
            && let Some((file, _)) = index.files.next_finished(after.as_ref())
        {
            let file = file.clone();
            if deletable.allows(&file.name) && self.delete(&file, &mut deleted) {
                index.files.forget(&file);
            }
            after = Some(file);
        }
        Ok(deleted)
    }

    /// Deletes a file, unless another server writes it. Returns whether it is gone.
    fn delete(&self, file: &FileName, deleted: &mut u32) -> bool {
        let path = self.path_of(file);
        if is_locked(&path) {
            return false;
        }
        match fs::remove_file(path) {
            Ok(()) => {
                tracing::debug!(file = %file.relative().display(), "deleted an old recording");
                *deleted += 1;
                self.remove_if_empty(&file.world);
                true
            }
            // Someone else deleted it first.
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => {
                self.warn_once(file, &error);
                false
            }
        }
    }

    /// Deletes the directory of a world if nothing is in it. Own worlds come and go.
    fn remove_if_empty(&self, world: &str) {
        if !world.is_empty() {
            // Fails if it has files, also if another thread has just created one.
            let _ = fs::remove_dir(self.path.join(world));
        }
    }

    /// Returns the recordings of all worlds with their sizes, and those of programs that kept all
    /// of them in one directory.
    fn list(&self) -> io::Result<Vec<(FileName, u64)>> {
        let mut found = Vec::new();
        let mut worlds = Vec::new();
        self.list_files("", &mut found, |name| worlds.push(name))?;
        for world in worlds {
            match self.list_files(&world, &mut found, drop) {
                Ok(()) => {}
                // It was deleted meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.warn_once(
                    &FileName {
                        world,
                        name: String::new(),
                    },
                    &error,
                ),
            }
        }
        Ok(found)
    }

    fn list_files(
        &self,
        world: &str,
        found: &mut Vec<(FileName, u64)>,
        mut directory: impl FnMut(String),
    ) -> io::Result<()> {
        for entry in fs::read_dir(self.path.join(world))? {
            let file = |name| FileName {
                world: world.to_owned(),
                name,
            };
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    // The same error may repeat forever. Continue with the files found so far.
                    self.warn_once(&file(String::new()), &error);
                    break;
                }
            };
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let (is_file, is_world) = (is_recording(&name), is_world_name(&name));
            // A file that was deleted meanwhile takes no space.
            match entry.metadata() {
                Ok(about) if about.is_file() && is_file => found.push((file(name), about.len())),
                Ok(about) if about.is_dir() && is_world => directory(name),
                _ => {}
            }
        }
        Ok(())
    }

    fn warn_once(&self, file: &FileName, error: &io::Error) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %error, directory = %self.path.display(), file = %file.relative().display(),
                "an old recording cannot be deleted: recordings may take more disk space than allowed. Delete it by hand, \
                 or let the server do so"
            );
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
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
mod tests;
