//! The visible entities of one half of the slots.

use super::Seen;
use crate::{
    motion::Segment,
    snapshot::{Identity, ObjectIdentity},
};

/// The visible players or the visible objects, by the number of their slot among those of players
/// or of objects. Most updates change only a motion, so motions are packed densely.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// `None` for entities that are not visible.
    pub(super) motions: Vec<Option<Segment>>,
    /// The entry of an entity that is not visible is outdated.
    pub(super) appearances: Vec<Appearance>,
}

/// The parts of an entity that rarely change. They are stored separately from the motion.
#[derive(Clone, Debug)]
pub(super) struct Appearance {
    pub(super) identity: Identity,
    pub(super) components: Vec<(u8, Vec<u8>)>,
}

impl Default for Appearance {
    /// Returns the appearance of a slot that was never visible.
    fn default() -> Self {
        Self {
            identity: Identity::Object(ObjectIdentity::default()),
            components: Vec::new(),
        }
    }
}

impl Table {
    /// Returns an entity, or `None` if it is not visible.
    pub(super) fn get(&self, index: usize) -> Option<Seen<'_>> {
        let segment = (*self.motions.get(index)?)?;
        let appearance = self.appearances.get(index)?;
        Some(Seen {
            identity: &appearance.identity,
            segment,
            components: &appearance.components,
        })
    }

    /// Returns all visible entities with their numbers, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, Seen<'_>)> {
        (0..self.motions.len()).filter_map(|index| Some((index, self.get(index)?)))
    }

    /// Makes room for an entity.
    pub(super) fn grow(&mut self, index: usize) {
        if self.motions.len() <= index {
            self.motions.resize(index + 1, None);
            self.appearances.resize_with(index + 1, Appearance::default);
        }
    }

    pub(super) fn clear(&mut self) {
        self.motions.clear();
        self.appearances.clear();
    }
}
