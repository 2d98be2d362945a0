//! A search for the shortest path over tiles that can be suspended: A* whose progress is counted in
//! nodes.
//!
//! The crate `pathfinding` has A*, but its search runs to the end in one call, allocates memory for
//! each node, and keeps its progress in local variables. A search here takes as many nodes per tick
//! as the budget allows, goes on in the next tick, and uses the same memory again.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    visited::Visited,
    walkable::{STEPS, TileCell, Walkable},
};

/// The cost of a straight step and of a diagonal one: about 1 to the square root of 2.
const STRAIGHT: u32 = 12;
const DIAGONAL: u32 = 17;

/// A search from one tile to another one. Keeps its memory from one search to the next.
#[derive(Debug, Default)]
pub struct TileSearch {
    from: TileCell,
    to: TileCell,
    open: BinaryHeap<Reverse<OpenTile>>,
    visited: Visited,
    nodes: u32,
}

/// A tile to continue from, ordered by the length of the whole path, then by what is left of it,
/// then by number. So two runs of a search visit the same tiles in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OpenTile {
    estimate: u32,
    left: u32,
    tile: u32,
}

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchProgress {
    /// The target is reached: [`TileSearch::path`] returns the path.
    Found,
    /// No path leads to the target.
    NoPath,
    /// The nodes are used up. The search can go on.
    Suspended,
}

impl TileSearch {
    /// Begins a search. Forgets the previous one.
    pub fn begin(&mut self, map: Walkable<'_>, from: TileCell, to: TileCell) {
        (self.from, self.to, self.nodes) = (from, to, 0);
        self.open.clear();
        self.visited.clear();
        if map.is_free(from) && map.is_free(to) {
            let tile = map.number(from);
            self.visited.set(tile, 0, 0);
            let left = least_cost(from, to);
            self.open.push(Reverse(OpenTile {
                estimate: left,
                left,
                tile,
            }));
        }
    }

    /// Returns the number of nodes that the search has used.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        self.nodes
    }

    /// Goes on with the search, for at most this many nodes. `map` must be that of
    /// [`Self::begin`].
    pub fn run(&mut self, map: Walkable<'_>, nodes: u32) -> SearchProgress {
        let last = self.nodes.saturating_add(nodes);
        loop {
            let Some(Reverse(open)) = self.open.peek().copied() else {
                return SearchProgress::NoPath;
            };
            if open.left == 0 {
                return SearchProgress::Found;
            }
            if self.nodes >= last {
                return SearchProgress::Suspended;
            }
            self.open.pop();
            let cost = open.estimate - open.left;
            let is_cheapest = self.visited.get(open.tile).is_some_and(|best| best.cost == cost);
            // A cheaper way to this tile was found after it was put on the list.
            if !is_cheapest {
                continue;
            }
            self.nodes += 1;
            self.expand(map, map.tile_of(open.tile), cost);
        }
    }

    fn expand(&mut self, map: Walkable<'_>, from: TileCell, cost: u32) {
        let Self {
            to, open, visited, ..
        } = self;
        map.each_step(from, |direction, next| {
            let cost = cost + if direction < 4 { STRAIGHT } else { DIAGONAL };
            let tile = map.number(next);
            if visited.get(tile).is_none_or(|best| cost < best.cost) {
                visited.set(tile, cost, direction as u8);
                let left = least_cost(next, *to);
                open.push(Reverse(OpenTile {
                    estimate: cost + left,
                    left,
                    tile,
                }));
            }
        });
    }

    /// Replaces `path` with the tiles at which the path turns, from the second tile of the path to
    /// the target: between two of them it is straight or exactly diagonal. Call it after
    /// [`SearchProgress::Found`].
    pub fn path(&self, map: Walkable<'_>, path: &mut Vec<TileCell>) {
        path.clear();
        let mut at = self.to;
        let mut last = None;
        while at != self.from {
            let Some(reached) = self.visited.get(map.number(at)) else {
                break;
            };
            if last != Some(reached.direction) {
                path.push(at);
                last = Some(reached.direction);
            }
            let (column, row) = STEPS[usize::from(reached.direction)];
            at = TileCell {
                column: at.column - column,
                row: at.row - row,
            };
        }
        path.reverse();
    }

    /// Returns the cost of the path that was found.
    #[must_use]
    pub fn cost(&self, map: Walkable<'_>) -> Option<u32> {
        let reached = self.visited.get(map.number(self.to))?;
        Some(reached.cost)
    }
}

/// Returns the cost between two tiles of an open map.
fn least_cost(from: TileCell, to: TileCell) -> u32 {
    let (columns, rows) = (from.column.abs_diff(to.column), from.row.abs_diff(to.row));
    let (diagonal, all) = (columns.min(rows), columns.max(rows));
    diagonal * DIAGONAL + (all - diagonal) * STRAIGHT
}
