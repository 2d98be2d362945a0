//! One saved world in a file of its own: a recording with a header, a saved world and no ticks. A
//! server writes such files when it stops, and goes on from them when it starts.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    path::Path,
};

use parlour_shared::ids::Tick;
use thiserror::Error;

use super::{EndReason, Ending, FileWriter, Header, Item, OpenError, ReadError, Recording, seal_keyframe};

/// The text of the end chunk.
const SAVED_WORLD: &str = "a saved world";

/// A world that was saved to go on later, perhaps in a different process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenWorld {
    /// Describes the world, and the program that saved it.
    pub header: Header,
    /// The last finished tick.
    pub tick: Tick,
    /// The result of `Simulation::save`.
    pub state: Vec<u8>,
}

/// Why a file is not a saved world, or not a whole one.
#[derive(Debug, Error)]
pub enum FrozenWorldError {
    /// It cannot be opened as a recording.
    #[error("{}{}", subject(.0), .0)]
    Open(#[from] OpenError),
    /// Its content cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its end is missing or damaged.
    #[error("the file is damaged at byte {offset}: {what}")]
    Cut {
        /// Where the last whole chunk ends.
        offset: u64,
        /// What follows it.
        what: String,
    },
    /// It has other content than one saved world.
    #[error("the file is a recording, and not the file of one saved world")]
    NotOneWorld,
}

/// Returns the subject of the text of an error that has none.
fn subject(error: &OpenError) -> &'static str {
    match error {
        OpenError::Io(_) | OpenError::NotARecording | OpenError::Format(_) => "the file ",
        OpenError::NoHeader | OpenError::Damaged(_) => "",
    }
}

impl FrozenWorld {
    /// Writes the file. `out` must be empty. Returns it.
    ///
    /// # Errors
    /// Errors of `out`, and `InvalidInput` for a world that exceeds the bounds of the format.
    pub fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let too_large = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let chunks = seal_keyframe(self.tick, self.header.started_ms, &self.state).map_err(too_large)?;
        let mut writer = FileWriter::new(out, &self.header)?;
        for chunk in &chunks {
            writer.chunk(chunk)?;
        }
        let finished = writer.end(EndReason::Stopped, SAVED_WORLD)?;
        finished.without_index.map_or(Ok(()), Err)?;
        Ok(writer.into_inner())
    }

    /// Opens a file.
    ///
    /// # Errors
    /// [`FrozenWorldError`].
    pub fn open(path: &Path) -> Result<Self, FrozenWorldError> {
        Self::read(File::open(path).map_err(OpenError::from)?)
    }

    /// Reads anything that can be read like a file, and checks each of its checksums. Whether this
    /// program can load the world is not checked.
    ///
    /// # Errors
    /// [`FrozenWorldError`].
    pub fn read<R: Read + Seek>(file: R) -> Result<Self, FrozenWorldError> {
        let mut recording = Recording::new(file)?;
        if let Ending::Cut { offset, why } | Ending::Damaged { offset, why } = recording.ending() {
            return Err(FrozenWorldError::Cut {
                offset: *offset,
                what: why.clone(),
            });
        }
        let header = recording.header().clone();
        let beginning = recording.beginning();
        let mut items = recording.read_from(beginning);
        let first = items.next().transpose()?;
        let Some(Item::Keyframe { tick, state }) = first else {
            return Err(FrozenWorldError::NotOneWorld);
        };
        if items.next().transpose()?.is_some() {
            return Err(FrozenWorldError::NotOneWorld);
        }
        Ok(Self { header, tick, state })
    }
}
