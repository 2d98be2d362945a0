//! A file that is being written, whose descriptor may be closed between two chunks.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write},
    path::PathBuf,
};

use crate::format::Cut;

/// A file that is opened when it is written.
pub(super) struct RecordingFile {
    path: PathBuf,
    file: Option<File>,
    /// Where to write next.
    position: u64,
}

impl RecordingFile {
    /// Takes a new, empty file.
    pub(super) fn new(path: PathBuf, file: File) -> Self {
        Self {
            path,
            file: Some(file),
            position: 0,
        }
    }

    /// Closes the descriptor until the next write.
    pub(super) fn close(&mut self) {
        self.file = None;
    }

    /// Waits until the content is on the disk.
    pub(super) fn sync_all(&mut self) -> io::Result<()> {
        self.open()?.sync_all()
    }

    fn open(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                // Never created again: the start would be missing.
                let mut file = OpenOptions::new().write(true).open(&self.path)?;
                file.seek(SeekFrom::Start(self.position))?;
                // Another server may be testing the lock. It is only needed while it deletes files.
                let _ = file.try_lock();
                file
            }
        };
        Ok(self.file.insert(file))
    }
}

impl Write for RecordingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.open()?.write(bytes)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Cut for RecordingFile {
    fn cut(&mut self, position: u64) -> io::Result<()> {
        self.open()?.cut(position)?;
        self.position = position;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_goes_on_where_it_was_closed() -> io::Result<()> {
        let path = std::env::temp_dir().join(format!("parlour-recording-file-{}", std::process::id()));
        let mut file = RecordingFile::new(path.clone(), File::create(&path)?);
        for part in ["one ", "two ", "three"] {
            file.write_all(part.as_bytes())?;
            file.close();
        }
        file.cut(8)?;
        file.close();
        file.write_all(b"four")?;
        file.sync_all()?;
        assert_eq!(fs::read_to_string(&path)?, "one two four");
        file.close();
        fs::remove_file(&path)?;
        assert_eq!(
            file.write_all(b"five").unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        assert!(!path.exists());
        Ok(())
    }
}
