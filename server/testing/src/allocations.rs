//! Counts allocations, for tests of code that must not allocate.
//!
//! A test program installs [`CountingAllocator`] as its allocator:
//!
//! ```
//! use parlour_testing::allocations::{self, CountingAllocator};
//!
//! #[global_allocator]
//! static COUNTING: CountingAllocator = CountingAllocator;
//!
//! # fn main() {
//! let before = allocations::on_this_thread();
//! drop(Box::new(1));
//! assert_eq!(allocations::on_this_thread() - before, 1);
//! # }
//! ```

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// The system allocator, with a count per thread, because tests run in parallel.
#[derive(Debug)]
pub struct CountingAllocator;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

/// Returns the number of allocations of this thread so far. Growing a block counts as one.
pub fn on_this_thread() -> u64 {
    ALLOCATIONS.get()
}

/// Returns the bytes that this thread has allocated and not freed, as they were requested: without
/// what the allocator adds to each block. Negative if it freed blocks of other threads.
pub fn bytes_of_this_thread() -> i64 {
    BYTES.get()
}

fn count(bytes: i64) {
    let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
    add(bytes);
}

fn add(bytes: i64) {
    let _ = BYTES.try_with(|total| total.set(total.get() + bytes));
}

#[expect(
    unsafe_code,
    reason = "an allocator needs unsafe code; this one only counts, and calls the system allocator"
)]
// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(-(layout.size() as i64));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
