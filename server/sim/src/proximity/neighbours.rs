//! Candidates for nearness: an R-tree, asked once per neighbourhood; in small rooms simply everyone.

use rstar::{AABB, RTree, RTreeObject};

use super::{Placed, Reach};

/// Rooms with no more players than this are searched without a tree. `cargo bench --bench proximity` compares
/// both: building the tree alone costs more than looking at all pairs of so few.
pub const BRUTE_FORCE_UP_TO: usize = 64;

/// Finds who may be near whom; keeps its memory from one search to the next. The tree's nodes are the one thing
/// allocated anew each time: rebuilding by bulk load beats maintaining, and `rstar` builds from its own.
#[derive(Debug, Default)]
pub struct Neighbours {
    by_cell: Vec<Placed>,
    candidates: Vec<Placed>,
}

impl RTreeObject for Placed {
    type Envelope = AABB<[i32; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_point([self.position.x, self.position.y])
    }
}

impl Neighbours {
    /// Calls `visit` with each player and a list that holds everyone within the longer reach of it (itself, and
    /// perhaps others, too).
    pub fn visit(&mut self, placed: &[Placed], reach: Reach, visit: impl FnMut(&Placed, &[Placed])) {
        if placed.len() <= BRUTE_FORCE_UP_TO {
            visit_all(placed, visit);
        } else {
            self.visit_by_tree(placed, reach, visit);
        }
    }

    /// The search by tree, whatever the size of the room.
    pub fn visit_by_tree(
        &mut self,
        placed: &[Placed],
        reach: Reach,
        mut visit: impl FnMut(&Placed, &[Placed]),
    ) {
        let side = reach.leave.max(1);
        let cell = |placed: &Placed| {
            (
                placed.position.y.div_euclid(side),
                placed.position.x.div_euclid(side),
            )
        };
        self.by_cell.clear();
        self.by_cell.extend_from_slice(placed);
        self.by_cell
            .sort_unstable_by_key(|placed| (cell(placed), placed.slot));
        let tree = RTree::bulk_load(placed.to_vec());
        for neighbourhood in self.by_cell.chunk_by(|one, other| cell(one) == cell(other)) {
            self.candidates.clear();
            self.candidates
                .extend(tree.locate_in_envelope_intersecting(around(neighbourhood, side)));
            for player in neighbourhood {
                visit(player, &self.candidates);
            }
        }
    }
}

fn visit_all(placed: &[Placed], mut visit: impl FnMut(&Placed, &[Placed])) {
    for player in placed {
        visit(player, placed);
    }
}

/// The box around some players, with a margin.
fn around(players: &[Placed], margin: i32) -> AABB<[i32; 2]> {
    let mut low = [i32::MAX; 2];
    let mut high = [i32::MIN; 2];
    for player in players {
        let point = [player.position.x, player.position.y];
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    AABB::from_corners(low.map(|edge| edge - margin), high.map(|edge| edge + margin))
}
