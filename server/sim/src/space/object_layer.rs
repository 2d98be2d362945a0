//! The objects of a room that have the same radius of interest.

use parlour_shared::ids::Slot;

use super::{Grid, KindSet, NearRadius, RestingIndex};

/// The objects whose kinds have the same radius of interest. A room has one layer for each radius,
/// so that a bell that is heard far away does not widen the search for chairs.
#[derive(Debug)]
pub struct ObjectLayer {
    /// The radius of interest.
    pub radius: NearRadius,
    /// The objects that rest.
    pub resting: RestingIndex,
    /// The objects that move, at their positions of this tick.
    pub moving: Grid,
    /// The kinds of all objects that the layer ever had.
    pub(super) kinds: KindSet,
    /// The objects that move, in no particular order.
    pub(super) movers: Vec<Slot>,
    /// Whether `moving` has exactly the objects in `movers`, where they are now.
    pub(super) is_filled: bool,
}

impl ObjectLayer {
    /// Creates a layer without objects.
    #[must_use]
    pub fn new(radius: NearRadius) -> Self {
        Self {
            radius,
            resting: RestingIndex::with_first_slot(radius.leave, Slot::FIRST_OBJECT),
            moving: Grid::default(),
            kinds: KindSet::EMPTY,
            movers: Vec::new(),
            is_filled: true,
        }
    }
}
