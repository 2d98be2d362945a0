//! A saved state, parsed without a world, so that two saved states can be compared part by part.

use parlour_shared::ids::Tick;

use super::{LoadError, StableId};

/// A parsed saved state. docs/recording.md has the layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedState<'a> {
    /// The tick after which it was saved.
    pub tick: Tick,
    /// The state hash of that tick.
    pub hash: u64,
    /// All entities, by stable id.
    pub entities: Vec<EntityState<'a>>,
    /// The resources, by tag.
    pub resources: Vec<SavedPart<'a>>,
}

/// The saved parts of one entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityState<'a> {
    /// Its stable id.
    pub id: StableId,
    /// Its components, by tag.
    pub parts: Vec<SavedPart<'a>>,
}

/// One component or resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedPart<'a> {
    /// The part's index in [`crate::Simulation::part_names`].
    pub tag: u8,
    /// Its value, in the binary encoding of messages.
    pub bytes: &'a [u8],
}

impl<'a> SavedState<'a> {
    /// Parses saved bytes.
    ///
    /// # Errors
    /// [`LoadError::Layout`] if they are not a saved state.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LoadError> {
        let mut reader = ByteReader(bytes);
        let (tick, hash) = (Tick(reader.u32()?), reader.u64()?);
        let mut entities: Vec<EntityState> = Vec::new();
        for _ in 0..reader.u32()? {
            let id = StableId::from_number(reader.u64()?).ok_or(LoadError::Layout)?;
            if entities.last().is_some_and(|last| last.id >= id) {
                return Err(LoadError::Layout);
            }
            let parts = reader.parts()?;
            entities.push(EntityState { id, parts });
        }
        let resources = reader.parts()?;
        if !reader.0.is_empty() {
            return Err(LoadError::Layout);
        }
        Ok(Self {
            tick,
            hash,
            entities,
            resources,
        })
    }

    /// Returns the entity with this id.
    #[must_use]
    pub fn entity(&self, id: StableId) -> Option<&EntityState<'a>> {
        let at = self.entities.binary_search_by_key(&id, |entity| entity.id);
        at.ok().map(|at| &self.entities[at])
    }
}

/// Reads values from the start of the remaining bytes. Memory is allocated only for elements that
/// were read, so a forged count cannot cause a large allocation.
struct ByteReader<'a>(&'a [u8]);

impl<'a> ByteReader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], LoadError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(LoadError::Layout)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LoadError> {
        self.take(N)?.try_into().map_err(|_| LoadError::Layout)
    }

    fn u32(&mut self) -> Result<u32, LoadError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, LoadError> {
        self.array().map(u64::from_le_bytes)
    }

    fn parts(&mut self) -> Result<Vec<SavedPart<'a>>, LoadError> {
        let [count] = self.array()?;
        let mut parts: Vec<SavedPart> = Vec::new();
        for _ in 0..count {
            let [tag] = self.array()?;
            let len = self.u32()?;
            let bytes = self.take(len as usize)?;
            if parts.last().is_some_and(|last| last.tag >= tag) {
                return Err(LoadError::Layout);
            }
            parts.push(SavedPart { tag, bytes });
        }
        Ok(parts)
    }
}
