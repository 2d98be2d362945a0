//! The index of entities that rest: a grid that changes only where an entity is inserted or
//! removed.

use parlour_shared::{ids::Slot, motion::Position};

use super::{
    NearRadius, Rect, SlotPosition,
    lanes::{LANES, LaneRect},
    torus::Torus,
};

/// Entities at fixed positions, by slot. An insertion or removal takes constant time. It allocates
/// memory only beyond what was [reserved](Self::reserve) or used before.
#[derive(Clone, Debug)]
pub struct RestingIndex {
    cells: Torus,
    /// The side of a cell is 2 to the power of this.
    side: u32,
    /// The first chunk of each cell, or [`NOWHERE`]. It may be partly filled; all other chunks of
    /// the cell are full.
    firsts: Vec<u32>,
    chunks: Vec<Chunk>,
    /// The first unused chunk, or [`NOWHERE`].
    unused: u32,
    /// By slot, from `first_slot` on: `chunk * LANES + lane`, or [`NOWHERE`].
    places: Vec<u32>,
    first_slot: Slot,
    len: u32,
}

/// Some entities of one cell.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    xs: [i32; LANES],
    ys: [i32; LANES],
    slots: [Slot; LANES],
    len: u32,
    /// The next chunk of the cell, or [`NOWHERE`].
    next: u32,
}

const NOWHERE: u32 = u32::MAX;

impl RestingIndex {
    /// Creates an empty index, for queries that are about `reach` units wide in each direction.
    #[must_use]
    pub fn new(reach: i32) -> Self {
        Self::with_first_slot(reach, Slot(0))
    }

    /// Like [`Self::new`], for entities that have the slots from `first_slot` on.
    #[must_use]
    pub fn with_first_slot(reach: i32, first_slot: Slot) -> Self {
        let side = reach.max(1).ilog2();
        let cells = Torus::new(side, 0);
        Self {
            cells,
            side,
            firsts: vec![NOWHERE; cells.cell_count()],
            chunks: Vec::new(),
            unused: NOWHERE,
            places: Vec::new(),
            first_slot,
            len: 0,
        }
    }

    /// Allocates the memory for this many entities, in the first `slot_count` slots, so that no
    /// later insertion does.
    pub fn reserve(&mut self, entities: usize, slot_count: usize) {
        if self.places.len() < slot_count {
            self.places.resize(slot_count, NOWHERE);
        }
        if entities > 2 * self.firsts.len() {
            self.grow(entities);
        }
        // In each cell, at most one chunk is not full.
        let most = entities.min(self.firsts.len() + entities / LANES);
        self.chunks.reserve(most.saturating_sub(self.chunks.len()));
    }

    /// Returns the number of entities.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Returns whether nothing rests.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the position of an entity, or `None` if it is not in the index.
    #[must_use]
    pub fn position(&self, slot: Slot) -> Option<Position> {
        let (chunk, lane) = self.place(slot)?;
        Some(self.chunks[chunk].position(lane))
    }

    /// Inserts an entity, or moves it to a different position.
    pub fn insert(&mut self, entity: SlotPosition) {
        self.remove(entity.slot);
        if self.len() >= 2 * self.firsts.len() {
            self.grow(4 * self.firsts.len());
        }
        let at = self.place_index(entity.slot);
        if self.places.len() <= at {
            self.places.resize(at + 1, NOWHERE);
        }
        self.put(entity);
        self.len += 1;
    }

    /// Removes an entity. Returns its position, or `None` if it was not in the index.
    pub fn remove(&mut self, slot: Slot) -> Option<Position> {
        let (chunk, lane) = self.place(slot)?;
        let position = self.chunks[chunk].position(lane);
        let at = self.place_index(slot);
        self.places[at] = NOWHERE;
        self.len -= 1;
        // The last entity of the first chunk of the cell fills the hole.
        let cell = self.cells.cell(position);
        let first = self.firsts[cell];
        let last = self.chunks[first as usize].len as usize - 1;
        let (x, y, moved) = {
            let first = &mut self.chunks[first as usize];
            first.len -= 1;
            (first.xs[last], first.ys[last], first.slots[last])
        };
        if moved != slot {
            let hole = &mut self.chunks[chunk];
            (hole.xs[lane], hole.ys[lane], hole.slots[lane]) = (x, y, moved);
            let at = self.place_index(moved);
            self.places[at] = (chunk * LANES + lane) as u32;
        }
        if last == 0 {
            let emptied = &mut self.chunks[first as usize];
            self.firsts[cell] = std::mem::replace(&mut emptied.next, self.unused);
            self.unused = first;
        }
        Some(position)
    }

