//! A set of kinds, as the filter of a query.

use parlour_shared::ids::KindId;

/// The kinds that a query returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindSet([u64; 4]);

impl KindSet {
    /// No kind.
    pub const EMPTY: Self = Self([0; 4]);
    /// All kinds.
    pub const ALL: Self = Self([u64::MAX; 4]);
    /// Only players.
    pub const PLAYERS: Self = Self([1, 0, 0, 0]);
    /// All kinds of objects.
    pub const OBJECTS: Self = Self([u64::MAX - 1, u64::MAX, u64::MAX, u64::MAX]);

    /// Returns whether the set contains a kind.
    #[must_use]
    pub fn contains(&self, kind: KindId) -> bool {
        self.0[usize::from(kind.0 / 64)] >> (kind.0 % 64) & 1 != 0
    }

    /// Returns whether two sets have a kind in common.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(own, other)| own & other != 0)
    }

    /// Returns the set with one more kind.
    #[must_use]
    pub fn with(mut self, kind: KindId) -> Self {
        self.0[usize::from(kind.0 / 64)] |= 1 << (kind.0 % 64);
        self
    }
}

impl FromIterator<KindId> for KindSet {
    fn from_iter<I: IntoIterator<Item = KindId>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::EMPTY, Self::with)
    }
}
