//! The tiles that a search has reached, in memory that does not depend on the size of the map.

/// A tile that a search has reached.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReachedTile {
    /// The number of the tile.
    pub(super) tile: u32,
    /// The cost of the cheapest way to it so far.
    pub(super) cost: u32,
    /// The direction of the last step on that way.
    pub(super) direction: u8,
    /// The search in which it was reached. All others mean an unused place.
    search: u32,
}

/// A table with open addressing. A new search does not need to clear it.
#[derive(Debug, Default)]
pub(super) struct Visited {
    places: Vec<ReachedTile>,
    search: u32,
    len: usize,
}

impl Visited {
    /// Forgets all tiles.
    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            self.places.fill(ReachedTile::default());
            self.search = 1;
        }
        if self.places.is_empty() {
            self.places = vec![ReachedTile::default(); 1024];
        }
    }

    pub(super) fn get(&self, tile: u32) -> Option<ReachedTile> {
        let place = self.places[self.place(tile)];
        (place.search == self.search).then_some(place)
    }

    /// Notes the cheapest way to a tile so far.
    pub(super) fn set(&mut self, tile: u32, cost: u32, direction: u8) {
        if 2 * self.len >= self.places.len() {
            self.grow();
        }
        let (at, search) = (self.place(tile), self.search);
        self.len += usize::from(self.places[at].search != search);
        self.places[at] = ReachedTile {
            tile,
            cost,
            direction,
            search,
        };
    }

    /// Returns the place of a tile, or the unused place for it.
    fn place(&self, tile: u32) -> usize {
        let mask = self.places.len() - 1;
        // Multiplication spreads neighbouring numbers over the table.
        let mut at = (tile.wrapping_mul(0x9E37_79B1) >> 8) as usize & mask;
        loop {
            let place = self.places[at];
            if place.search != self.search || place.tile == tile {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let larger = vec![ReachedTile::default(); 2 * self.places.len()];
        for old in std::mem::replace(&mut self.places, larger) {
            if old.search == self.search {
                let at = self.place(old.tile);
                self.places[at] = old;
            }
        }
    }
}