    /// Removes all entities. Keeps the memory.
    pub fn clear(&mut self) {
        self.firsts.fill(NOWHERE);
        self.places.fill(NOWHERE);
        self.chunks.clear();
        self.unused = NOWHERE;
        self.len = 0;
    }

    /// Calls `found` with each entity within the leave radius of a position, and the square of the
    /// distance, in no particular order.
    #[inline]
    pub fn around(&self, radius: NearRadius, from: Position, mut found: impl FnMut(Slot, i64)) {
        self.in_lane_rect(radius.square_around(from), |slot, position| {
            let distance = from.distance_squared(position);
            if distance <= radius.leave_squared {
                found(slot, distance);
            }
        });
    }

    /// Calls `found` with each entity whose position is in a rectangle, in no particular order.
    pub fn in_rect(&self, rect: Rect, found: impl FnMut(Slot, Position)) {
        if let Some(rect) = LaneRect::from_rect(rect) {
            self.in_lane_rect(rect, found);
        }
    }

    #[inline]
    fn in_lane_rect(&self, rect: LaneRect, mut found: impl FnMut(Slot, Position)) {
        if self.is_empty() {
            return;
        }
        self.cells.each_range(rect, |cells| {
            for &first in &self.firsts[cells] {
                let mut at = first;
                while let Some(chunk) = self.chunks.get(at as usize) {
                    rect.each_within(&chunk.xs, &chunk.ys, chunk.len as usize, |lane| {
                        found(chunk.slots[lane], chunk.position(lane));
                    });
                    at = chunk.next;
                }
            }
        });
    }

    fn place(&self, slot: Slot) -> Option<(usize, usize)> {
        let at = slot.index().checked_sub(self.first_slot.index())?;
        let place = *self.places.get(at)?;
        (place != NOWHERE).then_some((place as usize / LANES, place as usize % LANES))
    }

    /// Returns where the place of a slot is.
    fn place_index(&self, slot: Slot) -> usize {
        slot.index() - self.first_slot.index()
    }

    /// Puts an entity into its cell.
    fn put(&mut self, entity: SlotPosition) {
        let cell = self.cells.cell(entity.position);
        let mut at = self.firsts[cell];
        if self
            .chunks
            .get(at as usize)
            .is_none_or(|first| first.len as usize == LANES)
        {
            at = self.new_chunk(at);
            self.firsts[cell] = at;
        }
        let chunk = &mut self.chunks[at as usize];
        let lane = chunk.len as usize;
        chunk.xs[lane] = entity.position.x;
        chunk.ys[lane] = entity.position.y;
        chunk.slots[lane] = entity.slot;
        chunk.len += 1;
        let place = self.place_index(entity.slot);
        self.places[place] = at * LANES as u32 + lane as u32;
    }

    /// Returns an empty chunk before `next`.
    fn new_chunk(&mut self, next: u32) -> u32 {
        let empty = Chunk {
            xs: [0; LANES],
            ys: [0; LANES],
            slots: [Slot::NOBODY; LANES],
            len: 0,
            next,
        };
        match self.chunks.get_mut(self.unused as usize) {
            Some(chunk) => {
                let at = std::mem::replace(&mut self.unused, chunk.next);
                *chunk = empty;
                at
            }
            None => {
                self.chunks.push(empty);
                self.chunks.len() as u32 - 1
            }
        }
    }

    /// Makes more cells: about one for each of this many entities.
    fn grow(&mut self, entities: usize) {
        let cells = Torus::new(self.side, entities);
        if cells.cell_count() == self.firsts.len() {
            return;
        }
        self.cells = cells;
        let as_large = Vec::with_capacity(self.chunks.capacity());
        let chunks = std::mem::replace(&mut self.chunks, as_large);
        self.firsts = vec![NOWHERE; cells.cell_count()];
        self.unused = NOWHERE;
        for chunk in chunks {
            for lane in 0..chunk.len as usize {
                self.put(SlotPosition {
                    slot: chunk.slots[lane],
                    position: chunk.position(lane),
                });
            }
        }
    }
}

impl Chunk {
    fn position(&self, lane: usize) -> Position {
        Position {
            x: self.xs[lane],
            y: self.ys[lane],
        }
    }
}
