//! The files in which worlds are kept while the process does not run: one for each world, in one
//! directory, which only one server uses at a time.

mod state_error;

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use parlour_recording::{format::FrozenWorld, recorder::is_world_name};

pub use self::state_error::{StateError, UnusableWorld, WorldFault};

/// The end of the name of a file. The name of the world comes before it.
const SUFFIX: &str = ".plr";
/// The end of the name of a file that is being written.
const UNFINISHED: &str = ".plr.new";
/// The file whose lock says that a server uses the directory.
const LOCK: &str = ".lock";

/// The directory, which is locked.
#[derive(Debug)]
pub(crate) struct WorldFiles {
    directory: PathBuf,
    /// Unlocks when it is closed.
    _lock: File,
}

/// A world from a file.
#[derive(Debug)]
pub(crate) struct WorldFile {
    pub(crate) path: PathBuf,
    pub(crate) frozen: FrozenWorld,
}

impl WorldFile {
    /// Returns the error that this program, with these settings, cannot run the world.
    pub(crate) fn error(&self, why: impl ToString) -> UnusableWorld {
        UnusableWorld::new(&self.path, WorldFault::Different, why)
    }
}

impl WorldFiles {
    /// Creates the directory if it does not exist, locks it, and removes what an earlier process
    /// did not finish to write. So it also finds out now whether files can be written there.
    pub(crate) fn open(directory: &Path) -> Result<Self, StateError> {
        let failed = |source| StateError::Directory {
            directory: directory.to_owned(),
            source,
        };
        create_directory(directory).map_err(failed)?;
        let lock = create(&directory.join(LOCK)).map_err(failed)?;
        // On a file system without locks, the user must see to it.
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            return Err(StateError::InUse(directory.to_owned()));
        }
        let files = Self {
            directory: directory.to_owned(),
            _lock: lock,
        };
        for name in files.names(UNFINISHED).map_err(failed)? {
            let unfinished = files.directory.join(format!("{name}{UNFINISHED}"));
            fs::remove_file(unfinished).map_err(failed)?;
        }
        Ok(files)
    }

    /// Reads the worlds of all files, by name, and checks that the files are whole.
    pub(crate) fn read_all(&self) -> Result<Vec<Result<WorldFile, UnusableWorld>>, StateError> {
        let names = self.names(SUFFIX).map_err(|source| StateError::Directory {
            directory: self.directory.clone(),
            source,
        })?;
        Ok(names.into_iter().map(|name| self.read(&name)).collect())
    }

    fn read(&self, name: &str) -> Result<WorldFile, UnusableWorld> {
        let path = self.path(name);
        let frozen = FrozenWorld::open(&path).map_err(|error| UnusableWorld::unread(&path, &error))?;
        if frozen.header.world != name {
            let world = &frozen.header.world;
            let why = format!("the file contains the world {world:?}, so it was renamed");
            return Err(UnusableWorld::new(&path, WorldFault::Renamed, why));
        }
        Ok(WorldFile { path, frozen })
    }

    /// Writes the file of a world, in place of an earlier one, and waits until it is on the disk.
    /// After a crash there is either the new file or the earlier one, and each is whole. Returns
    /// its size. [`Self::sync`] makes the new name permanent.
    pub(crate) fn write(&self, frozen: &FrozenWorld) -> io::Result<u64> {
        let name = &frozen.header.world;
        let unfinished = self.directory.join(format!("{name}{UNFINISHED}"));
        let written = create(&unfinished)
            .and_then(|file| frozen.write(BufWriter::new(file)))
            .and_then(|mut writer| writer.flush().map(|()| writer))
            .and_then(|writer| writer.into_inner().map_err(io::IntoInnerError::into_error))
            .and_then(|file| file.sync_all().and_then(|()| file.metadata()))
            .and_then(|about| fs::rename(&unfinished, self.path(name)).map(|()| about.len()));
        if written.is_err() {
            // The next start tries again.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    /// Removes the file of a world that has ended, if there is one.
    pub(crate) fn remove(&self, world: &str) {
        self.remove_because(world, "its world has ended");
    }

    /// Waits until the names of all files are on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }

    /// Removes the files of all other worlds, and waits until that is on the disk.
    pub(crate) fn keep_only(&self, is_kept: impl Fn(&str) -> bool) -> io::Result<()> {
        for name in self.names(SUFFIX)? {
            if !is_kept(&name) {
                self.remove_because(&name, "its world has ended, or has no room of a durable type");
            }
        }
        self.sync()
    }

    fn remove_because(&self, world: &str, why: &str) {
        let path = self.path(world);
        match fs::remove_file(&path) {
            Ok(()) => tracing::info!(path = %path.display(), why, "removed the file of a saved world"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::error!(%error, path = %path.display(), why, "the file of a saved world cannot be removed: the next start continues it");
            }
        }
    }

    fn path(&self, world: &str) -> PathBuf {
        self.directory.join(format!("{world}{SUFFIX}"))
    }

    /// Returns the names of worlds that have a file with this suffix, sorted.
    fn names(&self, suffix: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            let world = name.to_str().and_then(|name| name.strip_suffix(suffix));
            names.extend(world.filter(|world| is_world_name(world)).map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Creates the directory, and those above it, if they do not exist. Only the user of this process
/// may enter them: the files contain the names of private rooms.
fn create_directory(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Creates an empty file that only the user of this process may read.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use parlour_recording::Header;
    use parlour_shared::ids::Tick;
    use parlour_sim::{SIMULATION, SimConfig};
    use parlour_testing::TemporaryPath;

    use super::*;

    fn world(name: &str, tick: u32) -> FrozenWorld {
        let mut header = Header::new(&SimConfig::new(Vec::new()), Vec::new(), SIMULATION, 0, "test");
        header.world = name.to_owned();
        FrozenWorld {
            header,
            tick: Tick(tick),
            state: vec![7; 2000],
        }
    }

    fn ticks(files: &WorldFiles) -> Vec<(String, u32)> {
        let files = files.read_all().unwrap().into_iter();
        files
            .map(|file| file.unwrap().frozen)
            .map(|frozen| (frozen.header.world, frozen.tick.0))
            .collect()
    }

    #[test]
    fn a_file_replaces_the_earlier_one_of_its_world_and_others_are_removed() {
        let directory = TemporaryPath::missing("worlds");
        let files = WorldFiles::open(&directory.0).unwrap();
        for (name, tick) in [("main", 5), ("tag.a", 6), ("main", 9)] {
            let bytes = files.write(&world(name, tick)).unwrap();
            let content = fs::read(directory.0.join(format!("{name}.plr"))).unwrap();
            assert_eq!(bytes, content.len() as u64);
            assert!(FrozenWorld::read(Cursor::new(content)).is_ok());
        }
        assert_eq!(ticks(&files), [("main".to_owned(), 9), ("tag.a".to_owned(), 6)]);
        files.keep_only(|name| name != "main").unwrap();
        assert_eq!(ticks(&files), [("tag.a".to_owned(), 6)]);
        files.remove("tag.a");
        files.remove("tag.a");
        assert_eq!(ticks(&files), []);
    }

    #[test]
    fn what_a_crash_left_unfinished_is_removed_and_other_files_stay() {
        let directory = TemporaryPath::directory();
        for name in ["main.plr.new", "notes.txt", "Not A World.plr"] {
            fs::write(directory.0.join(name), "half").unwrap();
        }
        let files = WorldFiles::open(&directory.0).unwrap();
        assert_eq!(ticks(&files), []);
        files.keep_only(|_| false).unwrap();
        let mut left: Vec<_> = fs::read_dir(&directory.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, [".lock", "Not A World.plr", "notes.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_of_the_process_may_read_the_files() {
        use std::os::unix::fs::PermissionsExt as _;

        let parent = TemporaryPath::directory();
        let directory = parent.0.join("state/worlds");
        let files = WorldFiles::open(&directory).unwrap();
        files.write(&world("main", 5)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        assert_eq!(mode(&directory.join("main.plr")), 0o600);
        assert_eq!(mode(&directory.join(LOCK)), 0o600);
    }

    #[test]
    fn a_directory_has_one_server_at_a_time() {
        let directory = TemporaryPath::missing("worlds");
        let files = WorldFiles::open(&directory.0).unwrap();
        assert!(matches!(
            WorldFiles::open(&directory.0),
            Err(StateError::InUse(_))
        ));
        drop(files);
        assert!(WorldFiles::open(&directory.0).is_ok());
    }
}
