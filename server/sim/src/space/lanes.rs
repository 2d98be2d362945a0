//! Compares several positions with a rectangle at a time.

use super::Rect;

/// How many positions are compared at a time.
pub(super) const LANES: usize = 8;

/// A rectangle, prepared for comparisons. It includes all its edges.
#[derive(Clone, Copy, Debug)]
pub(super) struct LaneRect {
    /// The left edge.
    pub(super) left: i32,
    /// The top edge.
    pub(super) top: i32,
    /// The distance from the left to the right edge.
    pub(super) width: u32,
    /// The distance from the top to the bottom edge.
    pub(super) height: u32,
}

impl LaneRect {
    /// Returns a rectangle for comparisons, or `None` if it is empty.
    pub(super) fn from_rect(rect: Rect) -> Option<Self> {
        (!rect.is_empty()).then(|| Self {
            left: rect.left,
            top: rect.top,
            width: rect.right.wrapping_sub(rect.left) as u32 - 1,
            height: rect.bottom.wrapping_sub(rect.top) as u32 - 1,
        })
    }

    /// Calls `found` with each lane below `len` whose position is in the rectangle. The rectangle
    /// may wrap around.
    #[inline]
    pub(super) fn each_within(
        self,
        xs: &[i32; LANES],
        ys: &[i32; LANES],
        len: usize,
        mut found: impl FnMut(usize),
    ) {
        let within: [u8; LANES] = std::array::from_fn(|lane| {
            let (x, y) = (
                xs[lane].wrapping_sub(self.left) as u32,
                ys[lane].wrapping_sub(self.top) as u32,
            );
            u8::from(x <= self.width) & u8::from(y <= self.height)
        });
        let mut within = u64::from_le_bytes(within);
        if len < LANES {
            within &= (1 << (8 * len)) - 1;
        }
        while within != 0 {
            found(within.trailing_zeros() as usize / 8);
            within &= within - 1;
        }
    }
}
